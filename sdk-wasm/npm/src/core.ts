// Loads the core, in a script of its own: the page's own script is small, and calls are taken down from its first line
// on; the core comes while the page goes on.
//
// The module is inside that script (`core-wasm.ts`), deflated and in base64. A file of its own (`new URL("core.wasm",
// import.meta.url)`) would save about 1 % of the bytes, but breaks where a bundler moves the script and not the file:
// Vite does that to dependencies in development. This form is the same in every bundler and from any folder.
//
// A page whose policy forbids WebAssembly (`script-src` without `'wasm-unsafe-eval'`) gets the same core as
// JavaScript (`core-script.ts`), which no other page downloads.

import type { Consent } from "./options.js";

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

/** What the module asks of a page, by kind: two numbers and a text, or a diagnostic (`sdk-wasm/src/host.rs`). */
export type Act = (first: number, second: number, text: never) => unknown;
/** A core's calls: kind, a number, a text and a further number; answers with what waits. */
export type Core = (kind: number, first?: number, text?: string, second?: number) => number;
/** Makes a client of the core for this page. */
export type Open = (acts: Act[], setup: () => string, flushAt: number, flushIntervalMs: number) => Core;

export const loadCore = async (): Promise<Open> => {
  try {
    // Refused by a policy before anything is downloaded: the smallest module there is.
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    return await (await import("holloway:wasm")).load();
  } catch {
    return (await import("holloway:script")).load();
  }
};
