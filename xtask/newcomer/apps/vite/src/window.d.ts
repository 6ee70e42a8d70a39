import type { Diagnostic, Holloway } from "@holloway/browser";

import type { Plan } from "./plan.js";

declare global {
  interface Window {
    hw: Holloway<Plan>;
    diagnostics?: Diagnostic[];
  }
}
