// What the types must take. Compiled, never run.

import { init } from "@holloway/browser";
import type { Consent, Diagnostic } from "@holloway/browser";

import type { Plan, SignedUp } from "./plan.js";

interface Cart {
  items: number;
  coupon?: string | undefined;
  bought: Date;
  lines: readonly { sku: string; tags: string[] }[];
}

export const accepted = (cart: Cart, signedUp: SignedUp, consent: Consent | undefined, maybe: string | undefined): void => {
  const untyped = init({ writeKey: "web", host: "https://events.example.com", consent, path: maybe, flushAt: undefined });
  untyped.track("Anything", cart);
  untyped.track("Anything");
  untyped.track("Anything", undefined, { messageId: maybe, timestamp: undefined });
  untyped.identify("u1", { name: "Ada", cart });
  untyped.identify("u1", cart);
  untyped.register(cart);

  const typed = init<Plan>({ writeKey: "web", host: "https://events.example.com", onDiagnostic: undefined });
  typed.track("Signed Up", signedUp);
  typed.track("Product Added", { sku: "boots", price: 120 });
};

/** The sentence that an app logs: a kind at a time, its members known. */
export const sentence = (diagnostic: Diagnostic): string =>
  diagnostic.kind === "lost" ? `${diagnostic.events} lost: ${diagnostic.reason}` : diagnostic.kind;
