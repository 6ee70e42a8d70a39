// What events say of the page, the view, the group and the browser, in real Chromium against the real collector.

import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { serve } from "./app.mjs";
import { target } from "./places.mjs";
import { stage } from "./stage.mjs";

const PAGE = `<!doctype html><title>Shop</title><link rel="icon" href="data:,"><p>Text</p><script type="module">
  import { init } from "/dist/index.js";
  import * as autocapture from "/dist/autocapture.js";
  import { vitals } from "/dist/vitals.js";
  const query = new URLSearchParams(location.search);
  window.diagnostics = [];
  const options = JSON.parse(query.get("options") ?? "{}");
  const hw = (window.hw = init({ writeKey: "web", host: query.get("host"), onDiagnostic: (it) => diagnostics.push(it), ...options }));
  window.use = (name) => hw.use({ ...autocapture, vitals }[name]());
  new Function(query.get("run") ?? "")();
  hw.ready.then((ready) => (document.documentElement.dataset.ready = ready));
</script>`;

/** One page for every path, and the package beside it. */
const serveSite = () => {
  const site = join(target, "npm-test/content");
  rmSync(site, { recursive: true, force: true });
  cpSync(join(import.meta.dirname, "../dist"), join(site, "dist"), { recursive: true });
  for (const name of ["index.html", "shop.html", "other.html"]) writeFileSync(join(site, name), PAGE);
  return serve(site);
};

let app, collector, context;
stage(serveSite, (it) => ({ app, collector, context } = it));

/** Opens a page that runs `run` after `init`; `utm` is its campaign. */
const open = async (run = "", { options = {}, path = "/shop.html", more = "", prepare } = {}) => {
  const page = await context.newPage();
  if (prepare) await page.evaluateOnNewDocument(prepare);
  const query = new URLSearchParams({ host: collector.host, options: JSON.stringify(options), run });
  await page.goto(`${app.origin}${path}?${query}${more}`);
  await page.waitForSelector("html[data-ready]");
  return page;
};
/** The stored events in the order in which they were recorded, once a last one is there. */
const leave = async (page) => {
  await page.evaluate(() => (hw.track("Last"), hw.flush()));
  await collector.named("Last", 1);
  const events = collector.events().sort((a, b) => a.context.session.sequence - b.context.session.sequence);
  return events.slice(0, events.findIndex(({ event }) => event == "Last") + 1);
};
const words = ({ type, name, event, context }) => [event ?? name ?? type, context.page.path].join(" ");

/** What runs on the page, and the events that are stored of it. */
const PAGE_CALLS = [
  ["the app's call first", `hw.page("Shop", { shelf: 1 }); use("autocapture")`, ["Shop /shop.html"]],
  ["autocapture first", `use("autocapture"); hw.page("Shop", { shelf: 1 })`, ["Shop /shop.html"]],
  ["autocapture alone", `use("autocapture")`, ["page /shop.html"]],
  ["a login between them", `use("autocapture"); hw.identify("u1"); hw.page("Shop", { shelf: 1 })`, ["identify /shop.html", "Shop /shop.html"]],
  ["an event between them", `use("autocapture"); hw.track("Seen"); hw.page("Shop")`, ["page /shop.html", "Seen /shop.html"]],
  ["an effect that runs twice", `hw.page("Shop", { shelf: 1 }); hw.page("Shop", { shelf: 1 })`, ["Shop /shop.html"]],
  ["two names of one URL", `hw.page("Step 1"); hw.page("Step 2")`, ["Step 1 /shop.html", "Step 2 /shop.html"]],
  ["another query", `hw.page("List"); history.replaceState({}, "", "?q=2"); hw.page("List")`, ["List /shop.html", "List /shop.html"]],
  [
    "there and back within a second",
    `use("autocapture"); hw.page("A"); history.pushState({}, "", "/b"); hw.page("B"); history.pushState({}, "", "/shop.html" + location.search); hw.page("A")`,
    ["A /shop.html", "B /b", "A /shop.html"],
  ],
  [
    "routes there and back that only autocapture records",
    `use("autocapture"); history.pushState({}, "", "/b"); history.pushState({}, "", "/shop.html")`,
    ["page /shop.html", "page /b", "page /shop.html"],
  ],
  ["times of long ago", `for (const day of [1, 2]) hw.page("A", {}, { timestamp: new Date(2020, 0, day) })`, ["A /shop.html", "A /shop.html"]],
  ["a message id of its own does not make it another one", `hw.page("A"); hw.page("A", {}, { messageId: "m" })`, ["A /shop.html"]],
  ["properties that are no JSON are counted as a loss", `hw.page("A", { n: 1n }); hw.page("B")`, ["B /shop.html"]],
];
for (const [name, run, expected] of PAGE_CALLS) {
  test(`a page view counts once, with the app's words: ${name}`, async () => {
    const events = (await leave(await open(run))).slice(0, -1);
    assert.deepEqual(events.map(words), expected);
    if (run.includes("shelf")) assert.equal(events.find((event) => event.name == "Shop").properties.shelf, 1);
  });
}

test("each event has the view of its page view, and no other", async () => {
  const page = await open(`hw.track("Early"); hw.page(); hw.track("A")`);
  await page.evaluate(() => {
    history.pushState({}, "", "/b");
    hw.track("B before its view");
    hw.page();
    hw.track("B");
    hw.page("Again");
    hw.track("C");
  });
  const events = await leave(page);
  const views = events.map(({ context }) => context.page.viewId);
  assert.match(views[0], /^[\da-f]{8}-[\da-f]{4}-7/);
  const number = (id) => [...new Set(views)].indexOf(id) + 1;
  assert.deepEqual(
    events.map((event) => `${event.event ?? event.name ?? event.type} ${number(event.context.page.viewId)}`),
    ["Early 1", "page 1", "A 1", "B before its view 2", "page 2", "B 2", "Again 3", "C 3", "Last 3"],
  );
  for (const { type, properties, context } of events) if (type == "page") assert.equal(properties.viewId, context.page.viewId);
});

test("a page that is left says its own path, query, campaign and view", async () => {
  const page = await open(`use("pageViews"); use("engagement"); hw.track("First")`, { more: "&utm_source=mail&gclid=g1&secret=s" });
  await page.evaluate(async () => {
    await new Promise((done) => setTimeout(done, 1_100));
    history.pushState({}, "", "/b?utm_source=other&utm_campaign=next");
    hw.track("Second");
  });
  const events = await leave(page);
  const [first] = events.filter(({ event }) => event == "First");
  const [left] = events.filter(({ event }) => event == "Page Left");
  const [second] = events.filter(({ event }) => event == "Second");
  assert.equal(left.context.page.path, "/shop.html");
  assert.equal(left.context.page.search, "?utm_source=mail&gclid=g1");
  assert.deepEqual(left.context.campaign, { source: "mail", gclid: "g1" });
  assert.equal(left.context.page.viewId, first.context.page.viewId);
  assert.equal(left.properties.viewId, first.context.page.viewId);
  assert.deepEqual(second.context.campaign, { source: "other", name: "next" });
  assert.notEqual(second.context.page.viewId, first.context.page.viewId);
});

test("web vitals belong to the page that was loaded", async () => {
  const page = await open(`use("vitals"); hw.page()`, { more: "&utm_source=mail" });
  await page.evaluate(async () => {
    await new Promise((done) => new PerformanceObserver(done).observe({ type: "largest-contentful-paint", buffered: true }));
    history.pushState({}, "", "/b?utm_source=other");
    document.title = "Next";
    hw.page();
  });
  await page.goto(`${app.origin}/other.html`);
  const vitals = await collector.named("Web Vital Measured", 3);
  assert.ok(vitals.length >= 3, `found ${vitals.length}`);
  const [loaded] = collector.events().filter(({ type, context }) => type == "page" && context.page.path == "/shop.html");
  for (const { context, properties } of vitals) {
    assert.deepEqual(context.page, loaded.context.page, properties.name);
    assert.deepEqual(context.campaign, { source: "mail" });
  }
});

test("a feature that is used on a later route knows the page that was loaded by its path alone", async () => {
  const page = await open("", { more: "&utm_source=mail" });
  await page.evaluate(async () => {
    history.pushState({}, "", "/b?utm_source=other");
    use("vitals");
    await new Promise((done) => new PerformanceObserver(done).observe({ type: "largest-contentful-paint", buffered: true }));
  });
  await page.goto(`${app.origin}/other.html`);
  const [vital] = await collector.named("Web Vital Measured", 1);
  assert.deepEqual(vital.context.page, { path: "/shop.html", url: `${app.origin}/shop.html` });
  assert.equal(vital.context.campaign, undefined);
});

test("a call without an id is refused, reported and counted, and the user stays", async () => {
  const absent = ["", null, undefined, " ", "\u3000", "null", "undefined", "NaN", NaN, "[object Object]", {}, []];
  const page = await open(`hw.identify("u1")`);
  await page.evaluate(() => (diagnostics.length = 0));
  for (const method of ["identify", "group", "alias"]) {
    // As an app says it: some of these are no JSON.
    const calls = absent.map((id) => `hw.${method}(${id === undefined ? "undefined" : Number.isNaN(id) ? "NaN" : JSON.stringify(id)})`);
    await page.evaluate(calls.join(";"));
  }
  assert.equal(await page.evaluate(() => hw.userId()), "u1");
  const kinds = await page.evaluate(() => diagnostics.map(({ kind }) => kind));
  assert.equal(kinds.filter((kind) => kind == "name-missing").length, 3 * absent.length);
  await page.evaluate(() => (hw.identify(42), hw.group(7)));
  assert.equal(await page.evaluate(() => hw.userId()), "42");
  const events = await leave(page);
  assert.deepEqual(events.map(({ type, userId, groupId }) => [type, userId, groupId].filter(Boolean).join(" ")), [
    "identify u1",
    "identify 42",
    "group 42 7",
    "track 42",
  ]);
  const losses = await page.evaluate(() => diagnostics.filter(({ kind }) => kind == "lost").length);
  assert.equal(losses, 3 * absent.length);
});

test("without the core an absent id is no event, and later calls keep the user", async () => {
  const page = await open(`hw.identify("u1"); hw.identify(" "); hw.identify(null); hw.group("g1"); hw.track("A")`, {
    prepare: () => (TextEncoder.prototype.encodeInto = () => null),
  });
  await page.evaluate(() => hw.flush());
  const [event] = await collector.named("A", 1);
  assert.deepEqual([event.userId, event.context.groupId], ["u1", "g1"]);
  // Without the core the user is known once the collector's answer is there.
  await page.waitForFunction(() => hw.userId() == "u1");
  assert.deepEqual(collector.events().map(({ type }) => type), ["identify", "group", "track"]);
});

test("later events carry the group, over pages and until a reset", async () => {
  const page = await open(`hw.track("A"); hw.group("g1", { plan: "pro" }); hw.track("B")`);
  await page.reload();
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => {
    hw.reset();
    hw.track("C");
  });
  const groups = (await leave(page)).map(({ event, type, context }) => [event ?? type, context.groupId]);
  assert.deepEqual(groups.slice(0, 3), [["A", undefined], ["group", "g1"], ["B", "g1"]]);
  assert.deepEqual(groups.slice(-2), [["C", undefined], ["Last", undefined]]);
  // The second load's own calls, before the reset.
  assert.equal(groups.find(([name], i) => i > 2 && name == "A")[1], "g1");
});

test("the browser, the connection and the referring domain", async () => {
  const page = await open(`hw.track("Early")`);
  const [early] = (await leave(page)).map(({ context }) => context);
  const { brands, mobile, platform } = early.userAgentData;
  assert.ok(brands.some(({ brand }) => /Chrom/.test(brand)) && mobile === false && platform == "Linux", JSON.stringify(early.userAgentData));
  assert.deepEqual(early.network, await page.evaluate(() => ({ effectiveType: navigator.connection.effectiveType, saveData: false })));
  assert.equal(early.page.referring_domain, "");
  // A link of another host.
  const link = page.url();
  await page.goto(`${app.origin.replace("127.0.0.1", "localhost")}/other.html`);
  await Promise.all([page.waitForNavigation(), page.evaluate((link) => void (location.href = link), link)]);
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => (hw.track("Linked"), hw.flush()));
  const [linked] = await collector.named("Linked", 1);
  assert.equal(linked.context.page.referring_domain, "localhost");
});
