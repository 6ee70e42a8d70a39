// Pages in which no core can run, and what they leave to pages in which one does.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

import { buildApp, serve } from "./app.mjs";
import { stage } from "./stage.mjs";

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";

let app, collector, context;
stage(() => serve(buildApp()), (it) => ({ app, collector, context } = it));

const open = async ({ host = collector.host, options = {}, hasCore = false } = {}) => {
  const page = await context.newPage();
  if (!hasCore) {
    await page.evaluateOnNewDocument(() => {
      WebAssembly.instantiate = () => Promise.reject(new WebAssembly.CompileError("refused by the page's policy"));
    });
    await page.setRequestInterception(true);
    page.on("request", (request) => (/core-script/.test(request.url()) ? request.abort() : request.continue()));
  }
  await page.goto(`${app.origin}/?host=${host}&options=${encodeURIComponent(JSON.stringify(options))}`);
  await page.waitForSelector(`html[data-ready=${hasCore}]`);
  return page;
};
const who = (page) => page.evaluate(() => [hw.anonymousId(), hw.userId()]);
const waiting = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".q.")));
const until = async (isDone) => {
  for (const endMs = Date.now() + 10_000; !(await isDone()) && Date.now() < endMs; ) await pause(50);
};

/** A collector whose answers wait: `bodies` are those that came, `answer` answers all. */
const slowCollector = async () => {
  const bodies = [];
  let answers = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    bodies.push(JSON.parse(body[0] == 0x1f ? gunzipSync(body) : body));
    answers.push((status = 200, headers = {}) => {
      response.writeHead(status, { "access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After", ...headers }).end("{}");
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return {
    host: `http://127.0.0.1:${server.address().port}`,
    bodies,
    /** The first answer, and the others' status where that is another. */
    answer: (status, headers, otherwise) => {
      const [first, ...rest] = answers.splice(0);
      first(status, headers);
      for (const answer of rest) otherwise ? answer(otherwise) : answer(status, headers);
    },
    stop: () => (server.closeAllConnections(), server.close()),
  };
};

test("who comes after a reset has nothing of the former user", async () => {
  const page = await open();
  await page.evaluate(() => {
    hw.identify("u1");
    hw.register({ shop: "north" });
    hw.track("Former");
    hw.reset();
    hw.track("Next");
  });
  await page.close();
  const [[former], [next]] = [await collector.named("Former", 1), await collector.named("Next", 1)];
  assert.deepEqual([former.userId, former.properties], ["u1", { shop: "north" }]);
  assert.deepEqual([next.userId, next.properties ?? {}], [undefined, {}]);
  assert.notEqual(next.anonymousId, former.anonymousId);
});

test("what nobody chose tells nobody's address, card or security number", async () => {
  const slow = await slowCollector();
  const page = await open({ host: slow.host });
  await page.evaluate(() => {
    document.title = 'Bill 3.0 of\t"ann.o+x@mail.example.com" 4111-1111-1111-1111';
    history.pushState({}, "", "/to/bob%40example.com/123-45-6789/2.50?utm_source=carl@example.com");
    hw.page("Odd", { cut: "\ud83dbob@example.com", control: "\u0001234567890123", long: "x".repeat(100_000) });
    hw.page("Bill", { card: 4111111111111111, share: 0.12345678901234567, at: 1.5, list: [1, 22], note: "To:\nann@example.com" });
    hw.track("Chosen", { to: "dora@example.com", card: "4111 1111 1111 1111" });
    return hw.flush();
  });
  await until(() => slow.bodies.some(({ calls }) => calls.some((call) => call[1] == "Chosen")));
  const calls = slow.bodies.flatMap(({ calls }) => calls);
  const [, , odd] = calls.find((call) => call[1] == "Odd");
  assert.deepEqual(["cut", "control"].map((key) => JSON.parse(odd)[key]), ["\ud83d0", "\u0001234567890123"]);
  const [[, , viewed, , , context], [, , chosen]] = ["Bill", "Chosen"].map((name) => calls.find((call) => call[1] == name));
  assert.deepEqual(JSON.parse(viewed), {
    ...JSON.parse(context).page,
    card: 0,
    share: 0.12345678901234567,
    at: 1.5,
    list: [1, 22],
    note: "To:\n0",
  });
  assert.equal(JSON.parse(context).page.path, "/to/0/0/2.50");
  assert.equal(JSON.parse(context).page.title, 'Bill 3.0 of "0" 0');
  assert.equal(JSON.parse(context).campaign.source, "0");
  assert.deepEqual(JSON.parse(chosen), { to: "dora@example.com", card: "4111 1111 1111 1111" }, "the app's own texts are its own");
  slow.stop();
});

test("an answer that comes after a reset says nothing of who is there now", async () => {
  const slow = await slowCollector();
  const page = await open({ host: slow.host });
  await page.evaluate(() => {
    hw.identify("u1");
    return hw.flush();
  });
  await until(() => slow.bodies.length);
  await page.evaluate(() => hw.reset());
  slow.answer();
  await until(async () => !(await waiting(page)).length);
  assert.equal((await who(page))[1], "");
  await page.evaluate(() => {
    hw.track("Next");
    return hw.flush();
  });
  await until(() => slow.bodies.length > 1);
  assert.equal(slow.bodies.at(-1).userId, "");
  assert.notEqual(slow.bodies.at(-1).anonymousId, slow.bodies[0].anonymousId);
  slow.stop();
});

test("a logout on a tab with a core holds on one without", async () => {
  const other = await open({ hasCore: true });
  await other.evaluate(() => hw.identify("u1"));
  const page = await open();
  await other.evaluate(() => {
    hw.reset();
    hw.track("Other");
  });
  const now = await who(other);
  await page.evaluate(() => {
    hw.track("Next");
    return hw.flush();
  });
  const [next] = await collector.named("Next", 1);
  assert.deepEqual([next.anonymousId, next.userId ?? ""], now);
  await page.close();
  assert.deepEqual(await who(other), now);
});

test("a core is not told that its visitor is the user of before a reset", async () => {
  const first = await open({ host: NOWHERE });
  const former = await who(first);
  await first.evaluate(() => {
    hw.identify("u1");
    hw.reset();
    hw.track("Next");
  });
  const [visitor] = await who(first);
  await first.close();
  const page = await open({ hasCore: true });
  await page.evaluate(() => hw.flush());
  const [next] = await collector.named("Next", 1);
  assert.deepEqual([next.anonymousId, next.userId], [visitor, undefined]);
  assert.deepEqual(await who(page), [visitor, ""]);
  await until(async () => !(await waiting(page)).length);
  const identified = collector.events().find(({ type }) => type == "identify");
  assert.deepEqual([identified.anonymousId, identified.userId], [former[0], "u1"]);
  assert.deepEqual(await waiting(page), []);
});

test("who came after a reset that waited for the core is somebody else where there is none either", async () => {
  const first = await open({ hasCore: true });
  await first.evaluate(() => hw.identify("u1"));
  const [visitor] = await who(first);
  await first.close();
  const early = await context.newPage();
  await early.evaluateOnNewDocument(() => {
    WebAssembly.instantiate = () => new Promise(() => {});
    navigator.sendBeacon = () => false;
  });
  await early.goto(`${app.origin}/?host=${collector.host}`);
  await early.evaluate(() => {
    hw.reset();
    hw.identify("u2");
    hw.track("Next");
  });
  await early.close();
  const page = await open();
  await page.evaluate(() => hw.flush());
  const [next] = await collector.named("Next", 1);
  assert.equal(next.userId, "u2");
  assert.notEqual(next.anonymousId, visitor);
});

test("a core that fails gives the lead to another tab", async () => {
  const first = await open({ hasCore: true });
  const other = await open({ hasCore: true });
  await other.evaluate(() => {
    hw.track("A");
    return hw.flush();
  });
  await first.evaluate(() => {
    TextEncoder.prototype.encodeInto = () => null;
    hw.track("Trapped");
  });
  await other.evaluate(() => {
    hw.setConsent("denied");
    return hw.flush();
  });
  assert.ok((await collector.named("Deletion Requested", 1)).length);
});

test("super properties that are too many stand in nobody's way", async () => {
  const page = await open();
  await page.evaluate(() => {
    hw.register({ shop: "north" });
    hw.register({ all: "x".repeat(70_000) });
    hw.track("After it");
    return hw.flush();
  });
  const [event] = await collector.named("After it", 1);
  assert.deepEqual(event?.properties, { shop: "north" });
});

test("of two waits that are asked for the longer one holds", async () => {
  const slow = await slowCollector();
  const page = await open({ host: slow.host });
  await page.evaluate(() => {
    for (let n = 0; n < 3; n++) hw.track("Long", { text: `${n}`.repeat(9_000) });
    return hw.flush();
  });
  await until(() => slow.bodies.length > 1);
  const asked = slow.bodies.length;
  slow.answer(429, { "retry-after": "60" }, 503);
  await pause(7_000);
  assert.equal(slow.bodies.length, asked);
  slow.stop();
});

test("what one such page left is sent by the next, and kept no longer", async () => {
  const first = await open({ host: NOWHERE });
  await first.evaluate(() => {
    hw.track("Left", { n: 1 });
    dispatchEvent(new Event("pagehide"));
  });
  const [visitor] = await who(first);
  await first.close();
  const page = await open();
  await until(async () => (await waiting(page)).length == 3);
  await page.evaluate(() => hw.flush());
  const [left] = await collector.named("Left", 1);
  assert.deepEqual([left.anonymousId, left.properties], [visitor, { n: 1 }]);
  await until(async () => !(await waiting(page)).length);
  assert.deepEqual(await waiting(page), []);
});

test("who agrees again after a denial is not known as the visitor of before", async () => {
  const page = await open();
  const [former] = await who(page);
  await page.evaluate(() => {
    hw.setConsent("denied");
    hw.setConsent("granted");
    hw.track("Agreed");
    return hw.flush();
  });
  const [agreed] = await collector.named("Agreed", 1);
  assert.notEqual(agreed.anonymousId, former);
});

test("a collector that asks to wait is not asked again before", async () => {
  const busy = await slowCollector();
  const page = await open({ host: busy.host });
  await page.evaluate(() => hw.flush());
  await until(() => busy.bodies.length);
  // What is recorded while the answer is on its way must not bring the wait to an end.
  await page.evaluate(() => hw.track("Meanwhile"));
  busy.answer(429, { "retry-after": "60" });
  const asked = busy.bodies.length;
  await pause(6_000);
  assert.equal(busy.bodies.length, asked);
  busy.stop();
});
