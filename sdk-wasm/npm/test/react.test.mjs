// The React entry on a server, and in a page of Chromium with React's development build, which mounts twice.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { createElement as h } from "react";
import { renderToString } from "react-dom/server";

import { HollowayProvider, useFlag, useHolloway } from "@holloway/browser/react";
import { bundlePage } from "./bundle.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";
import { serve } from "./app.mjs";

const options = { writeKey: "web", host: "http://127.0.0.1:1" };
const rendered = (props, Component) => renderToString(h(HollowayProvider, props, h(Component)));
const source = (values) => ({ get: () => "of now", subscribe: () => () => {}, initial: (key) => values[key] });

// What a server renders for the flag `new-cart` with the fallback "old".
const CASES = {
  "no source of flags": [undefined, "old"],
  "a source without values for servers": [{ get: () => "of now", subscribe: () => () => {} }, "old"],
  "an unknown flag is the fallback": [source({}), "old"],
  "false is known": [source({ "new-cart": false }), "false"],
  "null is known": [source({ "new-cart": null }), "null"],
  "a variant": [source({ "new-cart": "blue" }), "blue"],
};
for (const [name, [flags, expected]] of Object.entries(CASES)) {
  test(`a server's flag: ${name}`, () => {
    const Flag = () => h("b", null, String(useFlag("new-cart", "old")));
    assert.equal(rendered({ ...options, flags }, Flag), `<b>${expected}</b>`);
  });
}

test("the entry says that it belongs to the page, before all else", () => {
  assert.match(readFileSync(new URL(import.meta.resolve("@holloway/browser/react")), "utf8"), /^"use client";/);
});

test("a server renders the tree and measures nothing", async () => {
  const fetched = [];
  const { fetch } = globalThis;
  globalThis.fetch = async (...request) => fetched.push(request);
  let hw;
  const App = () => {
    hw = useHolloway();
    hw.track("Rendered");
    return h("p", null, `[${hw.anonymousId()}]`);
  };
  assert.equal(rendered(options, App), "<p>[]</p>");
  assert.equal(await hw.flush(), true);
  assert.equal(await hw.ready, false);
  assert.deepEqual(fetched, []);
  globalThis.fetch = fetch;
});

test("a client of the app's own is handed down, and without a provider nothing breaks", () => {
  const client = { anonymousId: () => "mine" };
  const Id = () => h("i", null, useHolloway().anonymousId());
  assert.equal(rendered({ client }, Id), "<i>mine</i>");
  assert.equal(renderToString(h(Id)), "<i></i>");
  assert.equal(rendered({ client: undefined }, Id), "<i></i>", "a client that is still to come");
});

const PAGE = `
import { StrictMode, createElement as h, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { HollowayProvider, useFlag, useHolloway } from "@holloway/browser/react";
const values = new Map();
const listeners = new Set();
const flags = {
  get: (key) => values.get(key),
  subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
};
window.setFlag = (key, value) => { values.set(key, value); listeners.forEach((it) => it()); };
window.listenerCount = () => listeners.size;
window.setups = 0;
window.clients = new Set();
const plugins = [{ name: "counted", setup: () => window.setups++ }];
const App = () => {
  const hw = useHolloway();
  const flag = useFlag("cart", "fallback");
  window.clients.add(hw);
  useEffect(() => { window.effects = (window.effects ?? 0) + 1; window.hw = hw; if (window.effects == 1) hw.track("Mounted"); }, [hw]);
  return h("output", null, String(flag));
};
const host = new URLSearchParams(location.search).get("host");
let root;
window.mount = () => {
  root = createRoot(document.body.appendChild(document.createElement("div")));
  root.render(h(StrictMode, null, h(HollowayProvider, { writeKey: "web", host, flags, plugins }, h(App))));
};
window.unmount = () => root.unmount();
window.mount();
`;

let site, browser, collector;
before(async () => {
  site = await serve(await bundlePage("react", PAGE, { define: { "process.env.NODE_ENV": '"development"' } }));
  [browser, collector] = [await launch(), await startCollector()];
});
after(async () => {
  await browser?.close();
  await collector?.stop();
  await site?.stop();
});

test("a tree that mounts twice, goes and comes again has one client", async () => {
  const page = await browser.newPage();
  const errors = [];
  page.on("console", (line) => line.type() == "error" && errors.push(line.text()));
  await page.goto(`${site.origin}/?host=${collector.host}`);
  await page.waitForFunction(() => window.hw);
  assert.equal(await page.evaluate(() => window.effects), 2, "React's development build mounts twice");
  const shown = () => page.$eval("output", (it) => it.textContent);
  const shows = (text) => page.waitForFunction((text) => document.querySelector("output").textContent == text, {}, text);
  assert.equal(await shown(), "fallback");
  await page.evaluate(() => setFlag("cart", false));
  await shows("false");
  await page.evaluate(() => setFlag("cart", "blue"));
  await shows("blue");
  await page.evaluate(() => setFlag("cart", undefined));
  await shows("fallback");
  assert.equal(await page.evaluate(() => listenerCount()), 1);
  await page.evaluate(() => unmount());
  assert.equal(await page.evaluate(() => listenerCount()), 0);
  await page.evaluate(() => mount());
  await page.waitForFunction(() => window.effects == 4);
  assert.deepEqual(await page.evaluate(() => [clients.size, setups]), [1, 1]);
  assert.equal(await page.evaluate(() => hw.flush()), true);
  assert.equal((await collector.named("Mounted", 1)).length, 1);
  assert.deepEqual(errors, []);
  await page.close();
});

test("a hook outside of a provider warns once in the development build, and is silent in production", () => {
  const program = `
    import { createElement as h } from "react";
    import { renderToString } from "react-dom/server";
    import { HollowayProvider, useHolloway } from "@holloway/browser/react";
    const Id = () => h("i", null, useHolloway().anonymousId());
    console.warn = (line) => console.log(line);
    renderToString(h(HollowayProvider, { client: undefined }, h(Id)));
    console.log("outside:");
    for (let i = 0; i < 2; i++) renderToString(h(Id));`;
  const lines = (...more) => execFileSync(process.execPath, [...more, "--input-type=module", "--eval", program], { cwd: import.meta.dirname, encoding: "utf8" });
  assert.equal(lines(), "outside:\n");
  assert.match(lines("--conditions", "development"), /^outside:\nHolloway: useHolloway\(\) is outside of a <HollowayProvider>[^\n]+\n$/);
});
