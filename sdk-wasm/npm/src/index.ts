// Importing this does nothing; `init` in a place without a page (a server) gives a client that does nothing.

import { createClient } from "./client.js";
import type { Holloway, InitOptions } from "./options.js";

export type {
  CallOptions,
  Consent,
  Diagnostic,
  Holloway,
  InitOptions,
  Plugin,
  PluginHost,
  Properties,
} from "./options.js";

/** A client for this page. Returns at once; calls are kept until the core is ready. */
export const init: (options: InitOptions) => Holloway = createClient;
