// The banner: shown while the visitor has not decided. Holloway keeps the decision for its own use; the app keeps its
// own, to know whether to ask.

import { hw } from "./measure.js";

const banner = document.getElementById("consent");
const decide = (decision) => {
  localStorage.setItem("consent", decision);
  hw.setConsent(decision);
  show();
};
const show = () => (banner.hidden = (localStorage.getItem("consent") ?? "unknown") !== "unknown");

export const startConsent = () => {
  for (const button of banner.querySelectorAll("button")) button.onclick = () => decide(button.dataset.decision);
  document.getElementById("ask").onclick = () => decide("unknown");
  show();
};
