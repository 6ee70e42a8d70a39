// What an answer says of a batch, in the core's terms.

import type { Call } from "./call.js";

/** Verdicts by number, as the core knows them (`sdk-core/wire/src/receipt.rs`). */
const VERDICTS = ["ok", "duplicate", "invalid", "dropped", "retry"];

/** The collector wants the event again. */
export const RETRY = "4";

interface Receipt {
  results?: { messageId: string; verdict: string }[];
  retryAfterMs?: number;
}

/**
 * A digit an event, in the batch's order, and the wait that the receipt asks for, or -1. An answer that is no receipt says
 * that all is well, and no digit says that too.
 */
export const readReceipt = (batch: string, answer: string): [verdicts: string, waitMs: number] => {
  try {
    const { results = [], retryAfterMs = -1 } = JSON.parse(answer) as Receipt;
    const verdicts = new Map(results.reverse().map(({ messageId, verdict }) => [messageId, Math.max(VERDICTS.indexOf(verdict), 0)]));
    const sent = JSON.parse(batch) as { batch?: { messageId: string }[]; calls: Call[] };
    const ids = sent.batch?.map(({ messageId }) => messageId) || sent.calls.map((call) => call[3]);
    return [ids.map((id) => verdicts.get(id) || 0).join(""), retryAfterMs];
  } catch {
    return ["", -1];
  }
};
