// The face: from an app's calls to what the engine takes.

import { ALIAS, AUTOMATIC, CONSENT, IDENTIFY, PAGE, PURPOSES, REGISTER, RESET, SESSION, UNREGISTER, capture } from "./call.js";
import { startEngine } from "./engine.js";
import type { CallOptions, Diagnostic, Holloway, InitOptions } from "./options.js";
import { beginView, pageContext } from "./page.js";
import { explainRefusal, words } from "./words.js";

const GROUP = 4;
/** A page view of the same address within so many milliseconds is the same one: of a feature, or of an effect that runs twice. */
const REPEAT_MS = 1_000;

const isGiven = (value: unknown): boolean => typeof value == "string" && value != "";

/** The engine of a page. Without a write key, a host or a page it is undefined; a missing key or host is written to the console. */
const openEngine = (options?: InitOptions | null) => {
  let [writeKey, host, error]: unknown[] = [];
  try {
    ({ writeKey, host } = options!);
    // The page's own origin must not stand in for a host without a scheme.
    const { href } = new URL(options!.path || "/v1/batch", host as string);
    if (isGiven(writeKey) && isGiven(host) && /^https?:/.test(href)) return typeof document == "undefined" ? undefined : startEngine(options!, href);
  } catch (thrown) {
    error = thrown;
  }
  const missing = Object.entries({ writeKey, host }).flatMap(([name, value]) => (isGiven(value) ? [] : name));
  const set = `init({ writeKey: "KEY", host: "https://events.example.com" })`;
  console.error(DEVELOPMENT ? explainRefusal(missing, host, error) : `Holloway records nothing: ${missing.join(" and ") || "https:// in host " + host} missing. Set it: ${set}`);
  return undefined;
};

export const createClient = <Plan = any>(options?: InitOptions | null): Holloway<Plan> => {
  const engine = openEngine(options);
  /** Runs what must not break the app. */
  const safely = (run: () => void): void => {
    try {
      run();
    } catch {
      // Measuring must never break what is measured.
    }
  };
  /** Of the page view that was recorded last: its address, its time, its name if the app recorded it, and its view. */
  let viewed: [address?: string, atMs?: number, name?: unknown, viewId?: unknown] = [];
  /** Whether a page view is another one than the last; the app's second one of a view begins a view of its own. */
  const isNews = (isOwn: boolean, name: unknown, options?: CallOptions, address = location.href): boolean => {
    const atMs = +new Date(options?.timestamp ?? Date.now());
    // A feature has no name for what the app recorded.
    const said = isOwn && (name || 1);
    const [lastAddress, lastMs, lastSaid, lastView] = viewed;
    if (address == lastAddress && Math.abs(atMs - lastMs!) < REPEAT_MS && (!said || !lastSaid || said == lastSaid)) return false;
    // A view that has ended, or that a stub recorded, does not begin another one.
    const viewId = () => address == location.href && pageContext().page.viewId;
    if (said && lastView && viewId() == lastView) beginView();
    viewed = [address, atMs, said, viewId()];
    return true;
  };
  const call = (kind: number, name?: unknown, body?: unknown, options?: CallOptions, address?: string): void =>
    safely(() => {
      if (engine && ((kind & 15) != PAGE || isNews(kind == PAGE, name, options, address))) engine.accept(capture(kind, name, body, options));
    });
  /** The method of a kind of event. */
  const of =
    (kind: number) =>
    (name?: unknown, body?: unknown, options?: CallOptions, address?: string): void =>
      call(kind, name, body, options, address);
  /** A part of who the visitor is. */
  const subject = (index: number) => () => engine?.subject(index) ?? "";
  const client: Holloway = {
    ready: engine?.ready ?? Promise.resolve(false),
    track: of(0),
    page: of(PAGE),
    screen: of(2),
    identify: of(IDENTIFY),
    group: of(GROUP),
    alias: of(ALIAS),
    reset: () => call(RESET),
    register: (properties, registration) => call(REGISTER, registration, properties),
    unregister: (key) => safely(() => call(UNREGISTER, "", { [key]: 0 })),
    startSession: () => call(SESSION),
    setConsent: (consent) => call(CONSENT, consent),
    setPurposes: (purposes) =>
      safely(() => {
        // The decision first: before it nothing is kept, and a denial forgets what waits.
        if (purposes?.analytics != null) call(CONSENT, purposes.analytics ? "granted" : "denied");
        call(PURPOSES, "", purposes);
      }),
    flush: () => engine?.flush() ?? Promise.resolve(true),
    use: (plugin) => {
      try {
        if (engine) plugin.setup(client, { ...engine, track: of(AUTOMATIC), page: of(AUTOMATIC | PAGE) });
      } catch (error) {
        // A feature that fails costs its own events alone.
        engine!.report({ kind: "feature-failed", found: plugin, error });
      }
      return client;
    },
    anonymousId: subject(0),
    userId: subject(1),
    sessionId: subject(2),
  };
  if (DEVELOPMENT) {
    if (options?.debug != false) client.use(words(options!));
  } else if (engine && options!.debug) {
    /** What is reported before the words are there. */
    const early: Diagnostic[] = [];
    engine.onDiagnostic((diagnostic) => early.push(diagnostic));
    import("holloway:words").then((module) => client.use(module.words(options!, early))).catch(() => {});
  }
  return client;
};
