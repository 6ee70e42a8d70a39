// The same core as JavaScript, for pages whose policy forbids WebAssembly.

import instantiate from "holloway:wasm2js";

import { loader } from "./core-host.js";

export const load = loader(instantiate);
