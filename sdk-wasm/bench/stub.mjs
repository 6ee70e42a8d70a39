// The stub collector: a sink that says to each SDK what its own backend would.

import { openSink, textOf } from "./sink.mjs";

const POSTHOG = {
  supportedCompression: ["gzip", "gzip-js"],
  autocapture_opt_out: false,
  hasFeatureFlags: false,
  featureFlags: {},
  flags: {},
  sessionRecording: false,
  surveys: false,
  heatmaps: false,
  capturePerformance: false,
  captureDeadClicks: false,
  autocaptureExceptions: false,
  siteApps: [],
};
const SEGMENT = { integrations: { "Segment.io": { apiKey: "web" } }, plan: { track: { __default: { enabled: true } } } };

const json = (value) => ({ status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
const script = (text) => ({ status: 200, headers: { "content-type": "text/javascript" }, body: text });

/** By path; the first that fits. */
const ANSWERS = [
  // PostHog: remote configuration as a script and as data, flags, events.
  [/^\/array\/[^/]+\/config\.js/, () => script(`(window._POSTHOG_REMOTE_CONFIG ??= {}).phc_web = ${JSON.stringify({ config: POSTHOG, siteApps: [] })};`)],
  [/^\/array\/[^/]+\/config/, () => json(POSTHOG)],
  [/^\/(flags|decide)/, () => json(POSTHOG)],
  [/^\/(e|i\/v0\/e|s)\//, () => json({ status: 1 })],
  // Segment.
  [/^\/v1\/projects\/[^/]+\/settings/, () => json(SEGMENT)],
  // Amplitude: remote configuration, events.
  [/^\/config/, () => json({ configs: {} })],
  [/^\/2\/httpapi/, (body) => json({ code: 200, events_ingested: 1, payload_size_bytes: body.length, server_upload_time: Date.now() })],
  // Mixpanel.
  [/^\/(track|engage|groups)\/?\?/, () => json({ status: 1, error: null })],
  [/^\/(settings|record)/, () => json({})],
  // Snowplow.
  [/^\/com\.snowplowanalytics\.snowplow\/tp2/, () => ({ status: 200, body: "ok" })],
  // Holloway: a receipt. Segment's batches go to the same route, and read nothing of the answer.
  [/^\/v1\/b(atch)?$/, (body) => json(receipt(body))],
  [/^\/v1\/[a-z]$/, () => json({ success: true })],
];

const receipt = (body) => {
  const { batch = [] } = JSON.parse(textOf(body));
  return { results: batch.map(({ messageId }) => ({ messageId, verdict: "ok" })) };
};

/** Starts a stub. */
export const openStub = () =>
  openSink(async (request, body) => {
    const found = ANSWERS.find(([path]) => path.test(request.url));
    return found ? found[1](body) : { status: 404, headers: { "content-type": "text/plain" }, body: "not known here" };
  });
