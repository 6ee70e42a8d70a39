// What the package reports when something goes wrong. `report.ts` makes most of them from the core's numbers.

/** Why events were lost; the wire's `losses` have the same words with `_`. */
export type LossReason =
  | "queue-full"
  | "too-large"
  | "expired"
  | "corrupt"
  | "rejected"
  | "invalid"
  | "dropped"
  | "opted-out"
  | "before-send"
  | "sampled"
  | "serialize"
  | "storage"
  | "state-damaged";

/** What went wrong, and what the package does about it. */
export type Diagnostic =
  /** Properties, traits or context are no JSON object, or too large; `position` is the first wrong byte, or the room there is. */
  | { readonly kind: "bad-json"; readonly position: number; readonly event?: string }
  /** A call lacks the name or id that it needs. */
  | { readonly kind: "name-missing" }
  /** Events were dropped; `event` names the one whose call was refused. */
  | { readonly kind: "lost"; readonly reason: LossReason; readonly events: number; readonly event?: string }
  /** The stored state was damaged; its copy is used, or a new visitor begins. */
  | { readonly kind: "state-damaged"; readonly isCopyUsed: boolean }
  /** The browser's storage refused a write; the events are in memory. */
  | { readonly kind: "storage-failed" }
  /** The collector refuses the write key (401 or 403): events are kept, and nothing is sent until the next page. */
  | { readonly kind: "paused"; readonly status: number; readonly url: string }
  /** A request failed and is sent again in `waitMs`; `status` is 0 when no collector answered. */
  | { readonly kind: "retrying"; readonly status: number; readonly waitMs: number; readonly url: string }
  /** Nothing has answered for several requests: the next one leaves in `waitMs`, or when the browser is online again. */
  | { readonly kind: "unreachable"; readonly waitMs: number; readonly url: string }
  /** The core cannot run here: events are sent without it. */
  | { readonly kind: "core-failed" }
  /** This device's clock is off by so much; the collector corrects the times. */
  | { readonly kind: "clock-skew"; readonly skewMs: number }
  /** `setConsent` or the option `consent` had another value than `granted`, `denied` or `unknown`; it changes nothing. */
  | { readonly kind: "bad-consent"; readonly found: unknown }
  /** `use` was given something that is no feature, or a feature whose setup threw. */
  | { readonly kind: "feature-failed"; readonly found: unknown; readonly error: unknown }
  /** A feature did not record something. */
  | { readonly kind: "not-captured"; readonly feature: string; readonly reason: string };
