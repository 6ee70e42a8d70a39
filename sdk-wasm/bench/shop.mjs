// A page that is clicked a lot, and the scripts that time an SDK on it.

/** Forty cards, each with a button that changes some of the page, as a shop's does. */
export const SHOP = `<!doctype html><title>Shop</title><link rel="icon" href="data:,">
<style>main{display:grid;grid-template-columns:repeat(8,90px);gap:8px}button{width:90px;height:40px}.on{background:gold}</style>
<main></main><ol></ol><script type="module" src="main.js"></script>`;

export const SCRIPT = `
import { onINP } from "web-vitals";
import { start, track } from "bench:sdk";
const send = (id) => track("Product Viewed", { id: "e~" + id + "~", plan: "pro", price: 19.5, position: 3 });

const shop = document.querySelector("main");
const cart = document.querySelector("ol");
for (let n = 0; n < 40; n++) {
  const card = document.createElement("section");
  card.className = "card";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "buy";
  button.append(Object.assign(document.createElement("span"), { textContent: "Add " + n }));
  card.append(button);
  button.addEventListener("click", () => {
    card.classList.toggle("on");
    const line = document.createElement("li");
    line.textContent = "Product " + n;
    cart.prepend(line);
    if (cart.children.length > 10) cart.lastChild.remove();
  });
  shop.append(card);
}

const query = new URLSearchParams(location.search);
window.bench = {
  inp: 0,
  longTasks: [],
  /** Microseconds of one call, in each of so many batches; the pause is for what the SDK does afterwards. */
  batches: async (count, calls, pauseMs) => {
    const times = [];
    for (let batch = 0; batch < count; batch++) {
      const begun = performance.now();
      for (let call = 0; call < calls; call++) send("cost." + batch + "." + call);
      times.push(((performance.now() - begun) * 1000) / calls);
      await new Promise((done) => setTimeout(done, pauseMs));
    }
    return times;
  },
};
new PerformanceObserver((list) => list.getEntries().forEach((task) => bench.longTasks.push(task.duration)))
  .observe({ type: "longtask", buffered: true });
if (query.has("inp")) onINP(({ value }) => (bench.inp = value), { reportAllChanges: true, durationThreshold: 0 });
start(query.get("host"));
if (query.has("first")) send(query.get("first"));
`;
