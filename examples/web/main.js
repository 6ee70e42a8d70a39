import { init } from "@holloway/browser";

const host = import.meta.env.VITE_COLLECTOR ?? "http://127.0.0.1:8787";
const hw = init({ writeKey: "demo", host, onDiagnostic: (it) => console.info("holloway", it) });
const by = (id) => document.getElementById(id);

hw.page();
by("add").onclick = () => hw.track("Product Added", { sku: "boots", price: 120 });
by("buy").onclick = () => hw.track("Order Completed", { sku: "boots", total: 120 });
by("login").onsubmit = (event) => {
  event.preventDefault();
  hw.identify(new FormData(event.target).get("user"));
};
hw.ready.then(() => (by("visitor").textContent = hw.anonymousId()));
