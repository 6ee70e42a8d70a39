// What a developer reads when something is wrong: a client without key or host, the words of the development build, and the
// same words by `debug: true` in the production build.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";

import { serve } from "./app.mjs";
import { bundlePage } from "./bundle.mjs";
import { launch } from "./chromium.mjs";
import { target } from "./places.mjs";

const PAGE = `
import { init } from "@holloway/browser";
import { devtools } from "@holloway/browser/devtools";
import { forms } from "@holloway/browser/forms";
Object.assign(window, { init, devtools, forms });
document.documentElement.dataset.ready = true;
`;

/** Answers as the test says: a status, or a function of the batch. */
let answer = 200;
let site, developer, browser, collector, host;
before(async () => {
  collector = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const sent = Buffer.concat(chunks);
      // Large bodies come packed.
      const body = sent[0] == 0x1f ? gunzipSync(sent) : sent;
      const headers = { "access-control-allow-origin": "*", "content-type": "application/json" };
      if (typeof answer == "number") return void response.writeHead(answer, headers).end("{}");
      response.writeHead(200, headers).end(answer(JSON.parse(body).batch));
    });
  });
  await new Promise((done) => collector.listen(0, "127.0.0.1", done));
  host = `http://127.0.0.1:${collector.address().port}`;
  site = await serve(await bundlePage("words", PAGE, { format: "esm", splitting: true }));
  developer = await serve(await bundlePage("words-development", PAGE, { conditions: ["development"], splitting: true }));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await developer?.stop();
  collector?.close();
});

/** Runs `script` on a fresh page of the production or the development build; `lines` are what it wrote to the console. */
const visit = async (from, script, ...given) => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const [lines, thrown, requests] = [[], [], []];
  page.on("console", (line) => /^(warn|error)$/.test(line.type()) && !/Failed to load resource/.test(line.text()) && lines.push(line.text()));
  page.on("pageerror", (error) => thrown.push(String(error)));
  page.on("request", (request) => request.method() == "POST" && requests.push(request.url()));
  await page.goto(from.origin);
  await page.waitForSelector("html[data-ready]");
  const result = await page.evaluate(script, host, ...given);
  return { result, lines, thrown, requests, page, context };
};

// Options, and what the one line must say.
const REFUSED = [
  ["undefined", /writeKey and host missing.*init\(\{ writeKey: "KEY", host: "https:\/\/events.example.com" \}\)/],
  ["null", /writeKey and host missing/],
  ["{}", /writeKey and host missing/],
  ["7", /writeKey and host missing/],
  ["{ writeKey: 'web' }", /: host missing/],
  ["{ writeKey: 'web', host: undefined }", /: host missing/],
  ["{ writeKey: 'web', host: null }", /: host missing/],
  ["{ writeKey: 'web', host: '' }", /: host missing/],
  ["{ writeKey: 'web', host: 7 }", /: host missing/],
  ["{ writeKey: 'web', host: Symbol('h') }", /: host missing/],
  ["{ host: 'https://e.example.com' }", /: writeKey missing/],
  ["{ writeKey: '', host: 'https://e.example.com' }", /: writeKey missing/],
  ["{ writeKey: 7n, host: 'https://e.example.com' }", /: writeKey missing/],
  ["{ writeKey: Object.create(null), host: {} }", /writeKey and host missing/],
  ["{ get writeKey() { throw new Error('no') } }", /writeKey and host missing/],
  ["{ writeKey: 'web', host: 'events.example.com' }", /https:\/\/.*events\.example\.com/],
  ["{ writeKey: 'web', host: 'localhost:8787' }", /localhost:8787/],
  ["{ writeKey: 'web', host: '//events.example.com' }", /events\.example\.com/],
  ["{ writeKey: 'web', host: '/v1' }", /\/v1/],
  ["{ writeKey: 'web', host: 'ftp://events.example.com' }", /ftp/],
  ["{ writeKey: 'web', host: 'https://' }", /https/],
];
/** Calls everything, and answers with what came back. */
const useAll = async (options) => {
  const errors = [];
  const { error } = console;
  console.error = (...line) => (errors.push(line), error(...line));
  const hw = init(eval(`(${options})`));
  console.error = error;
  hw.track("A", { n: 1 });
  hw.page();
  hw.identify("u1");
  hw.register({ a: 1 });
  hw.setConsent("granted");
  hw.setPurposes({ analytics: true });
  let setups = 0;
  const isClient = hw.use({ name: "mine", setup: () => setups++ }) == hw;
  return [errors.length, isClient, setups, await hw.ready, typeof (await hw.flush()), hw.anonymousId(), Object.keys(localStorage).length, document.cookie];
};
for (const [name, from] of [["production", () => site], ["development", () => developer]]) {
  test(`without key or host a client records nothing and says why, once: ${name}`, async () => {
    const { page, context, lines, thrown, requests } = await visit(from(), () => {});
    for (const [options, expected] of REFUSED) {
      lines.length = 0;
      const run = new Function("options", `return (${useAll})(options)`);
      assert.deepEqual(await page.evaluate(run, options), [1, true, 0, false, "boolean", "", 0, ""], options);
      assert.equal(lines.length, 1, options);
      assert.match(lines[0], expected, options);
    }
    assert.deepEqual([thrown, requests], [[], []]);
    await context.close();
  });
}

test("no call throws, whatever it is given", async () => {
  const { result, thrown, context } = await visit(site, async (host) => {
    const hw = init({ writeKey: "web", host, flushAt: "x", queryAllow: 5, cookieName: {}, persistence: 7, onDiagnostic: 7, onSession: "x", consent: Symbol("c") });
    const trap = new Proxy({}, { get: () => { throw new Error("trap"); }, ownKeys: () => { throw new Error("trap"); } });
    const odd = [undefined, null, 0, NaN, 7n, "", "x", true, Symbol("s"), [], {}, () => {}, Object.create(null), trap, new Map(), new Date(NaN), document, window];
    const failures = [];
    const methods = ["track", "page", "screen", "identify", "group", "alias", "reset", "register", "unregister", "startSession", "setConsent", "setPurposes", "use", "anonymousId", "userId", "sessionId"];
    for (const method of methods) {
      for (const first of odd) {
        for (const second of odd) {
          try {
            hw[method](first, second, second);
          } catch (error) {
            failures.push(`${method}: ${error}`);
          }
        }
      }
    }
    return [failures, await hw.ready, typeof (await hw.flush())];
  });
  assert.deepEqual([result, thrown], [[[], true, "boolean"], []]);
  await context.close();
});

/** A page whose mistakes are all there are; `options` are more of `init`. */
const mistakes = async (host, options) => {
  window.hw = init({ writeKey: "web", host: host + "/own/", flushAfter: 3, FlushAt: 3, onsession: () => {}, persistence: "session", ...options });
  await hw.ready;
  // The words of the production build are a script of their own.
  for (let i = 0; i < 40 && options.debug && !hw.track.toString().includes("given"); i++) await new Promise((done) => setTimeout(done, 25));
  const circular = { cart: [{ price: 1 }] };
  circular.cart[0].cart = circular.cart;
  hw.track("Circ", circular);
  hw.track("Big", { order: { lines: [{ price: 10n }] } });
  hw.track("Half", { done: () => {}, when: NaN, seen: new Set([1]) });
  hw.track();
  hw.track("List", ["pro"]);
  hw.page({ path: "/own" });
  hw.setConsent("yes");
  hw.use(forms);
  hw.use({ name: "broken", setup: () => { throw new Error("no luck"); } });
  hw.use("form");
  for (let i = 0; i < 5; i++) hw.track("Circ", circular);
  await hw.flush();
};
const EXPECTED = [
  /the option "host" is an origin, and "\/own\/" behind it is left out; set host: "http:\/\/127\.0\.0\.1:\d+" and path: "\/own\/v1\/batch"/,
  /init has no option "flushAfter"/,
  /init has no option "FlushAt": did you mean "flushAt"\?/,
  /init has no option "onsession": did you mean "onSession"\?/,
  /"persistence" must be "cookie", "local" or "memory", found "session"/,
  /track\("Circ"\) is lost: properties\.cart\[0\]\.cart refers to an object that it is inside of/,
  /track\("Big"\) is lost: properties\.order\.lines\[0\]\.price is a bigint/,
  /track\("Half"\): properties\.done is a function and is left out/,
  /track\("Half"\): properties\.when is NaN, which becomes null/,
  /track\("Half"\): properties\.seen is a Set, which becomes \{\}/,
  /track\(\) lacks the event's name/,
  /track\("List"\) is lost: properties must be an object, found a list/,
  /page\(\) expects the page's name first, found an object: write page\(undefined, \{…\}\)/,
  /consent must be "granted", "denied" or "unknown", found "yes"/,
  /use\((forms|feature)\) was given the function, not what it returns: write use\(\1\(\)\)/,
  /the feature "broken" could not start, and records nothing: Error: no luck/,
  /there is no feature "form": did you mean "forms"\?/,
];
const once = (lines, expected) => assert.deepEqual(expected.map((line) => lines.filter((one) => line.test(one)).length), expected.map(() => 1), lines.join("\n"));

test("the development build says what is wrong, each thing once", async () => {
  answer = 200;
  const { lines, thrown, context } = await visit(developer, mistakes, {});
  once(lines, EXPECTED);
  assert.equal(lines.filter((line) => line.includes('"Circ"')).length, 1, "five more of the same are silent");
  assert.deepEqual(thrown, []);
  await context.close();
});

test("the production build is silent, and says the same with `debug: true`", async () => {
  const silent = await visit(site, mistakes, {});
  assert.deepEqual([silent.lines, silent.thrown], [[], []]);
  await silent.context.close();
  const { lines, thrown, context } = await visit(site, mistakes, { debug: true });
  once(lines, EXPECTED);
  assert.deepEqual(thrown, []);
  await context.close();
});

test("`debug: false` silences the development build", async () => {
  const { lines, context } = await visit(developer, mistakes, { debug: false });
  assert.deepEqual(lines, []);
  await context.close();
});

/** Records one event and waits for a diagnostic. */
const oneEvent = async (host, more = {}) => {
  window.told = [];
  window.hw = init({ writeKey: "web", host, onDiagnostic: (it) => told.push(it), ...more });
  await hw.ready;
  hw.track("Signed Up", { plan: "pro" });
  hw.flush();
  for (let i = 0; i < 200 && !told.length; i++) await new Promise((done) => setTimeout(done, 25));
  return told;
};
// What the collector answers: the diagnostic, and what the line must say.
const ANSWERS = [
  [404, { kind: "retrying", status: 404 }, /\/v1\/batch answers 404: no collector has this route \(\/v1\/batch\).*`host`.*`path`.*kept/],
  [405, { kind: "retrying", status: 405 }, /answers 405: no collector has this route/],
  [503, { kind: "retrying", status: 503 }, /answers 503\. Events are kept/],
  [401, { kind: "paused", status: 401 }, /answers 401: the collector does not take this write key/],
  [400, { kind: "lost", reason: "rejected", events: 1 }, /1 event is lost \(rejected\): the collector refused the request/],
  [
    (batch) => JSON.stringify({ results: [{ messageId: batch[0].messageId, verdict: "invalid", reason: "plan: expected free" }] }),
    { kind: "lost", reason: "invalid", events: 1 },
    /the collector found "Signed Up" invalid: plan: expected free/,
  ],
  [() => "<!doctype html><title>Home</title>", { kind: "retrying", status: 0 }, /answers with a web page, which is no receipt/],
];
for (const [given, expected, line] of ANSWERS) {
  test(`an answer in words: ${typeof given == "number" ? given : JSON.stringify(expected)}`, async () => {
    answer = given;
    const { result, lines, context } = await visit(developer, oneEvent);
    const [found] = result.filter(({ kind }) => kind == expected.kind);
    const { waitMs, url, ...rest } = found ?? {};
    assert.deepEqual(rest, expected, JSON.stringify(result));
    if (found.kind == "retrying" || found.kind == "paused") assert.equal(url, `${host}/v1/batch`);
    assert.equal(lines.filter((one) => line.test(one)).length, 1, lines.join("\n"));
    await context.close();
  });
}

test("what a missing route answered is delivered when the route is there again", async () => {
  answer = 404;
  const { page, context } = await visit(site, oneEvent);
  const got = [];
  answer = (batch) => (got.push(...batch.map(({ event }) => event)), `{"results":[]}`);
  await page.goto(site.origin);
  await page.waitForSelector("html[data-ready]");
  await page.evaluate(async (host) => {
    const hw = init({ writeKey: "web", host });
    await hw.ready;
    for (let i = 0; i < 100 && !(await hw.flush()); i++) await new Promise((done) => setTimeout(done, 50));
  }, host);
  assert.deepEqual(got, ["Signed Up"]);
  await context.close();
});

test("a host that nothing listens at", async () => {
  const { lines, context } = await visit(developer, oneEvent, { host: "http://127.0.0.1:1" });
  assert.equal(lines.filter((line) => /no answer from http:\/\/127\.0\.0\.1:1\/v1\/batch\. Is a collector running there\?/.test(line)).length, 1, lines.join("\n"));
  await context.close();
});

test("an option `consent` that is none holds events in memory", async () => {
  answer = 200;
  const { result, requests, context } = await visit(site, async (host) => {
    const told = [];
    const hw = init({ writeKey: "web", host, consent: "accepted", onDiagnostic: (it) => told.push(it) });
    await hw.ready;
    hw.track("A");
    await hw.flush();
    return [told, Object.keys(localStorage).filter((key) => key.includes(".o."))];
  });
  assert.deepEqual(result, [[{ kind: "bad-consent", found: "accepted" }], []]);
  assert.deepEqual(requests, []);
  await context.close();
});

test("the script of a page without a bundler has the words too, from the file beside it", async (t) => {
  answer = 200;
  const folder = join(target, "npm-test/words-script");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ["holloway.iife.js", "words.js"]) cpSync(join(import.meta.dirname, "../dist", name), join(folder, name));
  const script = "document.documentElement.dataset.ready = true; window.init = (options) => holloway.init(options);";
  writeFileSync(join(folder, "index.html"), `<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script src="/holloway.iife.js"></script><script>${script}</script>`);
  const page = await serve(folder);
  t.after(() => page.stop());
  const { lines, thrown, context } = await visit(
    page,
    async (host) => {
      const hw = init({ writeKey: "web", host, debug: true, features: { forms: true } });
      await hw.ready;
      const isThere = () => performance.getEntriesByType("resource").some(({ name, responseEnd }) => name.endsWith("/words.js") && responseEnd);
      for (let i = 0; i < 100 && !isThere(); i++) await new Promise((done) => setTimeout(done, 20));
      for (let i = 0; i < 5; i++) await new Promise((done) => setTimeout(done));
      hw.track("Big", { order: { total: 10n } });
      holloway.track();
      await hw.flush();
    },
  );
  once(lines, [/the feature "forms" is not loaded here.*holloway\.all\.iife\.js/, /track\("Big"\) is lost: properties\.order\.total is a bigint/, /track\(\) lacks the event's name/]);
  assert.deepEqual([thrown, lines.length], [[], 3], lines.join("\n"));
  await context.close();
});
