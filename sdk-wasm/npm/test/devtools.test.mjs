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
  site = await serve(await bundlePage("devtools", PAGE, { body: POLICY }));
  [browser, collector] = [await launch(), await startCollector()];
});
after(async () => {
  await browser?.close();
  await collector?.stop();
  await site?.stop();
});

const open = async (options, host = collector.host) => {
  const context = await browser.createBrowserContext();
  await context.overridePermissions(site.origin, ["clipboard-read", "clipboard-sanitized-write"]);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (line) => line.type() == "error" && complaints.push(line.text()));
  await page.goto(`${site.origin}/?host=${host}&options=${encodeURIComponent(JSON.stringify(options))}`);
  assert.equal(await page.evaluate(() => hw.ready), true);
  return { context, page, complaints };
};
/** The overlay: lines that are shown, without their times; the title; the visitor. */
const shown = (page) =>
  page.evaluate(() => {
    const { shadowRoot } = document.documentElement.lastElementChild;
    const rows = [...shadowRoot.querySelectorAll("li")].filter((row) => row.offsetParent || !row.hidden);
    const texts = (row) => [...row.children].filter((part) => part.localName != "details").map((part) => part.textContent);
    return {
      lines: rows.map((row) => [row.className, ...texts(row).slice(1)]),
      times: rows.map((row) => row.firstChild.textContent),
      title: shadowRoot.querySelector("summary span").textContent,
      visitor: [...shadowRoot.querySelectorAll("dd")].map((it) => it.textContent),
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
const press = (page, text) =>
  page.evaluate((text) => [...document.documentElement.lastElementChild.shadowRoot.querySelectorAll("button")].find((it) => it.textContent == text).click(), text);

test("the overlay shows what is recorded, what is lost and why, and what waits", async () => {
  const { context, page, complaints } = await open({});
  await page.evaluate(() => {
    hw.track("Bought", { price: 12, note: "<b>bold</b>" }, { timestamp: new Date(2026, 0, 2, 3, 4, 5) });
    hw.identify("u1", { plan: "pro" });
    host.track("Clicked", { tag: "button" });
    const cycle = {};
    cycle.self = cycle;
    hw.track("Cycle", cycle);
    host.report({ kind: "not-captured", feature: "mine", reason: "no room" });
    hw.reset();
  });
  const { lines, times, title, position } = await shown(page);
  assert.deepEqual(
    lines.filter(([, type]) => type != "bad-json"),
    [
      ["", "track", "Bought", "queued", `{"price":12,"note":"<b>bold</b>"}`],
      ["", "identify", "u1", "queued", `{"plan":"pro"}`],
      ["", "track (auto)", "Clicked", "queued", `{"tag":"button"}`],
      ["trouble", "track", "Cycle", "lost: serialize", "?"],
      ["trouble", "lost", "", "", "reason: serialize, events: 1, event: Cycle"],
      ["trouble", "not-captured", "", "", "feature: mine, reason: no room"],
      ["", "reset", "", ""],
    ],
  );
  assert.equal(times[0], "03:04:05");
  assert.match(title, /^Holloway: 5 recorded, \d+ waiting, sent in \d+ s$/);
  assert.equal(position, "fixed", "styled in spite of the policy");
  await press(page, "Send now");
  const sent = await until(page, ({ title }) => title == "Holloway: 5 recorded");
  assert.deepEqual(sent.lines.slice(0, 3).map(([, , name, state]) => [name, state]), [["Bought", "ok"], ["u1", "ok"], ["Clicked", "ok"]]);
  assert.equal((await collector.named("Bought", 1)).length, 1, "the button sends");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("the overlay shows who the visitor is, the context of an event, and what a filter leaves; and copies that", async () => {
  const { context, page } = await open({});
  await page.evaluate(() => {
    hw.identify("u7");
    hw.track("Kept", { plan: "pro" });
    hw.track("Other");
  });
  const ids = await page.evaluate(() => [hw.anonymousId(), hw.userId(), hw.sessionId()]);
  assert.deepEqual((await until(page, ({ visitor }) => visitor[1] == "u7")).visitor, ids);
  await page.evaluate(() => {
    const { shadowRoot } = document.documentElement.lastElementChild;
    const input = shadowRoot.querySelector("input");
    input.value = "kept";
    input.dispatchEvent(new Event("input"));
  });
  assert.deepEqual((await shown(page)).lines.map(([, , name]) => name), ["Kept"]);
  const contexts = await page.evaluate(() => document.documentElement.lastElementChild.shadowRoot.querySelector("li:not([hidden]) details code").textContent);
  assert.equal(JSON.parse(contexts).page.path, "/");
  await press(page, "Copy as JSON");
  await page.waitForFunction(() => document.documentElement.lastElementChild.shadowRoot.querySelector("[role=status]").textContent == "copied");
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.deepEqual([copied.visitor, copied.user, copied.session], ids);
  assert.deepEqual(copied.entries.map(({ name, properties, state }) => [name, properties, state]), [["Kept", { plan: "pro" }, "queued"]]);
  await context.close();
});

test("each event shows what the collector said: invalid with its reason, lost, waiting", async () => {
  const refused = await open({});
  await refused.page.evaluate(() => {
    hw.track("Known", {}, { messageId: "m".repeat(2_000) });
    hw.track("Fine");
    return hw.flush();
  });
  const { lines: states } = await until(refused.page, ({ lines }) => lines.some(([, , name, state]) => name == "Fine" && state == "ok"));
  const known = states.find(([, , name]) => name == "Known");
  assert.equal(known[0], "trouble");
  assert.match(known[3], /^invalid: .+/);
  await refused.context.close();
  const { context, page } = await open({}, "http://127.0.0.1:1");
  await page.evaluate(() => {
    hw.track("Away");
    return hw.flush();
  });
  const { lines } = await until(page, ({ lines }) => lines.some(([, , name, state]) => name == "Away" && state == "waiting: no answer"));
  assert.ok(lines.some(([kind, type, , , details]) => kind == "trouble" && type == "retrying" && /status: 0.*url: http:\/\/127\.0\.0\.1:1\/v1\/batch/.test(details)), JSON.stringify(lines));
  await context.close();
});

test("the overlay can be used without a mouse and is named for a screen reader", async () => {
  const { context, page } = await open({});
  await page.evaluate(() => hw.track("A"));
  const tree = await page.evaluate(() => {
    const corner = document.documentElement.lastElementChild;
    const { shadowRoot } = corner;
    const focusable = [...shadowRoot.querySelectorAll("summary,button,input,[tabindex]")];
    const named = (it) => it.getAttribute("aria-label") || it.textContent;
    return {
      region: [corner.getAttribute("role"), corner.getAttribute("aria-label")],
      unnamed: focusable.filter((it) => !named(it)).length,
      // A button inside of a summary is one control in another.
      nested: shadowRoot.querySelectorAll("summary button, summary input").length,
      status: shadowRoot.querySelectorAll("[role=status]").length,
    };
  });
  assert.deepEqual(tree, { region: ["region", "Holloway developer tools"], unnamed: 0, nested: 0, status: 1 });
  // From the page: summary, three controls, the list, a line's context.
  await page.focus("html > div >>> summary");
  const reached = [];
  for (let i = 0; i < 6; i++) {
    reached.push(await page.evaluate(() => document.activeElement.shadowRoot.activeElement.textContent || document.activeElement.shadowRoot.activeElement.localName));
    await page.keyboard.press("Tab");
  }
  assert.deepEqual(reached.slice(1, 4), ["input", "Send now", "Copy as JSON"]);
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
