// What happened to each event, from the call to the collector's verdict.

import type { Diagnostic, Exchange } from "../options.js";

/** `waiting` was sent and is sent again; `beacon` left with the page, and its arrival is not known. */
export type State = "queued" | "sent" | "waiting" | "beacon" | "ok" | "duplicate" | "invalid" | "dropped" | "lost" | "";

/** A call, or something that went wrong. */
export interface Entry {
  readonly isDiagnostic: boolean;
  readonly time: string;
  readonly type: string;
  readonly name: string;
  readonly properties: string;
  readonly context: string;
  readonly messageId: string;
  state: State;
  reason: string;
}

type Call = readonly [kind: number, name: string, body: string, messageId: string, timeMs: number, ...rest: string[]];

/** Added to the number of a kind: a feature recorded it. */
const AUTOMATIC = 16;
const KINDS = "track page screen identify group alias reset register unregister consent session purposes".split(" ");
/** Kinds up to this one are events. */
const ALIAS = 5;

const clock = (timeMs: number): string => new Date(timeMs).toTimeString().slice(0, 8);

/** The ids of the events in a request. */
const idsOf = (body: string): string[] => {
  const { batch = [], calls = [] } = JSON.parse(body) as { batch?: { messageId: string }[]; calls?: string[][] };
  return [...batch.map(({ messageId }) => messageId), ...calls.map((call) => call[3]!)];
};

/** What a diagnostic says besides its kind. */
const details = ({ kind, ...rest }: Diagnostic): string => {
  const members = Object.entries(rest).map(([name, value]) => `${name}: ${value instanceof Error ? value.message : typeof value == "object" ? ((value as { name?: string })?.name ?? "object") : String(value)}`);
  return members.join(", ");
};

/** The newest `entriesMax` calls and diagnostics; `change` is called with what is new or has another state. */
export const openJournal = (entriesMax: number, change: (entry: Entry, isNew: boolean) => void) => {
  const entries: Entry[] = [];
  /** Events of the request that was answered last. */
  let answered: Entry[] = [];
  const add = (entry: Entry) => {
    entries.push(entry);
    if (entries.length > entriesMax) entries.shift();
    change(entry, true);
  };
  const settle = (entry: Entry | undefined, state: State, reason = "") => {
    if (!entry || (entry.state == state && entry.reason == reason)) return;
    [entry.state, entry.reason] = [state, reason];
    change(entry, false);
  };
  const of = (id: string) => entries.find(({ messageId }) => messageId == id);
  return {
    entries,
    call: ([kind, name, properties, messageId, timeMs, context = ""]: Call): void => {
      const type = kind % AUTOMATIC;
      const state = type <= ALIAS ? "queued" : "";
      add({ isDiagnostic: false, time: clock(timeMs), type: KINDS[type] + (kind < AUTOMATIC ? "" : " (auto)"), name, properties, context, messageId: state && messageId, state, reason: "" });
    },
    diagnostic: (diagnostic: Diagnostic): void => {
      if (diagnostic.kind == "lost") {
        const { reason, event } = diagnostic;
        const isLost = (entry: Entry) => entry.state == "queued" && entry.name == event;
        if (event) settle([...entries].reverse().find(isLost), "lost", reason);
        if (reason == "rejected") for (const entry of answered) settle(entry, "lost", reason);
        if (reason == "opted-out" && !event) for (const entry of entries) if (entry.state == "queued" || entry.state == "waiting") settle(entry, "lost", reason);
      }
      add({ isDiagnostic: true, time: clock(Date.now()), type: diagnostic.kind, name: "", properties: details(diagnostic), context: "", messageId: "", state: "", reason: "" });
    },
    exchange: ({ body, status, answer = "" }: Exchange): void => {
      const sent = idsOf(body).map(of);
      if (status == undefined) return sent.forEach((entry) => settle(entry, "sent"));
      if (status == 1) return sent.forEach((entry) => settle(entry, "beacon"));
      answered = sent.filter((entry) => entry != undefined);
      const isTaken = status >= 200 && status < 300 && answer.trimStart()[0] != "<";
      if (!isTaken) return sent.forEach((entry) => settle(entry, "waiting", status ? `status ${status}` : "no answer"));
      let results: { messageId: string; verdict: string; reason?: string }[] = [];
      try {
        results = (JSON.parse(answer) as { results?: typeof results }).results ?? [];
      } catch {
        // A collector without receipts takes all.
      }
      const verdicts = new Map(results.map((line) => [line.messageId, line]));
      for (const entry of answered) {
        const { verdict = "ok", reason = "" } = verdicts.get(entry.messageId) ?? {};
        settle(entry, verdict == "retry" ? "waiting" : (verdict as State), reason);
      }
    },
  };
};

export type Journal = ReturnType<typeof openJournal>;
