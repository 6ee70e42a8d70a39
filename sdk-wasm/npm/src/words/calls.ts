// Mistakes in calls: found where the app makes them, so that the console's line leads there.

import type { Holloway } from "../options.js";
import { type Flaw, flawsOf, typeOf } from "./value.js";

interface Shape {
  /** The first argument; `optional` where it may be left out. */
  readonly name: string;
  readonly isOptional?: boolean;
  readonly body: string;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  track: { name: "the event's name", body: "properties" },
  screen: { name: "the screen's name", body: "properties", isOptional: true },
  page: { name: "the page's name", body: "properties", isOptional: true },
  identify: { name: "the user's id", body: "traits" },
  group: { name: "the group's id", body: "traits" },
};

const nameProblem = (method: string, { name, isOptional }: Shape, found: unknown): string | undefined => {
  if (isOptional && (found == null || found === "")) return undefined;
  if (found == null || found === "") return `${method}() lacks ${name}, and records nothing`;
  // Numbers are ids in many a database.
  if (typeof found == "string" || typeof found == "number") return undefined;
  return `${method}() expects ${name} first, found ${typeOf(found)}${typeof found == "object" ? `: write ${method}(${isOptional ? "undefined" : `"…"`}, {…})` : ""}`;
};

const flawWords = (call: string, { path, problem, isFatal }: Flaw): string => `${call}${isFatal ? " is lost" : ""}: ${path} ${problem}`;

/** Mistakes in one call. */
export const callProblems = (method: string, given: readonly unknown[]): string[] => {
  if (method == "register") return bodyProblems("register()", "properties", given[0]);
  const shape = SHAPES[method];
  if (!shape) return [];
  const [found, body, options] = given;
  const call = typeof found == "string" ? `${method}("${found}")` : `${method}()`;
  const problem = nameProblem(method, shape, found);
  const context = (options as { context?: unknown } | null | undefined)?.context;
  return [...(problem ? [problem] : []), ...bodyProblems(call, shape.body, body), ...bodyProblems(call, "context", context)];
};

const bodyProblems = (call: string, name: string, body: unknown): string[] => {
  if (body == null) return [];
  if (typeof body != "object" || Array.isArray(body)) return [`${call} is lost: ${name} must be an object, found ${typeOf(body)}`];
  return flawsOf(body, name).map((flaw) => flawWords(call, flaw));
};

/** Looks at each call before the client does. */
export const watchCalls = (client: Holloway, say: (sentence: string) => void): void => {
  const methods = client as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const method of [...Object.keys(SHAPES), "register"]) {
    const inner = methods[method]!;
    methods[method] = (...given) => {
      try {
        for (const problem of callProblems(method, given)) say(problem);
      } catch {
        // A console that throws is not ours.
      }
      return inner(...given);
    };
  }
};
