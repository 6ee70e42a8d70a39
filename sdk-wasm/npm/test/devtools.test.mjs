// The developer tools in a page whose policy forbids inline styles, against the real collector.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { serve } from "./app.mjs";
import { bundlePage } from "./bundle.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";

const PAGE = `
import { init } from "@holloway/browser";
import { devtools } from "@holloway/browser/devtools";
const query = new URLSearchParams(location.search);
const hw = init({ writeKey: "web", host: query.get("host") });
hw.use({ name: "mine", setup: (client, host) => (window.host = host) });
hw.use(devtools(JSON.parse(query.get("options"))));
window.hw = hw;
window.tables = [];
console.table = (rows) => tables.push(rows.map((row) => ({ ...row })));
`;
const POLICY = `<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src http://127.0.0.1:*; img-src data:">`;

let site, browser, collector;
before(async () => {
  site = await serve(await bundlePage("devtools", PAGE, {}, POLICY));
  [browser, collector] = [await launch(), await startCollector()];
});
after(async () => {
  await browser?.close();
  await collector?.stop();
  await site?.stop();
});

const open = async (options) => {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (line) => line.type() == "error" && complaints.push(line.text()));
  await page.goto(`${site.origin}/?host=${collector.host}&options=${encodeURIComponent(JSON.stringify(options))}`);
  assert.equal(await page.evaluate(() => hw.ready), true);
  return { context, page, complaints };
};
/** The overlay's lines without their times, and its title. */
const shown = (page) =>
  page.evaluate(() => {
    const { shadowRoot } = document.documentElement.lastElementChild;
    return {
      lines: [...shadowRoot.querySelectorAll("li")].map((row) => [row.className, ...[...row.children].slice(1).map((it) => it.textContent)]),
      times: [...shadowRoot.querySelectorAll("li")].map((row) => row.firstChild.textContent),
      title: shadowRoot.querySelector("summary span").textContent,
      position: getComputedStyle(document.documentElement.lastElementChild).position,
    };
  });
const until = async (page, isDone) => {
  const endMs = Date.now() + 10_000;
  for (;;) {
    const now = await shown(page);
    if (isDone(now)) return now;
    if (Date.now() > endMs) throw new Error(`found ${JSON.stringify(now)}`);
    await pause(50);
  }
};

test("the overlay shows what is recorded, what is lost and why, and what waits", async () => {
  const { context, page, complaints } = await open({});
  await page.evaluate(() => {
    hw.track("Bought", { price: 12, note: "<b>bold</b>" }, { timestamp: new Date(2026, 0, 2, 3, 4, 5) });
    hw.identify("u1", { plan: "pro" });
    host.track("Clicked", { tag: "button" });
    const cycle = {};
    cycle.self = cycle;
    hw.track("Cycle", cycle);
    host.report("not-captured", 3, 0);
    hw.reset();
  });
  const { lines, times, title, position } = await shown(page);
  assert.deepEqual(
    lines.filter(([, type]) => type != "bad-json"),
    [
      ["", "track", "Bought", `{"price":12,"note":"<b>bold</b>"}`],
      ["", "identify", "u1", `{"plan":"pro"}`],
      ["", "track (auto)", "Clicked", `{"tag":"button"}`],
      ["", "track", "Cycle", "?"],
      ["trouble", "lost", "1 × cannot be written as JSON", ""],
      ["trouble", "not-captured", "", "3 0"],
      ["", "reset", "", ""],
    ],
  );
  assert.equal(times[0], "03:04:05");
  assert.match(title, /^Holloway: 5 recorded, \d+ waiting, sent in \d+ s$/);
  assert.equal(position, "fixed", "styled in spite of the policy");
  await page.evaluate(() => document.documentElement.lastElementChild.shadowRoot.querySelector("button").click());
  await until(page, ({ title }) => title == "Holloway: 5 recorded");
  assert.equal((await collector.named("Bought", 1)).length, 1, "the button sends");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the overlay keeps the newest lines, and is closed if asked", async () => {
  const { context, page } = await open({ linesMax: 2, open: false });
  await page.evaluate(() => ["A", "B", "C"].forEach((name) => hw.track(name)));
  assert.deepEqual((await shown(page)).lines.map(([, , name]) => name), ["B", "C"]);
  assert.equal(await page.evaluate(() => document.documentElement.lastElementChild.shadowRoot.querySelector("details").open), false);
  await context.close();
});

test("the console gets one table for the calls of a task, and the page stays as it is", async () => {
  const { context, page } = await open({ console: true });
  assert.equal(await page.evaluate(() => document.querySelectorAll("html > div").length), 0);
  await page.evaluate(() => {
    hw.track("A", { n: 1 });
    hw.page("Home");
  });
  await page.evaluate(() => hw.track("B"));
  const tables = await page.evaluate(() => tables.map((rows) => rows.map(({ type, name }) => `${type} ${name}`)));
  assert.deepEqual(tables, [["track A", "page Home"], ["track B"]]);
  await context.close();
});
