// The view of now: what a visitor sees under one route, from its beginning to the next one. Time and scroll depth
// belong to a view, not to a document: a single-page app has many views in one document.

import { listen } from "../listener.js";
import type { CallOptions, Holloway, PluginHost, Properties } from "../options.js";
import { listenRoute } from "../route.js";

export interface RouteOptions {
  /** Whether another hash is another view: false. */
  readonly hash?: boolean | undefined;
  /** Keys of the query that make another view: none. */
  readonly query?: readonly string[] | undefined;
}

export interface View {
  readonly id: string;
  readonly path: string;
  readonly previousPath?: string;
  /** The document's URL when it began. */
  readonly address: string;
  /** Its page and campaign as events know them, when the address bar may say another one already; the title may come later. */
  readonly page: Record<string, unknown>;
  readonly context: Properties;
  /** Options of its events: its context, once it has ended. */
  options?: CallOptions;
  /** How far down it was seen, in pixels and of its height. */
  bottom: number;
  percent: number;
  isScrolled?: boolean;
  /** The percent that was recorded last. */
  toldDepth: number;
}

export interface Views {
  now: View;
  options: RouteOptions;
  /** Measures a scroll that was not measured yet. */
  look?: () => void;
  /** Called with a view at each of its scrolls, at its end, and then with the next one at its beginning. */
  readonly scrolls: ((view: View) => unknown)[];
  readonly ends: ((view: View) => unknown)[];
  readonly starts: ((view: View) => unknown)[];
}

const known = new WeakMap<Holloway, Views>();

/** The views of a client's page; the plugins of one client share them, and the options of the one that has some. */
export const viewsOf = (client: Holloway, host: PluginHost, options?: RouteOptions): Views => {
  const found = known.get(client);
  if (found) {
    found.options = options || found.options;
    return found;
  }
  // No more of the address than makes the view: queries carry secrets.
  const routeOf = ({ pathname, searchParams, hash }: URL) => {
    const { options } = views;
    const query = `${new URLSearchParams([...searchParams].filter(([key]) => options.query?.includes(key)))}`;
    return [pathname, query && "?" + query, options.hash ? hash.split("?")[0]! : ""] as const;
  };
  let shown: URL;
  const show = (former?: View) => {
    for (const end of views.ends) end(views.now);
    shown = new URL(location.href);
    // The referrer of a route is the one before it. What comes back from the cache has begun its view by itself.
    const { page: own, campaign } = host.view(!!former, former?.page.url as string | undefined);
    const page: Record<string, unknown> = { ...own };
    // The keys that make the view are in its URL.
    const url = new URL(own.url as string);
    for (const key of views.options.query || []) for (const value of shown.searchParams.getAll(key)) url.searchParams.set(key, value);
    if (former) page.referrer = former.page.url;
    page.search = url.search;
    page.url = url.href;
    views.now = {
      id: page.viewId as string,
      address: location.href,
      path: page.path as string,
      previousPath: former?.path,
      page,
      context: { page, campaign },
      bottom: 0,
      percent: 0,
      toldDepth: 0,
    };
    for (const start of views.starts) start(views.now);
  };
  const views = { options: options || {}, scrolls: [], ends: [], starts: [] } as unknown as Views;
  known.set(client, views);
  show();
  views.ends.push((view) => (view.options = { context: view.context }));
  listenRoute(() => `${routeOf(shown)}` != `${routeOf(new URL(location.href))}` && show(views.now));
  // Back from the back-forward cache: seen anew.
  listen<PageTransitionEvent>("pageshow", ({ persisted }) => persisted && show());
  return views;
};
