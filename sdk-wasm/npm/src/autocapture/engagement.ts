// How long a view had the visitor's attention.

import { awakeMs } from "../clock.js";
import { listen } from "../listener.js";
import type { Plugin } from "../options.js";
import { watchDepth } from "./depth.js";
import type { DepthOptions } from "./depth.js";
import { viewsOf } from "./view.js";
import type { View } from "./view.js";

export interface EngagementOptions extends DepthOptions {
  /** Less attention than so many milliseconds, with no scroll either, is not told: 1,000. */
  readonly minMs?: number | undefined;
  /** Without a sign of the visitor for so many milliseconds, time is no longer active: 30,000. */
  readonly idleMs?: number | undefined;
}

/**
 * `Page Left` when the route changes or the page is hidden or left. A page that is hidden and shown again tells each
 * time what came since: sums over a `viewId` are right.
 */
export const engagement = ({ minMs = 1_000, idleMs = 30_000, ...options }: EngagementOptions = {}): Plugin => ({
  name: "engagement",
  setup(client, host) {
    const views = viewsOf(client, host);
    watchDepth(views, options);
    let visibleMs = 0;
    let activeMs = 0;
    let toldPercent = 0;
    let signAt = awakeMs();
    /** Counted until here; 0 while nobody looks. */
    let since = 0;

    const count = () => {
      const at = awakeMs();
      if (since) {
        visibleMs += at - since;
        activeMs += Math.max(0, Math.min(at, signAt + idleMs) - since);
      }
      const isAttended = document.visibilityState == "visible" && document.hasFocus();
      // Somebody came back.
      if (isAttended && !since) signAt = at;
      since = isAttended ? at : 0;
    };
    const tell = (view: View) => {
      count();
      views.look!();
      const { id: viewId, path, percent } = view;
      if (visibleMs <= minMs && !(view.isScrolled && percent > toldPercent)) return;
      host.track(
        "Page Left",
        {
          viewId,
          path,
          activeMs: Math.round(activeMs),
          visibleMs: Math.round(visibleMs),
          maxScrollPercent: percent,
        },
        view.options,
      );
      visibleMs = activeMs = 0;
      toldPercent = percent;
    };

    count();
    views.ends.push((view) => {
      tell(view);
      visibleMs = activeMs = toldPercent = 0;
      signAt = awakeMs();
    });
    host.onLeave(() => {
      tell(views.now);
      // A page that is left says for a moment more that it is visible.
      since = 0;
    });
    listen("visibilitychange pageshow focus blur", count);
    listen("pointerdown pointermove keydown scroll wheel touchmove", () => {
      count();
      signAt = awakeMs();
    });
  },
});
