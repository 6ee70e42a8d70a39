import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { HollowayContext, holloway, useHolloway } from "./holloway";

type Route = "Catalogue" | "Cart";

const App = () => {
  const hw = useHolloway();
  const [route, setRoute] = useState<Route>("Catalogue");
  const [cart, setCart] = useState(0);

  // A view is reported where the visitor asks for it: effects run twice in development, clicks do not.
  const show = (next: Route) => {
    history.pushState(null, "", `/${next.toLowerCase()}`);
    setRoute(next);
    hw.page(next);
  };
  const add = () => {
    setCart(cart + 1);
    hw.track("Product Added", { sku: "boots", inCart: cart + 1 });
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
  const [visitor, setVisitor] = useState("");
  useEffect(() => {
    void hw.ready.then(() => setVisitor(hw.anonymousId()));
  }, [hw]);
  return (
    <p>
      <button disabled={!items} onClick={() => hw.track("Order Completed", { items })}>
        Buy
      </button>{" "}
      as visitor <code>{visitor}</code>
    </p>
  );
};

holloway.page("Catalogue");
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <HollowayContext value={holloway}>
      <App />
    </HollowayContext>
  </StrictMode>,
);
