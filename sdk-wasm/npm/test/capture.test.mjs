// Autocapture in real Chromium against the real collector: a visitor of a single-page shop, compared with a list that
// was written by hand; planted secrets; the names of elements.

import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";
import { minify } from "terser";

import { serve } from "./app.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";
import { repo, target } from "./places.mjs";

const source = join(import.meta.dirname, "capture");
const site = join(target, "npm-test/capture");
const json = (name) => JSON.parse(readFileSync(join(source, name), "utf8"));
/** Entries of the package that the visitor uses too, where they are. */
const features = ["forms", "media"].filter((name) => existsSync(join(import.meta.dirname, `../dist/${name}.js`)));

let app, other, browser, context;
before(async () => {
  rmSync(site, { recursive: true, force: true });
  cpSync(source, site, { recursive: true });
  cpSync(join(import.meta.dirname, "../dist"), join(site, "dist"), { recursive: true });
  await build({
    entryPoints: ["element", "page"].map((name) => join(repo, `sdk-wasm/npm/src/${name}.ts`)),
    outdir: site,
    bundle: true,
    format: "esm",
    logLevel: "error",
  });
  app = await serve(site);
  other = await serve(site);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await other?.stop();
  await app?.stop();
});

/** A page with the keyboard's focus, in a profile of its own. */
const open = async (url) => {
  context = await browser.createBrowserContext({ downloadBehavior: { policy: "deny" } });
  const page = await context.newPage();
  const session = await page.createCDPSession();
  await session.send("Emulation.setFocusEmulationEnabled", { enabled: true });
  await page.goto(url);
  await page.waitForSelector("html[data-ready]");
  return page;
};

/** Clicks the middle of an element, `count` times in a moment. */
const click = async (page, selector, options) => {
  const box = await (await page.$(selector)).boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2, options);
};
/** Until what the page does at the next frame is done. */
const frames = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const scroll = async (page, top) => {
  await page.evaluate((top) => scrollTo(0, top), top);
  await frames(page);
};

/** The events in the order in which they were recorded. */
const recorded = (collector) =>
  collector.events().sort((a, b) => a.context.session.eventIndex - b.context.session.eventIndex);

/** What no list can know: where in an element a click went, and how long things took. */
const MEASURED = ["x", "y", "activeMs", "visibleMs"];

/** An event in the words of the list: origins by name, views by number, of some properties only those that it has. */
const inWords = (views) => (event, expected) => {
  const text = JSON.stringify(event).replaceAll(app.origin, "app:").replaceAll(other.origin, "other:");
  const { type, event: name, properties, context } = JSON.parse(text);
  if (properties.viewId) {
    if (!views.includes(properties.viewId)) views.push(properties.viewId);
    properties.viewId = `view ${views.indexOf(properties.viewId) + 1}`;
  }
  const isOpen = type === "page" || expected?.needs;
  const keys = Object.keys(properties).filter((key) => (isOpen ? key in (expected?.properties ?? {}) : !MEASURED.includes(key)));
  return {
    ...(expected?.needs && { needs: expected.needs }),
    type,
    ...(name && { event: name }),
    ...(expected?.path && { path: context.page.path }),
    properties: Object.fromEntries(keys.map((key) => [key, properties[key]])),
  };
};

test("a visitor of a single-page shop", async () => {
  const collector = await startCollector();
  const start = Date.now();
  const page = await open(`${app.origin}/?host=${collector.host}&other=${other.origin}&features=${features}`);
  await frames(page);

  await click(page, "nav a:nth-of-type(1)");
  await scroll(page, 1_000);
  await scroll(page, 900);
  await scroll(page, 1_700);

  await click(page, "nav a:nth-of-type(2)");
  await frames(page);
  await click(page, "[data-testid=buy]");
  await click(page, "#coupon", { count: 4 });
  await click(page, "#more-of-it", { count: 3 });
  await click(page, "[data-holloway-event]");
  await click(page, "#private");
  await click(page, "#masked");
  await click(page, "#text");

  await click(page, "nav a:nth-of-type(3)");
  await frames(page);
  await click(page, "#dead");
  assert.equal((await collector.named("Dead Clicked", 1)).length, 1, "the click is told to be dead");
  await click(page, "#broken");
  await click(page, "#again");
  await click(page, "main > a");

  await click(page, "#to-account");
  await frames(page);
  if (features.includes("forms")) {
    await page.type("[name=nickname]", "planted-nickname");
    await page.type("[name=mail]", "planted.mail@example.com");
  }
  await click(page, "#play");
  await page.waitForFunction(() => document.querySelector("#intro").ended);
  await Promise.all([page.waitForNavigation(), click(page, "#away")]);
  await collector.named("Page Left", 5);
  if (features.includes("forms")) await collector.named("Form Abandoned", 1);
  const tookMs = Date.now() - start;
  await context.close();

  const expected = json("golden.json").events.filter(({ needs }) => !needs || features.includes(needs));
  const events = recorded(collector);
  const words = inWords([]);
  assert.deepEqual(
    events.map((event, i) => words(event, expected[i])),
    expected,
  );
  assert.equal(new Set(events.filter((it) => it.type === "page").map((it) => it.properties.viewId)).size, 5);

  const left = events.filter((event) => event.event === "Page Left").map((event) => event.properties);
  for (const { activeMs, visibleMs } of left) {
    assert.ok(0 < visibleMs && activeMs <= visibleMs, `${activeMs} of ${visibleMs} ms`);
  }
  const total = left.reduce((sum, { visibleMs }) => sum + visibleMs, 0);
  assert.ok(total <= tookMs, `views took ${total} ms, all of the visit ${tookMs}`);
  // The wait for the dead click was there, and nowhere else.
  assert.ok(left[3].visibleMs >= 2_500 && left[2].visibleMs < tookMs - 2_500);
  assert.ok(!JSON.stringify(events).includes("planted"), "nothing of a query, a fragment or a field");
  await collector.stop();
  collector.remove();
});

test("planted secrets are in no event", async (suite) => {
  const collector = await startCollector();
  const page = await open(`${app.origin}/planted.html?host=${collector.host}&token=planted-page-token`);
  const targets = await page.$$("a, button, #fields > *");
  for (const element of targets) {
    const { x, y, height } = await element.boundingBox();
    await page.mouse.click(x + 8, y + height / 2);
  }
  await page.evaluate(() => {
    history.pushState({}, "", "/next?token=planted-route-token");
    document.title = "Next";
  });
  assert.equal(await page.evaluate(() => hw.flush()), true);
  await context.close();
  // Ids hold any four digits by chance.
  const text = JSON.stringify(collector.events()).replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "");
  await collector.stop();
  collector.remove();

  // Were nothing recorded, nothing could leak.
  for (const told of ["Plain words", "A secret link", "Write to us", "Pay with", "Error Clicked", "Hello", "/next"]) {
    assert.ok(text.includes(told), told);
  }
  const planted = [
    "planted-token",
    "planted-page-token",
    "planted-route-token",
    "planted-fragment",
    "planted.mailto",
    "planted.text",
    "planted.title",
    "planted.label",
    "planted.error",
    "4111",
    "planted-id",
    "planted masked words",
    "planted part",
    "planted off words",
    "planted-password",
    "5555",
    "planted-csc",
    "planted remark",
    "planted essay",
    "planted draft",
    "planted inner",
  ];
  for (const secret of planted) await suite.test(secret, () => assert.ok(!text.includes(secret)));
});

/** Does a step of a case: real clicks, the page's own code, frames. */
const act = async (page, [verb, what, { dx, ...options } = {}]) => {
  if (verb === "run") return page.evaluate(`(async () => { ${what.includes(";") ? what : `await (${what})`} })()`);
  if (verb === "frames") return frames(page);
  const box = await (await page.$(what)).boundingBox();
  return page.mouse.click(box.x + (dx === undefined ? box.width / 2 : 10 + dx), box.y + box.height / 2, options);
};

/** Whether a property is as the case says: a value, `null` for none, or bounds. */
const holds = (found, wanted) =>
  wanted?.max !== undefined ? found <= wanted.max : wanted?.min !== undefined ? found >= wanted.min : (found ?? null) === wanted;

test("parts by behaviour", async (suite) => {
  const page = await open(`${app.origin}/blank.html`);
  for (const { name, use, options = {}, code, html = "", before = "", do: steps = [], expected } of json("behaviours.json")) {
    await suite.test(name, async () => {
      await page.goto(`${app.origin}/blank.html`);
      await page.evaluate(`document.body.setHTMLUnsafe(${JSON.stringify(html)}); { ${before} }`);
      await page.evaluate(
        `Promise.all([import("/dist/autocapture.js"), import("/page.js")]).then(([parts, pages]) => {
          window.calls = [];
          const leaves = [];
          window.leave = () => leaves.forEach((listener) => listener());
          window.wait = (ms) => new Promise((done) => setTimeout(done, ms));
          const client = {};
          const listeners = [];
          const record = (...call) => (listeners.forEach((listener) => listener([call[0] == "page" ? 17 : 16])), calls.push(call));
          const host = {
            // Without a word of it, an event is of the page that the address says.
            track: (event, properties, options) => record(event, properties, options?.context?.page.path ?? location.pathname),
            page: (name, properties, options) => record("page", { name, ...properties, at: options?.timestamp, titleOfContext: options?.context.page.title }),
            view: pages.viewOfNow,
            onCall: (listener) => listeners.push(listener),
            onLeave: (listener) => leaves.push(listener),
          };
          const options = ${code || JSON.stringify(options)};
          for (const part of ${JSON.stringify(use)}.split(",")) parts[part](part == "engagement" && ${use.includes(",")} ? { minMs: 1e6 } : options).setup(client, host);
        })`,
      );
      await frames(page);
      for (const step of steps) await act(page, step);
      // A view that waits is recorded when the page is left.
      if (use.includes("pageViews")) await page.evaluate("leave()");
      const calls = JSON.parse(JSON.stringify(await page.evaluate(() => calls)).replaceAll(app.origin, "app:"));
      assert.deepEqual(calls.map(([event]) => event), expected.map(([event]) => event));
      expected.forEach(([event, wanted = {}, path], i) => {
        if (path) assert.equal(calls[i][2], path, `the page of ${event}`);
        for (const [key, value] of Object.entries(wanted)) {
          assert.ok(holds(calls[i][1][key], value), `${event}: expected ${key} ${JSON.stringify(value)}, found ${JSON.stringify(calls[i][1])}`);
        }
      });
    });
  }
  await context.close();
});

test("autocapture by itself is at most 4.15 kB", async () => {
  const built = await build({
    entryPoints: [join(repo, "sdk-wasm/npm/src/autocapture.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  // As the package's own files are.
  const { code } = await minify(built.outputFiles[0].text, { module: true, compress: { ecma: 2022, passes: 2, sequences: false } });
  const bytes = gzipSync(code, { level: 9 }).length;
  assert.ok(bytes <= 4_150, `${bytes} bytes`);
});

test("elements by name", async (suite) => {
  const page = await open(`${app.origin}/blank.html`);
  for (const { name, html, isMarkedOnly = false, ...expected } of json("selectors.json")) {
    await suite.test(name, async () => {
      const found = await page.evaluate(
        async (html, isMarkedOnly) => {
          const { isMasked, isOff, selectorOf, textOf } = await import("/element.js");
          document.body.setHTMLUnsafe(html);
          const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
          const element = all(document).find((one) => one.hasAttribute("data-target"));
          return {
            selector: selectorOf(element),
            text: textOf(element),
            isOff: isOff(element, isMarkedOnly),
            isMasked: isMasked(element),
          };
        },
        html,
        isMarkedOnly,
      );
      const asked = Object.keys(expected);
      assert.ok(asked.length);
      assert.deepEqual(Object.fromEntries(asked.map((key) => [key, found[key]])), expected);
    });
  }
  await context.close();
});
