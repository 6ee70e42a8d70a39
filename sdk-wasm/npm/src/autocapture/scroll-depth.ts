// How far down visitors scroll.

import type { Plugin } from "../options.js";
import { depthOf } from "./depth.js";
import type { DepthOptions } from "./depth.js";
import { viewsOf } from "./view.js";

export interface ScrollDepthOptions extends DepthOptions {
  /** Percents that are told: 25, 50, 75, 90, 100. */
  readonly thresholds?: readonly number[];
}

/** `Scroll Depth Reached`, once a view for each threshold; a view that nobody scrolled tells none. */
export const scrollDepth = (options: ScrollDepthOptions = {}): Plugin => ({
  name: "scroll-depth",
  setup(client, host) {
    const views = viewsOf(client);
    let told = 0;
    views.starts.push(() => (told = 0));
    depthOf(views, options).listeners.push((percent) => {
      for (const threshold of options.thresholds || [25, 50, 75, 90, 100]) {
        if (threshold > told && threshold <= percent) {
          host.track("Scroll Depth Reached", { percent: threshold, viewId: views.now.id, path: views.now.path });
          told = threshold;
        }
      }
    });
  },
});
