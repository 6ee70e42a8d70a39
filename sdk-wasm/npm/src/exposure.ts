// Elements that were really seen: half of it for a second, unless said otherwise, on a visible page.

import { awakeMs } from "./clock.js";
import { OFF, isMasked, nearest, selectorOf } from "./element.js";
import { listen } from "./listener.js";
import type { Plugin } from "./options.js";
import { isLeft, listenRoute, onPage } from "./route.js";

export interface ExposureOptions {
  /** Which elements, besides those that say so themselves: none. */
  readonly selectors?: string | readonly string[] | undefined;
  /** How much of the element, or of the screen if the element is the larger one, must be visible: 0.5. */
  readonly ratio?: number | undefined;
  /** For how long without a break: 1,000. */
  readonly visibleMs?: number | undefined;
  /** Whether an element counts each time that it comes back into view: false, once per element and page view. */
  readonly every?: boolean | undefined;
  /** Whether `Elements Viewed` tells, whenever the page is hidden or left, how long each was visible: false. */
  readonly total?: boolean | undefined;
  /** At most so many events of one name in a page view: no limit. */
  readonly perName?: number | undefined;
  /** At most so many events in a page view: 100. */
  readonly perView?: number | undefined;
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
    // Texts and lists have a length.
    const options = (given as string).length == null ? (given as ExposureOptions) : { selectors: given as string, ...more };
    const { selectors = [], ratio = 0.5, visibleMs = 1_000, every, total, perName = Infinity, perView = 100 } = options;
    const elements = new Map<Element, Seen>();
    /** Names of the events of this page view. */
    let exposed: string[] = [];
    let page = host.view();
    let sweepAt = ELEMENTS_SOFT_MAX;
    let scanTimer: ReturnType<typeof setTimeout> | undefined;

    const expose = (seen: Seen, element: Element) => {
      const { name } = seen;
      if ((seen.isExposed && !every) || exposed.length >= perView || !element.isConnected) return;
      if (exposed.filter((one) => one == name).length >= perName) return;
      seen.isExposed = true;
      exposed.push(name);
      host.track("Element Exposed", { name, selector: selectorOf(element), ratio, visible_ms: visibleMs });
    };
    /** Counts until now, and goes on from here if it is seen. */
    const count = (seen: Seen, isSeen: unknown) => {
      const nowMs = awakeMs();
      if (seen.sinceMs) seen.totalMs += nowMs - seen.sinceMs;
      seen.sinceMs = isSeen ? nowMs : 0;
    };
    const update = (seen: Seen, element: Element) => {
      const isSeen = !!seen.isInView && document.visibilityState == "visible";
      if (isSeen == !!seen.sinceMs) return;
      clearTimeout(seen.timer);
      if (isSeen) seen.timer = setTimeout(expose, visibleMs, seen, element);
      count(seen, isSeen);
    };
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries) {
          const seen = elements.get(target);
          if (!seen) continue;
          // Of what is larger than the screen, as much of the screen.
          const isMuch = intersectionRatio >= ratio || (rootBounds && intersectionRect.height >= ratio * rootBounds.height);
          seen.isInView = isIntersecting && !!isMuch;
          update(seen, target);
        }
      },
      { threshold: [...THRESHOLDS, ratio] },
    );
    const tellTotal = () => {
      const sums: Record<string, number> = {};
      for (const [element, seen] of elements) {
        count(seen, seen.sinceMs);
        const { name, totalMs } = seen;
        if (totalMs >= 1) sums[name] = (sums[name] || 0) + Math.round(totalMs);
        seen.totalMs = 0;
        if (!element.isConnected) elements.delete(element);
      }
      const viewed = Object.entries(sums).map(([name, visible_ms]) => ({ name, visible_ms }));
      if (total && viewed[0]) host.track("Elements Viewed", { elements: viewed }, onPage(page));
    };
    const scan = () => {
      scanTimer = undefined;
      page = host.view();
      // Forgets what was removed: lists may go on for ever.
      if (elements.size > sweepAt) {
        tellTotal();
        sweepAt = Math.max(ELEMENTS_SOFT_MAX, elements.size * 2);
      }
      for (const selector of [`[${EXPOSE}]`].concat(selectors)) {
        try {
          for (const element of document.querySelectorAll(selector)) {
            if (elements.has(element) || nearest(element, OFF)) continue;
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
    // Another route is another view: whatever is seen there is seen anew.
    const renew = () => {
      tellTotal();
      observer.disconnect();
      elements.forEach(({ timer }) => clearTimeout(timer));
      elements.clear();
      exposed = [];
      scanSoon();
    };
    new MutationObserver(scanSoon).observe(document, { subtree: true, childList: true, attributeFilter: [EXPOSE] });
    scanSoon();
    listen("visibilitychange", () => elements.forEach(update));
    listenRoute(() => isLeft(page) && renew());
    // A page of the back/forward cache is another view too.
    listen<PageTransitionEvent>("pageshow", ({ persisted }) => persisted && renew());
    host.onLeave(tellTotal);
  },
});
