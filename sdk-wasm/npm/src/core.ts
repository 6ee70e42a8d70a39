// Loads the core.
//
// The module is inside this script, deflated and in base64. A file beside it (`new URL("core.wasm",
// import.meta.url)`) would save about 1 % of the bytes, but costs a second request before the first event, and
// breaks where a bundler moves the script and not the file: Vite does that to dependencies in development. This
// form is the same in every bundler, in a script tag and from any folder.

import * as glue from "holloway:glue";
import wasm from "holloway:wasm";

export type { Core } from "holloway:glue";

let loading: Promise<typeof glue.Core> | undefined;

const load = async (): Promise<typeof glue.Core> => {
  const deflated = Uint8Array.from(atob(wasm), (char) => char.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = await new Response(stream).arrayBuffer();
  const { instance } = await WebAssembly.instantiate(bytes, { "./holloway_wasm_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports as { __wbindgen_start?: () => void }).__wbindgen_start?.();
  return glue.Core;
};

/** The core's class; compiled once a page. */
export const loadCore = (): Promise<typeof glue.Core> => (loading ??= load());
