// Mistakes in the options of `init`.

import type { InitOptions } from "../options.js";
import { nearest } from "./nearest.js";
import { typeOf } from "./value.js";

/** The type of each option; the compiler holds this list and the options together. */
const TYPES: Record<keyof InitOptions, string> = {
  writeKey: "string",
  host: "string",
  path: "string",
  flushAt: "number",
  flushIntervalMs: "number",
  consent: "string",
  respectGpc: "boolean",
  respectDnt: "boolean",
  persistence: "string",
  cookieName: "string",
  cookieDomain: "string",
  serverCookieName: "string",
  queryAllow: "a list",
  debug: "boolean",
  onSession: "function",
  onDiagnostic: "function",
};
const NAMES = Object.keys(TYPES);
/** Of the script for pages without a bundler. */
const SCRIPT_NAMES = ["features"];

const known = (name: string): name is keyof InitOptions => NAMES.includes(name);

const problemOf = (name: string, value: unknown): string | undefined => {
  if (!known(name)) {
    const meant = nearest(name, NAMES);
    return `init has no option "${name}"${meant ? `: did you mean "${meant}"?` : `; it has ${NAMES.join(", ")}`}`;
  }
  const expected = TYPES[name].includes(" ") ? TYPES[name] : `a ${TYPES[name]}`;
  if (typeOf(value) != expected) return `the option "${name}" must be ${expected}, found ${typeOf(value)}`;
  if (name == "persistence" && !["cookie", "local", "memory"].includes(value as string)) {
    return `the option "persistence" must be "cookie", "local" or "memory", found "${value}"; it is taken for "local"`;
  }
  if (TYPES[name] == "number" && !((value as number) > 0)) return `the option "${name}" must be above 0, found ${value}`;
  return undefined;
};

const hostProblems = ({ host, path }: InitOptions): string[] => {
  const { origin, pathname, search, protocol, hostname } = new URL(host);
  const problems = [];
  if (pathname + search != "/") {
    const full = pathname.replace(/\/$/, "") + (pathname.endsWith("/v1/batch") ? "" : "/v1/batch");
    problems.push(`the option "host" is an origin, and "${pathname + search}" behind it is left out; set host: "${origin}"${path ? "" : ` and path: "${full}"`}`);
  }
  if (typeof location != "undefined" && location.protocol == "https:" && protocol == "http:" && !/^(localhost|127\.|\[::1\])/.test(hostname)) {
    problems.push(`the page is on https and the host "${origin}" is not: browsers block such requests (mixed content); set an https host`);
  }
  return problems;
};

/** Mistakes in options that a client works with. */
export const optionProblems = (options: InitOptions): string[] => [
  ...Object.entries(options)
    .filter(([name, value]) => value !== undefined && !SCRIPT_NAMES.includes(name))
    .flatMap(([name, value]) => problemOf(name, value) ?? []),
  ...hostProblems(options),
];

/** Why a client records nothing. */
export const explainRefusal = (missing: readonly string[], host: unknown, error: unknown): string => {
  const set = `Set it in init({ writeKey: "KEY", host: "https://events.example.com" })`;
  if (missing.length) {
    return (
      `Holloway records nothing: ${missing.join(" and ")} missing. ${set}. If it comes from an environment variable: Vite passes on only those that ` +
      `begin with VITE_, Next.js with NEXT_PUBLIC_, SvelteKit with PUBLIC_, and a running server must be started anew.`
    );
  }
  const bare = String(host);
  const scheme = /^(localhost|127\.|\[)/.test(bare) ? "http" : "https";
  const meant = /^[a-z][a-z\d+.-]*:\/\//i.test(bare) ? "" : ` Did you mean "${scheme}://${bare.replace(/^\/+/, "")}"?`;
  return `Holloway records nothing: the host "${bare}" is no origin with http:// or https://.${meant} ${set}.${error && !(error instanceof TypeError) ? ` (${String(error)})` : ""}`;
};
