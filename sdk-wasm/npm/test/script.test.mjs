// Pages without a bundler, under a strict content security policy: the stub in <head>, and the script that comes later.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";

const dist = (name) => readFileSync(new URL(`../dist/${name}`, import.meta.url), "utf8");
const POLICY = "default-src 'none'; script-src 'self' 'nonce-abc' 'wasm-unsafe-eval'; connect-src http://127.0.0.1:*; img-src data:; style-src 'none'";

/** Serves `/` with `inline` in its head, and the script as soon as `release` was called. */
const openSite = async () => {
  const site = { inline: "", policy: POLICY, hasStub: true, script: "holloway.iife.js", isHeld: false };
  let held = [];
  const server = createServer(({ url }, response) => {
    const file = new URL(url, "http://x").pathname;
    if (file.endsWith(".js")) {
      const answer = () => response.writeHead(200, { "content-type": "text/javascript" }).end(dist(file.slice(1)));
      if (site.isHeld) held.push(answer);
      else answer();
      return;
    }
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": site.policy });
    response.end(
      `<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script nonce="abc">${site.hasStub ? dist("snippet.js") : ""}</script>` +
        (site.hasStub ? `<script nonce="abc">${site.inline}</script><script async src="/${site.script}"></script>` : `<script src="/${site.script}"></script><script nonce="abc">${site.inline}</script>`),
    );
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return Object.assign(site, {
    origin: `http://127.0.0.1:${server.address().port}`,
    release: () => {
      site.isHeld = false;
      for (const answer of held.splice(0)) answer();
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  });
};

let site, browser, collector, context, page, complaints;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(async () => {
  [site, collector, context] = [await openSite(), await startCollector(), await browser.createBrowserContext()];
  page = await context.newPage();
  complaints = [];
  page.on("console", (line) => line.type() == "error" && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
});
afterEach(async () => {
  await context.close();
  await collector.stop();
  await site.stop();
  collector.remove();
  assert.deepEqual(complaints, [], "no error, and nothing that the policy forbids");
});
const init = (more = "") => `window.diagnostics = []; const hw = holloway.init({ writeKey: "web", host: "${collector.host}", onDiagnostic: (it) => diagnostics.push(it)${more} });`;
// The script is async, and does not hold up the document.
const open = (path = "/") => page.goto(site.origin + path, { waitUntil: "domcontentloaded" });
// The policy forbids what puppeteer's own waiting does in the page.
const until = async (expression) => {
  const endMs = Date.now() + 10_000;
  while (!(await page.evaluate(expression))) {
    if (Date.now() > endMs) throw new Error(`expected ${expression}, found ${complaints.join() || "no error"}`);
    await pause(20);
  }
};
const held = () => until("window.isDone");
const takenOver = () => until("window.hw && !holloway.calls");
const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => /\.[ho]\./.test(key)).length);

test("calls of before the script keep their order, time, page and words", async () => {
  site.isHeld = true;
  site.inline = `${init()}
    window.wasReady = hw.ready;
    window.wasFlushed = hw.flush();
    hw.register({ shop: "north" });
    hw.page();
    const cart = { items: 1 };
    hw.track("First", cart);
    cart.items = 2;
    window.firstMs = Date.now();
    history.pushState(null, "", "/two?utm_source=news");
    document.title = "Two";
    hw.identify("u1", { plan: "pro" });
    hw.track("Second", {}, { messageId: "mine", context: { page: { path: "/own" } }, timestamp: "2026-01-02T03:04:05.678Z" });
    hw.alias("u2");
    history.pushState(null, "", "/three");
    document.title = "Three";
    window.hw = hw;
    window.isDone = true;`;
  await open("/?utm_campaign=may");
  await held();
  const firstMs = await page.evaluate("firstMs");
  await until(`Date.now() > ${firstMs + 300}`);
  site.release();
  assert.equal(await page.evaluate("wasReady"), true);
  assert.equal(await page.evaluate(() => (hw.track("Third"), hw.flush())), true, "the stub is the client now");
  await page.evaluate("wasFlushed");
  const events = collector.events();
  assert.deepEqual(events.map((event) => event.event ?? event.type), ["page", "First", "identify", "Second", "alias", "Third"]);
  const [view, first, identify, second, alias, third] = events;
  assert.deepEqual(first.properties, { shop: "north", items: 1 }, "as it was at the call");
  assert.ok(Math.abs(Date.parse(first.originalTimestamp ?? first.timestamp) - firstMs) < 250, "the time of the call");
  assert.equal(view.properties.path, "/");
  assert.equal(view.properties.title, "Shop");
  assert.equal(view.properties.shop, "north");
  assert.deepEqual(first.context.campaign, { name: "may" });
  assert.deepEqual([first.context.page.path, identify.context.page.path, third.context.page.path], ["/", "/two", "/three"]);
  assert.deepEqual(identify.context.page, { path: "/two", referrer: "", referring_domain: "", search: "?utm_source=news", title: "Two", url: `${site.origin}/two?utm_source=news` });
  assert.deepEqual(identify.context.campaign, { source: "news" });
  assert.deepEqual(identify.traits, { plan: "pro" });
  assert.deepEqual([second.messageId, second.timestamp, second.context.page.path, second.userId], ["mine", "2026-01-02T03:04:05.678Z", "/own", "u1"]);
  assert.deepEqual([alias.userId, alias.previousId], ["u2", "u1"]);
  assert.equal(new Set(events.map((event) => event.messageId)).size, 6);
  assert.equal(await kept(), 0);
});

test("a page that is left before the script is there is told at the next visit, once", async () => {
  site.isHeld = true;
  site.inline = `${init()} hw.page(); hw.track("Left", { n: 1 }); hw.track("Left", { n: 2 }); window.isDone = true;`;
  await open("/landing?utm_source=news");
  await held();
  assert.equal(await kept(), 3);
  await page.goto("about:blank");
  site.inline = `${init()} hw.track("Back"); window.hw = hw; window.isDone = true;`;
  site.release();
  await open("/?utm_source=other");
  await takenOver();
  await until("hw.flush()");
  const events = collector.events();
  assert.deepEqual(events.map((event) => event.event ?? event.type), ["page", "Left", "Left", "Back"]);
  assert.deepEqual(events.map((event) => event.context.page.path), ["/landing", "/landing", "/landing", "/"]);
  assert.deepEqual(events.map((event) => event.context.campaign.source), ["news", "news", "news", "other"]);
  assert.deepEqual([events[1].properties.n, events[2].properties.n], [1, 2]);
  assert.equal(new Set(events.map((event) => event.anonymousId)).size, 1);
  assert.equal(await kept(), 0);
  await open();
  await takenOver();
  await page.evaluate(() => hw.flush());
  assert.equal((await collector.named("Left", 3, 500)).length, 2);
});

// What the stub keeps after these calls, and which decision.
const CONSENTS = {
  "granted is the default": ["", `hw.track("A");`, 1, null],
  "unknown keeps nothing": [`, consent: "unknown"`, `hw.track("A");`, 0, null],
  "a decision of before init counts": ["", ``, 0, "denied", `holloway.setConsent("denied"); holloway.track("A");`],
  "a grant keeps what comes after it": [`, consent: "unknown"`, `hw.setConsent("granted"); hw.track("A");`, 2, "granted"],
  "a denial takes back what was kept": ["", `hw.track("A"); hw.track("B"); hw.setConsent("denied"); hw.track("C");`, 0, "denied"],
  "the purpose of analytics decides": ["", `hw.track("A"); hw.setPurposes({ analytics: false, ads: true }); hw.track("B");`, 0, "denied"],
  "another purpose decides nothing": ["", `hw.setPurposes({ ads: false }); hw.track("B");`, 2, null],
  "Global Privacy Control is a denial": ["", `hw.track("A");`, 0, null, `Object.defineProperty(navigator, "globalPrivacyControl", { value: true });`],
  "Do Not Track is a denial": ["", `hw.track("A");`, 0, null, `Object.defineProperty(navigator, "doNotTrack", { value: "1" });`],
  "a client without persistence keeps nothing": [`, persistence: "memory"`, `hw.track("A"); hw.setConsent("granted"); hw.track("B");`, 0, null],
  "unless the site decides otherwise": [", respectGpc: false", `hw.track("A");`, 1, null, `Object.defineProperty(navigator, "globalPrivacyControl", { value: true });`],
};
for (const [name, [options, calls, expectedKept, expectedDecision, before = ""]] of Object.entries(CONSENTS)) {
  test(`consent before the script: ${name}`, async () => {
    site.isHeld = true;
    site.inline = `${before} ${init(options)} ${calls} window.isDone = true;`;
    await open();
    await held();
    assert.equal(await kept(), expectedKept);
    assert.equal(await page.evaluate(() => localStorage.getItem("hw.web.c")), expectedDecision);
  });
}

test("what cannot be written is a counted loss, and what comes after it arrives", async () => {
  site.inline = `${init()} const cycle = {}; cycle.self = cycle; hw.track("Cycle", cycle); hw.track("After"); window.hw = hw;`;
  await open();
  await takenOver();
  assert.equal(await page.evaluate(() => hw.flush()), true);
  assert.deepEqual(collector.events().map((event) => event.event), ["After"]);
  assert.equal(await page.evaluate(() => diagnostics.filter((it) => it.kind == "lost").length), 1);
});

test("what is recorded under a denial is gone when it is taken back before the script", async () => {
  site.isHeld = true;
  site.inline = `${init(', consent: "denied"')} hw.track("Unheard"); hw.setConsent("granted"); hw.track("Heard");`;
  await open();
  site.release();
  await until("hw.ready");
  await page.evaluate("hw.flush()");
  assert.equal((await collector.named("Heard", 1)).length, 1);
  assert.deepEqual(await collector.named("Unheard", 1, 300), []);
});

test("without localStorage the calls are taken over from memory", async () => {
  await page.evaluateOnNewDocument(() => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  site.inline = `${init()} hw.track("Kept"); window.hw = hw;`;
  await open();
  await takenOver();
  assert.equal(await page.evaluate(() => hw.flush()), true);
  assert.deepEqual(collector.events().map((event) => event.event), ["Kept"]);
});

test("features are set up in the order of calls, by the page or by name", async () => {
  site.inline = `${init(`, features: { nobody: true }`)}
    window.given = [];
    hw.track("Before");
    holloway.use({ name: "mine", setup: (client) => { given.push(typeof client.track); client.track("Set Up"); } });
    hw.track("After"); window.hw = hw;`;
  await open();
  await takenOver();
  assert.deepEqual(await page.evaluate("given"), ["function"]);
  assert.equal(await page.evaluate(() => hw.flush()), true);
  assert.deepEqual(collector.events().map((event) => event.event), ["Before", "Set Up", "After"]);
});

for (const script of ["holloway.iife.js", "holloway.all.iife.js"]) {
  test(`a page with ${script} alone`, async () => {
    site.hasStub = false;
    site.script = script;
    site.inline = `${init()} hw.page("Home"); holloway.track("Direct"); window.hw = hw; window.again = holloway.init({ writeKey: "web", host: "http://127.0.0.1:1" }) == hw;`;
    await open();
    assert.equal(await page.evaluate("again"), true, "one client for a write key");
    assert.equal(await page.evaluate(() => hw.flush()), true);
    assert.deepEqual(collector.events().map((event) => event.event ?? event.name), ["Home", "Direct"]);
  });
}

test("a page that forbids WebAssembly gets the core as JavaScript, from beside the script", async () => {
  site.policy = POLICY.replace(" 'wasm-unsafe-eval'", "");
  site.inline = `${init()} hw.track("Kept"); window.hw = hw;`;
  await open();
  await takenOver();
  assert.equal(await page.evaluate(() => hw.ready), true);
  await until("hw.flush()");
  const [kept] = collector.events();
  assert.equal(kept.context.session.index, 1, "by the core");
  // The browser tells of the attempt.
  complaints = complaints.filter((text) => !/wasm|WebAssembly/i.test(text));
});
