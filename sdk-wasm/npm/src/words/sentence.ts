// Diagnostics in sentences: what failed, what was found, what to do.

import type { Diagnostic, LossReason } from "../options.js";
import { nearest } from "./nearest.js";
import { typeOf } from "./value.js";

const FEATURES = ["autocapture", "pageViews", "engagement", "scrollDepth", "clicks", "frustration", "forms", "media", "exposure", "vitals", "linker", "devtools"];

const LOSSES: Record<LossReason, string> = {
  "queue-full": "more events wait than there is room for, and the oldest made room: the collector has not answered for long",
  "too-large": "an event may have 32 KiB; record an id in place of the content",
  expired: "they waited for 30 days",
  corrupt: "what was stored of them could not be read back",
  rejected: "the collector refused the request: its answer, in the network panel, says why",
  invalid: "the collector found them invalid: its answer, in the network panel, says why",
  dropped: "the collector dropped them on purpose",
  "opted-out": "the visitor denied consent",
  "before-send": "the app's own filter dropped them",
  sampled: "the session is outside of the sample",
  serialize: "a name, an id or properties cannot be written as JSON",
  storage: "the browser's storage refused them",
  "state-damaged": "the stored state was damaged, and the counts in it are gone",
};

const ROUTE = "Check `host`, and `path` if a proxy is in between";
const KEPT = "Events are kept and sent again";

const route = (status: number, url: string): string => {
  if (status == 0) {
    return `no answer from ${url}. Is a collector running there? Else the host is wrong, a content blocker stopped the request, the page's policy lacks it in connect-src, or the answer lacks CORS headers. ${KEPT}`;
  }
  if (status >= 200 && status < 300) return `the collector at ${url} wants some events again. ${KEPT}`;
  if (status == 404 || status == 405 || status == 410) return `${url} answers ${status}: no collector has this route (${new URL(url).pathname}). ${ROUTE}. ${KEPT}`;
  if (status == 429) return `${url} answers 429: too many requests. ${KEPT}`;
  return `${url} answers ${status}. ${KEPT}`;
};

const feature = (found: unknown, error: unknown): string => {
  if (typeof found == "function") {
    // Names in a minified script say nothing.
    const name = found.name.length > 2 ? found.name : "feature";
    return `use(${name}) was given the function, not what it returns: write use(${name}())`;
  }
  if (typeof found == "string") {
    const meant = nearest(found, FEATURES);
    const name = meant ?? "autocapture";
    return FEATURES.includes(found)
      ? `the feature "${found}" is not loaded here: import it and pass it to use(${found}()), or load holloway.all.iife.js`
      : `there is no feature "${found}"${meant ? `: did you mean "${meant}"?` : `; there are ${FEATURES.join(", ")}`} Features are imported and passed to use(${name}())`;
  }
  const plugin = found as { name?: unknown; setup?: unknown } | null | undefined;
  if (typeof plugin?.setup == "function") return `the feature "${String(plugin.name)}" could not start, and records nothing: ${String(error)}`;
  return `use expects a feature, such as use(autocapture()), found ${typeOf(found)}`;
};

/** The sentence, and what makes two diagnostics the same. */
export const sentenceOf = (diagnostic: Diagnostic): [sentence: string, key?: string] => {
  switch (diagnostic.kind) {
    case "bad-json":
      return [`${diagnostic.event ? `of "${diagnostic.event}", ` : ""}properties, traits or context are no JSON object, or too large for an event (32 KiB) or for registered properties (8 KiB)`];
    case "name-missing":
      return ["a call lacks the name or id that it needs, and records nothing"];
    case "lost": {
      const { reason, events, event } = diagnostic;
      const lost = event ? `"${event}" is lost` : `${events} ${events == 1 ? "event is" : "events are"} lost`;
      return [`${lost} (${reason}): ${LOSSES[reason] ?? "see the README"}`, `lost ${reason} ${event}`];
    }
    case "state-damaged":
      return [`the stored state was damaged: ${diagnostic.isCopyUsed ? "its copy is used" : "a new visitor begins"}`];
    case "storage-failed":
      return ["localStorage refused a write (full, or blocked): events are in memory, and those that a closed page has not sent are gone with it"];
    case "paused":
      return [`${diagnostic.url} answers ${diagnostic.status}: the collector does not take this write key. Check \`writeKey\` and the collector's keys.toml. Events are kept, and nothing is sent until the next page`];
    case "retrying":
      return [route(diagnostic.status, diagnostic.url), `retrying ${diagnostic.status}`];
    case "unreachable":
      return [`nothing has answered at ${diagnostic.url} for a while: the next try is in ${Math.round(diagnostic.waitMs / 60_000)} minutes, or when the browser is online again. Events are kept`, "unreachable"];
    case "core-failed":
      return ["the core cannot run here, and events are sent without it and without sessions: the page's policy must allow 'wasm-unsafe-eval' or scripts of the package's own folder (core-script.js)"];
    case "clock-skew":
      return [`this device's clock is off by ${Math.round(diagnostic.skewMs / 60_000)} minutes; the collector corrects the times of events`, "clock-skew"];
    case "bad-consent":
      return [`consent must be "granted", "denied" or "unknown", found ${JSON.stringify(diagnostic.found) ?? typeOf(diagnostic.found)}: nothing changes; as an option of init it counts as "unknown"`];
    case "feature-failed":
      return [feature(diagnostic.found, diagnostic.error)];
    case "not-captured":
      return [`${diagnostic.feature} did not record something: ${diagnostic.reason}`];
  }
};
