// Whether the page did anything in answer to a click.

import { listen } from "../listener.js";

/** Calls `unanswered` when the page showed no reaction within `waitMs`, though it was alive and seen all the time. */
export const watchReactions = (waitMs: number) => {
  const waiting = new Set<Element>();
  const changes = new MutationObserver(() => answered());
  const answered = () => {
    waiting.clear();
    changes.disconnect();
  };
  // `blur`: a file dialog, another window or a frame took over.
  listen("scroll input change submit invalid focusin play visibilitychange blur error unhandledrejection", answered);
  listen("selectionchange", () => {
    if (getSelection()?.type == "Range") answered();
  });
  return (element: Element, event: Event, unanswered: () => void) => {
    if (waiting.has(element)) return;
    waiting.add(element);
    for (const root of event.composedPath()) {
      // The document and every open shadow root on the way.
      if ("activeElement" in root)
        changes.observe(root as Document, { subtree: true, childList: true, attributes: true, characterData: true });
    }
    const { href } = location;
    setTimeout(() => {
      if (!waiting.delete(element)) return;
      if (!waiting.size) changes.disconnect();
      // A late timer: the page was frozen, and so would be its reaction.
      if (href == location.href && performance.now() - event.timeStamp < waitMs + 1_000) unanswered();
    }, waitMs);
  };
};
