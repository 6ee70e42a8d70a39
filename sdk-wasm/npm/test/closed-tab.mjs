// A page is opened, its button is clicked, and the tab is closed at once: the collector must have every click, once.
//
//   node test/closed-tab.mjs [--times 10] [--clicks 3]

import { rmSync } from "node:fs";
import { parseArgs } from "node:util";

import { buildApp, serve } from "./app.mjs";
import { launch, visit } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";

/** With `isReturning` every visitor comes back once, and `early` is how many clicks the collector had before that. */
export const closeTabs = async (browser, app, collector, times, clicks, isReturning = false) => {
  const url = `${app}/?host=${collector.host}`;
  const contexts = [];
  for (let visitNumber = 0; visitNumber < times; visitNumber++) {
    const { context, page } = await visit(browser, url);
    contexts.push(context);
    for (let click = 0; click < clicks; click++) await page.click("#buy");
    // The profile stays: what is not sent at the close is lost if nobody comes back.
    await page.close();
  }
  const expected = times * clicks;
  let found = await collector.named("Clicked", expected);
  const early = isReturning ? { early: found.length } : {};
  if (isReturning) {
    for (const context of contexts) {
      const page = await context.newPage();
      await page.goto(url);
      await page.waitForSelector("html[data-ready=true]");
      await page.evaluate(() => hw.flush());
    }
    found = await collector.named("Clicked", expected);
  }
  const once = new Set(found.map((event) => event.messageId)).size;
  return { expected, delivered: once, lost: expected - once, duplicates: found.length - once, ...early };
};

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { times: { type: "string", default: "10" }, clicks: { type: "string", default: "3" } } });
  const app = await serve(buildApp());
  const collector = await startCollector();
  const browser = await launch();
  const result = await closeTabs(browser, app.origin, collector, +values.times, +values.clicks);
  await browser.close();
  await collector.stop();
  await app.stop();
  rmSync(collector.data, { recursive: true, force: true });
  console.log(`closed tab, ${values.times} visits of ${values.clicks} clicks: ${JSON.stringify(result)}`);
  process.exitCode = result.lost || result.duplicates ? 1 : 0;
}
