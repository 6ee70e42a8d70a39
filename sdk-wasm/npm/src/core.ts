// Loads the core, in a script of its own: the page's own script is small, and calls are taken down from its first line
// on; the core comes while the page goes on.
//
// The module is inside that script, deflated and in base64. A file of its own (`new URL("core.wasm",
// import.meta.url)`) would save about 1 % of the bytes, but breaks where a bundler moves the script and not the file:
// Vite does that to dependencies in development. This form is the same in every bundler and from any folder.
//
// A page whose policy forbids WebAssembly (`script-src` without `'wasm-unsafe-eval'`) gets the same core as
// JavaScript, which nobody else downloads.

import type { Consent, Diagnostic } from "./options.js";

/** By the numbers that the core has for them. */
export const DIAGNOSTICS: Diagnostic["kind"][] = [
  "bad-json",
  "name-missing",
  "lost",
  "state-damaged",
  "storage-failed",
  "paused",
  "retrying",
  "core-failed",
  "unreachable",
  "clock-skew",
];
export const CONSENTS: Consent[] = ["unknown", "granted", "denied"];

// Inputs by number, as the core knows them (`sdk-wasm/src/shell.rs`).
export const VISIBLE = 32;
export const HIDDEN = 33;
export const ONLINE = 34;
export const TICK = 35;
export const FLUSH = 36;
export const ADOPT = 37;
export const READ_DONE = 38;
export const HTTP_DONE = 39;
export const SYNC = 40;
export const LEAD = 41;
export const COOKIE = 42;

/** What the module asks of a page, by kind: two numbers and a text (`sdk-wasm/src/host.rs`). */
export type Act = (first: number, second: number, text: string) => unknown;
type Imports = (page: number, kind: number, first: number, second: number, at: number, bytes: number) => number;

interface Module {
  readonly memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  open(page: number, at: number, bytes: number, reserved: number, flushAt: number, flushIntervalMs: number, unixMs: number, monoMs: number): number;
  call(core: number, kind: number, first: number, second: number, at: number, bytes: number, reserved: number, unixMs: number, monoMs: number): number;
}

const pages: Act[][] = [];
let loading: Promise<Module> | undefined;

const load = async (): Promise<Module> => {
  let module: Module;
  const act: Imports = (page, kind, first, second, at, bytes) => {
    const text = new TextDecoder().decode(new Uint8Array(module.memory.buffer, at, bytes));
    return pages[page]![kind]!(first, second, text) as number;
  };
  // Modules and names as the tool gave them: one is ours, the others prepare what numbers do not need.
  const imports: WebAssembly.Imports = new Proxy((() => {}) as unknown as WebAssembly.Imports, { get: (_, name) => (/act/.test(name as string) ? act : imports) });
  try {
    // Refused by a policy before anything is downloaded: the smallest module there is.
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    const { default: base64 } = await import("holloway:wasm");
    const deflated = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const { instance } = await WebAssembly.instantiate(await new Response(stream).arrayBuffer(), imports);
    module = instance.exports as never;
  } catch {
    module = (await import("holloway:script")).default(imports) as Module;
  }
  return module;
};

/** A core's calls: kind, a number, a text and a further number; answers with what waits. */
export type Core = (kind: number, first?: number, text?: string, second?: number) => number;

/** A client of the core for this page; the core is compiled once a page. */
export const openCore = async (acts: Act[], setup: () => string, flushAt: number, flushIntervalMs: number): Promise<Core> => {
  const module = await (loading ??= load());
  const give = (text: string): [at: number, bytes: number, reserved: number] => {
    const reserved = text.length * 3;
    const at = module.reserve(reserved);
    return [at, new TextEncoder().encodeInto(text, new Uint8Array(module.memory.buffer, at, reserved)).written, reserved];
  };
  const now = () => [Date.now(), performance.now()] as const;
  const core = module.open(pages.push(acts) - 1, ...give(setup()), flushAt, flushIntervalMs, ...now());
  return (kind, first = 0, text = "", second = 0) => module.call(core, kind, first, second, ...give(text), ...now());
};
