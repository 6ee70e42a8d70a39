// What is recorded, what is not and why, and what waits: on the page or in the console, for the developer.
//
// Everything is made by DOM calls, and styled by a constructed sheet: a strict content security policy holds.

import type { Diagnostic, Plugin } from "./options.js";

export interface DevtoolsOptions {
  /** Writes tables to the console, and nothing on the page. */
  readonly console?: boolean;
  /** Whether the list is shown from the start: true. */
  readonly open?: boolean;
  /** How many lines are kept: 200. */
  readonly linesMax?: number;
}

/** A line of the list. */
interface Line {
  time: string;
  type: string;
  name: string;
  properties: string;
}

/** Added to the number of a kind: a feature recorded it. */
const AUTOMATIC = 16;
const KINDS = "track page screen identify group alias reset register unregister consent session purposes".split(" ");
/** The reasons of a loss by index, as in the wire's `losses`. */
const REASONS =
  "queue full,too large,expired,corrupt,rejected,invalid,dropped,opted out,before send,sampled,cannot be written as JSON,storage refused,state damaged".split(",");
const STYLE = `:host{all:initial;position:fixed;right:8px;bottom:8px;z-index:2147483647;width:min(560px,calc(100vw - 16px));font:12px/1.5 ui-monospace,monospace;color:#e8e6e1;background:#1d1f21;border-radius:6px;box-shadow:0 2px 12px #0008}
summary{padding:6px 10px;cursor:pointer}ol{margin:0;padding:0;max-height:40vh;overflow:auto;list-style:none}
li{display:grid;grid-template-columns:6em 7em 1fr;gap:0 8px;padding:2px 10px;border-top:1px solid #fff2}
span:last-child{grid-column:3;color:#a5b5a0;overflow-wrap:anywhere}.trouble{color:#ffb199}
button{font:inherit;float:right;cursor:pointer}`;

const clock = (timeMs: number): string => new Date(timeMs).toTimeString().slice(0, 8);

/** A diagnostic in words. */
const explain = ({ kind, first, second }: Diagnostic): Line => ({
  time: clock(Date.now()),
  type: kind,
  name: kind == "lost" ? `${second} × ${REASONS[first] ?? first}` : "",
  properties: kind == "lost" || !(first || second) ? "" : `${first} ${second}`,
});

const openTable = () => {
  let lines: Line[] = [];
  return (line: Line): void => {
    if (lines.push(line) > 1) return;
    queueMicrotask(() => {
      console.table(lines);
      lines = [];
    });
  };
};

const openOverlay = (options: DevtoolsOptions, flush: () => void, status: () => string) => {
  const create = <K extends keyof HTMLElementTagNameMap>(tag: K, parent: Node, text = ""): HTMLElementTagNameMap[K] => {
    const element = parent.appendChild(document.createElement(tag));
    element.textContent = text;
    return element;
  };
  // Not below <body>: the page may have none yet, or replace it.
  const corner = create("div", document.documentElement);
  // Its own clicks are nobody's.
  corner.dataset.hollowayOff = "";
  const shadow = corner.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const details = create("details", shadow);
  details.open = options.open != false;
  const summary = create("summary", details);
  const title = create("span", summary);
  const button = create("button", summary, "Send now");
  button.onclick = (event) => {
    event.preventDefault();
    flush();
  };
  const list = create("ol", details);
  let count = 0;
  const refresh = () => (title.textContent = `Holloway: ${count} recorded${status()}`);
  refresh();
  setInterval(refresh, 1_000);
  return (line: Line, isTrouble: boolean): void => {
    if (!isTrouble) count++;
    const row = create("li", list);
    if (isTrouble) row.className = "trouble";
    for (const text of Object.values(line) as string[]) create("span", row, text);
    while (list.childElementCount > (options.linesMax ?? 200)) list.firstChild!.remove();
    list.scrollTop = list.scrollHeight;
    refresh();
  };
};

/** Shows what the client does. Not for production: it costs bytes, and shows visitors their own data. */
export const devtools = (options: DevtoolsOptions = {}): Plugin => ({
  name: "devtools",
  setup(client, host) {
    const status = (): string => {
      const { waiting, nextSendMs } = host.status();
      return waiting ? `, ${waiting} waiting, sent in ${Math.ceil(nextSendMs / 1_000)} s` : "";
    };
    const show: (line: Line, isTrouble: boolean) => void = options.console
      ? openTable()
      : openOverlay(options, () => void client.flush(), status);
    host.onCall(([kind, name, properties, , timeMs]) => {
      const type = KINDS[kind % AUTOMATIC] ?? "";
      show({ time: clock(timeMs), type: kind < AUTOMATIC ? type : type + " (auto)", name, properties }, false);
    });
    host.onDiagnostic((diagnostic) => show(explain(diagnostic), true));
  },
});
