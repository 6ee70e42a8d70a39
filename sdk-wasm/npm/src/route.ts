// Routes of a single-page app, and the page that something was seen on: it may be told when the address is another one.

import { guarded, listen } from "./listener.js";
import type { CallOptions } from "./options.js";

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly url: string;
}

/** The page of now, without the query. */
export const pageOfNow = (): Page => {
  const { origin, pathname: path } = location;
  return { path, title: document.title, url: origin + path };
};

export const isLeft = ({ path }: Page): boolean => path != location.pathname;

/** Options of an event that belongs to `page`. */
export const onPage = (page: Page): CallOptions | undefined => (isLeft(page) ? { context: { page } } : undefined);

/** Told after every change of the address within the document. */
export const listenRoute = (hear: () => unknown): void => {
  const check = guarded(hear);
  for (const method of ["pushState", "replaceState"] as const) {
    const inner = history[method];
    history[method] = function (this: History, ...rest) {
      const result = inner.apply(this, rest);
      check(0);
      return result;
    };
  }
  listen("popstate hashchange", check);
};
