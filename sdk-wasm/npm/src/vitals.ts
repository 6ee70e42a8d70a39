// How fast and steady the page was for this visitor, measured by the library of those who defined the metrics.

import type { MetricType } from "web-vitals";
import { onCLS } from "web-vitals/onCLS.js";
import { onFCP } from "web-vitals/onFCP.js";
import { onINP } from "web-vitals/onINP.js";
import { onLCP } from "web-vitals/onLCP.js";
import { onTTFB } from "web-vitals/onTTFB.js";

import type { Plugin } from "./options.js";

/**
 * `Web Vital Measured` for CLS, INP, LCP, FCP and TTFB, whenever the page is hidden or left.
 *
 * The library knows the last values when the page is hidden: it listens for that on the window, capturing, and so before
 * the client, which listens on the document. It is asked for all changes because it would not report, unasked, an
 * interaction that came just before.
 */
export const vitals = (): Plugin => ({
  name: "vitals",
  setup(_, host) {
    const untold = new Map<string, MetricType>();
    const keep = (metric: MetricType) => void untold.set(metric.id, metric);
    for (const on of [onCLS, onINP, onLCP, onFCP, onTTFB]) on(keep, { reportAllChanges: true });
    host.onLeave(() => {
      // `pagehide` comes before a visible page is hidden: too early for the library.
      if (document.visibilityState != "hidden") return;
      for (const { name, value, rating, navigationType, id } of untold.values()) {
        // CLS is a share of the screen; the others are milliseconds.
        const scale = name == "CLS" ? 10_000 : 1;
        host.track("Web Vital Measured", {
          name,
          value: Math.round(value * scale) / scale,
          rating,
          navigation_type: navigationType,
          id,
        });
      }
      untold.clear();
    });
  },
});
