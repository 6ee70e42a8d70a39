// Calls that wait for the core: kept in memory and in storage, and sent as they are when the page is left before the
// core is ready, or when this browser cannot run it. The collector makes events of them. They carry their ids, so a
// second delivery by the core at the next visit is dropped there.

import { ALIAS, CONSENT, REGISTER, RESET } from "./call.js";
import type { Call } from "./call.js";
import { recordKey } from "./storage.js";
import type { Store } from "./storage.js";

interface Waiting {
  readonly call: Call;
  readonly key: string;
  isSent?: boolean;
}

/** A beacon takes 64 KiB; a character may be three bytes. */
const CALLS_CHARS_MAX = 18 * 1024;

export const openWaiting = (store: Store, writer: string) => {
  let calls: Waiting[] = [];
  let count = 0;
  const forget = (gone: Waiting[]) => {
    calls = calls.filter((waiting) => !gone.includes(waiting));
    for (const { key } of gone) store.remove(key);
  };
  return {
    push: (call: Call, isKept: boolean): void => {
      const key = recordKey(writer, "q", count++);
      if (isKept) store.set(key, JSON.stringify(call));
      calls.push({ call, key });
    },
    /** Hands every call over, in order, and forgets it. */
    drain: (take: (call: Call) => void): void => {
      const taken = calls;
      for (const { call } of taken) take(call);
      forget(taken);
    },
    /** Passes those that were not sent yet to `send`, as parts of a body. */
    send: (send: (calls: Call[], done: () => void) => boolean): void => {
      // Who comes after a reset, and what a decision allows, only the core can tell; it scrubs too.
      const end = calls.findIndex(({ call }) => [RESET, CONSENT].includes(call[0]));
      const known = calls.slice(0, end < 0 ? calls.length : end);
      const registered = known.filter(({ call }) => call[0] == REGISTER).map(({ call }) => call);
      const ready = known.filter(({ call, isSent }) => !isSent && call[0] <= ALIAS);
      while (ready.length) {
        let chars = 0;
        const size = ready.findIndex(({ call }) => (chars += JSON.stringify(call).length) > CALLS_CHARS_MAX);
        const part = ready.splice(0, size < 0 ? ready.length : size || 1);
        if (send([...registered, ...part.map(({ call }) => call)], () => forget(part))) {
          for (const waiting of part) waiting.isSent = true;
        }
      }
    },
  };
};
