// How far down a view was seen. Content comes late and grows, so the height is the one of the last look.

import { guarded, listen } from "../listener.js";
import type { Views } from "./view.js";

export interface DepthOptions {
  /** Selector of the element that scrolls, where it is not the document. */
  readonly container?: string | undefined;
}

/** Keeps `percent` of the view of now: 100 where all of it fits on the screen. The first options count. */
export const watchDepth = (views: Views, { container }: DepthOptions): void => {
  if (views.look) return;
  let frame = 0;
  /** Where the box stood at the last look, or when the view began. */
  let lastTop: number;
  const box = () => (container && document.querySelector(container)) || document.scrollingElement || document.documentElement;
  const look = () => {
    frame = 0;
    const view = views.now;
    const { scrollTop, clientHeight, scrollHeight } = box();
    // A new view may still stand where the former one was left: only a scroll of its own, not the one back to the
    // top, moves it down.
    const top = scrollTop == lastTop ? 0 : (lastTop = scrollTop);
    view.bottom = Math.max(view.bottom, top + clientHeight);
    // A pixel of grace: positions are fractions where the screen is scaled.
    view.percent = scrollHeight && Math.min(100, Math.floor((100 * (view.bottom + 1)) / scrollHeight));
    if (!top) return;
    view.isScrolled = true;
    for (const scroll of views.scrolls) scroll(view);
  };
  const soon = () => {
    frame ||= requestAnimationFrame(guarded(look));
  };
  const begin = () => {
    lastTop = box().scrollTop;
    soon();
  };
  begin();
  views.starts.push(begin);
  // A scroll that waits to be looked at is the former view's.
  views.ends.push((views.look = () => frame && look()));
  listen("scroll", soon);
  new ResizeObserver(soon).observe(document.documentElement);
};
