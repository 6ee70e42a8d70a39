// Which tab owns which records, and which one speaks for all.
//
// A tab holds a lock named after its writer from its first line for as long as it lives. Whoever gets another writer's
// lock knows that its tab is gone, and takes over what it left; while a tab lives, nobody drains its records twice. One
// more lock makes one tab the leader: what belongs to the visitor and to no tab (losses, deletion requests) is sent by it
// alone.

import type { Store } from "./storage.js";

export const openWriters = (store: Store, prefix: string, writer: string) => {
  const locks: LockManager | undefined = navigator.locks;
  let releases: (() => void)[] = [];
  /** Holds a lock from the moment that `then` is called; at once or not at all, if asked so. */
  const hold = async (name: string, then?: () => void, ifAvailable = false): Promise<boolean> => {
    if (!locks) {
      then?.();
      return true;
    }
    return new Promise((answer) => {
      locks
        .request(prefix + name, { ifAvailable }, (lock) => {
          answer(!!lock);
          if (!lock) return undefined;
          then?.();
          return new Promise<void>((done) => releases.push(done));
        })
        .catch(() => answer(false));
    });
  };
  const claim = () => void hold(writer);
  claim();
  return {
    claim,
    /** Whether another tab may be the leader. */
    isShared: !!locks,
    /** Calls `then` when this tab is the leader. */
    lead: (then: () => void) => void hold("lead", then),
    /**
     * Calls `onOrphan` for each writer of before that is gone: for those that are gone now before the promise is done,
     * for the others when they go. Insecure pages have no locks: two tabs may then send the same records; their ids make
     * that harmless.
     */
    orphans: async (onOrphan: (writer: string, isLate: boolean) => void): Promise<void> => {
      const others = new Set(store.keys("o.").map((key) => key.split(".")[1]!));
      others.delete(writer);
      for (const other of others) {
        if (!(await hold(other, () => onOrphan(other, false), true))) void hold(other, () => onOrphan(other, true));
      }
    },
    // A page that holds a lock may not rest in the back/forward cache.
    release: () => {
      for (const release of releases) release();
      releases = [];
    },
  };
};
