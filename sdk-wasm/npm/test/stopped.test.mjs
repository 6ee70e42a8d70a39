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

/** A page whose core is stopped within `act`, at a write of `key`. */
const stopped = async (key, act) => {
  const page = await context.newPage();
  await page.evaluateOnNewDocument(hangAtWrite);
  await page.goto(`${app.origin}/?host=${collector.host}`);
  await page.waitForSelector("html[data-ready=true]");
  await page.evaluate(() => (hw.track("Before"), hw.flush()));
  await page.evaluate(() => (hw.track("Waiting"), (window.visitor = hw.anonymousId())));
  await stopAt(page, key, act);
  return page;
};

/** What was said before, while and after that arrives by a tab that is closed then; answers with the events. */
const check = async (key, act, names) => {
  const page = await stopped(key, act);
  await page.evaluate(() => hw.track("After"));
  assert.deepEqual(await page.evaluate(() => diagnostics.map(({ kind }) => kind)), ["core-failed"]);
  await page.close();
  const found = await Promise.all(names.map((name) => collector.named(name, 1)));
  assert.deepEqual(found.map((events) => events.length), names.map(() => 1), names.join());
  return found.flat();
};

test("stopped at a record", () => check(".o.", () => hw.track("Stopped"), ["Before", "Waiting", "Stopped", "After"]));
test("stopped at its state, as the page is left", () => check(".s", () => dispatchEvent(new Event("pagehide")), ["Before", "Waiting", "After"]));
test("stopped in a reset: who comes after it is somebody else", async () => {
  const [before, after] = await check(".s", () => hw.reset(), ["Waiting", "After"]);
  assert.notEqual(after.anonymousId, before.anonymousId);
});
test("stopped in a denial: nothing is kept of the visitor, nor sent", async () => {
  const page = await stopped(".s", () => hw.setConsent("denied"));
  await page.evaluate(() => hw.track("After"));
  const kept = await page.evaluate(() => [document.cookie, Object.keys(localStorage).sort().join(), hw.anonymousId()]);
  assert.deepEqual(kept, ["", "hw.web.c,hw.web.s", ""]);
  await page.evaluate(() => hw.setConsent("granted"));
  assert.notEqual(await page.evaluate(() => (hw.track("Again"), hw.anonymousId())), await page.evaluate(() => visitor));
  await page.close();
  assert.equal((await collector.named("Again", 1)).length, 1);
  assert.deepEqual(collector.events().filter(({ event }) => ["Waiting", "After"].includes(event)), []);
});
test("stopped while nobody leaves: a flush ends, and another tab goes on", async () => {
  const page = await stopped(".o.", () => hw.track("Stopped"));
  assert.equal(await page.evaluate(() => hw.flush()), false);
  const other = await context.newPage();
  await other.goto(`${app.origin}/?host=${collector.host}`);
  await other.waitForSelector("html[data-ready=true]");
  assert.equal(await other.evaluate(() => hw.flush()), true);
});
