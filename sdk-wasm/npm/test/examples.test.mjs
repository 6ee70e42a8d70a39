// The examples as their readers build them, in Chromium: what they do arrives at the real collector.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { serve } from "./app.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";
import { repo, target } from "./places.mjs";

/** Builds an example for this collector, and opens it. */
const open = async (name) => {
  const cwd = join(repo, "examples", name);
  const outDir = join(target, "npm-test/example", name);
  const run = (...words) =>
    execFileSync("npm", words, { cwd, env: { ...process.env, VITE_COLLECTOR: collector.host }, stdio: ["ignore", "ignore", "inherit"] });
  if (!existsSync(join(cwd, "node_modules"))) run("ci", "--no-audit", "--no-fund", "--loglevel=error");
  run("run", "--silent", "build", "--", "--logLevel", "warn", "--outDir", outDir, "--emptyOutDir");
  site = await serve(outDir);
  context = await browser.createBrowserContext();
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (line) => line.type() == "error" && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${site.origin}/?devtools`);
  return {
    page,
    complaints,
    press: (text) => page.locator(`::-p-xpath(//*[self::button or self::a][starts-with(., "${text}")])`).click(),
    leave: async () => {
      await context.close();
      await site.stop();
    },
  };
};

let browser, collector, site, context;
before(async () => {
  [browser, collector] = [await launch(), await startCollector()];
});
after(async () => {
  await browser?.close();
  await collector?.stop();
  collector?.remove();
});
const nobody = async (page) => assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".o."))), []);

test("web: nothing before the visitor's yes, then what was done before it and after it", async () => {
  const { page, press, complaints, leave } = await open("web");
  await press("Boots");
  await press("Add to cart");
  await nobody(page);
  assert.deepEqual(collector.events(), []);
  await press("Yes");
  await press("Cart (1)");
  await page.type("[name=name]", "Ada");
  await page.type("[name=email]", "ada@example.com");
  await press("Order");
  await page.goto("about:blank");
  const [order] = await collector.named("Order Completed", 1);
  assert.deepEqual(order.properties, { items: 1, total: 120, delivery: "post" });
  assert.equal(order.userId, "ada@example.com");
  const [added] = await collector.named("Product Added", 1);
  assert.equal(added.properties.inCart, 1);
  assert.equal(added.context.page.path, "/boots");
  assert.equal(added.anonymousId, order.anonymousId);
  const views = collector.events().filter(({ type }) => type == "page");
  assert.deepEqual(views.map(({ context }) => context.page.path), ["/", "/boots", "/cart"]);
  assert.deepEqual(complaints, []);
  await leave();
});

test("web: a no is kept, and nothing else", async () => {
  const before = collector.events().length;
  const { page, press, leave } = await open("web");
  await press("Boots");
  await press("No");
  await press("Add to cart");
  await nobody(page);
  await page.goto(`${site.origin}/`);
  assert.equal(await page.$eval("#consent", (it) => it.hidden), true, "not asked again");
  await press("Ask me again");
  assert.equal(await page.$eval("#consent", (it) => it.hidden), false);
  await page.goto("about:blank");
  await collector.named("Product Added", 2, 500);
  assert.deepEqual(collector.events().slice(before), []);
  await leave();
});

test("react: one view and one event for each of the visitor's steps", async () => {
  const from = collector.events().length;
  const { page, press, complaints, leave } = await open("react");
  await press("Add boots");
  await press("Cart (1)");
  await press("Buy now");
  await page.goto("about:blank");
  await collector.named("Order Completed", 2);
  const events = collector.events().slice(from);
  assert.deepEqual(
    events.map(({ name, event, properties: { items, inCart, isOneClick } }) => [name ?? event, { items, inCart, isOneClick }]),
    [
      ["Catalogue", { items: undefined, inCart: undefined, isOneClick: undefined }],
      ["Product Added", { items: undefined, inCart: 1, isOneClick: undefined }],
      ["Cart", { items: undefined, inCart: undefined, isOneClick: undefined }],
      ["Order Completed", { items: 1, inCart: undefined, isOneClick: true }],
    ],
  );
  assert.deepEqual(complaints, []);
  await leave();
});
