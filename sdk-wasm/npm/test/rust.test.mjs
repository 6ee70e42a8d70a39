// A front end of Rust: examples/web-rust, built as its readers build it, in Chromium against the real collector.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { build } from "esbuild";

import { serve } from "./app.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";
import { repo, target } from "./places.mjs";

const folder = join(target, "npm-test/web-rust");
let app, browser, collector, context, index;
before(async () => {
  rmSync(folder, { recursive: true, force: true });
  // A machine without cargo fails here, and says so.
  execFileSync(join(repo, "examples/web-rust/build.sh"), [folder], { stdio: ["ignore", "ignore", "inherit"] });
  index = readFileSync(join(folder, "index.html"), "utf8");
  // The npm package beside it, as the same app.
  await build({
    stdin: {
      contents: `import { init } from "@holloway/browser";
        window.hw = init({ writeKey: "demo", host: document.querySelector("meta[name=collector]").content });
        hw.ready.then(() => (document.documentElement.dataset.ready = true));`,
      resolveDir: join(import.meta.dirname, ".."),
    },
    outfile: join(folder, "npm.js"),
    bundle: true,
    format: "esm",
    logLevel: "warning",
  });
  app = await serve(folder);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.stop();
});
beforeEach(async () => {
  collector = await startCollector();
  context = await browser.createBrowserContext();
  const here = index.replace("http://127.0.0.1:8787", collector.host);
  writeFileSync(join(folder, "index.html"), here);
  writeFileSync(join(folder, "npm.html"), here.replace(/import start[^<]*/, `import "./npm.js";`));
});
afterEach(async () => {
  await context.close();
  await collector.stop();
  collector.remove();
});

const open = async (path = "/", { prepare, origin = app.origin } = {}) => {
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  if (prepare) await page.evaluateOnNewDocument(prepare);
  await page.goto(origin + path);
  await page.waitForFunction(() => document.querySelector("#visitor").textContent || document.documentElement.dataset.ready);
  return page;
};
const shown = (page, selector) => page.$eval(selector, (it) => it.textContent);
const flush = async (page) => {
  await page.$eval("#outcome", (it) => (it.textContent = ""));
  await page.click("#flush");
  await page.waitForFunction(() => document.querySelector("#outcome").textContent);
  return shown(page, "#outcome");
};
const records = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".o.")).length);

test("an event has the page and the session, and the visitor becomes the user", async () => {
  const page = await open("/?utm_source=mail&product=7&token=secret#access_token=1");
  await page.click("#count");
  await page.click("#sign-in");
  await page.click("#count");
  assert.equal(await shown(page, "#user"), "ada");
  assert.equal(await flush(page), "delivered");
  assert.equal(await records(page), 0, "nothing is kept of what has a receipt");
  const events = collector.events();
  assert.deepEqual(
    events.map(({ type, event, name, userId }) => [type, event ?? name, userId]),
    [
      ["page", "Counter", undefined],
      ["track", "Counted", undefined],
      ["identify", undefined, "ada"],
      ["track", "Counted", "ada"],
    ],
  );
  const [view, first, identify] = events;
  const at = {
    path: "/",
    referrer: "",
    search: "?utm_source=mail&product=7",
    title: "Counter",
    url: `${app.origin}/?utm_source=mail&product=7`,
  };
  assert.deepEqual(view.properties, { ...at, kind: "example" });
  assert.deepEqual(first.properties, { clicks: 1 });
  assert.deepEqual(identify.traits, { plan: "pro" });
  const visitor = await shown(page, "#visitor");
  for (const { context, anonymousId } of events) {
    assert.deepEqual(context.page, at);
    assert.deepEqual(context.campaign, { source: "mail" });
    assert.equal(context.library.name, "holloway-wasm");
    assert.match(context.userAgent, /Chrome/);
    assert.equal(context.timezone, await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone));
    assert.equal(anonymousId, visitor);
  }
  const sessions = new Set(events.map(({ context }) => context.session?.id ?? context.sessionId));
  assert.equal(sessions.size, 1);
  assert.match([...sessions][0], /^[0-9a-f-]{36}$/);
  assert.deepEqual(page.complaints, []);
});

test("a closed tab loses nothing and sends nothing twice", async () => {
  for (let visit = 0; visit < 5; visit++) {
    const page = await open();
    for (let click = 0; click < 3; click++) await page.click("#count");
    await page.close();
  }
  const found = await collector.named("Counted", 15);
  assert.equal(found.length, 15);
  assert.equal(new Set(found.map(({ messageId }) => messageId)).size, 15);
});

test("a second visit is the same visitor, in this client and in the npm package", async () => {
  const first = await open();
  const visitor = await shown(first, "#visitor");
  await first.click("#sign-in");
  await first.close();
  const second = await open();
  assert.equal(await shown(second, "#visitor"), visitor);
  await second.close();
  const other = await open("/npm.html");
  assert.deepEqual(await other.evaluate(() => [hw.anonymousId(), hw.userId()]), [visitor, "ada"]);
  await other.evaluate(() => hw.reset());
  const next = await other.evaluate(() => hw.anonymousId());
  assert.notEqual(next, visitor);
  const third = await open();
  assert.equal(await shown(third, "#visitor"), next);
  // A tab beside it hears of it too.
  await other.evaluate(() => hw.identify("bob"));
  await third.click("#count");
  assert.equal(await flush(third), "delivered");
  const [counted] = await collector.named("Counted", 1);
  assert.deepEqual([counted.anonymousId, counted.userId], [next, "bob"]);
  // And what this client says holds for the npm package's next page, whose cookie it is.
  await third.click("#sign-in");
  await third.close();
  await other.reload();
  await other.waitForSelector("html[data-ready]");
  assert.deepEqual(await other.evaluate(() => [hw.anonymousId(), hw.userId()]), [next, "ada"]);
});

test("sub-domains are one visitor", async () => {
  const at = (host) => app.origin.replace("127.0.0.1", host);
  const [www, pay, elsewhere] = [await open("/", { origin: at("www.shop.localhost") }), await open("/", { origin: at("pay.shop.localhost") }), await open("/", { origin: at("www.other.localhost") })];
  const visitor = await shown(www, "#visitor");
  assert.equal(await shown(pay, "#visitor"), visitor);
  assert.notEqual(await shown(elsewhere, "#visitor"), visitor);
});

test("what an outage held back arrives at the next visit, once", async () => {
  await collector.stop();
  const page = await open();
  await page.click("#count");
  assert.equal(await flush(page), "kept for later");
  await page.waitForFunction(() => document.querySelector("#diagnostic").textContent == "retrying");
  assert.ok((await records(page)) > 0);
  await page.close();
  collector = await startCollector(collector.data, new URL(collector.host).port);
  const next = await open();
  const found = await collector.named("Counted", 1, 20_000);
  assert.deepEqual(found.map(({ properties }) => properties), [{ clicks: 1 }]);
  assert.deepEqual(next.complaints, []);
});

test("a browser that says no is believed, and a full storage costs no event", async () => {
  const quiet = await open("/", { prepare: () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }) });
  await quiet.click("#count");
  await flush(quiet);
  assert.equal(await records(quiet), 0);
  assert.equal(await quiet.evaluate(() => document.cookie), "");
  await quiet.close();
  await context.close();
  context = await browser.createBrowserContext();
  const full = await open("/", {
    prepare: () => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    },
  });
  await full.click("#count");
  assert.equal(await flush(full), "delivered");
  assert.equal(await shown(full, "#diagnostic"), "storage-failed");
  assert.deepEqual(full.complaints, []);
  assert.equal((await collector.named("Counted", 1)).length, 1, "the other visitor's is not among them");
});
