// What stands between the module and the page: texts in its memory, and its imports. A part of the script that brings the
// core, so that the page's own script goes without it.

import type { Act, Core, Open } from "./core.js";
import { diagnosticOf } from "./report.js";

/** Of `Act` in `sdk-wasm/src/host.rs`. */
const DIAGNOSE = 8;

type Imports = (page: number, kind: number, first: number, second: number, at: number, bytes: number) => number;

interface Module {
  readonly memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  open(page: number, at: number, bytes: number, reserved: number, flushAt: number, flushIntervalMs: number, unixMs: number, monoMs: number): number;
  call(core: number, kind: number, first: number, second: number, at: number, bytes: number, reserved: number, unixMs: number, monoMs: number): number;
}

/** Makes a loader that compiles the core once a page; `instantiate` answers with the module's exports. */
export const loader = (instantiate: (imports: WebAssembly.Imports) => unknown): (() => Promise<Open>) => {
  let loading: Promise<Open> | undefined;
  return () => (loading ??= start(instantiate));
};

const start = async (instantiate: (imports: WebAssembly.Imports) => unknown): Promise<Open> => {
  const pages: Act[][] = [];
  const act: Imports = (page, kind, first, second, at, bytes) => {
    const text = new TextDecoder().decode(new Uint8Array(module.memory.buffer, at, bytes));
    return pages[page]![kind]!(first, second, (kind == DIAGNOSE ? diagnosticOf(first, second, text) : text) as never) as number;
  };
  // Modules and names as the tool gave them: one is ours, the others prepare what numbers do not need.
  const imports: WebAssembly.Imports = new Proxy(act as unknown as WebAssembly.Imports, { get: (_, name) => (/act/.test(name as string) ? act : imports) });
  const module = (await instantiate(imports)) as Module;
  const give = (text: string): [at: number, bytes: number, reserved: number] => {
    const reserved = text.length * 3;
    const at = module.reserve(reserved);
    return [at, new TextEncoder().encodeInto(text, new Uint8Array(module.memory.buffer, at, reserved)).written, reserved];
  };
  const now = () => [Date.now(), performance.now()] as const;
  return (acts, setup, flushAt, flushIntervalMs): Core => {
    const core = module.open(pages.push(acts) - 1, ...give(setup()), flushAt, flushIntervalMs, ...now());
    return (kind, first = 0, text = "", second = 0) => module.call(core, kind, first, second, ...give(text), ...now());
  };
};
