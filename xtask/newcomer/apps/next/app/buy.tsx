"use client";

import { useHolloway } from "@holloway/browser/react";

export function Buy() {
  const { track } = useHolloway();
  return <button onClick={() => track("Bought", { sku: "boots" })}>Buy</button>;
}
