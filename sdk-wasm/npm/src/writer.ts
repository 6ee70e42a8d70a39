// Which tab owns which records, and which one speaks for all.
//
// A tab holds a lock named after its writer from its first line for as long as it lives. Whoever gets another writer's
// lock knows that its tab is gone, and takes over what it left; while a tab lives, nobody drains its records twice. One
// more lock makes one tab the leader: what belongs to the visitor and to no tab (losses, deletion requests) is sent by it
// alone.

import type { Store } from "./storage.js";

/** Without `locks` each tab is alone. */
export const openWriters = ([, , , keysUnder]: Store, prefix: string, writer: string, locks: LockManager | false | undefined) => {
  const releases = new Map<string, () => void>();
  /** Holds a lock from the moment that `then` is called; at once or not at all, if asked so. */
  const hold = (name: string, then?: () => unknown, ifAvailable = false): Promise<boolean> =>
    new Promise((answer) => {
      const take = (lock: unknown) => {
        answer(!!lock);
        // A tab whose core is gone meanwhile has no use for the lead.
        if (!lock || then?.() === false) return undefined;
        return new Promise<void>((done) => releases.set(name, done));
      };
      // A frame in a sandbox, and a page whose storage is blocked, are refused.
      if (locks) locks.request(prefix + name, { ifAvailable }, take).catch(take);
      else take(true);
    });
  const claim = () => void hold(writer);
  claim();
  // A page that holds a lock may not rest in the back/forward cache.
  addEventListener("pagehide", () => release());
  addEventListener("pageshow", ({ persisted }) => persisted && claim());
  /** Calls `then` when this tab is the leader. */
  const lead = (then: () => boolean) => void hold("lead", then);
  /**
   * Calls `onOrphan` for each writer of before that is gone: for those that are gone now before the promise is done,
   * for the others when they go. Insecure pages have no locks, and a page may be refused them: two tabs may then send
   * the same records; their ids make that harmless. It answers whether it keeps the lock.
   */
  const orphans = async (onOrphan: (writer: string, isLate: boolean) => boolean): Promise<void> => {
    const others = new Set(keysUnder("o.").map((key) => key.split(".")[1]!));
    others.delete(writer);
    for (const other of others) {
      if (!(await hold(other, () => onOrphan(other, false), true))) void hold(other, () => onOrphan(other, true));
    }
  };
  const release = (only?: string) => {
    for (const [name, done] of releases) {
      if (only && name != only) continue;
      done();
      releases.delete(name);
    }
  };
  return [lead, orphans, () => release("lead")] as const;
};
