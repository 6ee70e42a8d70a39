// Calls that wait for the core: kept in memory and in storage, and sent as they are when the page is left before the
// core is ready, or when this browser cannot run it. The collector makes events of them. They carry their ids, so a
// second delivery by the core at the next visit is dropped there. A call that is kept has its visitor's anonymous id
// after its own seven fields: who comes after a reset is somebody else.

import { ALIAS, CONSENT, IDENTIFY, REGISTER, RESET } from "./call.js";
import type { Call } from "./call.js";
import { recordKey } from "./storage.js";
import type { Store } from "./storage.js";

type Waiting = [call: Call, key: string, anonymousId: string, isSent?: boolean];

/** What goes in one request: whose calls, the calls, and what to do when they were delivered. */
export type Part = (anonymousId: string, userId: string, calls: Call[], done: () => void) => boolean;

/** A beacon takes 64 KiB; a character may be three bytes. */
const CALLS_CHARS_MAX = 18 * 1024;
const REGISTERED_CHARS_MAX = 8 * 1024;

/** Whether a call is an event, and whether it says who the user is. */
export const isEvent = ([kind]: Call): boolean => (kind & 15) <= ALIAS;
export const userOf = (userId: string, [kind, name]: Call): string => ([IDENTIFY, ALIAS].includes(kind & 15) && name) || userId;

export const openWaiting = ([, keep, remove]: Store, writer: string) => {
  let calls: Waiting[] = [];
  let count = 0;
  /** A reset waits: it is not known yet who comes after it. */
  let isReset = false;
  const forget = (gone: Waiting[]) => {
    calls = calls.filter((waiting) => !gone.includes(waiting));
    for (const [, key] of gone) remove(key);
  };
  const callOf = ([call]: Waiting) => call;
  /** Those before the first that ends the row. */
  const before = (isEnd: (waiting: Waiting) => boolean) => {
    // Another list may be in its place afterwards: a trap of the core queues all of them anew.
    const all = calls;
    const end = all.findIndex(isEnd);
    return end < 0 ? all : all.slice(0, end);
  };
  const push = (call: Call, anonymousId: string, isKept: boolean): void => {
    const key = recordKey(writer, "q", count++);
    // Only who carries the reset out knows the visitor after it.
    const who = isReset ? "" : anonymousId;
    if (isKept) keep(key, JSON.stringify([...call, who]));
    isReset ||= call[0] == RESET;
    calls.push([call, key, who]);
  };
  /** Hands the calls over, in order, and forgets those that were taken: up to the first that was not. */
  const drain = (take: (call: Call) => boolean): void => {
    forget(before(([call]) => !take(call)));
  };
  /** Everything that waits, for good. */
  const take = (): Waiting[] => {
    const taken = calls;
    isReset = false;
    forget(calls);
    return taken;
  };
  /** Passes those that were not sent yet to `ask`, in parts; the visitor is the present one. */
  const send = ([visitor, userId]: string[], ask: Part): void => {
    // Who comes after a reset, and what a decision allows, only the core can tell.
    let registered: Call[] = [];
    let part: Waiting[] = [];
    let first: Call[] = [];
    let who: string | undefined;
    let user = "";
    let chars = 0;
    const ship = () => {
      const sent = part;
      const is = sent.length && ask(who!, user, [...first, ...sent.map(callOf)], () => forget(sent));
      if (is) for (const waiting of sent) waiting[3] = true;
      user = sent.map(callOf).reduce(userOf, user);
      part = [];
      chars = 0;
    };
    for (const waiting of before(([[kind]]) => [RESET, CONSENT].includes(kind))) {
      const [call, , anonymousId, isSent] = waiting;
      const size = JSON.stringify(call).length;
      if (part.length && (call[0] == REGISTER || isSent || chars + size > CALLS_CHARS_MAX)) ship();
      if (anonymousId != who) {
        ship();
        who = anonymousId;
        user = (who == visitor && userId) || "";
        registered = [];
      }
      // More than the core would take stands in the way of what comes after it.
      if (call[0] == REGISTER) registered = size > REGISTERED_CHARS_MAX ? registered : [...registered, call];
      else if (isSent) user = userOf(user, call);
      else if (isEvent(call)) {
        if (!part.length) first = registered;
        part.push(waiting);
        chars += size;
      }
    }
    ship();
  };
  return [push, drain, take, send] as const;
};
