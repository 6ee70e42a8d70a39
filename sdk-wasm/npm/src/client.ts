// The face: from an app's calls to what the engine takes.

import {
  ALIAS,
  AUTOMATIC,
  CONSENT,
  GROUP,
  IDENTIFY,
  PAGE,
  PURPOSES,
  REGISTER,
  RESET,
  SESSION,
  UNREGISTER,
  capture,
} from "./call.js";
import { startEngine } from "./engine.js";
import type { CallOptions, Holloway, InitOptions } from "./options.js";

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
  const client: Holloway = {
    ready: engine?.ready ?? Promise.resolve(false),
    track: (event, properties, options) => call(0, event, properties, options),
    page: (name, properties, options) => call(PAGE, name, properties, options),
    screen: (name, properties, options) => call(2, name, properties, options),
    identify: (userId, traits, options) => call(IDENTIFY, userId, traits, options),
    group: (groupId, traits, options) => call(GROUP, groupId, traits, options),
    alias: (userId, previousId, options) => call(ALIAS, userId, previousId, options),
    reset: () => call(RESET),
    register: (properties, registration) => call(REGISTER, registration, properties),
    unregister: (key) => call(UNREGISTER, key),
    startSession: () => call(SESSION),
    setConsent: (consent) => call(CONSENT, consent),
    setPurposes: (purposes) => {
      call(PURPOSES, "", purposes);
      if ("analytics" in purposes) call(CONSENT, purposes.analytics ? "granted" : "denied");
    },
    flush: () => engine?.flush() ?? Promise.resolve(true),
    use: (plugin) => {
      if (engine) {
        plugin.setup(client, {
          track: (event, properties, options) => call(AUTOMATIC, event, properties, options),
          page: (name, properties, options) => call(AUTOMATIC | PAGE, name, properties, options),
          onLeave: engine.onLeave,
          report: engine.report,
        });
      }
      return client;
    },
    anonymousId: () => engine?.anonymousId() ?? "",
    userId: () => engine?.userId() ?? "",
  };
  return client;
};
