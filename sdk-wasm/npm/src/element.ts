// What may be said of an element of the page, and by which name: every feature that looks at elements asks here.
// A page's own words win: `data-holloway-off`, `-on` and `-mask` count for everything inside.

export const OFF = "[data-holloway-off]";
const ON = "[data-holloway-on]";
const MASK = "[data-holloway-mask]";
/** Elements whose text is what somebody typed, or is no text. */
const TYPED = "input,textarea,select,option,[contenteditable],script,style";
/** Fields that give nothing, not even that they exist. */
const SECRET = "[type=password],[type=hidden],[autocomplete^=cc-],[autocomplete=one-time-code]";
const SECRET_NAME = /pass(w|c|p)|secret|token|card|\bcvv?c?|security|\bssn|iban|\bpin\b/i;

/** Parts of a page that are there once, and stay. */
const LANDMARK = /^(main|nav|header|footer|aside|dialog|form|body)$/;
/** Ids made by a program at run time: another one tomorrow. */
const GENERATED =
  /^\W|^_?r_|^(radix|headlessui|react-|mui|ember|mat-|cdk-)|\d{4}|(?=[a-f]*\d)[\da-f]{8}|(?=[a-z\d]{5})([a-z]+\d+[a-z]|\d+[a-z]+\d)/i;
/** The only classes that say what an element is: parts of a component, such as `card__title`. Others say how it looks, how
 *  it is at the moment (`card--open`), or which build made it. */
const PART = /^[a-z]+(-[a-z]+)*__[a-z]+(-[a-z]+)*$/;

/** The nearest element from here upwards, through open shadow roots, that `selector` matches. */
export const nearest = (element: Element, selector: string): Element | undefined => {
  for (let at: Element | undefined = element; at; at = (at.getRootNode() as ShadowRoot).host) {
    const found = at.closest(selector);
    if (found) return found;
  }
  return undefined;
};

/** Nothing may be recorded of it. With `isMarkedOnly` that is all but what `data-holloway-on` marks. */
export const isOff = (element: Element, isMarkedOnly?: boolean): boolean =>
  !!nearest(element, OFF) ||
  (isMarkedOnly && !nearest(element, ON)) ||
  (element.matches("input,textarea,select") &&
    (element.matches(SECRET) || SECRET_NAME.test(element.id + " " + element.getAttribute("name"))));

/** Neither its text nor its attributes may be recorded. */
export const isMasked = (element: Element): boolean => !!nearest(element, MASK);

const read = (node: Node): string =>
  node.nodeType == 3
    ? (node as Text).data
    : (node as Element).matches?.(`${TYPED},${MASK},${OFF}`)
      ? ""
      : Array.from(node.childNodes, read).join(" ");

/** A card number or an address that is cut in two would not be known as one. */
const cut = (text: string): string => {
  const [start] = /^.{0,64}/u.exec(text)!;
  return start == text ? text : start.replace(/[\s\d-]*\S*$/, "");
};

/** At most 64 characters of what it says to visitors; nothing that was typed, nothing masked. */
export const textOf = (element: Element): string =>
  isMasked(element) || nearest(element, TYPED)
    ? ""
    : cut((read(element).trim() || element.getAttribute("aria-label") || element.getAttribute("title") || "").replace(/\s+/g, " "));

/** What needs no escape in a selector. */
const PLAIN = /^[a-z][\w-]*$/i;

const explicit = (element: Element, key: string): string => {
  const value = element.getAttribute(key);
  // In quotes, not escaped: the scrubber must be able to read what stands there.
  return value ? `[${key}=${PLAIN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}]` : "";
};

/** A name that stays the same over visits; empty for none. */
const nameOf = (element: Element, isUnique: (selector: string) => boolean): string => {
  const { id } = element;
  const byId = "#" + id;
  return (
    // Chosen knowing that we see it; other attributes may be what is masked.
    explicit(element, "data-holloway-id") ||
    (isMasked(element)
      ? ""
      : explicit(element, "data-testid") || (PLAIN.test(id) && !GENERATED.test(id) && isUnique(byId) ? byId : ""))
  );
};

/** One step of a path: the tag, classes that mean something, and the place among siblings that look the same. */
const step = (element: Element): string => {
  const { localName } = element;
  const classes = [...element.classList].filter((name) => PART.test(name) && !isMasked(element));
  const name = [CSS.escape(localName), ...classes].join(".");
  // Not `children`: a field of that name stands in its form's way.
  const siblings = Array.from(element.parentNode?.childNodes || [element]).filter((node): node is Element => node.nodeType == 1);
  return siblings.filter((one) => one.matches(name)).length > 1
    ? `${name}:nth-of-type(${siblings.filter((one) => one.localName == localName).indexOf(element) + 1})`
    : name;
};

/**
 * A selector that names the element the same over visits, builds and page states: an explicit attribute, else a
 * stable id, else the way to it from the nearest ancestor that has one or is a landmark. ` >>> ` enters a shadow root.
 */
export const selectorOf = (element: Element): string => {
  const root = element.getRootNode() as ShadowRoot;
  const isUnique = (selector: string) => !root.querySelectorAll(selector)[1];
  let path = nameOf(element, isUnique);
  if (!path) {
    path = step(element);
    for (let at = element.parentElement; at; at = at.parentElement) {
      const tag = at.localName;
      const anchor = [nameOf(at, isUnique), LANDMARK.test(tag) && tag].find((name) => name && isUnique(name));
      path = `${anchor || step(at)} > ${path}`;
      if (anchor) break;
    }
  }
  return root.host ? `${selectorOf(root.host)} >>> ${path}` : path;
};
