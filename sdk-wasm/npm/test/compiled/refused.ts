// What must not compile: each line that is marked, and for its own reason.

import { init, type Diagnostic } from "@holloway/browser";
import { createMockClient } from "@holloway/browser/testing";
import { useHolloway } from "@holloway/browser/react";

const hw = init({ writeKey: "web", host: "https://events.example.com" });

// @ts-expect-error no options
init();
// @ts-expect-error no host
init({ writeKey: "web" });
// @ts-expect-error no such option
init({ writeKey: "web", host: "https://events.example.com", flushAfter: 20 });
// @ts-expect-error a consent that is none
init({ writeKey: "web", host: "https://events.example.com", consent: "yes" });
// @ts-expect-error an event needs a name
hw.track();
// @ts-expect-error a function
hw.track("Ordered", { done: () => {} });
// @ts-expect-error a symbol
hw.track("Ordered", { key: Symbol() });
// @ts-expect-error a bigint
hw.track("Ordered", { total: 10n });
// @ts-expect-error a bigint in depth
hw.track("Ordered", { cart: { lines: [{ price: 10n }] } });
// @ts-expect-error a class in a list
hw.track("Ordered", { made: [Map] });
interface Cart {
  lines: { price: bigint }[];
}
declare const cart: Cart;
// @ts-expect-error a bigint in an interface
hw.track("Ordered", cart);
// @ts-expect-error a map has methods, and JSON makes nothing of it
hw.track("Ordered", { lines: new Map<string, string>() });
declare const price: number | bigint;
// @ts-expect-error a bigint, perhaps
hw.track("Ordered", { price });
// @ts-expect-error a list
hw.track("Ordered", ["pro"]);
// @ts-expect-error a text
hw.track("Ordered", "pro");
// @ts-expect-error a function
hw.track("Ordered", () => {});
// @ts-expect-error properties in the name's place
hw.page({ path: "/own" });
// @ts-expect-error no id
hw.identify(undefined);
// @ts-expect-error a bigint among traits
hw.identify("u1", { id: 1n });
// @ts-expect-error a symbol among a group's traits
hw.group("g1", { id: Symbol() });
// @ts-expect-error a function
hw.register({ now: Date.now });
// @ts-expect-error a consent that is none
hw.setConsent("yes");
// @ts-expect-error the function, not its result
hw.use(() => ({ name: "mine", setup() {} }));

interface Plan {
  "Signed Up": { plan: "pro" | "free"; seats?: number };
  "Logged Out": {};
}
const planned = init<Plan>({ writeKey: "web", host: "https://events.example.com" });
// @ts-expect-error an event that is not in the plan
planned.track("Signed up", { plan: "pro" });
// @ts-expect-error properties are missing
planned.track("Signed Up");
// @ts-expect-error a property is missing
planned.track("Signed Up", {});
// @ts-expect-error a value that is not in the plan
planned.track("Signed Up", { plan: "gold" });
// @ts-expect-error a type that is not in the plan
planned.track("Signed Up", { plan: "pro", seats: "3" });
// @ts-expect-error a property that is not in the plan
planned.track("Signed Up", { plan: "pro", colour: "red" });
// @ts-expect-error an event that is not in the plan
useHolloway<Plan>().track("Elsewhere");
// @ts-expect-error an event that is not in the plan
createMockClient<Plan>().events("Elsewhere");
// @ts-expect-error a plan's event with a bigint can never be recorded
init<{ Bad: { total: bigint } }>({ writeKey: "web", host: "https://events.example.com" }).track("Bad", { total: 1n });

declare const diagnostic: Diagnostic;
// @ts-expect-error only after narrowing
export const events: number = diagnostic.events;
// @ts-expect-error no such kind
export const isKind: boolean = diagnostic.kind == "bad";
