// A call of the app as it was when the app made it: what the core takes, and what waits while there is no core.

import { pageContext } from "./page.js";
import type { CallOptions, Properties } from "./options.js";

/** Kinds by number, as the core knows them (`sdk-wasm/src/shell.rs`). */
export const PAGE = 1;
export const IDENTIFY = 3;
export const ALIAS = 5;
export const RESET = 6;
export const REGISTER = 7;
export const UNREGISTER = 8;
export const CONSENT = 9;
export const SESSION = 10;
export const PURPOSES = 11;
/** Added to a kind: the call came from a feature, and its texts are scrubbed. */
export const AUTOMATIC = 16;

/** kind, name, body, messageId, time (ms), context, integrations; empty texts are absent. */
export type Call = [
  kind: number,
  name: string,
  body: string,
  messageId: string,
  timeMs: number,
  context: string,
  integrations: string,
];

/** A version 7 UUID (RFC 9562). */
export const uuid = (unixMs: number): string => {
  const time = unixMs.toString(16).padStart(12, "0");
  let random = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(10))) random += (byte + 256).toString(16).slice(1);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-a${random.slice(3, 6)}-${random.slice(6, 18)}`;
};

/** Far more than an event may have, and little enough for the core's memory. */
const TEXT_CHARS_MAX = 2 ** 17;

// What cannot be written becomes a text that the core refuses and counts as a loss.
const json = (value: unknown): string => {
  try {
    const text = value == null ? "" : (JSON.stringify(value) ?? "?");
    return text.length > TEXT_CHARS_MAX ? "?" : text;
  } catch {
    return "?";
  }
};

/** Takes down a call, with the time and the page of now. */
export const capture = (kind: number, name: unknown, body?: unknown, given?: CallOptions): Call => {
  const options = given || {};
  const now = Date.now();
  const at = +new Date(options.timestamp ?? now);
  const type = kind & 15;
  const page = type > ALIAS ? undefined : pageContext();
  if (type == PAGE) body = { ...page!.page, ...(body as Properties) };
  // Where other pages read a visitor's ids they are lines.
  const text = String(name ?? "").replace(/\n/g, " ");
  return [
    kind,
    // Only space is no name, and no id.
    text.trim() && text,
    // A former id is no JSON.
    typeof body == "string" && type == ALIAS ? body : json(body),
    options.messageId || uuid(now),
    at >= 0 ? at : now,
    page ? json({ ...page, ...options.context }) : "",
    json(options.integrations),
  ];
};

/** A call that storage kept. The core takes JSON at its word: a text that was damaged is one that cannot be written. */
export const readCall = (text: string): Call => {
  const call = JSON.parse(text) as Call;
  for (const at of [2, 5, 6] as const) {
    try {
      if (call[at] && (at > 2 || (call[0] & 15) != ALIAS)) JSON.parse(call[at]);
    } catch {
      call[at] = "?";
    }
  }
  return call;
};

/** Escapes, e-mail addresses, fractions, and as many digits as cards and security numbers have. */
const PERSONAL = /\\(u...)?.|[^\s"\\:;,/?&=<>()@]{1,99}(@|%40)[\w-]+\.[\w.-]+|\d+\.\d+|\d([ +-]?\d){12,}|\d{3}-\d\d-\d{4}/g;

/** A call as it may go without the core, which would look closer: what nobody chose tells nothing that may be a person's. */
export const bare = ([...call]: Call): Call => {
  for (const at of [2, 5] as const) {
    // In a text or as a number: a zero is JSON in both places. Escapes and fractions stay.
    if (at > 2 || call[0] >= AUTOMATIC || call[0] == PAGE) call[at] = call[at].replace(PERSONAL, (found) => (/^(\\|\d+\.\d+$)/.test(found) ? found : "0"));
  }
  return call;
};
