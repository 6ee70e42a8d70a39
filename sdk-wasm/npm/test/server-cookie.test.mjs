// The collector's own cookie brings a visitor back whom the browser forgot otherwise (Safari forgets what scripts keep
// after seven days).

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { buildApp, serve } from "./app.mjs";
import { stage } from "./stage.mjs";

let app, collector, context;
const serveApp = () => {
  const folder = buildApp();
  writeFileSync(join(folder, "plain.html"), "<!doctype html><title>Nothing</title>");
  return serve(folder);
};
stage(serveApp, (it) => ({ app, collector, context } = it), ["--cookie", "hw_id;domain=shop.localhost"]);

const at = (host, url) => url.replace("127.0.0.1", host);
const NAMED = { serverCookieName: "hw_id" };

const open = async (options) => {
  const page = await context.newPage();
  const host = at("events.shop.localhost", collector.host);
  await page.goto(`${at("app.shop.localhost", app.origin)}/?host=${host}&options=${encodeURIComponent(JSON.stringify(options))}`);
  await page.waitForSelector("html[data-ready=true]");
  return page;
};

/** The visitor after an event that arrived, and the cookies of that page. */
const visit = async (options, name) => {
  const page = await open(options);
  await page.evaluate((name) => hw.track(name), name);
  assert.equal(await page.evaluate(() => hw.flush()), true);
  const visitor = await page.evaluate(() => hw.anonymousId());
  const [event] = await collector.named(name, 1);
  assert.equal(event.anonymousId, visitor);
  return { page, visitor, cookies: await cookiesOf(page) };
};
const cookiesOf = async (page) =>
  Object.fromEntries((await page.evaluate(() => document.cookie)).split("; ").map((pair) => pair.split("=")));

/** Ends the page, then deletes what scripts keep, from a page without one. */
const forget = async (page) => {
  await page.close();
  const plain = await context.newPage();
  await plain.goto(`${at("app.shop.localhost", app.origin)}/plain.html`);
  const left = await plain.evaluate(() => {
    localStorage.clear();
    document.cookie = "hw_web=;path=/;domain=shop.localhost;max-age=0";
    return document.cookie;
  });
  await plain.close();
  return left;
};

test("the visitor is the same when only the server's cookie is left", async () => {
  const first = await visit(NAMED, "Came");
  assert.equal(first.cookies.hw_id, first.visitor);
  assert.equal(await forget(first.page), `hw_id=${first.visitor}`);
  const second = await visit(NAMED, "Came Back");
  assert.equal(second.visitor, first.visitor);
  await forget(second.page);
  const other = await visit({}, "Came Without");
  assert.notEqual(other.visitor, first.visitor, "who does not name the cookie does not read it");
});

test("a page that names no cookie sends no credentials and gets none", async () => {
  const { cookies } = await visit({}, "Came");
  assert.deepEqual(Object.keys(cookies), ["hw_web"]);
});

test("the client's own record wins over the server's cookie", async () => {
  const first = await visit(NAMED, "Came");
  await first.page.evaluate(() => (document.cookie = "hw_id=other;path=/;domain=shop.localhost"));
  await first.page.close();
  const second = await visit(NAMED, "Came Back");
  assert.equal(second.visitor, first.visitor);
  assert.equal(second.cookies.hw_id, first.visitor, "and the server's follows");
});

test("a visitor who says no loses the server's cookie with the rest", async () => {
  const { page, visitor } = await visit(NAMED, "Came");
  await page.evaluate(() => hw.setConsent("denied"));
  await page.evaluate(() => hw.flush());
  assert.equal((await collector.named("Deletion Requested", 1))[0].anonymousId, visitor);
  assert.equal(await page.evaluate(() => document.cookie), "");
  await page.evaluate(() => hw.setConsent("granted"));
  await page.close();
  assert.notEqual((await visit(NAMED, "Agreed")).visitor, visitor);
});
