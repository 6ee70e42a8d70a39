// Pages with policies: the core runs as WebAssembly, as JavaScript, or not at all, and the events arrive.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { buildApp, plainApp, serve } from "./app.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";

const WASM = "script-src 'self' 'wasm-unsafe-eval'";
const SCRIPT = "script-src 'self'";
const NONCE = "script-src 'nonce-c29tZQ' 'strict-dynamic'; require-trusted-types-for 'script'";
/** Page, policy, and whether the core comes as JavaScript. */
const CASES = [
  ["bundled", WASM, false],
  ["bundled", SCRIPT, true],
  ["plain", NONCE, true],
  ["plain", `${NONCE.replace(";", " 'wasm-unsafe-eval';")}`, false],
];

const pages = {};
let browser, collector;
before(async () => {
  collector = await startCollector();
  const headers = (url) => ({
    "content-security-policy": `default-src 'none'; ${url.searchParams.get("policy")}; connect-src ${collector.host}`,
  });
  pages.bundled = await serve(buildApp(), headers);
  pages.plain = await serve(plainApp("c29tZQ"), headers);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await pages.bundled?.stop();
  await pages.plain?.stop();
  await collector?.stop();
  collector?.remove();
});

for (const [kind, policy, needsScript] of CASES) {
  test(`an event arrives from a ${kind} page with ${policy}`, async () => {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const scripts = [];
    page.on("request", (request) => request.resourceType() == "script" && scripts.push(request.url()));
    await page.goto(`${pages[kind].origin}/?host=${collector.host}&policy=${encodeURIComponent(policy)}`);
    await page.waitForSelector("html[data-ready=true]");
    assert.equal(scripts.some((url) => url.includes("core-script")), needsScript);
    const name = `Seen on a ${kind} page under ${policy}`;
    await page.evaluate((name) => hw.track(name), name);
    assert.equal(await page.evaluate(() => hw.flush()), true);
    const [event] = await collector.named(name, 1);
    assert.ok(event.context.session.id, "made by the core");
    await context.close();
  });
}
