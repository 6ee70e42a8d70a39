// How fast and steady the page was for this visitor, measured by the library of those who defined the metrics.

import type { MetricType } from "web-vitals";
import { onCLS } from "web-vitals/onCLS.js";
import { onFCP } from "web-vitals/onFCP.js";
import { onINP } from "web-vitals/onINP.js";
import { onLCP } from "web-vitals/onLCP.js";
import { onTTFB } from "web-vitals/onTTFB.js";

import type { PageContext, Plugin } from "./options.js";

/**
 * `Web Vital Measured` for CLS, INP, LCP, FCP and TTFB, whenever the page is hidden or left. A metric belongs to the page
 * that was loaded, or that came back from the back/forward cache, and so its event has that page's path, query, campaign,
 * title and view, whatever route is shown when it is reported.
 *
 * The library knows the last values when the page is hidden: it listens for that on the window, capturing, and so before
 * the client, which listens on the document. It is asked for all changes because it would not report, unasked, an
 * interaction that came just before.
 */
export const vitals = (): Plugin => ({
  name: "vitals",
  setup(_, host) {
    const untold = new Map<string, MetricType>();
    /** The page of each metric by its id: one that the back/forward cache gave back has metrics of its own. */
    const pages = new Map<string, PageContext>();
    let loaded = host.view();
    const [navigation] = performance.getEntriesByType("navigation");
    const { pathname: path, origin } = new URL(navigation?.name || location.href);
    // Used on a later route: no more is known of the page that was loaded.
    if (path != location.pathname) loaded = { page: { path, url: origin + path }, campaign: undefined };
    addEventListener("pageshow", ({ persisted }) => persisted && (loaded = host.view()), true);
    const keep = (metric: MetricType) => {
      const now = host.view();
      // An app may set the title late.
      if (now.page.viewId == loaded.page.viewId) loaded = now;
      untold.set(metric.id, metric);
      pages.set(metric.id, pages.get(metric.id) || loaded);
    };
    for (const on of [onCLS, onINP, onLCP, onFCP, onTTFB]) on(keep, { reportAllChanges: true });
    host.onLeave(() => {
      // `pagehide` comes before a visible page is hidden: too early for the library.
      if (document.visibilityState != "hidden") return;
      for (const { name, value, rating, navigationType, id } of untold.values()) {
        // CLS is a share of the screen; the others are milliseconds.
        const scale = name == "CLS" ? 10_000 : 1;
        const properties = { name, value: Math.round(value * scale) / scale, rating, navigation_type: navigationType, id };
        host.track("Web Vital Measured", properties, { context: { ...pages.get(id) } });
      }
      untold.clear();
    });
  },
});
