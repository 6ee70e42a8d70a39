import { startConsent } from "./consent.js";
import { hw } from "./measure.js";
import { startRoutes } from "./routes.js";

const by = (id) => document.getElementById(id);
let inCart = 0;

const wiring = {
  "/boots": () => {
    by("add").onclick = () => {
      by("count").textContent = ++inCart;
      hw.track("Product Added", { sku: "boots", price: 120, inCart });
    };
  },
  "/cart": () => {
    by("order").onsubmit = (event) => {
      event.preventDefault();
      const { name, email, delivery } = Object.fromEntries(new FormData(event.target));
      hw.identify(email, { name });
      hw.track("Order Completed", { items: inCart, total: inCart * 120, delivery });
      by("count").textContent = inCart = 0;
    };
    by("leave").onclick = () => hw.reset();
  },
};

startConsent();
startRoutes((path) => wiring[path]?.());
hw.ready.then(() => (by("visitor").textContent = hw.anonymousId()));
