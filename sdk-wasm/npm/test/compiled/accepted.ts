// What must compile, with the strictest flags.

import { init, type CallOptions, type Diagnostic, type Holloway, type InitOptions, type Plugin } from "@holloway/browser";
import { autocapture, clicks } from "@holloway/browser/autocapture";
import { devtools } from "@holloway/browser/devtools";
import { exposure } from "@holloway/browser/exposure";
import { forms } from "@holloway/browser/forms";
import { linker } from "@holloway/browser/linker";
import { media } from "@holloway/browser/media";
import { HollowayProvider, useFlag, useHolloway } from "@holloway/browser/react";
import { createMockClient, type MockClient } from "@holloway/browser/testing";
import { vitals } from "@holloway/browser/vitals";
import type { ScriptHolloway } from "@holloway/browser/holloway.iife.js";

interface Address {
  readonly city: string;
  readonly lines?: readonly string[];
}
interface Order {
  id: number;
  placed: Date;
  address: Address;
  coupon?: string;
  gift: null | boolean;
  page: URL;
}
declare const order: Order;
declare const maybe: Order | undefined;
declare const anything: any;
declare const unknown: unknown;
declare const record: Record<string, unknown>;
declare const undecided: string | undefined;

const hw = init({ writeKey: "web", host: "https://events.example.com", path: undecided, flushAt: undefined, onDiagnostic: undefined });
hw.track("Ordered");
hw.track("Ordered", order);
hw.track("Ordered", maybe);
hw.track("Ordered", undefined, { timestamp: undefined, context: order });
hw.track("Ordered", { order, lines: [order, order], nested: { at: new Date(), tuple: [1, "two", null] as const } });
hw.track("Ordered", { plan: undecided, n: Number("1") });
hw.track("Ordered", anything);
hw.track("Ordered", { anything, unknown });
hw.track("Ordered", record);
hw.page();
hw.page("Home", order);
hw.page(undefined, { path: "/own" });
hw.screen("Home", order);
hw.identify("u1", order);
hw.group("g1", { size: 3 });
hw.alias("u2", "u1");
hw.register({ shop: "north" });
hw.register(order, "once");
const options: CallOptions = { messageId: "m", context: order, integrations: { All: true } };
hw.track("Ordered", {}, options);

for (const feature of [autocapture({ minMs: undefined }), clicks(), forms({}), media(), exposure([".a"], { ratio: undefined }), vitals(), linker({ domains: undefined }), devtools({ open: undefined })]) hw.use(feature);

// An app's own plan.
interface Plan {
  "Signed Up": { plan: "pro" | "free"; seats?: number };
  "Order Placed": Order;
  "Logged Out": {};
  "Search Opened": undefined;
  Searched: { query?: string };
}
const planned = init<Plan>({ writeKey: "web", host: "https://events.example.com" });
planned.track("Signed Up", { plan: "pro" });
planned.track("Signed Up", { plan: "free", seats: 3 }, { timestamp: 0 });
planned.track("Order Placed", order);
planned.track("Logged Out");
planned.track("Logged Out", {});
planned.track("Search Opened");
planned.track("Searched");
planned.track("Searched", { query: "shoes" });
planned.use(autocapture()).track("Signed Up", { plan: "pro" });
const { track } = planned;
track("Logged Out");
init<{ "Signed Up": { plan: "pro" | "free" } }>({ writeKey: "web", host: "https://events.example.com" }).track("Signed Up", { plan: "pro" });

// A client with a plan is a client.
const open: Holloway = planned;
open.track("Anything", { at: "all" });
const feature: Plugin = { name: "mine", setup: (client, host) => (client.track("Mine"), host.onExchange(({ body, status }) => void [body, status])) };
planned.use(feature);
HollowayProvider({ client: planned, plugins: undefined });
HollowayProvider({ writeKey: "web", host: "https://events.example.com" });
useHolloway().track("Anything", { at: "all" });
useHolloway<Plan>().track("Signed Up", { plan: "free" });
const flag: string = useFlag("cart", "old");

const mock: MockClient<Plan> = createMockClient<Plan>();
mock.track("Signed Up", { plan: "pro" });
const plans: ("pro" | "free")[] = mock.events("Signed Up").map(({ plan }) => plan);
const untyped = createMockClient();
untyped.track("Anything", { at: "all" });
const first: unknown = untyped.events("Anything")[0]?.at;
HollowayProvider({ client: mock });
const methods: string[] = mock.calls.map(({ method }) => method);

// Every kind of diagnostic narrows.
const explain = (diagnostic: Diagnostic): string => {
  switch (diagnostic.kind) {
    case "lost":
      return `${diagnostic.events satisfies number} ${diagnostic.reason satisfies "serialize" | (string & {})} ${diagnostic.event ?? ""}`;
    case "retrying":
      return `${diagnostic.status satisfies number} ${diagnostic.waitMs satisfies number} ${diagnostic.url satisfies string}`;
    case "paused":
      return `${diagnostic.status} ${diagnostic.url}`;
    case "unreachable":
      return `${diagnostic.waitMs} ${diagnostic.url}`;
    case "bad-json":
      return `${diagnostic.position} ${diagnostic.event ?? ""}`;
    case "state-damaged":
      return String(diagnostic.isCopyUsed satisfies boolean);
    case "clock-skew":
      return String(diagnostic.skewMs);
    case "bad-consent":
      return String(diagnostic.found);
    case "feature-failed":
      return String(diagnostic.error);
    case "not-captured":
      return diagnostic.feature + diagnostic.reason;
    case "name-missing":
    case "storage-failed":
    case "core-failed":
      return diagnostic.kind;
  }
};
const given: InitOptions = { writeKey: "web", host: "https://events.example.com", onDiagnostic: explain, debug: true };
declare const page: ScriptHolloway;
page.init({ ...given, features: { forms: true } });
export { first, flag, methods, plans };
