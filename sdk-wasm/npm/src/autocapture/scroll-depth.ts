// How far down visitors scroll.

import type { Plugin } from "../options.js";
import { watchDepth } from "./depth.js";
import type { DepthOptions } from "./depth.js";
import { viewsOf } from "./view.js";

export interface ScrollDepthOptions extends DepthOptions {
  /** Percents that are told: 25, 50, 75, 90, 100. */
  readonly thresholds?: readonly number[] | undefined;
}

/** `Scroll Depth Reached`, once a view for each threshold; a view that nobody scrolled tells none. */
export const scrollDepth = (options: ScrollDepthOptions = {}): Plugin => ({
  name: "scroll-depth",
  setup(client, host) {
    const views = viewsOf(client, host);
    watchDepth(views, options);
    views.scrolls.push((view) => {
      for (const percent of options.thresholds || [25, 50, 75, 90, 100]) {
        if (percent > view.toldDepth && percent <= view.percent) {
          view.toldDepth = percent;
          host.track("Scroll Depth Reached", { percent, viewId: view.id, path: view.path }, view.options);
        }
      }
    });
  },
});
