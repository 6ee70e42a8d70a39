// The host of the core: carries out what it asks, tells it what the page notices, and stands in for it before it is
// ready. The core decides; here is only what a browser owns: storage, requests, clocks, the page's end.

import { CONSENT, uuid } from "./call.js";
import type { Call } from "./call.js";
import { loadCore } from "./core.js";
import type { Core } from "./core.js";
import type { Consent, Diagnostic, InitOptions } from "./options.js";
import { environment } from "./page.js";
import { openStorage, recordKey } from "./storage.js";
import { openTransport } from "./transport.js";
import { openWaiting } from "./waiting.js";
import { claimWriters } from "./writer.js";

const DIAGNOSTICS: Diagnostic["kind"][] = [
  "bad-json",
  "name-missing",
  "lost",
  "state-damaged",
  "storage-failed",
  "paused",
  "retrying",
  "core-failed",
  "unreachable",
  "clock-skew",
  "not-captured",
];
const CONSENTS: Consent[] = ["unknown", "granted", "denied"];
/** Without the core: at most one request in so many milliseconds. */
const RAW_INTERVAL_MS = 5_000;

// Inputs by number, as the core knows them (`sdk-wasm/src/lib.rs`).
const VISIBLE = 0;
const HIDDEN = 1;
const ONLINE = 2;
const TICK = 3;
const FLUSH = 4;

export const startEngine = (options: InitOptions) => {
  const { writeKey, host, onDiagnostic } = options;
  const prefix = `hw.${writeKey}.`;
  const store = openStorage(prefix);
  const transport = openTransport(host.replace(/\/+$/, "") + (options.path || "/v1/batch"));
  const writer = uuid(Date.now()).slice(-12);
  const waiting = openWaiting(store, writer);
  /** Storage keys of each chunk. */
  const chunks = new Map<number, string[]>();
  let core: Core | undefined;
  let hasFailed = false;
  let busy = 0;
  let flushes: ((isDone: boolean) => void)[] = [];
  let tickTimer: ReturnType<typeof setTimeout> | undefined;
  let rawTimer: ReturnType<typeof setTimeout> | undefined;
  const decided = store.get("c") as Consent;
  let consent: Consent =
    decided ||
    options.consent ||
    (options.respectGpc != false && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl
      ? "denied"
      : "granted");
  let [anonymousId, userId] = (store.get("i") || ",").split(",").map(decodeURIComponent) as [string, string];

  const now = () => [Date.now(), performance.now()] as const;
  const leaveListeners: (() => void)[] = [];
  const tell = (kind: Diagnostic["kind"], first = 0, second = 0) => {
    try {
      onDiagnostic?.({ kind, first, second });
    } catch {
      // The app's own.
    }
  };
  const report = (kind: number, first = 0, second = 0) => tell(DIAGNOSTICS[kind]!, first, second);
  const rememberIdentity = () => {
    if (consent == "granted") store.set("i", [anonymousId, userId].map(encodeURIComponent).join());
  };
  const fail = () => {
    core = undefined;
    hasFailed = true;
    report(7);
  };
  /** Never lets the core's end reach the app. */
  const run = (use: (core: Core) => void): boolean => {
    try {
      if (core) use(core);
    } catch {
      fail();
    }
    const isDone = !core || !core.waiting();
    if (isDone || !busy) {
      for (const settle of flushes.splice(0)) settle(isDone && !!core);
    }
    return !!core;
  };
  const input = (kind: number) => run((core) => core.input(kind, ...now()));

  const give = (call: Call): boolean =>
    run((core) => {
      core.call(...call, ...now());
      // A wipe took it along.
      if (call[0] == CONSENT) store.set("c", consent);
    });

  /** Sends what waits without the core. */
  const sendRaw = (isLeaving: boolean) => {
    if (consent != "granted") return;
    anonymousId ||= uuid(Date.now());
    rememberIdentity();
    waiting.send(writeKey, anonymousId, userId, (body, done) => {
      if (isLeaving) return transport.beacon(body);
      void transport.post(body, body.length).then(({ status }) => {
        if (status >= 200 && status < 300) done();
      });
      return false;
    });
  };

  const accept = (call: Call) => {
    if (call[0] == CONSENT) consent = call[1] as Consent;
    if (core && give(call)) return;
    if (call[0] == CONSENT) {
      if (consent == "denied") store.keys("o.").forEach(store.remove);
      store.set("c", consent);
    }
    waiting.push(call, consent == "granted" && call[0] != CONSENT);
    if (hasFailed) {
      rawTimer ??= setTimeout(() => {
        rawTimer = undefined;
        sendRaw(false);
      }, RAW_INTERVAL_MS);
    }
  };

  /** Takes over what a closed tab left. */
  const adopt = (orphan: string) => {
    const found = new Map<string, string[]>();
    for (const key of store.keys(`o.${orphan}.`)) {
      const chunk = key.split(".")[2]!;
      found.set(chunk, [...(found.get(chunk) || []), key]);
    }
    const index = (key: string) => +key.split(".")[3]!;
    // Digits sort before `q`: what waited for the core came last.
    for (const chunk of [...found.keys()].sort()) {
      const keys = found.get(chunk)!.sort((a, b) => index(a) - index(b));
      let id = +chunk;
      if (id >= 0) {
        while (chunks.has(id)) id++;
        chunks.set(id, keys);
        const bytes = keys.reduce((sum, key) => sum + store.get(key).length, 0);
        run((core) => core.adopt(id, bytes, keys.length, ...now()));
        continue;
      }
      for (const key of keys) {
        try {
          accept(JSON.parse(store.get(key)) as Call);
        } catch {
          // Not one of ours.
        }
        store.remove(key);
      }
    }
  };

  const page = {
    random: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
    append: (chunk: number, record: string) => {
      const keys = chunks.get(chunk) || [];
      const key = recordKey(writer, chunk, keys.length);
      keys.push(key);
      chunks.set(chunk, keys);
      return store.set(key, record);
    },
    read: (token: number, chunk: number) => {
      busy++;
      queueMicrotask(() => {
        busy--;
        const records = (chunks.get(chunk) || []).map(store.get).filter(Boolean).join("\n");
        run((core) => core.read_done(token, records, ...now()));
      });
    },
    remove: (chunk: number) => {
      chunks.get(chunk)?.forEach(store.remove);
      chunks.delete(chunk);
    },
    save: (state: string) => {
      store.set("t", store.get("s"));
      return store.set("s", state);
    },
    wipe: () => {
      // The state says that consent was denied: a page that dies here must not undo that.
      store.keys("").forEach((key) => key != "s" && store.remove(key));
      chunks.clear();
    },
    send: (token: number, body: string, bytes: number, isLeaving: boolean) => {
      if (isLeaving) return transport.beacon(body) ? 1 : 2;
      busy++;
      void transport.post(body, bytes).then(({ status, retryAfter, body }) => {
        busy--;
        run((core) => core.http_done(token, status, retryAfter, body, ...now()));
      });
      return 0;
    },
    wake: (waitMs: number) => {
      clearTimeout(tickTimer);
      // Timers may be a little early, and the core does not ask twice.
      tickTimer = setTimeout(() => input(TICK), Math.min(waitMs + 2, 2 ** 31 - 1));
    },
    diagnose: report,
    identity: (anonymous: string, user: string) => {
      anonymousId = anonymous;
      userId = user;
      rememberIdentity();
    },
  };

  const start = async (): Promise<boolean> => {
    try {
      const Core = await loadCore();
      core = new Core(
        page,
        writeKey,
        options.flushAt || 20,
        options.flushIntervalMs || 30_000,
        CONSENTS.indexOf(consent),
        anonymousId,
        store.get("s"),
        store.get("t"),
        JSON.stringify(environment()),
        ...now(),
      );
      // A decision that was made before the core was ready is newer than the core's own record of it.
      if (decided) give([CONSENT, decided, "", "", 0, "", ""]);
      waiting.drain(give);
    } catch {
      fail();
    }
    const { claim, release } = claimWriters(store, prefix, writer, adopt);
    addEventListener("pagehide", release);
    addEventListener("pageshow", (event) => {
      if (event.persisted) claim();
    });
    return !!core;
  };

  const leave = () => {
    for (const listener of leaveListeners) {
      try {
        listener();
      } catch {
        // A feature's own.
      }
    }
    if (core) input(HIDDEN);
    else sendRaw(true);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState == "hidden") leave();
    else input(VISIBLE);
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => {
    if (event.persisted) input(VISIBLE);
  });
  addEventListener("online", () => input(ONLINE));

  const ready = start();
  return {
    accept,
    ready,
    flush: async (): Promise<boolean> => {
      await ready;
      if (!core) {
        sendRaw(false);
        return false;
      }
      return new Promise((settle) => {
        flushes.push(settle);
        input(FLUSH);
      });
    },
    onLeave: (listener: () => void) => void leaveListeners.push(listener),
    report: tell,
    anonymousId: () => anonymousId,
    userId: () => userId,
  };
};
