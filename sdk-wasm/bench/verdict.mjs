// What a complete delivery is.

/** A timer may be a little early. */
const EARLY_MS = 50;

/** Why a row is not complete; empty when it is. */
export const shortfalls = ({ name, against, figures }) =>
  Object.entries(figures).flatMap(([test, it]) => {
    const wrong = [];
    if (it.error) wrong.push(it.error);
    else {
      if (it.now < it.sent) wrong.push(`${it.now} of ${it.sent} events at once`);
      if (it.later < it.sent) wrong.push(`${it.later} of ${it.sent} events in the end`);
      if (it.gapsMs?.some((gap) => gap < it.retryAfterMs - EARLY_MS)) wrong.push(`gaps of ${it.gapsMs} ms against Retry-After`);
      if (it.gapsMs && !it.gapsMs.length) wrong.push("no second attempt was seen");
      if (it.stored && it.stored.distinct < it.sent) wrong.push(`${it.stored.distinct} of ${it.sent} events stored`);
      if (it.stored?.duplicates) wrong.push(`${it.stored.duplicates} events stored twice`);
    }
    return wrong.map((text) => `${name} (${against}), ${test}: ${text}`);
  });
