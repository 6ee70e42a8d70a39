import { init } from "@holloway/browser";
import { autocapture } from "@holloway/browser/autocapture";

import type { Plan } from "./plan.js";

const query = new URLSearchParams(location.search);
const path = query.get("path") ?? undefined;
const hw = init<Plan>({
  writeKey: import.meta.env["VITE_HOLLOWAY_KEY"],
  host: query.get("host") ?? import.meta.env["VITE_HOLLOWAY_HOST"],
  path,
  onDiagnostic: (diagnostic) => (window.diagnostics ??= []).push(diagnostic),
});
hw.use(autocapture());
if (query.has("by-hand")) hw.page();

document.querySelector("#buy")?.addEventListener("click", () => {
  hw.track("Product Added", { sku: "boots", price: 120 });
});
// What comes after `init`: the app itself must come up whatever `init` was given.
document.querySelector("#app")!.textContent = "shop open";
window.hw = hw;
void hw.ready.then((isReady) => (document.documentElement.dataset["ready"] = String(isReady)));
