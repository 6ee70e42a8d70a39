// The view of now: what a visitor sees under one route, from its beginning to the next one. Time and scroll depth
// belong to a view, not to a document: a single-page app has many views in one document.

import type { Holloway, Properties } from "../options.js";
import type { Depth } from "./depth.js";
import { guarded, listen } from "./listener.js";

export interface RouteOptions {
  /** Whether another hash is another view: false. */
  readonly hash?: boolean;
  /** Keys of the query that make another view: none. */
  readonly query?: readonly string[];
}

export interface View {
  readonly id: string;
  readonly path: string;
  readonly previousPath?: string;
  /** Its page as events know it, when the address bar may say another one already. */
  readonly page: Properties;
  /** The document began with it, so that the address may hold a campaign. */
  readonly isFirst?: boolean;
  /** How far down it was seen, and out of how much. */
  bottom: number;
  height: number;
  isScrolled?: boolean;
}

export interface Views {
  now: View;
  options: RouteOptions;
  depth?: Depth;
  /** All of these are told of a view's end, then all of those of the next one's beginning. */
  readonly ends: ((view: View) => void)[];
  readonly starts: (() => void)[];
}

const known = new WeakMap<Holloway, Views>();

/** The views of a client's page; the plugins of one client share them, and the options of the one that has some. */
export const viewsOf = (client: Holloway, options?: RouteOptions): Views => {
  const found = known.get(client);
  if (found) {
    found.options = options || found.options;
    return found;
  }
  // No more of the address than makes the view: queries carry secrets.
  const routeOf = ({ pathname, searchParams, hash }: URL): [path: string, search: string, hash: string] => {
    const { options } = views;
    const query = `${new URLSearchParams([...searchParams].filter(([key]) => options.query?.includes(key)))}`;
    return [pathname, query && "?" + query, options.hash ? hash.split("?")[0]! : ""];
  };
  let shown: URL;
  const show = (former?: View) => {
    shown = new URL(location.href);
    const route = routeOf(shown);
    const [path, search] = route;
    views.now = {
      id: Date.now().toString(36) + Math.random().toString(36).slice(2),
      path,
      previousPath: former?.path,
      page: {
        path,
        referrer: former ? former.page.url : document.referrer.split(/[?#]/)[0],
        search,
        title: document.title,
        // A fragment that is no route may be a secret.
        url: location.origin + path + search + (/^#!?\//.test(route[2]) ? route[2] : ""),
      },
      isFirst: !former,
      bottom: 0,
      height: 0,
    };
    for (const start of views.starts) start();
  };
  const next = (former?: View) => {
    for (const end of views.ends) end(views.now);
    show(former);
  };
  const views = { options: options || {}, ends: [], starts: [] } as unknown as Views;
  known.set(client, views);
  show();
  const check = guarded(() => {
    if (`${routeOf(shown)}` != `${routeOf(new URL(location.href))}`) next(views.now);
  });
  for (const method of ["pushState", "replaceState"] as const) {
    const inner = history[method];
    history[method] = function (this: History, ...rest) {
      const result = inner.apply(this, rest);
      check(0);
      return result;
    };
  }
  listen("popstate hashchange", check);
  // Back from the back-forward cache: seen anew.
  listen<PageTransitionEvent>("pageshow", (event) => event.persisted && next());
  return views;
};
