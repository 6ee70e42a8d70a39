// What goes wrong, in words, for developers: inside of the development build, and loaded by the production build for
// `debug: true`.

import type { Diagnostic, Exchange, InitOptions, Plugin } from "./options.js";
import { watchCalls } from "./words/calls.js";
import { optionProblems } from "./words/options.js";
import { sentenceOf } from "./words/sentence.js";

export { explainRefusal } from "./words/options.js";

/** A console that is full of one mistake hides the others. */
const LINES_MAX = 100;

/** Names, or types, of the events in a request, by their ids. */
const namesOf = (body: string): Map<string, string> => {
  const { batch = [], calls = [] } = JSON.parse(body) as { batch?: Record<string, string>[]; calls?: string[][] };
  return new Map([
    ...batch.map((event): [string, string] => [event.messageId!, event.event || event.name || event.type!]),
    ...calls.map((call): [string, string] => [call[3]!, call[1]!]),
  ]);
};

/** Why the collector refused events, one sentence each. */
const refusals = ({ body, status = 0, answer = "" }: Exchange): string[] => {
  if (status < 200 || status >= 300) return [];
  if (answer.trimStart()[0] == "<") return ["the collector's host answers with a web page, which is no receipt: check `host`. Events are kept and sent again"];
  const { results = [] } = JSON.parse(answer) as { results?: { messageId: string; verdict: string; reason?: string }[] };
  const refused = results.filter(({ verdict }) => verdict == "invalid" || verdict == "dropped");
  const names = refused.length ? namesOf(body) : undefined;
  return refused.map(({ messageId, verdict, reason }) => `the collector ${verdict == "invalid" ? "found" : "dropped"} "${names?.get(messageId) ?? messageId}"${verdict == "invalid" ? " invalid" : ""}: ${reason ?? "it gives no reason"}`);
};

/** Writes to the console, each thing once. `early` is what was reported before. */
export const words = (options: InitOptions, early: readonly Diagnostic[] = []): Plugin => ({
  name: "words",
  setup(client, host) {
    const said = new Set<string>();
    const say = (sentence: string, key = sentence) => {
      if (said.has(key) || said.size >= LINES_MAX) return;
      said.add(key);
      console.warn(`Holloway: ${sentence}`);
      if (said.size == LINES_MAX) console.warn("Holloway: this was the last line; `onDiagnostic` and the devtools show what follows");
    };
    for (const problem of optionProblems(options)) say(problem);
    /** Calls that were explained when they were made: what the core says of them later is the same again. */
    const explained = new Set<string>();
    watchCalls(client, (sentence) => {
      const found = /^\w+\((?:"(.*?)")?\) (is lost|lacks)/.exec(sentence);
      if (found) explained.add(found[1] ?? "");
      say(sentence);
    });
    const explain = (diagnostic: Diagnostic) => {
      const { kind } = diagnostic;
      const isOfCall = kind == "name-missing" || kind == "bad-json" || (kind == "lost" && diagnostic.reason == "serialize");
      if (isOfCall && explained.has(kind == "name-missing" ? "" : (diagnostic.event ?? ""))) return;
      say(...sentenceOf(diagnostic));
    };
    early.forEach(explain);
    host.onDiagnostic(explain);
    host.onExchange((exchange) => {
      for (const sentence of refusals(exchange)) say(sentence);
    });
  },
});
