// The core as WebAssembly.

import deflated from "holloway:base64";

import { loader } from "./core-host.js";

export const load = loader(async (imports) => {
  const bytes = Uint8Array.from(atob(deflated), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const { instance } = await WebAssembly.instantiate(await new Response(stream).arrayBuffer(), imports);
  return instance.exports;
});
