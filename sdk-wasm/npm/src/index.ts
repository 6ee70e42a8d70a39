// Importing this does nothing; `init` in a place without a page (a server) gives a client that does nothing.

import { createClient } from "./client.js";
import type { Holloway, InitOptions } from "./options.js";

export type {
  CallOptions,
  Consent,
  Diagnostic,
  Exchange,
  Holloway,
  InitOptions,
  LossReason,
  Plugin,
  PluginHost,
  Properties,
} from "./options.js";

/**
 * Makes a client for this page. Returns at once; calls are kept until the core is ready.
 *
 * With a plan, such as `init<{ "Signed Up": { plan: "pro" | "free" } }>(…)`, the compiler knows the names and properties of
 * events. Without `writeKey` or `host` it writes one error to the console, and the client records nothing.
 */
export const init: <Plan = any>(options: InitOptions) => Holloway<Plan> = createClient;
