// The stub for <head>: `window.holloway` with every method, before the script (`holloway.iife.js`) has arrived.
//
// A call is written down as text at once (the app may go on to change its objects), with its time, its id and its page,
// and kept in localStorage if consent allows that. The script replays the calls in order, those of a page that was left
// before its script came too (`takeover.ts`). These bytes are in the <head> of every page: each must earn its place.

import type { Holloway, InitOptions } from "./options.js";
import type { Stub, StubCall } from "./stub.js";

if (typeof document != "undefined") {
  const calls: (string | StubCall)[] = [];
  let prefix = "";
  let consent: unknown;
  /** Where calls are kept: nowhere until `init` says so. */
  let store: Record<string, unknown> = {};
  const stub: Stub = { calls };
  (window as { holloway?: Stub }).holloway = stub;
  stub.ready = new Promise((settle) => (stub.settle = settle));
  stub.flush = () => stub.ready!.then(() => stub.flush!());
  stub.anonymousId = stub.userId = stub.sessionId = () => "";
  stub.use = (plugin) => {
    calls.push(["use", [plugin]]);
    return stub as Holloway;
  };
  stub.init = (given: InitOptions) => {
    const options = (stub.options = given || ({} as InitOptions));
    prefix = `hw.${options.writeKey}.`;
    try {
      if (options.writeKey && options.host && options.persistence != "memory") store = localStorage;
      if (consent) store[prefix + "c"] = consent;
      consent = store[prefix + "c"];
    } catch {
      // Access itself is forbidden: memory has to do.
    }
    consent ||=
      options.consent ||
      ((options.respectGpc != false && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) ||
      (options.respectDnt != false && navigator.doNotTrack == "1")
        ? "denied"
        : "granted");
    return stub as Holloway;
  };
  for (const method of "track.page.screen.identify.group.alias.reset.register.unregister.setConsent.startSession.setPurposes".split(".")) {
    (stub as unknown as Record<string, unknown>)[method] = (...given: unknown[]) => {
      const now = Date.now();
      // Begins with what the calls of a visitor are sorted by.
      const id = [now, calls.length + 1e3, ...crypto.getRandomValues(new Uint32Array(3))].join("-");
      let call: string | StubCall = [method, given, now, id, location.href, document.referrer, document.title];
      try {
        call = JSON.stringify(call);
        const [first] = given as [{ analytics?: boolean }];
        const decision = method == "setConsent" ? first : method == "setPurposes" && first.analytics != null && (first.analytics ? "granted" : "denied");
        consent = decision || consent;
        if (decision) store[prefix + "c"] = decision;
        if (consent == "granted") store[`${prefix}h.${id}`] = call;
        if (consent == "denied") for (const key in store) if (key.startsWith(prefix + "h.")) delete store[key];
      } catch {
        // The script counts what cannot be written; without storage, memory has to do.
      }
      // Nothing of who said no; but a decision, and purposes, may take that back.
      if (consent != "denied" || /^set/.test(method)) calls.push(call);
    };
  }
}
