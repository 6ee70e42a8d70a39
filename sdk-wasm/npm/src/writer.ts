// Which tab owns which records.
//
// A tab holds a lock named after its writer for as long as it lives. Whoever gets another writer's lock knows that
// its tab is gone, and takes over what it left; while a tab lives, nobody drains its records twice.

import type { Store } from "./storage.js";

type Locks = Pick<LockManager, "request">;

/** Holds this writer's lock, and calls `onOrphan` for each writer of before that is gone, now or later. */
export const claimWriters = (store: Store, prefix: string, writer: string, onOrphan: (writer: string) => void) => {
  const locks: Locks | undefined = navigator.locks;
  let release: () => void = () => {};
  const hold = () => new Promise<void>((done) => (release = done));
  const claim = () => {
    locks?.request(prefix + writer, hold).catch(() => {});
  };
  claim();
  const others = new Set(store.keys("o.").map((key) => key.split(".")[1]!));
  others.delete(writer);
  for (const other of others) {
    if (!locks) {
      // Insecure pages have no locks. Two tabs may then send the same records; their ids make that harmless.
      onOrphan(other);
      continue;
    }
    // Not `ifAvailable`: the page before this one may be about to go.
    locks
      .request(prefix + other, () => {
        onOrphan(other);
        return new Promise<void>(() => {});
      })
      .catch(() => onOrphan(other));
  }
  return {
    claim,
    // A page that holds a lock may not rest in the back/forward cache.
    release: () => release(),
  };
};
