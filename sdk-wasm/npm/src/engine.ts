// The host of the core: carries out what it asks, tells it what the page notices, and stands in for it before it is
// ready. The core decides; here is only what a browser owns: storage, requests, clocks, the page's end.

import { ALIAS, AUTOMATIC, type Call, CONSENT, RESET, bare, readCall, uuid } from "./call.js";
import { openAlarm } from "./alarm.js";
import { notify, openListeners } from "./callback.js";
import { fields, openCookie, readCookie } from "./cookie.js";
import { ADOPT, CONSENTS, COOKIE, FLUSH, HIDDEN, HTTP_DONE, LEAD, ONLINE, READ_DONE, SYNC, TICK, VISIBLE, type Act, type Core, loadCore } from "./core.js";
import type { Report } from "./report.js";
import type { Consent, Diagnostic, Exchange, InitOptions } from "./options.js";
import { allowQuery, beginView, environment, undecided, viewOfNow } from "./page.js";
import { byChunk, openStorage, recordKey } from "./storage.js";
import { bodyOf, openTransport } from "./transport.js";
import { RETRY } from "./receipt.js";
import { isEvent, openWaiting, userOf } from "./waiting.js";
import { openWriters } from "./writer.js";

/** `url` is where batches go. */
export const startEngine = (options: InitOptions, url: string) => {
  const { writeKey, persistence, onSession } = options;
  const prefix = `hw.${writeKey}.`;
  const store = openStorage(prefix, persistence != "memory");
  const [read, keep, remove, keysUnder] = store;
  const [readRecord, writeRecord] = openCookie(options.cookieName || "hw_" + writeKey.replace(/\W/g, "_"), !persistence || persistence == "cookie", options.cookieDomain);
  const [tellLeave, onLeave] = openListeners<void>();
  const [tellCall, onCall] = openListeners<Call>();
  const [tellExchange, onExchange] = openListeners<Exchange>();
  const [report, onDiagnostic] = openListeners<Diagnostic>(options.onDiagnostic);
  const [post, beacon, leaveTransport] = openTransport(url, tellExchange, options.serverCookieName ? "include" : undefined);
  const writer = uuid(Date.now()).slice(-12);
  const [wait, drain, takeWaiting, sendWaiting] = openWaiting(store, writer);
  // Tabs that share no records share no tasks.
  const locks = persistence != "memory" && navigator.locks;
  const [lead, orphans, unlead] = openWriters(store, prefix, writer, locks);
  /** Storage keys of each chunk. */
  const chunks = new Map<number, string[]>();
  let core: Core | undefined;
  /** What was left by former pages is with the core: calls need not wait any more. */
  let isReady = false;
  /** The core is at work, at this call if it is one: what is said meanwhile, by the app's listeners say, comes after. */
  let inside: Call | boolean = false;
  /** The kind of the call that the core is at. */
  let kindNow = 0;
  let [hasFailed, isPrerendering] = [false, !!(document as { prerendering?: boolean }).prerendering];
  let [left, busy, wakeAtMs] = [0, 0, 0];
  /** Who the visitor is, as this page wrote it, and as it was found last. */
  let [record, seen] = ["", ""];
  /** The state as this tab knows it (another one in storage is another tab's), and the session that was reported last. */
  let [state, session] = ["", ""];
  let flushes: ((isDone: boolean) => void)[] = [];
  let tickTimer: ReturnType<typeof setTimeout> | undefined;
  /** Another tab's decision is still to be told to the core. */
  let isDue = false;
  let consent = (read("c") as Consent) || undecided(options);
  /** Anonymous id, user id, and the session's id, start, latest event, number, events and reason. */
  let subject = fields((options.serverCookieName && readCookie(options.serverCookieName)) || "");
  const isGranted = () => consent == "granted";
  const find = () => readRecord() || read("i");
  /** Who the visitor is, if that changed: on another tab or sub-domain, or on the page before a prerendered one. */
  const recall = () => {
    const told = find();
    if (!told || told == seen) return;
    // A core that was denied hears of nobody: it is news again once that is taken back.
    if (consent != "denied") seen = told;
    return (subject = fields(told));
  };
  recall();

  // Neither agreed nor denied.
  if (!CONSENTS.includes(consent)) (report({ kind: "bad-consent", found: consent }), (consent = "unknown"));
  /** Keeps who the visitor is, if consent allows that; else forgets it. */
  const remember = () => {
    if (!isGranted()) {
      if (record) writeRecord((record = ""));
      return remove("i");
    }
    record = subject.map(encodeURIComponent).join("/");
    keep("i", record);
    writeRecord(record);
    // An older cookie of this name may be in the way: what it says is no news.
    seen = find();
  };
  const alarm = openAlarm(() => sendRaw());
  const rawSoon = (askedMs = 0) => hasFailed && alarm(askedMs);
  const fail = () => {
    inside = false;
    core = undefined;
    // It may have ended before it could.
    if (consent == "denied") forget();
    unlead();
    hasFailed = true;
    report({ kind: "core-failed" });
    // A reset or a decision among them is for us to carry out now.
    for (const [call, , who] of takeWaiting()) accept(call, who);
  };
  /** A browser that stops a script halfway, as a tab closes say, stops the core in it, and no `catch` hears of that. */
  const heal = () => {
    const last = inside;
    if (last) fail();
    // Twice is better than never: it has its id.
    if (last && last != true) accept(last);
  };
  /** Does what may not be done inside of the core. */
  const later = (next: () => void): true => (queueMicrotask(() => (heal(), next())), true);
  /** Never lets the core's end reach the app. */
  const run = (kind: number, first?: number, text?: string, second?: number, call?: Call): boolean => {
    if (isDue) obey();
    if (inside) return later(() => run(kind, first, text, second));
    try {
      if (core) {
        inside = call || true;
        // A page of another sub-domain knows better, unless it is this call that changes who the visitor is.
        let told = isGranted() && kind != COOKIE && recall();
        const stored = read("s");
        if (stored != state) {
          state = stored;
          left = core((kindNow = SYNC), 0, stored);
          // Most often the state says the same.
          if (told && told.join() == subject.join()) told = undefined;
        }
        const say = () => core!((kindNow = kind), first, text, second);
        // It hears of nobody before it is allowed to.
        if (kind == CONSENT) left = say();
        if (told) {
          // Who logged in before a decision is known to this core alone.
          if (told[0] == subject[0]) told[1] ||= subject[1] || "";
          left = core((kindNow = COOKIE), 0, told.join("\n"));
        }
        if (kind != CONSENT) left = say();
      }
    } catch {
      fail();
    }
    inside = false;
    if (!core || !left || !busy) for (const settle of flushes.splice(0)) settle(!!core && !left);
    return !!core;
  };

  const give = (call: Call): boolean => {
    heal();
    const [kind, name, body, messageId, timeMs, context, integrations] = call;
    return run(kind, timeMs, [body, context, integrations, messageId, name].join("\0"), 0, call);
  };

  /** Sends calls as they are; whether a beacon took them. */
  const sendCalls = (anonymousId: string, userId: string, calls: Call[], done: () => void, isLeaving?: boolean) => {
    const body = bodyOf("calls", JSON.stringify(calls.map(bare)), { anonymousId, userId, writeKey });
    if (isLeaving) return beacon(body);
    void post(body, (status, verdicts) => {
      if ((((status % 1_000) / 100) | 0) != 2 || verdicts.includes(RETRY)) return void rawSoon((status / 1_000) | 0);
      done();
      if (core) return;
      recall();
      if (anonymousId != subject[0]) return;
      subject[1] = calls.reduce(userOf, subject[1] || "");
      remember();
    });
    return false;
  };
  /** Sends what waits without the core. */
  const sendRaw = (isLeaving?: boolean) => {
    if (!isGranted() || isPrerendering) return;
    recall();
    remember();
    sendWaiting(subject, (...part) => sendCalls(...part, isLeaving));
  };

  const accept = (call: Call, who?: string) => {
    // The call that the core is at may be its last.
    if (inside) return void later(() => accept(call));
    const [kind, name] = call;
    tellCall(call);
    if (kind == CONSENT) {
      if (!CONSENTS.includes(name as Consent)) return report({ kind: "bad-consent", found: name });
      const isSame = name == consent;
      // Before the core's state is written: other tabs hear of both, and must not find the one without the other.
      keep("c", (consent = name as Consent));
      if (consent == "denied") forget();
      // Consent tools say on every page what is known: beacons need not wait for the core then.
      if (isSame && !isReady) return;
    }
    if (isReady && core && give(call)) return;
    rawSoon();
    if (hasFailed && kind == RESET) return (subject = [uuid(Date.now())]), remember();
    if ((kind == CONSENT || consent == "denied") && (hasFailed || (isEvent(call) && !isPrerendering))) return;
    if (!core) recall();
    const isKept = isGranted() && !isPrerendering;
    if (!subject[0]) {
      subject[0] = uuid(Date.now());
      if (isKept) keep("i", subject[0]);
    }
    wait(call, who || subject[0], isKept && kind != CONSENT);
  };

  /** Forgets the visitor, but not that consent was denied: a page that dies now must not undo that. */
  const wipe = () => {
    for (const key of keysUnder("")) if (key != "s" && key != "c") remove(key);
    writeRecord("");
  };
  const forget = () => {
    writeRecord("");
    takeWaiting();
    if (core) return;
    wipe();
    subject = [];
  };
  /** A decision that another tab made, or this one before it had a core, is newer than the core's own record of it. */
  const obey = () => {
    isDue = false;
    const decided = read("c") as Consent;
    if (decided) run(CONSENT, 0, "\0\0\0\0" + (consent = decided));
  };

  const recordsOf = (chunk: number) => (chunks.get(chunk) || []).map(read).filter(Boolean).join("\n");

  /** Takes over what a closed tab left. */
  const adopt = (orphan: string, isLate: boolean): boolean => {
    const found = byChunk(keysUnder(`o.${orphan}.`));
    for (const chunk in found) {
      const keys = Object.values(found[chunk]!);
      let id = +chunk;
      if (id >= 0) {
        if (!core) continue;
        while (chunks.has(id)) id++;
        chunks.set(id, keys);
        run(ADOPT, id, recordsOf(id));
        continue;
      }
      /** Who came after a reset that is not for this visitor. */
      let anew = "";
      for (const key of keys) {
        try {
          const call = readCall(read(key));
          const who = (call.splice(7) as string[])[0] || anew || subject[0]!;
          const isTheirs = who != subject[0];
          if (call[0] == RESET && (isLate || isTheirs)) anew = uuid(Date.now());
          // Who this visitor is has been settled since, if others came late.
          if (isEvent(call) || !(isLate || isTheirs)) {
            if (core && isTheirs) {
              if (anew) keep(key, JSON.stringify([...call, who]));
              if (isGranted()) sendCalls(who, "", [call], () => remove(key));
              continue;
            }
            if (!give(call)) accept(call, who);
          }
        } catch {
          // Not one of ours.
        }
        remove(key);
      }
    }
    // What a core made is for a tab that has one.
    return !!core;
  };

  /** What the core asks for, in the order of `Act` in `sdk-wasm/src/host.rs`. */
  const acts: Act[] = [
    () => crypto.getRandomValues(new Uint32Array(1))[0],
    (chunk, _, text: string) => {
      const keys = chunks.get(chunk) || [];
      const key = recordKey(writer, chunk, keys.length);
      keys.push(key);
      chunks.set(chunk, keys);
      return keep(key, text);
    },
    (token, chunk) => {
      busy++;
      queueMicrotask(() => (busy--, run(READ_DONE, token, recordsOf(chunk))));
    },
    (chunk) => (chunks.get(chunk)?.forEach(remove), chunks.delete(chunk)),
    (_, __, text: string) => {
      keep("t", read("s"));
      const isKept = keep("s", text);
      if (isKept) state = text;
      return isKept;
    },
    () => (wipe(), chunks.clear()),
    (token, isLeaving, body: string) => {
      if (isLeaving) return beacon(body) ? 1 : 2;
      busy++;
      void post(body, (status, verdicts) => (busy--, run(HTTP_DONE, token, verdicts, status)));
    },
    (waitMs) => {
      clearTimeout(tickTimer);
      wakeAtMs = Date.now() + waitMs;
      // Timers may be a little early, and the core does not ask twice.
      tickTimer = setTimeout(() => run(TICK), Math.min(waitMs + 2, 1e9));
    },
    // Only a call of the app's or a feature's has an event's name.
    (_, __, of: Report) => report(of(url, (kindNow & ~AUTOMATIC) <= ALIAS ? (inside as Call)[1] : "")),
    (decision, _, text: string) => {
      // It opens, and is told who the visitor is next.
      if (!core) return;
      const before = consent;
      consent = CONSENTS[decision]!;
      subject = text.split("\n");
      // Whoever wrote the state has written this too, and somebody else may have since.
      if (kindNow != SYNC || consent != before) remember();
      // One that a former page began, or a page of a sub-domain, is no news.
      if (kindNow != COOKIE && subject[2] && subject[2] != session && onSession) notify([() => onSession(subject[2]!, subject[7]!)], 0);
      session = subject[2] || "";
    },
  ];

  const start = async (): Promise<boolean> => {
    if (isPrerendering) {
      await new Promise((done) => document.addEventListener("prerenderingchange", done));
      isPrerendering = false;
      obey();
    }
    try {
      const setup = () => [writeKey, consent, "", JSON.stringify(environment()), (state = read("s")), read("t")].join("\0");
      core = (await loadCore())(acts, setup, options.flushAt || 20, options.flushIntervalMs || 30_000);
      // Another page of this site may know the visitor better than this origin's state does.
      recall();
      // Whoever denied is to be deleted as the state knows them.
      run(COOKIE, 0, consent == "denied" ? "" : subject.join("\n"));
      if (locks) run(LEAD, 0);
      obey();
      // What former pages left comes before this page's own.
      await orphans(adopt);
      isReady = true;
      drain(give);
      // The first events of a page do not wait for more.
      if (left) run(FLUSH);
    } catch {
      fail();
      // Who these pages' visitors were is with their calls; what a core made of other calls waits for the next one.
      void orphans((orphan) => adopt(orphan, true));
    }
    // A page without a core has nothing to tell, and must not keep others from it.
    const leadAlone = () => core && lead(() => run(LEAD, 1));
    leadAlone();
    addEventListener("pageshow", ({ persisted }) => {
      if (!persisted) return;
      run(LEAD, 0);
      leadAlone();
      run(VISIBLE);
    });
    return !!core;
  };

  const leave = () => {
    heal();
    tellLeave();
    leaveTransport();
    if (core) run(HIDDEN);
    if (!isReady || !core) sendRaw(true);
    // What a core made that has ended here: nobody may come back. What was delivered already the collector knows.
    if (!core && isGranted()) for (const [id] of chunks) {
      const records = recordsOf(id);
      if (!records || beacon(bodyOf("batch", `[${records.replace(/\n/g, ",")}]`, { writeKey }))) chunks.delete(id);
    }
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : run(VISIBLE)));
  // Before the features hear of it: a page that comes back is viewed anew.
  addEventListener("pageshow", ({ persisted }) => persisted && beginView(), true);
  addEventListener("pagehide", leave);
  addEventListener("online", () => run(ONLINE));
  // Another tab decided, or changed who the visitor is.
  addEventListener("storage", ({ key }) => {
    if (key == prefix + "c") {
      isDue = true;
      consent = (read("c") as Consent) || consent;
      if (consent == "denied") forget();
      // A core of that tab tells ours by the state, which follows: two that carry a denial out ask twice to delete.
      setTimeout(obey, 20);
    }
    if (key == prefix + "s") run(TICK);
  });

  // A text in place of a list is a list of one.
  if (options.queryAllow) allowQuery([options.queryAllow].flat());
  const ready = start();
  return {
    accept,
    ready,
    flush: async (): Promise<boolean> => {
      hasFailed || (await ready);
      if (!core) return (sendRaw(), false);
      return new Promise((settle) => (flushes.push(settle), run(FLUSH)));
    },
    onLeave, onCall, onDiagnostic, onExchange, report,
    view: viewOfNow,
    visitor: {
      id: () => (isGranted() && subject[0]) || "",
      adopt: (id: string) => (core ? run(COOKIE, 0, id) : ((subject = [id]), remember())),
    },
    status: () => ({ waiting: left, nextSendMs: Math.max(wakeAtMs - Date.now(), 0) }),
    subject: (index: number) => subject[index] || "",
  };
};
