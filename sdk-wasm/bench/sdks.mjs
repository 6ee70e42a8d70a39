// The packages that are compared, each as the few lines that its own documentation asks for: `start` against a
// collector, `track` an event. Defaults everywhere, unless the title says otherwise.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { here, ours } from "./places.mjs";

const segment = (deliveryStrategy) => `
  import { AnalyticsBrowser } from "@segment/analytics-next";
  let analytics;
  export const start = (host) => {
    const target = { apiHost: new URL(host).host + "/v1", protocol: "http"${deliveryStrategy} };
    analytics = AnalyticsBrowser.load({ writeKey: "web", cdnURL: host }, { integrations: { "Segment.io": target } });
  };
  export const track = (event, properties) => void analytics.track(event, properties);`;

const posthog = (entry) => `
  import posthog from "${entry}";
  export const start = (host) => posthog.init("phc_web", { api_host: host });
  export const track = (event, properties) => posthog.capture(event, properties);`;

const mixpanel = (entry) => `
  import mixpanel from "${entry}";
  export const start = (host) => mixpanel.init("web", { api_host: host });
  export const track = (event, properties) => mixpanel.track(event, properties);`;

export const SDKS = [
  {
    name: "holloway",
    title: "**Holloway**",
    package: "@holloway/browser",
    source: `
      import { init } from "@holloway/browser";
      let hw;
      export const start = (host) => (hw = init({ writeKey: "web", host }));
      export const track = (event, properties) => hw.track(event, properties);`,
  },
  { name: "posthog", title: "PostHog", package: "posthog-js", source: posthog("posthog-js") },
  {
    name: "posthog-slim",
    title: "PostHog slim",
    package: "posthog-js",
    source: posthog("posthog-js/dist/module.slim.js"),
  },
  { name: "segment", title: "Segment", package: "@segment/analytics-next", source: segment("") },
  {
    name: "segment-batching",
    title: "Segment, batching",
    package: "@segment/analytics-next",
    source: segment(`, deliveryStrategy: { strategy: "batching" }`),
  },
  {
    name: "snowplow",
    title: "Snowplow",
    package: "@snowplow/browser-tracker",
    source: `
      import { newTracker, trackSelfDescribingEvent } from "@snowplow/browser-tracker";
      export const start = (host) => newTracker("sp", host, { appId: "web" });
      export const track = (event, properties) => trackSelfDescribingEvent({
        event: { schema: "iglu:com.example/" + event.toLowerCase().replace(" ", "_") + "/jsonschema/1-0-0", data: properties },
      });`,
  },
  {
    name: "amplitude",
    title: "Amplitude",
    package: "@amplitude/analytics-browser",
    source: `
      import { init, track as send } from "@amplitude/analytics-browser";
      export const start = (host) =>
        init("web", { serverUrl: host + "/2/httpapi", remoteConfig: { serverUrl: host + "/config" } });
      export const track = (event, properties) => void send(event, properties);`,
  },
  {
    name: "mixpanel",
    title: "Mixpanel core",
    package: "mixpanel-browser",
    source: mixpanel("mixpanel-browser/src/loaders/loader-module-core"),
  },
];

/** Named ones, or all. */
export const chosen = (names, all = SDKS) => {
  const unknown = names.filter((name) => !all.some((sdk) => sdk.name == name));
  if (unknown.length) throw new Error(`no SDK named ${unknown}; there are ${all.map((sdk) => sdk.name).join(", ")}`);
  return names.length ? all.filter((sdk) => names.includes(sdk.name)) : all;
};

/** The version that is installed, or packed. */
export const version = (name) => {
  const folder = name == "@holloway/browser" ? ours() : join(here, "node_modules", name);
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
};

/** Entries of our package beside the first, by name with their files: those that it both exports and ships. */
export const ourEntries = () => {
  const { exports } = JSON.parse(readFileSync(join(ours(), "package.json"), "utf8"));
  const shipped = Object.entries(exports).filter(([name, entry]) => name != "." && entry.import && existsSync(join(ours(), entry.import.default)));
  return new Map(shipped.map(([name, entry]) => [name.slice(2), join(ours(), entry.import.default)]));
};
