// A client for an app's tests: no page, no network, no storage. It records every call, as the real client takes it down.

import type { CallOptions, Consent, Diagnostic, Holloway } from "./options.js";

/** A call in the order of the calls; what a call can change is copied when it is made. */
export interface RecordedCall {
  readonly method: "track" | "page" | "screen" | "identify" | "group" | "alias" | "reset" | "register" | "unregister" | "startSession" | "setConsent" | "setPurposes" | "flush" | "use";
  readonly arguments: readonly unknown[];
}

/** Properties of an event of this name; any object without a plan. */
export type Recorded<Plan, Name> = 0 extends 1 & Plan ? Record<string, any> : Name extends keyof Plan ? Plan[Name] : never;

/** A client that records what the app calls. */
export interface MockClient<Plan = any> extends Holloway<Plan> {
  /** Every call, in order. */
  readonly calls: readonly RecordedCall[];
  /** Losses: a call without its name, and properties that JSON cannot carry. */
  readonly diagnostics: readonly Diagnostic[];
  /** The properties of each event of this name that was tracked while consent was not denied, with registered ones under them. */
  events<Name extends keyof Plan & string>(name: Name): Recorded<Plan, Name>[];
  /** Forgets calls, diagnostics, registered properties, user, session and consent. */
  clear(): void;
}

/** What JSON makes of a value: the real client takes properties down as text. */
const copy = (value: unknown): unknown => (typeof value == "object" && value !== null ? JSON.parse(JSON.stringify(value)) : value);

/**
 * Makes a client that records. It is in consent `granted`, with the anonymous id `anonymous-1`; `reset` makes that
 * `anonymous-2`, and a session is `session-1` from the first event on. `use` never runs a feature.
 */
export const createMockClient = <Plan = any>(): MockClient<Plan> => {
  let calls: RecordedCall[] = [];
  let diagnostics: Diagnostic[] = [];
  let events: { name: string; properties: object }[] = [];
  let registered: Record<string, unknown> = {};
  let consent: Consent = "granted";
  let userId = "";
  let [visitors, sessions] = [1, 0];

  const lose = (event: unknown) => diagnostics.push({ kind: "lost", reason: "serialize", events: 1, ...(typeof event == "string" && event && { event }) });
  /** Takes a call down; whether its arguments can be carried. */
  const record = (method: RecordedCall["method"], given: readonly unknown[]): unknown[] | undefined => {
    try {
      const taken = given.map(copy);
      calls.push({ method, arguments: taken });
      return taken;
    } catch {
      calls.push({ method, arguments: given });
      lose(given[0]);
      return undefined;
    }
  };
  const event =
    (method: RecordedCall["method"], needsName: boolean) =>
    (...given: readonly unknown[]): void => {
      const taken = record(method, given);
      if (!taken) return;
      const [name, properties] = taken;
      if (needsName && !name) {
        diagnostics.push({ kind: "name-missing" });
        lose(undefined);
        return;
      }
      if (consent == "denied") return;
      sessions ||= 1;
      if (method == "identify" || method == "alias") userId = String(name);
      if (method == "track") events.push({ name: String(name), properties: { ...registered, ...(properties as object) } });
    };
  const client = {
    ready: Promise.resolve(true),
    get calls() {
      return calls;
    },
    get diagnostics() {
      return diagnostics;
    },
    events: (name: string) => events.filter((one) => one.name == name).map((one) => one.properties),
    clear: () => {
      [calls, diagnostics, events, registered, consent, userId] = [[], [], [], {}, "granted", ""];
      [visitors, sessions] = [1, 0];
    },
    track: event("track", true),
    page: event("page", false),
    screen: event("screen", false),
    identify: event("identify", true),
    group: event("group", true),
    alias: event("alias", true),
    reset: () => {
      record("reset", []);
      [registered, userId] = [{}, ""];
      visitors++;
    },
    register: (properties: object, registration?: string) => {
      const [taken] = record("register", [properties, registration]) ?? [];
      registered = registration == "once" ? { ...(taken as object), ...registered } : { ...registered, ...(taken as object) };
    },
    unregister: (key: string) => {
      record("unregister", [key]);
      delete registered[key];
    },
    startSession: () => {
      record("startSession", []);
      sessions++;
    },
    setConsent: (decision: Consent) => {
      record("setConsent", [decision]);
      if (["unknown", "granted", "denied"].includes(decision)) consent = decision;
      else diagnostics.push({ kind: "bad-consent", found: decision });
    },
    setPurposes: (purposes: Readonly<Record<string, boolean>>) => {
      record("setPurposes", [purposes]);
      if (purposes?.analytics != null) consent = purposes.analytics ? "granted" : "denied";
    },
    flush: async () => {
      record("flush", []);
      return true;
    },
    use: (plugin: { readonly name?: string } | null | undefined) => {
      calls.push({ method: "use", arguments: [plugin] });
      return client;
    },
    anonymousId: () => `anonymous-${visitors}`,
    userId: () => userId,
    sessionId: () => (sessions ? `session-${sessions}` : ""),
  };
  return client as unknown as MockClient<Plan>;
};

export type { CallOptions, Diagnostic, Holloway };
