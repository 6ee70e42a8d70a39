// `window.holloway` for pages without a bundler: carries on with what the stub in <head> took down (`snippet.ts`).

import { createClient } from "./client.js";
import { pageContext } from "./page.js";
import type { CallOptions, Holloway, InitOptions, Plugin, Properties } from "./options.js";
import type { Stub, StubCall } from "./stub.js";

/** Options of `holloway.init` in a script tag. */
export interface ScriptOptions extends InitOptions {
  /** Features of `holloway.all.iife.js` by name, with their options or `true`. */
  readonly features?: Readonly<Record<string, unknown>> | undefined;
}

/** `window.holloway`: the factories of features, and after `init` the client. */
export interface ScriptHolloway extends Holloway {
  init(options: ScriptOptions): Holloway;
}

type Methods = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** Takes the calls of pages that were left before this script came to them. */
const takeKept = (prefix: string): string[] => {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    // Time and number come first in a key.
    return keys.sort().map((key) => {
      const call = localStorage.getItem(key)!;
      localStorage.removeItem(key);
      return call;
    });
  } catch {
    return [];
  }
};

const replay = (client: Holloway, [method, given, timestamp, messageId, url, referrer, title]: StubCall): void => {
  if (url && /^(track|page|screen|identify|group|alias)$/.test(method)) {
    // This page's campaign must not stand in for another's.
    const context = { campaign: undefined, ...pageContext(url, referrer, title) };
    const options = given[2] as CallOptions | undefined;
    given[2] = { timestamp, messageId, ...options, context: { ...context, ...options?.context } };
    if (method == "page") {
      given[1] = { ...context.page, ...(given[1] as Properties) };
      given[3] = url;
    }
  }
  (client as unknown as Methods)[method]!(...given);
};

/** @internal Makes `window.holloway` the real one. */
export const startScript = (features: Readonly<Record<string, unknown>>): void => {
  if (typeof document == "undefined") return;
  const page = window as { holloway?: Stub };
  const face = (page.holloway ??= {});
  // The script is on the page twice.
  if (face.track && !face.calls) return;
  const start = (given?: ScriptOptions | null): Holloway => {
    const client = createClient(given);
    const options = given || ({} as ScriptOptions);
    for (const name in options.features) {
      const [make, given] = [features[name], options.features[name]];
      // A name that is no feature of this script is reported.
      if (given) client.use(typeof make == "function" ? (make as (options?: unknown) => Plugin)(given === true ? undefined : given) : (name as never));
    }
    const calls = face.calls ?? [];
    // A call of this page is kept too, as the same text.
    const kept = (options.writeKey ? takeKept(`hw.${options.writeKey}.h.`) : []).filter((call) => !calls.includes(call));
    for (const call of [...kept, ...calls]) {
      try {
        replay(client, typeof call == "string" ? (JSON.parse(call) as StubCall) : call);
      } catch {
        // Not one of ours.
      }
    }
    face.settle?.(client.ready);
    // Whoever holds the stub holds the client now.
    // By name at each call: the words of `debug: true` come later, and look at calls first.
    const methods = Object.entries(client).map(([name, value]) => [name, typeof value == "function" ? (...given: unknown[]) => (client as unknown as Methods)[name]!(...given) : value]);
    Object.assign(face, Object.fromEntries(methods), {
      init: (more?: InitOptions) => (more?.writeKey == options.writeKey ? face : createClient(more)),
      use: (plugin: Plugin) => (client.use(plugin), face),
      calls: undefined,
    });
    return face as Holloway;
  };
  Object.assign(face, features, { init: start });
  if (face.options) start(face.options);
};
