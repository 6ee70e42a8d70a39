// Calls that wait for the core: kept in memory and in storage, and sent without the core when the page is left
// before it is ready, or when this browser cannot run it. They carry their ids, so a second delivery by the core at
// the next visit is dropped by the collector.

import { ALIAS, CONSENT, GROUP, IDENTIFY, KINDS, REGISTER, RESET } from "./call.js";
import type { Call } from "./call.js";
import { recordKey } from "./storage.js";
import type { Store } from "./storage.js";

interface Waiting {
  readonly call: Call;
  readonly key: string;
  isSent: boolean;
}

/** Body of a batch in the Segment spec's shape. */
const CHUNK_CHARS_MAX = 18 * 1024;

export const openWaiting = (store: Store, writer: string) => {
  let calls: Waiting[] = [];
  let count = 0;
  return {
    push: (call: Call, isKept: boolean): void => {
      const key = recordKey(writer, "q", count++);
      if (isKept) store.set(key, JSON.stringify(call));
      calls.push({ call, key, isSent: false });
    },
    /** Hands every call over, in order, and forgets it. */
    drain: (take: (call: Call) => void): void => {
      const taken = calls;
      calls = [];
      for (const { call, key } of taken) {
        take(call);
        store.remove(key);
      }
    },
    /** Writes those that were not sent yet as batches, and passes each to `send`. */
    send: (writeKey: string, anonymousId: string, userId: string, send: (body: string, done: () => void) => boolean) => {
      let registered: object = {};
      let batch: string[] = [];
      let carried: Waiting[] = [];
      const ship = () => {
        const sent = carried;
        const body = `{"batch":[${batch}],"sentAt":"${new Date().toISOString()}","writeKey":${JSON.stringify(writeKey)}}`;
        const done = () => {
          calls = calls.filter((waiting) => !sent.includes(waiting));
          for (const { key } of sent) store.remove(key);
        };
        if (sent.length && send(body, done)) for (const waiting of sent) waiting.isSent = true;
        batch = [];
        carried = [];
      };
      let chars = 0;
      for (const waiting of calls) {
        const [marked, name, body, messageId, timeMs, context, integrations] = waiting.call;
        const kind = marked & 15;
        // Who comes after a reset, and what a decision allows, only the core can tell.
        if (kind == RESET || kind == CONSENT) break;
        let data: object;
        try {
          data = body && kind != ALIAS ? (JSON.parse(body) as object) : {};
        } catch {
          continue;
        }
        if (kind == REGISTER) registered = { ...registered, ...data };
        const previousId = body || userId || anonymousId;
        if (kind == IDENTIFY || kind == ALIAS) userId = name || userId;
        // What must be scrubbed waits for the core.
        if (waiting.isSent || kind > ALIAS || marked != kind) continue;
        const event = JSON.stringify({
          type: KINDS[kind],
          messageId,
          timestamp: new Date(timeMs).toISOString(),
          anonymousId,
          userId: userId || undefined,
          ...(kind == GROUP ? { groupId: name } : kind == ALIAS ? { previousId } : kind == 0 ? { event: name } : kind < IDENTIFY ? { name: name || undefined } : {}),
          ...(kind == ALIAS ? {} : kind < IDENTIFY ? { properties: { ...registered, ...data } } : { traits: data }),
          context: JSON.parse(context || "{}") as object,
          integrations: integrations ? (JSON.parse(integrations) as object) : undefined,
        });
        chars += event.length;
        if (chars > CHUNK_CHARS_MAX) {
          ship();
          chars = event.length;
        }
        batch.push(event);
        carried.push(waiting);
      }
      ship();
    },
  };
};
