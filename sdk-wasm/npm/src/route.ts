// Routes of a single-page app, and the page that something was seen on: its event may come when the address is another one.

import { guarded, listen } from "./listener.js";
import type { CallOptions, PageContext } from "./options.js";

export const isLeft = ({ page }: PageContext): boolean => page.path != location.pathname;

/** Returns the options of an event that belongs to a page: its path, query, view and campaign. */
export const onPage = (context: PageContext): CallOptions | undefined => (isLeft(context) ? { context: { ...context } } : undefined);

/** Calls `hear` after every change of the address within the document. */
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
