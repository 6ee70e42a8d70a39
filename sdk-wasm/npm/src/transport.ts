// Requests. The write key is in the body and the body is text/plain, also when it is packed: no preflight, and beacons
// may carry it.

import type { Exchange } from "./options.js";
import { readReceipt } from "./receipt.js";

/** Keepalive bodies and beacons of a page may have 64 KiB in flight together. */
const KEEPALIVE_BYTES_MAX = 60 * 1024;
/** A server that never answers must not hold the queue. */
const TIMEOUT_MS = 30_000;
/** The core waits no longer, and the number must have room for a status. */
const WAIT_MAX_MS = 86_400_000;
/** What is smaller is not worth the wait. */
const PACKED_CHARS_MIN = 1_024;

/**
 * `status` is 0 when no answer came, 1 when a beacon took it; else the answer's, and 1,000 for each millisecond and one more
 * that it asked to wait. `verdicts` are a digit an event.
 */
export type Answer = (status: number, verdicts: string) => void;

/** A request's body: what it carries, a JSON array, and whose it is. */
export const bodyOf = (field: string, list: string, whose: object): string =>
  `{"${field}":${list},` + JSON.stringify({ ...whose, sentAt: new Date().toISOString() }).slice(1);

/** Whole seconds, or a date. */
const retryAfterMs = (header: string | null): number =>
  header ? (+header >= 0 ? +header * 1_000 : Math.max(Date.parse(header) - Date.now(), 0)) : -1;

/** With `include` the collector's cookie is kept also where it is on another host; its answer must name the page's origin then. */
export const openTransport = (url: string, tell: (exchange: Exchange) => void, credentials?: RequestCredentials) => {
  let inFlight = 0;
  /** Bodies that are being packed, by what sends them as they are. */
  const packing = new Set<() => void>();
  /** Whether the browser took it; that says nothing about its arrival. */
  const beacon = (body: string): boolean => {
    try {
      const isTaken = navigator.sendBeacon(url, body);
      if (isTaken) tell({ body, status: 1 });
      return isTaken;
    } catch {
      return false;
    }
  };
  const post = async (text: string, answer: Answer): Promise<void> => {
    let body: string | Blob = text;
    let bytes = text.length;
    let isGone = false;
    if (bytes >= PACKED_CHARS_MIN && self.CompressionStream) {
      // Packing takes a moment, and a page that is left has none.
      const leave = () => {
        isGone ||= beacon(text);
      };
      packing.add(leave);
      try {
        const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
        body = await new Response(packed).blob();
        bytes = body.size;
      } catch {
        // As it is, then.
      }
      packing.delete(leave);
    }
    if (isGone) return answer(1, "");
    inFlight += bytes;
    tell({ body: text });
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "text/plain" },
        body,
        credentials,
        keepalive: inFlight <= KEEPALIVE_BYTES_MAX,
        signal: AbortSignal.timeout?.(TIMEOUT_MS),
      });
      const receipt = await response.text();
      tell({ body: text, status: response.status, answer: receipt });
      // A page, from a server that is no collector: nothing was delivered.
      if (receipt.trimStart()[0] == "<" && response.ok) return answer(0, "");
      const [verdicts, waitMs] = readReceipt(text, receipt);
      const wait = Math.ceil(Math.max(waitMs, retryAfterMs(response.headers.get("retry-after")))) + 1 || 0;
      answer(Math.min(wait, WAIT_MAX_MS) * 1_000 + response.status, verdicts);
    } catch {
      tell({ body: text, status: 0 });
      answer(0, "");
    } finally {
      inFlight -= bytes;
    }
  };
  /** The page is left: what is being packed goes as it is. */
  const leave = () => packing.forEach((send) => send());
  return [post, beacon, leave] as const;
};
