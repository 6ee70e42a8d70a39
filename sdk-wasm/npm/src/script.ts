// The script of a page without a bundler: the core and `window.holloway`, and no feature.

import { startScript } from "./takeover.js";

export type { ScriptHolloway, ScriptOptions } from "./takeover.js";

startScript({});
