import type { Holloway } from "@holloway/browser";
import { HollowayProvider, useFlag, useHolloway } from "@holloway/browser/react";
import { devtools } from "@holloway/browser/devtools";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { flags, setFlags } from "./flags";

type Route = "Catalogue" | "Cart";

const App = () => {
  const { page, track } = useHolloway();
  const [route, setRoute] = useState<Route>("Catalogue");
  const [cart, setCart] = useState(0);

  // A view is reported where the visitor asks for it: effects run twice in development, clicks do not.
  const show = (next: Route) => {
    history.pushState(null, "", `/${next.toLowerCase()}`);
    setRoute(next);
    page(next);
  };
  const add = () => {
    setCart(cart + 1);
    track("Product Added", { sku: "boots", inCart: cart + 1 });
  };

  return (
    <main>
      <h1>{route}</h1>
      <nav>
        <button onClick={() => show("Catalogue")}>Catalogue</button>
        <button onClick={() => show("Cart")}>Cart ({cart})</button>
      </nav>
      {route === "Catalogue" ? <button onClick={add}>Add boots</button> : <Checkout items={cart} />}
    </main>
  );
};

const Checkout = ({ items }: { items: number }) => {
  const hw = useHolloway();
  // Unknown until the flags are there: then the fallback counts, as for a visitor of before the flag.
  const isOneClick = useFlag("one-click", false);
  const [visitor, setVisitor] = useState("");
  useEffect(() => {
    void hw.ready.then(() => setVisitor(hw.anonymousId()));
  }, [hw]);
  return (
    <p>
      <button disabled={!items} onClick={() => hw.track("Order Completed", { items, isOneClick })}>
        {isOneClick ? "Buy now" : "Go to checkout"}
      </button>{" "}
      as visitor <code>{visitor}</code>
    </p>
  );
};

// Effects run twice in development; a module once.
const plugins = [
  ...(import.meta.env.DEV ? [devtools()] : []),
  { name: "first-view", setup: (hw: Holloway) => hw.page("Catalogue") },
];
const host = import.meta.env.VITE_COLLECTOR ?? "http://127.0.0.1:8787";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <HollowayProvider writeKey="demo" host={host} plugins={plugins} flags={flags}>
      <App />
    </HollowayProvider>
  </StrictMode>,
);

// What a server would have answered.
setFlags({ "one-click": true });
