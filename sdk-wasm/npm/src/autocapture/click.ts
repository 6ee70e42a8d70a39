// A click as the features see it: what was meant, and what may be said of it.

import { isMasked, isOff, nearest, selectorOf, textOf } from "../element.js";
import type { Properties } from "../options.js";

export interface ClickOptions {
  /** `marked` captures nothing but what is inside of `data-holloway-on`: everything else is on. */
  readonly allow?: "marked" | undefined;
  /** Selector of the elements that can be clicked; links, buttons and their like without it. */
  readonly elements?: string | undefined;
  /** Whether an element counts that only its cursor says to be clickable: false. */
  readonly pointer?: boolean | undefined;
  /** Whether events have the element's text, at most 64 characters: false. */
  readonly text?: boolean | undefined;
}

const ELEMENTS =
  "a,button,summary,[type=submit],[type=button],[role=button],[role=link],[role=tab],[role=menuitem]";
export const DECLARED = "[data-holloway-event]:not(form)";

/** The innermost element under the pointer, in open shadow roots too; nothing where it is off. */
export const targetOf = (event: Event, { allow }: ClickOptions): Element | undefined => {
  const target = event.composedPath()[0] as Element;
  return target.nodeType == 1 && !isOff(target, allow == "marked") ? target : undefined;
};

/** What a click on `target` was meant for. */
export const meantBy = (target: Element, { elements, pointer }: ClickOptions): Element | undefined =>
  nearest(target, `${elements || ELEMENTS},${DECLARED}`) ||
  (pointer && getComputedStyle(target).cursor == "pointer" ? target : undefined);

/** The link that an element is or is in, if it leads to a document. */
export const linkOf = (element: Element): HTMLAnchorElement | undefined => {
  const link = nearest(element, "a[href]") as HTMLAnchorElement | undefined;
  return link && /^http/.test(link.protocol) ? link : undefined;
};

/** What every event on an element says. */
export const describe = (element: Element, event: MouseEvent, options: ClickOptions): Properties => {
  const link = linkOf(element);
  return {
    tag: element.localName,
    selector: selectorOf(element),
    // Queries and hashes carry secrets.
    href: link && !isMasked(element) ? link.origin + link.pathname : undefined,
    text: (options.text && textOf(element)) || undefined,
    x: event.pageX,
    y: event.pageY,
  };
};
