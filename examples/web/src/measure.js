// Everything that this app knows of measuring: the client and its features. The other files call `hw`.

import { init } from "@holloway/browser";
import { autocapture } from "@holloway/browser/autocapture";
import { devtools } from "@holloway/browser/devtools";

export const hw = init({
  writeKey: "demo",
  host: import.meta.env.VITE_COLLECTOR ?? "http://127.0.0.1:8787",
  // Until the visitor decides, events are in memory only.
  consent: "unknown",
});

// First, to see what the others do.
if (import.meta.env.DEV || new URLSearchParams(location.search).has("devtools")) hw.use(devtools({ open: false }));

// Page views of routes too, clicks, scroll depth, time spent, clicks that lead nowhere.
hw.use(autocapture());
