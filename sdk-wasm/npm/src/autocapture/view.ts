// The view of now: what a visitor sees under one route, from its beginning to the next one. Time and scroll depth
// belong to a view, not to a document: a single-page app has many views in one document.

import { listen } from "../listener.js";
import type { CallOptions, Holloway } from "../options.js";
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
  /** Its page as events know it, when the address bar may say another one already; the title may come later. */
  readonly page: Record<string, unknown>;
  /** The same, but not if the document began with it: then the address may hold a campaign. */
  readonly ownPage?: Record<string, unknown>;
  /** Options of what is told of it; since it has ended, its page. */
  options?: CallOptions;
  /** How far down it was seen, in pixels and of its height. */
  bottom: number;
  percent: number;
  isScrolled?: boolean;
  /** The percent that was told last. */
  toldDepth: number;
}

export interface Views {
  now: View;
  options: RouteOptions;
  /** Looks at a scroll that nobody has looked at yet. */
  look?: () => void;
  /** Told of each scroll of a view, of its end, and then of the next one's beginning. */
  readonly scrolls: ((view: View) => unknown)[];
  readonly ends: ((view: View) => unknown)[];
  readonly starts: ((view: View) => unknown)[];
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
  const routeOf = ({ pathname, searchParams, hash }: URL) => {
    const { options } = views;
    const query = `${new URLSearchParams([...searchParams].filter(([key]) => options.query?.includes(key)))}`;
    return [pathname, query && "?" + query, options.hash ? hash.split("?")[0]! : ""] as const;
  };
  let shown: URL;
  const show = (former?: View) => {
    for (const end of views.ends) end(views.now);
    shown = new URL(location.href);
    const [path, search, hash] = routeOf(shown);
    const page = {
      path,
      referrer: former ? former.page.url : document.referrer.split(/[?#]/)[0],
      search,
      title: document.title,
      // A fragment that is no route may be a secret.
      url: location.origin + path + search + (/^#!?\//.test(hash) ? hash : ""),
    };
    views.now = {
      id: Date.now().toString(36) + Math.random().toString(36).slice(2),
      path,
      previousPath: former?.path,
      page,
      ownPage: former && page,
      bottom: 0,
      percent: 0,
      toldDepth: 0,
    };
    for (const start of views.starts) start(views.now);
  };
  const views = { options: options || {}, scrolls: [], ends: [], starts: [] } as unknown as Views;
  known.set(client, views);
  show();
  views.ends.push((view) => (view.options = { context: { page: view.page } }));
  listenRoute(() => `${routeOf(shown)}` != `${routeOf(new URL(location.href))}` && show(views.now));
  // Back from the back-forward cache: seen anew.
  listen<PageTransitionEvent>("pageshow", ({ persisted }) => persisted && show());
  return views;
};
