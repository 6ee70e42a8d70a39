// The client of the app, handed down by context: components ask for it, tests put another in its place.

import { init } from "@holloway/browser";
import type { Holloway } from "@holloway/browser";
import { createContext, useContext } from "react";

export const holloway = init({
  writeKey: "demo",
  host: import.meta.env.VITE_COLLECTOR ?? "http://127.0.0.1:8787",
});

export const HollowayContext = createContext<Holloway>(holloway);

export const useHolloway = (): Holloway => useContext(HollowayContext);
