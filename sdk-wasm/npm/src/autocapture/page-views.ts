// A page view for each route that a visitor comes to.

import { guarded, listen } from "../listener.js";
import type { Plugin } from "../options.js";
import { viewsOf } from "./view.js";
import type { RouteOptions } from "./view.js";

export interface PageViewOptions extends RouteOptions {
  /** Names a page by its URL, such as `Product` for every `/products/…`. */
  readonly route?: ((url: string) => string) | undefined;
}

/** Routers change the address first and the title after it: a route's view waits for its title, but not for long. */
const TITLE_WAIT_MS = 300;

/** `page` at load, when a prerendered page is shown, and whenever the route changes. */
export const pageViews = (options: PageViewOptions = {}): Plugin => ({
  name: "page-views",
  setup(client, host) {
    const views = viewsOf(client, options);
    let isUnseen = (document as { prerendering?: boolean }).prerendering;
    /** The view that waits for its title. */
    let waiting: (() => void) | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = guarded(() => {
      const told = waiting;
      waiting = undefined;
      clearTimeout(timer);
      titles.disconnect();
      told?.();
    }) as () => void;
    const titles = new MutationObserver(() => document.title != views.now.page.title && settle());
    const tell = guarded(() => {
      settle();
      if (isUnseen) return;
      const { id: viewId, previousPath, ownPage: page } = views.now;
      const name = options.route?.(location.href);
      if (!page) return host.page(name, { viewId, previousPath });
      const timestamp = Date.now();
      waiting = () => {
        page.title = document.title;
        host.page(name, { ...page, viewId, previousPath }, { timestamp, context: { page } });
      };
      timer = setTimeout(settle, TITLE_WAIT_MS);
      // The whole head: a title may be another element by then.
      titles.observe(document.head, { childList: true, subtree: true, characterData: true });
    });
    views.starts.push(tell as () => void);
    // The view comes before what happens in it, and before who looks at it changes.
    host.onCall(settle);
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
