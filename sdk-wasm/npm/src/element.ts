// What may be said of an element of the page, and by which name: every feature that looks at elements asks here.
// A page's own words win: `data-holloway-off`, `-on` and `-mask` count for everything inside.

const OFF = "[data-holloway-off]";
const ON = "[data-holloway-on]";
const MASK = "[data-holloway-mask]";
/** Elements whose text is what somebody typed, or is no text. */
const TYPED = "input,textarea,select,option,[contenteditable]:not([contenteditable=false]),script,style,noscript";
/** Fields that give nothing, not even that they exist. */
const SECRET =
  "input[type=password],input[type=hidden],[autocomplete^=cc-],[autocomplete*=password],[autocomplete=one-time-code]";
const SECRET_NAME =
  /pass(word|code|phrase)|passwd|secret|token|card.?(n|ex|cv|code|sec|hold)|(credit|debit).?card|cc.?(n|exp|cvc|csc)|\bcv[cv]|security.?code|\bssn\b|social.?sec|\biban\b|routing|\bpin\b/i;

const EXPLICIT = ["data-holloway-id", "data-testid"];
/** Parts of a page that are there once, and stay. */
const LANDMARK = /^(main|nav|header|footer|aside|dialog|form|body)$/;

/** Made by a program at run time: another one tomorrow. */
const GENERATED =
  /^[:«_]r|^(radix|headlessui|react-|mui|mantine|chakra|downshift|ember|ext-|yui|cdk-|mat-|ng-|tippy|floating|el-id|v-\d|uid|auto)|\d{4}|[\da-f]{8}-[\da-f]{4}|(?=[a-f]*\d)[\da-f]{8}|(?=[a-z\d]{5})[a-z]*\d+[a-z]+\d|(?=[a-z\d]{5})[a-z]+\d+[a-z]/i;
/** Says how it looks, how it is at the moment, or which build made it. */
const UTILITY =
  /[^\w-]|^-|^(css|sc|jss|emotion|svelte|astro|data-v|makeStyles|Mui|ant|chakra|mantine|tw)[-\dA-Z]|^_|__?\w*\d\w*$|^(is|has|js|ng|m|p|[mp][trblxyse]|w|h|d|g|z|min|max|size|text|bg|from|via|to|border|rounded|shadow|font|leading|tracking|gap|space|items|justify|content|place|self|col|row|flex|grid|order|top|left|right|bottom|inset|opacity|overflow|cursor|transition|duration|delay|ease|animate|ring|outline|divide|fill|stroke|object|align|whitespace|break|float|scale|rotate|translate|transform|select|pointer|aspect|basis|line|list|decoration|origin|sr|not|group|peer)(-|$)|^(block|inline|hidden|visible|invisible|absolute|relative|fixed|sticky|static|container|truncate|uppercase|lowercase|capitalize|italic|underline|antialiased|grow|shrink|resize|filter|blur|isolate|collapse|active|open|opened|closed|selected|current|focus|focused|hover|disabled|enabled|loading|loaded|show|shown|hide|in|out|even|odd|first|last)(-|$)/;

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
  element.matches(SECRET) ||
  (/^(input|textarea|select)$/.test(element.localName) &&
    SECRET_NAME.test(["name", "id", "autocomplete"].map((key) => element.getAttribute(key) || "").join(" ")));

/** Neither its text nor its attributes may be recorded. */
export const isMasked = (element: Element): boolean => !!nearest(element, MASK);

const read = (node: Node): string =>
  node.nodeType == 3
    ? (node as Text).data
    : (node as Element).matches?.(`${TYPED},${MASK},${OFF}`)
      ? ""
      : Array.from(node.childNodes, read).join(" ");

/** At most 64 characters of what it says to visitors; nothing that was typed, nothing masked. */
export const textOf = (element: Element): string =>
  isMasked(element) || nearest(element, TYPED)
    ? ""
    : (read(element).trim() || element.getAttribute("aria-label") || element.getAttribute("title") || "")
        .trim()
        .replace(/\s+/g, " ")
        .slice(0, 64);

const tagOf = (element: Element) => CSS.escape(element.localName);
const attribute = (key: string, value: string) => `[${key}="${value.replace(/["\\]/g, "\\$&")}"]`;

/** A name that stays the same over visits; empty for none. */
const nameOf = (element: Element, isUnique: (selector: string) => boolean): string => {
  const masked = isMasked(element);
  for (const key of EXPLICIT) {
    const value = element.getAttribute(key);
    // The first is for us, and chosen knowing that we see it.
    if (value && !(masked && key != EXPLICIT[0])) return attribute(key, value);
  }
  const { id } = element;
  const byId = "#" + CSS.escape(id);
  return id && !masked && !GENERATED.test(id) && isUnique(byId) ? byId : "";
};

/** One step of a path: the tag, classes that mean something, and the place among siblings that look the same. */
const step = (element: Element): string => {
  const tag = tagOf(element);
  const classes = isMasked(element) ? [] : [...element.classList];
  const name =
    tag +
    classes
      .filter((name) => !UTILITY.test(name) && !GENERATED.test(name))
      .slice(0, 2)
      .map((name) => "." + CSS.escape(name))
      .join("");
  const siblings = [...(element.parentNode?.children || [])];
  return siblings.filter((one) => one.matches(name)).length > 1
    ? `${name}:nth-of-type(${siblings.filter((one) => one.localName == element.localName).indexOf(element) + 1})`
    : name;
};

/**
 * A selector that names the element the same over visits, builds and page states: an explicit attribute, else a
 * stable id, else the way to it from the nearest ancestor that has one or is a landmark. ` >>> ` enters a shadow root.
 */
export const selectorOf = (element: Element): string => {
  const root = element.getRootNode() as ShadowRoot;
  const isUnique = (selector: string) => root.querySelectorAll(selector).length == 1;
  let path = nameOf(element, isUnique);
  if (!path) {
    path = step(element);
    for (let at = element.parentElement; at; at = at.parentElement) {
      const name = nameOf(at, isUnique);
      const tag = tagOf(at);
      const anchor = name && isUnique(name) ? name : LANDMARK.test(tag) && isUnique(tag) ? tag : "";
      path = `${anchor || step(at)} > ${path}`;
      if (anchor) break;
    }
  }
  return root.host ? `${selectorOf(root.host)} >>> ${path}` : path;
};
