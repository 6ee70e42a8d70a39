// The face: from an app's calls to what the engine takes.

import { ALIAS, AUTOMATIC, CONSENT, IDENTIFY, PAGE, PURPOSES, REGISTER, RESET, SESSION, UNREGISTER, capture } from "./call.js";
import { startEngine } from "./engine.js";
import type { CallOptions, Holloway, InitOptions } from "./options.js";

const GROUP = 4;

export const createClient = (options: InitOptions): Holloway => {
  // On a server there is no page, and nothing to do.
  const engine = typeof document == "undefined" ? undefined : startEngine(options);
  const call = (kind: number, name?: unknown, body?: unknown, options?: CallOptions): void => {
    try {
      engine?.accept(capture(kind, name, body, options));
    } catch {
      // Measuring must never break what is measured.
    }
  };
  /** The method of a kind of event. */
  const of =
    (kind: number) =>
    (name?: unknown, body?: unknown, options?: CallOptions): void =>
      call(kind, name, body, options);
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
    unregister: (key) => call(UNREGISTER, "", { [key]: 0 }),
    startSession: () => call(SESSION),
    setConsent: (consent) => call(CONSENT, consent),
    setPurposes: (purposes) => {
      // The decision first: before it nothing is kept, and a denial forgets what waits.
      if (purposes?.analytics != null) call(CONSENT, purposes.analytics ? "granted" : "denied");
      call(PURPOSES, "", purposes);
    },
    flush: () => engine?.flush() ?? Promise.resolve(true),
    use: (plugin) => {
      try {
        if (engine) plugin.setup(client, { ...engine, track: of(AUTOMATIC), page: of(AUTOMATIC | PAGE) });
      } catch {
        // A feature that fails costs its own events alone.
      }
      return client;
    },
    anonymousId: subject(0),
    userId: subject(1),
    sessionId: subject(2),
  };
  return client;
};
