// A page view for each route that a visitor comes to.

import { guarded, listen } from "../listener.js";
import type { Plugin } from "../options.js";
import { viewsOf } from "./view.js";
import type { RouteOptions } from "./view.js";

export interface PageViewOptions extends RouteOptions {
  /** Names a page by its URL, such as `Product` for every `/products/…`. */
  readonly route?: (url: string) => string;
}

/** `page` at load, when a prerendered page is shown, and whenever the route changes. */
export const pageViews = (options: PageViewOptions = {}): Plugin => ({
  name: "page-views",
  setup(client, host) {
    const views = viewsOf(client, options);
    let isUnseen = (document as { prerendering?: boolean }).prerendering;
    const tell = guarded(() => {
      if (isUnseen) return;
      const { id: viewId, previousPath, ownPage: page } = views.now;
      host.page(options.route?.(location.href), { ...page, viewId, previousPath }, page && { context: { page } });
    });
    views.starts.push(tell as () => void);
    tell(0);
    if (isUnseen) {
      listen("prerenderingchange", () => {
        isUnseen = false;
        tell(0);
      });
    }
  },
});
