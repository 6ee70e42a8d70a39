// Which tab owns which records, and which one speaks for all.
//
// A tab holds a lock named after its writer for as long as it lives. Whoever gets another writer's lock knows that
// its tab is gone, and takes over what it left; while a tab lives, nobody drains its records twice. One more lock
// makes one tab the leader: what belongs to the visitor and to no tab (losses, deletion requests) is sent by it alone.

import type { Store } from "./storage.js";

/** Holds this writer's lock, and calls `onOrphan` for each writer of before that is gone, now or later. */
export const claimWriters = (
  store: Store,
  prefix: string,
  writer: string,
  onOrphan: (writer: string) => void,
  onLead: () => void,
) => {
  const locks: LockManager | undefined = navigator.locks;
  let releases: (() => void)[] = [];
  const hold = (name: string, then: () => void) =>
    locks
      ?.request(prefix + name, () => {
        then();
        return new Promise<void>((done) => releases.push(done));
      })
      .catch(then);
  const claim = () => {
    void hold(writer, () => {});
    void hold("lead", onLead);
  };
  claim();
  for (const other of new Set(store.keys("o.").map((key) => key.split(".")[1]!))) {
    if (other == writer) continue;
    // Insecure pages have no locks. Two tabs may then send the same records; their ids make that harmless.
    if (!locks) onOrphan(other);
    // Not `ifAvailable`: the page before this one may be about to go.
    void hold(other, () => onOrphan(other));
  }
  return {
    claim,
    // A page that holds a lock may not rest in the back/forward cache.
    release: () => {
      for (const release of releases) release();
      releases = [];
    },
  };
};
