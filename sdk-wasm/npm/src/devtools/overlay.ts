// The list in the page's corner: made by DOM calls and styled by a constructed sheet, so that a strict policy holds.

import type { Entry } from "./journal.js";

const STYLE = `:host{all:initial;position:fixed;right:8px;bottom:8px;z-index:2147483647;width:min(640px,calc(100vw - 16px));font:12px/1.5 ui-monospace,monospace;color:#e8e6e1;background:#1d1f21;border-radius:6px;box-shadow:0 2px 12px #0008}
summary{padding:6px 10px;cursor:pointer}dl{display:grid;grid-template-columns:auto 1fr;gap:0 8px;margin:0;padding:2px 10px;color:#c5c8c6}dd{margin:0;overflow-wrap:anywhere}
form{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin:0;padding:4px 10px}input,button{font:inherit;color:inherit;background:#373b41;border:1px solid #767676;border-radius:3px;padding:1px 6px}button{cursor:pointer}input{flex:1;min-width:10em}
:focus-visible{outline:2px solid #8abeb7;outline-offset:1px}ol{margin:0;padding:0;max-height:40vh;overflow:auto;list-style:none}
li{display:grid;grid-template-columns:6em 8em 1fr auto;gap:0 8px;padding:2px 10px;border-top:1px solid #fff2}li[hidden]{display:none}
li>code,li>details{grid-column:3/5;font:inherit;color:#b5c5b0;overflow-wrap:anywhere}li summary{padding:0}.trouble{color:#ffb199}`;

export interface OverlayOptions {
  readonly isOpen: boolean;
  readonly linesMax: number;
  /** Sends what waits. */
  readonly send: () => void;
  /** The title, and the visitor by label. */
  readonly title: () => string;
  readonly visitor: () => Record<string, string>;
  /** What "Copy as JSON" copies of the entries that are shown. */
  readonly json: (entries: readonly Entry[]) => string;
}

const TROUBLE = ["invalid", "dropped", "lost"];

/** Copies a text; pages that the browser does not trust with the clipboard have the older way. */
const copyText = async (text: string, parent: Node): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = parent.appendChild(document.createElement("textarea"));
    field.value = text;
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
};

export const openOverlay = ({ isOpen, linesMax, send, title, visitor, json }: OverlayOptions) => {
  const create = <K extends keyof HTMLElementTagNameMap>(tag: K, parent: Node, text = ""): HTMLElementTagNameMap[K] => {
    const element = parent.appendChild(document.createElement(tag));
    element.textContent = text;
    return element;
  };
  // Not below <body>: the page may have none yet, or replace it.
  const corner = create("div", document.documentElement);
  // Its own clicks are not recorded.
  corner.dataset.hollowayOff = "";
  corner.setAttribute("role", "region");
  corner.setAttribute("aria-label", "Holloway developer tools");
  const shadow = corner.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const details = create("details", shadow);
  details.open = isOpen;
  const heading = create("span", create("summary", details));
  const facts = create("dl", details);
  const bar = create("form", details);
  bar.onsubmit = (event) => event.preventDefault();
  const button = (text: string, act: () => void) => {
    const made = create("button", bar, text);
    made.type = "button";
    made.onclick = act;
  };
  const filter = create("input", bar);
  filter.type = "search";
  filter.placeholder = "Filter";
  filter.setAttribute("aria-label", "Filter events by any text");
  const list = create("ol", details);
  list.tabIndex = 0;
  list.setAttribute("aria-label", "Events, oldest first");
  const rows = new Map<Entry, HTMLLIElement>();
  const matches = (entry: Entry) => Object.values(entry).join(" ").toLowerCase().includes(filter.value.toLowerCase());
  filter.oninput = () => {
    for (const [entry, row] of rows) row.hidden = !matches(entry);
  };
  button("Send now", send);
  button("Copy as JSON", () => {
    const text = json([...rows.keys()].filter(matches));
    void copyText(text, shadow).then((isCopied) => (notice.textContent = isCopied ? "copied" : "the browser refuses the clipboard"));
  });
  const notice = create("span", bar);
  notice.setAttribute("role", "status");
  const refresh = () => {
    heading.textContent = title();
    const found = visitor();
    // Rewritten only when it changed: a screen reader, and a selection, stay where they are.
    if (facts.dataset.shown == JSON.stringify(found)) return;
    facts.dataset.shown = JSON.stringify(found);
    facts.replaceChildren();
    for (const [label, text] of Object.entries(found)) {
      create("dt", facts, label);
      create("dd", facts, text || "none yet");
    }
  };
  const fill = (row: HTMLLIElement, entry: Entry) => {
    row.className = entry.isDiagnostic || TROUBLE.includes(entry.state) ? "trouble" : "";
    row.replaceChildren();
    for (const text of [entry.time, entry.type, entry.name, entry.state + (entry.reason && `: ${entry.reason}`)]) create("span", row, text);
    if (entry.properties) create("code", row, entry.properties);
    if (entry.context) {
      const more = create("details", row);
      create("summary", more, "context");
      create("code", more, entry.context);
    }
    row.hidden = !matches(entry);
  };
  refresh();
  setInterval(refresh, 1_000);
  return (entry: Entry): void => {
    let row = rows.get(entry);
    if (!row) {
      rows.set(entry, (row = create("li", list)));
      while (rows.size > linesMax) {
        const [[oldest, gone]] = rows as unknown as [[Entry, HTMLLIElement]];
        gone.remove();
        rows.delete(oldest);
      }
      list.scrollTop = list.scrollHeight;
    }
    fill(row, entry);
    refresh();
  };
};
