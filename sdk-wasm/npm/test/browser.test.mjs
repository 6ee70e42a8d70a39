// The package in real Chromium, built by Vite, against the real collector.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { buildApp, serve } from "./app.mjs";
import { launch, visit } from "./chromium.mjs";
import { closeTabs } from "./closed-tab.mjs";
import { startCollector } from "./collector.mjs";

let app, browser, collector;
before(async () => {
  app = await serve(buildApp());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.stop();
});
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await collector.stop();
  collector.remove();
});
const url = (more = "") => `${app.origin}/?host=${collector.host}${more}`;
const once = (events) => new Set(events.map((event) => event.messageId)).size;

test("events of a closed tab arrive, once", async () => {
  const result = await closeTabs(browser, app.origin, collector, 3, 3);
  assert.deepEqual(result, { expected: 9, delivered: 9, lost: 0, duplicates: 0 });
});

test("an event carries page, session, ids and what the app said", async () => {
  const { page, context } = await visit(browser, url("&utm_source=news&utm_campaign=may"));
  const isDone = await page.evaluate(() => {
    hw.register({ shop: "north", 'a"ü\b\u0001\n': 1, plain: 2 });
    hw.unregister('a"ü\b\u0001\n');
    hw.unregister("plain");
    hw.identify("u1", { plan: "pro" });
    hw.track("Bought", { price: 1e21, name: 'ü"\n' }, { messageId: "mine", timestamp: "2026-01-02T03:04:05.678Z", context: { page: { path: "/own" } } });
    hw.group("g1", { size: 3 });
    hw.alias("u2");
    const cycle = {};
    cycle.self = cycle;
    hw.track("Unwritable", cycle);
    return hw.flush();
  });
  assert.equal(isDone, true);
  const events = collector.events();
  const of = (type) => events.find((event) => event.type === type);
  const bought = of("track");
  assert.deepEqual(bought.properties, { shop: "north", price: 1e21, name: 'ü"\n' });
  assert.equal(bought.messageId, "mine");
  assert.equal(bought.timestamp, "2026-01-02T03:04:05.678Z");
  assert.equal(bought.userId, "u1");
  assert.equal(bought.context.page.path, "/own");
  assert.deepEqual(bought.context.campaign, { source: "news", name: "may" });
  assert.equal(bought.context.library.name, "@holloway/browser");
  assert.match(bought.context.userAgent, /Chrom/);
  assert.ok(bought.context.timezone && bought.context.locale && bought.context.screen.width);
  assert.equal(of("page").properties.title, "Shop");
  assert.equal(of("page").context.page.path, "/");
  assert.deepEqual(of("group"), { ...of("group"), groupId: "g1", traits: { size: 3 } });
  assert.deepEqual(of("alias"), { ...of("alias"), previousId: "u1", userId: "u2" });
  const indexes = events.map((event) => event.context.session.eventIndex);
  assert.deepEqual(indexes, [1, 2, 3, 4, 5]);
  assert.equal(new Set(events.map((event) => event.context.session.id)).size, 1);
  const lost = await page.evaluate(() => diagnostics.filter((it) => it.kind === "lost"));
  assert.deepEqual(lost, [{ kind: "lost", reason: "serialize", events: 1, event: "Unwritable" }], "what cannot be written is a counted loss");
  await context.close();
});

test("the page is left before the core is ready", async () => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(url("&cold")).catch(() => {});
  const [cold] = await collector.named("Cold", 1);
  assert.deepEqual(cold?.properties, { plan: "pro" });
  // The same visitor comes back: the core delivers the call again under the same id, and the collector knows it.
  await page.goto(url());
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => hw.track("Back"));
  await page.evaluate(() => hw.flush());
  const [back] = await collector.named("Back", 1);
  assert.equal((await collector.named("Cold", 2, 1_000)).length, 1);
  assert.equal(back.anonymousId, cold.anonymousId, "one visitor, one id");
  await context.close();
});

test("a waiting call that storage damaged is a counted loss, and spoils no other", async () => {
  const { page, context } = await visit(browser, url());
  await page.evaluate(() => {
    const keep = (index, name, ...texts) => {
      const [body, context, integrations] = texts;
      localStorage.setItem(`hw.web.o.gone.q.${index}`, JSON.stringify([0, name, body, `message-${index}`, Date.now(), context, integrations]));
    };
    keep(0, "Damaged", '{"plan":pro}', "", "");
    keep(1, "Damaged", "", '{"page":{}}}', "");
    keep(2, "Damaged", "", "", '{"All":true,}');
    keep(3, "Sound", '{"plan":"pro"}', '{"page":{}}', '{"All":true}');
  });
  await page.goto(url());
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => hw.flush());
  const [sound] = await collector.named("Sound", 1);
  assert.deepEqual(sound?.properties, { plan: "pro" });
  assert.equal((await collector.named("Damaged", 0)).length, 0);
  const lost = await page.evaluate(() => diagnostics.filter((it) => it.kind === "lost").map((it) => it.event));
  assert.deepEqual(lost, ["Damaged", "Damaged", "Damaged"]);
  await context.close();
});

test("an outage of the collector loses nothing", async () => {
  const { host, data } = collector;
  const { page, context } = await visit(browser, url());
  await page.evaluate(() => hw.flush());
  await collector.stop();
  for (let click = 0; click < 5; click++) await page.click("#buy");
  assert.equal(await page.evaluate(() => hw.flush()), false);
  await page.goto("about:blank");
  collector = await startCollector(data, new URL(host).port);
  await page.goto(url());
  const clicks = await collector.named("Clicked", 5, 20_000);
  assert.equal(once(clicks), 5);
  assert.equal(clicks.length, 5);
  assert.deepEqual(clicks.map((event) => event.properties.n), [1, 2, 3, 4, 5], "in order");
  await context.close();
});

test("without localStorage events are delivered from memory", async () => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.evaluateOnNewDocument(() => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  await page.goto(url());
  await page.waitForSelector("html[data-ready=true]");
  await page.click("#buy");
  await page.click("#buy");
  await page.close();
  assert.equal(once(await collector.named("Clicked", 2)), 2);
  await context.close();
});

test("a page in which no core can run is measured without it", async () => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.evaluateOnNewDocument(() => {
    WebAssembly.instantiate = () => Promise.reject(new WebAssembly.CompileError("refused by the page's policy"));
  });
  await page.setRequestInterception(true);
  page.on("request", (request) => (/core-script/.test(request.url()) ? request.abort() : request.continue()));
  await page.goto(url());
  await page.waitForSelector("html[data-ready=false]");
  await page.click("#buy");
  await page.click("#buy");
  await page.close();
  const clicks = await collector.named("Clicked", 2);
  assert.equal(once(clicks), 2);
  assert.ok(clicks[0].anonymousId);
  await context.close();
});

test("before consent nothing is stored or sent, and a denial wipes", async () => {
  const { page, context } = await visit(browser, url());
  const keys = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".o.")));
  await page.click("#buy");
  assert.notDeepEqual(await keys(), []);
  await page.evaluate(() => hw.setConsent("denied"));
  await page.click("#buy");
  assert.deepEqual(await keys(), []);
  await page.reload();
  await page.waitForSelector("html[data-ready=true]");
  await page.click("#buy");
  assert.deepEqual(await keys(), [], "the decision outlives the page");
  await page.close();
  assert.deepEqual(await collector.named("Clicked", 1, 500), []);
  await context.close();
});

test("two tabs send their events once", async () => {
  const { page, context } = await visit(browser, url());
  const second = await context.newPage();
  await second.goto(url());
  await second.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => hw.track("Tab", { tab: 1 }));
  await second.evaluate(() => hw.track("Tab", { tab: 2 }));
  assert.equal(await second.evaluate(() => hw.flush()), true);
  await page.bringToFront();
  assert.equal(await page.evaluate(() => hw.flush()), true);
  const tabs = await collector.named("Tab", 2);
  assert.deepEqual(tabs.map((event) => event.properties.tab), [2, 1]);
  assert.equal(new Set(tabs.map((event) => event.anonymousId)).size, 1);
  await context.close();
});
