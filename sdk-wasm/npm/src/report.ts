// The core's diagnostics: its numbers get names here, where they cross into JavaScript.

import type { Diagnostic, LossReason } from "./options.js";

/** What the core's digits and two numbers mean. */
const DIAGNOSTICS: Record<string, (first: number, second: number, url: string) => Diagnostic> = {
  0: (position) => ({ kind: "bad-json", position }),
  1: () => ({ kind: "name-missing" }),
  3: (copies) => ({ kind: "state-damaged", isCopyUsed: !!copies }),
  4: () => ({ kind: "storage-failed" }),
  5: (status, _, url) => ({ kind: "paused", status, url }),
  6: (status, waitMs, url) => ({ kind: "retrying", status, waitMs, url }),
  8: (waitMs, _, url) => ({ kind: "unreachable", waitMs, url }),
  9: (skewMs) => ({ kind: "clock-skew", skewMs }),
};
/** Texts of diagnostics that speak of the call that the core is at, not of events of before. */
const OF_CALL = /^(0|se|to|op)/;

/** Makes a diagnostic for the URL and the event that it is about. */
export type Report = (url: string, event?: string) => Diagnostic;

/** A diagnostic of the core's; a text that is no digit is the reason of a loss, with its `_`. */
export const diagnosticOf = (first: number, second: number, text: string): Report => (url, event) => ({
  ...(DIAGNOSTICS[text]?.(first, second, url) || { kind: "lost", reason: text.replace("_", "-") as LossReason, events: first }),
  ...(event && OF_CALL.test(text) && { event }),
});

