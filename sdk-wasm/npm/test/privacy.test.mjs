// What stays in a browser after a denial, key by key, in Chromium and Firefox.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import puppeteer from "puppeteer-core";

import { buildApp, serve } from "./app.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";
import { target } from "./places.mjs";

const launchFirefox = () => {
  const executablePath = process.env.FIREFOX || "/usr/bin/firefox-esr";
  assert.ok(existsSync(executablePath), `no Firefox at ${executablePath}: install it, or set FIREFOX`);
  return puppeteer.launch({ browser: "firefox", executablePath, headless: true, userDataDir: mkdtempSync(join(target, "npm-test/firefox-")) });
};
const ENGINES = { Chromium: launch, Firefox: launchFirefox };

let app, collector;
const browsers = {};
before(async () => {
  app = await serve(buildApp());
  collector = await startCollector(undefined, 0, ["--cookie", "hw_id"]);
  for (const name in ENGINES) browsers[name] = await ENGINES[name]();
});
after(async () => {
  for (const name in browsers) await browsers[name].close();
  await app?.stop();
  await collector?.stop();
  collector?.remove();
});

const open = async (context, options, host = collector.host) => {
  const page = await context.newPage();
  await page.goto(`${app.origin}/?host=${host}&options=${encodeURIComponent(JSON.stringify(options))}`);
  await page.waitForSelector("html[data-ready=true]");
  return page;
};
/** Every key and cookie that a page can see, with its value. */
const kept = (page) =>
  page.evaluate(() => [
    ...document.cookie.split("; ").filter(Boolean),
    ...[localStorage, sessionStorage].flatMap((area) => Object.entries(area).map(([key, value]) => `${key}=${value}`)),
  ]);
const keysOf = (entries) => entries.map((entry) => entry.split("=")[0]).sort();
const holds = (entries, text) => entries.some((entry) => decodeURIComponent(entry).includes(text));

/** What a denial leaves by the mode of persistence: the decision, and the state that says so. */
const MODES = { cookie: ["hw.web.c", "hw.web.s", "hw.web.t"], local: ["hw.web.c", "hw.web.s", "hw.web.t"], memory: [] };

for (const engine in ENGINES) {
  for (const [persistence, left] of Object.entries(MODES)) {
    test(`${engine}: after a denial that the collector acknowledged no id stays, persistence ${persistence}`, async () => {
      const context = await browsers[engine].createBrowserContext();
      const options = { persistence, serverCookieName: "hw_id" };
      const keeps = persistence != "memory";
      const page = await open(context, options);
      // Without storage each tab is a visitor of its own.
      const beside = keeps ? await open(context, options) : page;
      await page.evaluate((keeps) => {
        hw.identify("user-1");
        hw.group("group-1");
        hw.register({ shop: "shop-1" });
        // What a page left whose script had not come yet.
        if (keeps) localStorage["hw.web.h.1-1"] = JSON.stringify(["track", ["Left"], 1, "m", location.href, "", ""]);
      }, keeps);
      await beside.evaluate(() => hw.track("Beside"));
      await page.bringToFront();
      assert.equal(await page.evaluate(() => hw.flush()), true);
      const ids = await page.evaluate(() => [hw.anonymousId(), hw.sessionId()]);
      const secrets = [...ids, "user-1", "group-1", "shop-1"];
      assert.ok(holds(await kept(page), ids[0]), "before it the id is kept, by the collector's cookie at least");
      await page.evaluate(() => hw.setConsent("denied"));
      assert.equal(await page.evaluate(() => hw.flush()), true, "the request is acknowledged");
      await beside.bringToFront();
      await beside.evaluate(() => hw.flush());
      for (const at of new Set([page, beside])) {
        await at.bringToFront();
        // A tab in the middle of a save may write once more, until the storage event of the denial reaches it.
        await at.waitForFunction((secrets) => !secrets.some((secret) => JSON.stringify({ ...localStorage }).includes(secret)), {}, secrets);
        const entries = await kept(at);
        assert.deepEqual(keysOf(entries), left);
        for (const secret of secrets) assert.ok(!holds(entries, secret), `${secret} in ${entries}`);
      }
      if (keeps) {
        // The next page brings nothing back, and writes no new id.
        await page.bringToFront();
        await page.reload();
        await page.waitForSelector("html[data-ready=true]");
        await page.evaluate(() => hw.track("Unheard"));
        const entries = await kept(page);
        assert.deepEqual(keysOf(entries), left);
        for (const secret of [...secrets, await page.evaluate(() => hw.anonymousId())]) assert.ok(!holds(entries, secret), `${secret} in ${entries}`);
      }
      await context.close();
    });
  }

  test(`${engine}: while the deletion request is unsent, its ids stay in the state alone`, async () => {
    const context = await browsers[engine].createBrowserContext();
    let isDown = false;
    const gate = createServer((request, response) => {
      if (isDown) return void response.writeHead(503, { "access-control-allow-origin": "*" }).end();
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", async () => {
        const answer = await fetch(collector.host + request.url, { method: "POST", body: Buffer.concat(chunks) });
        response.writeHead(answer.status, { "access-control-allow-origin": "*" }).end(await answer.text());
      });
    });
    await new Promise((done) => gate.listen(0, "127.0.0.1", done));
    const page = await open(context, {}, `http://127.0.0.1:${gate.address().port}`);
    await page.evaluate(() => hw.identify("user-2"));
    assert.equal(await page.evaluate(() => hw.flush()), true);
    const id = await page.evaluate(() => hw.anonymousId());
    isDown = true;
    await page.evaluate(() => hw.setConsent("denied"));
    assert.equal(await page.evaluate(() => hw.flush()), false);
    const waiting = (await kept(page)).filter((entry) => entry.includes(id) || entry.includes("user-2"));
    assert.deepEqual(keysOf(waiting), ["hw.web.s", "hw.web.t"]);
    assert.ok(waiting.every((entry) => entry.includes("Deletion Requested")));
    isDown = false;
    // It is tried again when the network is back.
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.waitForFunction((id) => !Object.values(localStorage).some((value) => value.includes(id)), { timeout: 20_000 }, id);
    assert.ok(!holds(await kept(page), "user-2"));
    await context.close();
    gate.closeAllConnections();
    gate.close();
  });
}
