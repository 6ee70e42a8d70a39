// What the types must refuse: each line below a directive is an error, or the directive is one. Compiled, never run.

import { init } from "@holloway/browser";

import type { Plan } from "./plan.js";

export const refused = (): void => {
  const untyped = init({ writeKey: "web", host: "https://events.example.com" });
  // @ts-expect-error: a function cannot be stored
  untyped.track("Anything", { done: () => true });
  // @ts-expect-error: a symbol cannot be stored
  untyped.track("Anything", { kind: Symbol("a") });
  // @ts-expect-error: a bigint cannot be stored
  untyped.track("Anything", { price: 12n });
  // @ts-expect-error: nor deep inside
  untyped.track("Anything", { lines: [{ price: 12n }] });
  // @ts-expect-error: there is no such consent
  untyped.setConsent("yes");
  // @ts-expect-error: who the user is must be said
  untyped.identify(null);
  // @ts-expect-error: the host is missing
  init({ writeKey: "web" });

  const typed = init<Plan>({ writeKey: "web", host: "https://events.example.com" });
  // @ts-expect-error: a name that the plan does not have
  typed.track("Signd Up", { plan: "pro" });
  // @ts-expect-error: a value that the plan does not have
  typed.track("Signed Up", { plan: "gold" });
  // @ts-expect-error: a property of another type
  typed.track("Product Added", { sku: "boots", price: "120" });
  // @ts-expect-error: a property is missing
  typed.track("Product Added", { sku: "boots" });
  // @ts-expect-error: all of them are
  typed.track("Product Added");
  // @ts-expect-error: a property that the plan does not have
  typed.track("Signed Up", { plan: "pro", colour: "red" });
};
