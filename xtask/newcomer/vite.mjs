// Vite and TypeScript in its strictest mode: types, build, production page, development server.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { serve } from "../../sdk-wasm/npm/test/app.mjs";
import { freePort, personOf } from "./app.mjs";
import { eventually } from "./checklist.mjs";
import { role } from "./role.mjs";
import { openBrowser } from "./visitor.mjs";

await role("vite", async ({ app, collector, check }) => {
  await app.installNpm();
  await check("types: interfaces and `| undefined` are taken, each mistake is refused", () => app.run("npx", ["tsc"]));

  const build = (outDir, env) => app.run("npx", ["vite", "build", "--logLevel", "warn", "--outDir", outDir], env);
  const configured = { VITE_HOLLOWAY_KEY: "web", VITE_HOLLOWAY_HOST: collector.host };
  await check("the app builds without a word", async () => assert.equal(await build("dist", configured), ""));
  await check("and without its environment variables", () => build("dist-unset", {}));
  await check("a production page downloads no words for developers", () => {
    const assets = join(app.folder, "dist/assets");
    // That script is loaded for `debug: true` alone.
    const scripts = readdirSync(assets).filter((name) => !name.startsWith("words-"));
    const text = scripts.map((name) => readFileSync(join(assets, name), "utf8")).join("");
    assert.doesNotMatch(text, /console\.warn/);
  });

  const browser = await openBrowser();
  const ready = (page) => page.waitForSelector("html[data-ready]");
  try {
    await inProduction({ app, collector, check, browser, ready });
    const port = await freePort();
    const server = await app.start("npx", ["vite", "--host", "127.0.0.1", "--port", String(port), "--strictPort"], /ready in/, configured);
    await inDevelopment({ collector, check, browser, ready, origin: `http://127.0.0.1:${port}` });
    await server.stop();
  } finally {
    await browser.close();
  }
});

async function inProduction({ app, collector, check, browser, ready }) {
  const [site, unset] = [await serve(join(app.folder, "dist")), await serve(join(app.folder, "dist-unset"))];
  await check("events of a page that is left at once are stored, as one person's", async () => {
    const visit = await browser.visit(`${site.origin}/?utm_source=news`);
    await visit.page.click("#buy");
    await visit.page.evaluate(() => hw.identify("ada"));
    await visit.page.goto("about:blank");
    const [bought] = await collector.named("Product Added", 1);
    assert.deepEqual(bought?.properties, { sku: "boots", price: 120 });
    assert.deepEqual(visit.said("error").concat(visit.errors), []);
    await eventually(() => collector.events(), (events) => events.some(({ type }) => type === "identify"));
    const person = personOf(collector.data, "ada");
    assert.ok(person.ids.some(({ id }) => id === bought.anonymousId), JSON.stringify(person.ids));
    await visit.leave();
  });
  await check("a view by hand beside autocapture is one view", async () => {
    const before = collector.events().length;
    const visit = await browser.visit(`${site.origin}/?by-hand`);
    await ready(visit.page);
    await visit.page.goto("about:blank");
    await eventually(() => collector.events().slice(before), (events) => events.length > 0);
    const views = collector.events().slice(before).filter(({ type }) => type === "page");
    assert.equal(views.length, 1);
    await visit.leave();
  });
  await check("an event says its view and group, and the view is the page view's", async () => {
    const before = collector.events().length;
    const visit = await browser.visit(`${site.origin}/?said`);
    await ready(visit.page);
    await visit.page.evaluate(() => {
      hw.group("acme");
      hw.track("Product Added", { sku: "said", price: 1 });
      return hw.flush();
    });
    const events = collector.events().slice(before);
    const view = events.find(({ type }) => type === "page");
    const { context } = events.find(({ properties }) => properties?.sku === "said");
    assert.ok(context.page.viewId, JSON.stringify(context));
    assert.equal(context.page.viewId, view.context.page.viewId);
    assert.equal(context.groupId, "acme");
    await visit.leave();
  });
  await check("an empty user id is refused, and is nobody's", async () => {
    const visit = await browser.visit(`${site.origin}/?empty`);
    await ready(visit.page);
    const users = await visit.page.evaluate(async () => {
      hw.identify("bob");
      hw.identify("");
      hw.identify(null);
      hw.track("Signed Up", { plan: "free" });
      await hw.flush();
      return window.diagnostics?.filter(({ kind }) => kind === "lost").map(({ reason }) => reason);
    });
    const [signedUp] = await collector.named("Signed Up", 1);
    assert.equal(signedUp.userId, "bob");
    assert.equal(collector.events().filter(({ type, userId }) => type === "identify" && userId === "bob").length, 1);
    assert.equal(users?.length, 2, `diagnostics: ${JSON.stringify(users)}`);
    await visit.leave();
  });
  await check("after a denial no id stays in the open page, once the deletion request is acknowledged", async () => {
    const visit = await browser.visit(`${site.origin}/?denied`);
    await ready(visit.page);
    const id = await visit.page.evaluate(async () => {
      hw.track("Signed Up", { plan: "pro" });
      await hw.flush();
      const id = hw.anonymousId();
      hw.setConsent("denied");
      return id;
    });
    assert.ok(id);
    const kept = () => visit.page.evaluate((id) => [...Object.entries(localStorage).map(String), document.cookie].filter((text) => text.includes(id)), id);
    assert.deepEqual(await eventually(kept, (found) => found.length === 0), []);
    await visit.leave();
  });
  await check("without its variables the page lives, and one console.error says what is missing", async () => {
    const visit = await browser.visit(`${unset.origin}/`);
    await eventually(() => visit.said("error").length, (count) => count > 0, 3_000);
    assert.equal(await visit.page.$eval("#app", (it) => it.textContent), "shop open");
    await visit.page.click("#buy");
    assert.deepEqual(visit.errors, []);
    assert.equal(visit.said("error").length, 1, JSON.stringify(visit.said("error")));
    assert.match(visit.said("error")[0], /writeKey/);
    assert.match(visit.said("error")[0], /host/);
    await visit.leave();
  });
  await Promise.all([site.stop(), unset.stop()]);
}

async function inDevelopment({ collector, check, browser, ready, origin }) {
  /** Opens the page, makes a mistake, and returns the warnings about it. */
  const warned = async (search, mistake, isEnough = (lines) => lines.length > 0) => {
    const visit = await browser.visit(`${origin}/${search}`);
    await ready(visit.page).catch(() => {});
    await visit.page.evaluate(mistake);
    const lines = await eventually(() => visit.said("warn").concat(visit.said("error")), isEnough, 5_000);
    assert.deepEqual(visit.errors, []);
    await visit.leave();
    return lines.join("\n");
  };
  await check("development: an unknown consent value is warned of", async () => {
    assert.match(await warned("", () => hw.setConsent("yes")), /consent.*yes|yes.*consent/s);
  });
  await check("development: a circular and a BigInt property are warned of, with the event's name", async () => {
    const mistake = () => {
      const cart = {};
      cart.self = cart;
      hw.track("Circular Cart", cart);
      hw.track("Big Price", { price: 12n });
    };
    const lines = await warned("", mistake, (lines) => lines.some((line) => line.includes("Big Price")));
    assert.match(lines, /Circular Cart/);
    assert.match(lines, /Big Price/);
  });
  await check("development: a host without a scheme is refused in words", async () => {
    assert.match(await warned("?host=events.example.com", () => {}), /https?:\/\//);
  });
  await check("development: a host with a path is warned of", async () => {
    assert.match(await warned(`?host=${collector.host}/v1/batch`, () => {}), /path/);
  });
  await check("a 404 loses nothing: warned of, kept, and delivered when the route is right", async () => {
    const visit = await browser.visit(`${origin}/?path=/nowhere`);
    await ready(visit.page);
    const isDelivered = await visit.page.evaluate(() => {
      hw.track("Product Added", { sku: "kept", price: 1 });
      return hw.flush();
    });
    assert.equal(isDelivered, false);
    const lines = await eventually(() => visit.said("warn").join("\n"), (text) => text.includes("404"), 5_000);
    assert.match(lines, /404/);
    await visit.page.goto(`${origin}/`);
    await ready(visit.page);
    const kept = await eventually(
      () => collector.events().filter(({ properties }) => properties?.sku === "kept"),
      (found) => found.length > 0,
      20_000,
    );
    assert.equal(kept.length, 1);
    await visit.leave();
  });
}
