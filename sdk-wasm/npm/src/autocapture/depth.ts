// How far down a view was seen. Content comes late and grows, so the height is the one of the last look.

import type { Views } from "./view.js";
import { guarded, listen } from "./listener.js";

export interface DepthOptions {
  /** Selector of the element that scrolls, where it is not the document. */
  readonly container?: string;
}

export interface Depth {
  /** Percent of the view of now; 100 where all of it fits on the screen. */
  percent(): number;
  /** Told after each scroll. */
  readonly listeners: ((percent: number) => void)[];
}

export const depthOf = (views: Views, options: DepthOptions): Depth => {
  if (views.depth) return views.depth;
  let frame = 0;
  let isScroll = false;
  const container = () => (options.container ? document.querySelector(options.container) : null);
  const look = () => {
    frame = 0;
    const view = views.now;
    const box = container() || document.scrollingElement;
    if (!box) return;
    // A new view may still stand where the former one was left: only a scroll of its own, not the one back to the
    // top, moves it down.
    const top = isScroll ? box.scrollTop : 0;
    isScroll = false;
    view.bottom = Math.max(view.bottom, top + box.clientHeight);
    view.height = box.scrollHeight;
    if (!top) return;
    view.isScrolled = true;
    for (const listener of depth.listeners) listener(depth.percent());
  };
  const soon = () => {
    frame ||= requestAnimationFrame(guarded(look));
  };
  const depth: Depth = (views.depth = {
    percent: () => {
      if (frame && isScroll) look();
      const { bottom, height } = views.now;
      // A pixel of grace: positions are fractions where the screen is scaled.
      return height ? Math.min(100, Math.floor((100 * (bottom + 1)) / height)) : 0;
    },
    listeners: [],
  });
  listen("scroll", (event) => {
    if (event.target == (container() || document)) {
      isScroll = true;
      soon();
    }
  });
  new ResizeObserver(soon).observe(document.documentElement);
  views.starts.push(soon);
  return depth;
};
