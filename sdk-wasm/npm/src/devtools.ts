// What is recorded, what became of it, and what went wrong: on the page or in the console, for the developer.

import { type Entry, openJournal } from "./devtools/journal.js";
import { openOverlay } from "./devtools/overlay.js";
import type { Plugin } from "./options.js";

export interface DevtoolsOptions {
  /** Writes tables to the console, and nothing on the page. */
  readonly console?: boolean | undefined;
  /** Whether the list is shown from the start: true. */
  readonly open?: boolean | undefined;
  /** How many lines are kept: 200. */
  readonly linesMax?: number | undefined;
}

const openTable = () => {
  let lines: object[] = [];
  return ({ time, type, name, properties, state, reason }: Entry): void => {
    if (lines.push({ time, type, name, properties, state, reason }) > 1) return;
    queueMicrotask(() => {
      console.table(lines);
      lines = [];
    });
  };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Shows what the client does. Not for production: it costs bytes, and shows visitors their own data. */
export const devtools = (options: DevtoolsOptions = {}): Plugin => ({
  name: "devtools",
  setup(client, host) {
    const linesMax = options.linesMax ?? 200;
    let count = 0;
    const title = (): string => {
      const { waiting, nextSendMs } = host.status();
      return `Holloway: ${count} recorded${waiting ? `, ${waiting} waiting, sent in ${Math.ceil(nextSendMs / 1_000)} s` : ""}`;
    };
    const visitor = () => ({ visitor: client.anonymousId(), user: client.userId(), session: client.sessionId() });
    const json = (entries: readonly Entry[]) =>
      JSON.stringify({ ...visitor(), entries: entries.map((entry) => ({ ...entry, properties: parsed(entry.properties), context: parsed(entry.context) })) }, null, 2);
    const show = options.console ? openTable() : openOverlay({ isOpen: options.open != false, linesMax, send: () => void client.flush(), title, visitor, json });
    const journal = openJournal(linesMax, show);
    host.onCall((call) => {
      count++;
      journal.call(call);
    });
    host.onDiagnostic(journal.diagnostic);
    host.onExchange(journal.exchange);
  },
});
