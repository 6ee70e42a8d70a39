// A page view for each route that a visitor comes to.

import { guarded, listen } from "../listener.js";
import type { Plugin } from "../options.js";
import { viewsOf } from "./view.js";
import type { RouteOptions } from "./view.js";

export interface PageViewOptions extends RouteOptions {
  /** Names a page by its URL, such as `Product` for every `/products/…`. */
  readonly route?: ((url: string) => string) | undefined;
}

/** The app may record the view itself, with words of its own, and routers set the title late. */
const WAIT_MS = 1_000;
// Kinds as in `call.ts`, which is not to be a file of its own between two entries.
const PAGE = 1;
/** Calls that a view must come before: track, page, screen and reset. */
const FOLLOWERS = [0, PAGE, 2, 6];

/**
 * `page` at load, when a prerendered page is shown, and whenever the route changes; a second later at the latest, and
 * before whatever else happens in the view. The app's own `page` of the same URL in that second takes its place.
 */
export const pageViews = (options: PageViewOptions = {}): Plugin => ({
  name: "page-views",
  setup(client, host) {
    const views = viewsOf(client, host, options);
    let isUnseen = (document as { prerendering?: boolean }).prerendering;
    /** The view that waits. */
    let waiting: (() => void) | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = guarded(() => {
      const record = waiting;
      waiting = undefined;
      clearTimeout(timer);
      record?.();
    }) as () => void;
    const tell = guarded(() => {
      settle();
      if (isUnseen) return;
      const { previousPath, page, context, address } = views.now;
      const name = options.route?.(address);
      const timestamp = Date.now();
      waiting = () => {
        if (address == location.href) page.title = document.title;
        host.page(name, { ...page, previousPath }, { timestamp, context }, address);
      };
      timer = setTimeout(settle, WAIT_MS);
    });
    views.starts.push(tell as () => void);
    host.onCall(([kind]) => {
      if (kind == PAGE && views.now.address == location.href) waiting = undefined;
      else if (FOLLOWERS.includes(kind & 15)) settle();
    });
    host.onLeave(settle);
    views.ends.push(settle);
    tell(0);
    if (isUnseen) {
      listen("prerenderingchange", () => {
        isUnseen = false;
        tell(0);
      });
    }
  },
});
