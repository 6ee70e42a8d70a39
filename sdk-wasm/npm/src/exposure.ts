// Elements that were really seen: half of it for a second, unless said otherwise, on a visible page.

import { awakeMs } from "./clock.js";
import { isMasked, nearest, selectorOf } from "./element.js";
import { listen } from "./listener.js";
import type { Plugin } from "./options.js";
import { isLeft, listenRoute, onPage, pageOfNow } from "./route.js";

export interface ExposureOptions {
  /** Which elements, besides those that say so themselves: none. */
  readonly selectors?: string | readonly string[];
  /** How much of the element, or of the screen if the element is the larger one, must be visible: 0.5. */
  readonly ratio?: number;
  /** For how long without a break: 1,000. */
  readonly visibleMs?: number;
  /** Whether an element counts each time that it comes back into view: false, once per element and page view. */
  readonly every?: boolean;
  /** Whether `Elements Viewed` tells, whenever the page is hidden or left, how long each was visible: false. */
  readonly total?: boolean;
  /** At most so many events of one name in a page view: no limit. */
  readonly perName?: number;
  /** At most so many events in a page view: 100. */
  readonly perView?: number;
}

interface Seen {
  readonly name: string;
  isInView?: boolean;
  isExposed?: boolean;
  /** Since when it is seen; 0 while it is not. */
  sinceMs: number;
  totalMs: number;
  timer?: ReturnType<typeof setTimeout>;
}

const EXPOSE = "data-holloway-expose";
/** Changes come in swarms. */
const SCAN_DELAY_MS = 100;
const ELEMENTS_SOFT_MAX = 1_000;
/** Fine enough for an element of several screens. */
const THRESHOLDS = Array.from({ length: 41 }, (_, i) => i / 40);

/** `Element Exposed` for elements that match, and for those that say `data-holloway-expose="name"` in the page. */
export const exposure = (given: string | readonly string[] | ExposureOptions = [], more?: ExposureOptions): Plugin => ({
  name: "exposure",
  setup(_, host) {
    const options: ExposureOptions = typeof given == "string" || "length" in given ? { selectors: given, ...more } : given;
    const { selectors = [], ratio = 0.5, visibleMs = 1_000, every, total, perName = Infinity, perView = 100 } = options;
    const wanted = [`[${EXPOSE}]`].concat(selectors);
    const elements = new Map<Element, Seen>();
    let counts: Record<string, number> = {};
    let count = 0;
    let page = pageOfNow();
    let scanTimer: ReturnType<typeof setTimeout> | undefined;

    const expose = (element: Element, seen: Seen) => {
      const { name } = seen;
      const ofName = counts[name] || 0;
      if ((seen.isExposed && !every) || count >= perView || ofName >= perName || !element.isConnected) return;
      seen.isExposed = true;
      count++;
      counts[name] = ofName + 1;
      host.track("Element Exposed", { name, selector: selectorOf(element), ratio, visible_ms: visibleMs });
    };
    const update = (element: Element, seen: Seen) => {
      const { sinceMs } = seen;
      const isSeen = !!seen.isInView && document.visibilityState == "visible";
      if (isSeen == !!sinceMs) return;
      clearTimeout(seen.timer);
      const nowMs = awakeMs();
      if (isSeen) seen.timer = setTimeout(expose, visibleMs, element, seen);
      else seen.totalMs += nowMs - sinceMs;
      seen.sinceMs = isSeen ? nowMs : 0;
    };
    const updateAll = () => elements.forEach((seen, element) => update(element, seen));
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries) {
          const seen = elements.get(target);
          if (!seen) continue;
          // Of what is larger than the screen, as much of the screen.
          const isLarge = rootBounds && intersectionRect.height >= ratio * rootBounds.height;
          seen.isInView = isIntersecting && (intersectionRatio >= ratio || !!isLarge);
          update(target, seen);
        }
      },
      { threshold: [...THRESHOLDS, ratio] },
    );
    const tellTotal = () => {
      const sums: Record<string, number> = {};
      for (const [element, seen] of elements) {
        // What is still in view goes on from here.
        const nowMs = awakeMs();
        const ms = seen.totalMs + (seen.sinceMs && nowMs - seen.sinceMs);
        if (ms >= 1) sums[seen.name] = (sums[seen.name] || 0) + Math.round(ms);
        seen.totalMs = 0;
        seen.sinceMs &&= nowMs;
        if (!element.isConnected) elements.delete(element);
      }
      const names = Object.keys(sums);
      if (total && names[0]) {
        host.track("Elements Viewed", { elements: names.map((name) => ({ name, visible_ms: sums[name] })) }, onPage(page));
      }
    };
    let sweepAt = ELEMENTS_SOFT_MAX;
    const scan = () => {
      scanTimer = undefined;
      page = pageOfNow();
      // Forgets what was removed: lists may go on for ever.
      if (elements.size > sweepAt) {
        tellTotal();
        sweepAt = Math.max(ELEMENTS_SOFT_MAX, elements.size * 2);
      }
      for (const selector of wanted) {
        try {
          for (const element of document.querySelectorAll(selector)) {
            if (elements.has(element) || nearest(element, "[data-holloway-off]")) continue;
            const name = (!isMasked(element) && element.getAttribute(EXPOSE)) || selector;
            elements.set(element, { name, sinceMs: 0, totalMs: 0 });
            observer.observe(element);
          }
        } catch {
          // No selector.
        }
      }
    };
    const scanSoon = () => (scanTimer ??= setTimeout(scan, SCAN_DELAY_MS));
    new MutationObserver(scanSoon).observe(document, { subtree: true, childList: true, attributeFilter: [EXPOSE] });
    scanSoon();
    listen("visibilitychange", updateAll);
    // Another route is another view: whatever is seen there is seen anew.
    const renew = () => {
      tellTotal();
      observer.disconnect();
      elements.forEach(({ timer }) => clearTimeout(timer));
      elements.clear();
      counts = {};
      count = 0;
      scanSoon();
    };
    listenRoute(() => isLeft(page) && renew());
    // So is a page of the back/forward cache.
    listen<PageTransitionEvent>("pageshow", ({ persisted }) => persisted && renew());
    host.onLeave(tellTotal);
  },
});
