// A click as the features see it: what was meant, and what may be said of it.

import { isMasked, isOff, nearest, selectorOf, textOf } from "../element.js";
import type { Properties } from "../options.js";

export interface ClickOptions {
  /** `marked` captures nothing but what is inside of `data-holloway-on`: everything else is on. */
  readonly allow?: "marked";
  /** Selector of the elements that can be clicked; links, buttons and their like without it. */
  readonly elements?: string;
  /** Whether an element counts that only its cursor says to be clickable: false. */
  readonly pointer?: boolean;
  /** Whether events have the element's text, at most 64 characters: false. */
  readonly text?: boolean;
}

const ELEMENTS =
  "a,button,summary,input[type=submit],input[type=button],[role=button],[role=link],[role=tab],[role=menuitem]";
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

/** The link of an element, if it has one that leads to a document. */
export const linkOf = (element: Element): { link: Element; url: URL } | undefined => {
  const link = nearest(element, "a[href]");
  try {
    const url = new URL(link!.getAttribute("href")!, document.baseURI);
    return /^http/.test(url.protocol) ? { link: link!, url } : undefined;
  } catch {
    return undefined;
  }
};

/** What every event on an element says. */
export const describe = (element: Element, event: MouseEvent, options: ClickOptions): Properties => {
  const found = linkOf(element);
  return {
    tag: element.localName,
    selector: selectorOf(element),
    // Queries and hashes carry secrets.
    href: found && !isMasked(found.link) ? found.url.origin + found.url.pathname : undefined,
    text: options.text ? textOf(element) : undefined,
    x: Math.round(event.pageX),
    y: Math.round(event.pageY),
  };
};
