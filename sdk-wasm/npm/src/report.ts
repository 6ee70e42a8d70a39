// The core's diagnostics: its numbers get names here, where they cross into JavaScript.

import type { Diagnostic, LossReason } from "./options.js";

/** Makes a diagnostic for the URL and the event that it is about. */
export type Report = (url: string, event?: string) => Diagnostic;

/** A diagnostic of the core's; a text that is no digit is the reason of a loss, with its `_`. */
export const diagnosticOf = (first: number, second: number, text: string): Report => (url, event) => {
  /** What the digits mean, in their order. */
  const numbered: (Diagnostic | undefined)[] = [
    { kind: "bad-json", position: first },
    { kind: "name-missing" },
    undefined,
    { kind: "state-damaged", isCopyUsed: !!first },
    { kind: "storage-failed" },
    { kind: "paused", status: first, url },
    { kind: "retrying", status: first, waitMs: second, url },
    undefined,
    { kind: "unreachable", waitMs: first, url },
    { kind: "clock-skew", skewMs: first },
  ];
  return {
    ...(numbered[+text] || { kind: "lost", reason: text.replace("_", "-") as LossReason, events: first }),
    // Those that speak of the call that the core is at, not of events of before.
    ...(event && /^(0|se|to|op)/.test(text) && { event }),
  };
};
