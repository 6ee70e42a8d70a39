// A core that the browser stops halfway.

import assert from "node:assert/strict";
import { test } from "node:test";

import { buildApp, serve } from "./app.mjs";
import { stage } from "./stage.mjs";
import { hangAtWrite, stopAt } from "./stopped.mjs";

let app, browser, collector, context;
stage(
  () => serve(buildApp()),
  (it) => ({ app, browser, collector, context } = it),
);

/** What was said before, while and after a script was stopped at a write arrives by a tab that closes then. */
const check = async (key, act, names) => {
  const page = await context.newPage();
  await page.evaluateOnNewDocument(hangAtWrite);
  await page.goto(`${app.origin}/?host=${collector.host}`);
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => (hw.track("Before"), hw.flush()));
  await page.evaluate(() => hw.track("Waiting"));
  await stopAt(page, key, act);
  await page.evaluate(() => hw.track("After"));
  assert.deepEqual(await page.evaluate(() => diagnostics.map(({ kind }) => kind)), ["core-failed"]);
  await page.close();
  const found = await Promise.all(names.map((name) => collector.named(name, 1)));
  assert.deepEqual(found.map((events) => events.length), names.map(() => 1), names.join());
};

test("a core that is stopped at a record", () => check(".o.", () => hw.track("Stopped"), ["Before", "Waiting", "Stopped", "After"]));
test("a core that is stopped at its state, as the page is left", () => check(".s", () => dispatchEvent(new Event("pagehide")), ["Before", "Waiting", "After"]));
