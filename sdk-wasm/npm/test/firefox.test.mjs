// What Chromium's tests ask of delivery, in the other engine.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import puppeteer from "puppeteer-core";

import { buildApp, plainApp, serve } from "./app.mjs";
import { closeTabs } from "./closed-tab.mjs";
import { startCollector } from "./collector.mjs";
import { target } from "./places.mjs";

let app, plain, browser, collector;
before(async () => {
  const executablePath = process.env.FIREFOX || "/usr/bin/firefox-esr";
  assert.ok(existsSync(executablePath), `no Firefox at ${executablePath}: install it, or set FIREFOX`);
  app = await serve(buildApp());
  plain = await serve(plainApp("c29tZQ"), () => ({ "content-security-policy": `script-src 'self' 'nonce-c29tZQ'` }));
  collector = await startCollector();
  browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true, userDataDir: mkdtempSync(join(target, "npm-test/firefox-")) });
});
after(async () => {
  await browser?.close();
  await app?.stop();
  await plain?.stop();
  await collector?.stop();
  collector?.remove();
});

// Firefox may stop a closing tab's script, and now and then ends its process with a beacon that it took. What did not go
// out then is in the visitor's storage.
test("Firefox: events of a closed tab arrive, once, most of them at once", async () => {
  const { early, ...all } = await closeTabs(browser, app.origin, collector, 3, 3, true);
  assert.deepEqual(all, { expected: 9, delivered: 9, lost: 0, duplicates: 0 });
  assert.ok(early >= 6, `${early} of 9 at the close`);
});

test("Firefox: the page is left before the core is ready", async () => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(`${app.origin}/?host=${collector.host}&cold`).catch(() => {});
  const [cold] = await collector.named("Cold", 1);
  assert.deepEqual(cold?.properties, { plan: "pro" });
  await context.close();
});

test("Firefox: a page that forbids WebAssembly runs the core as JavaScript", async () => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(`${plain.origin}/?host=${collector.host}`);
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => hw.track("As a script"));
  assert.equal(await page.evaluate(() => hw.flush()), true);
  const [event] = await collector.named("As a script", 1);
  assert.ok(event.context.session.id, "made by the core");
  await context.close();
});
