// One visitor over tabs, sub-domains and visits; and what is kept of a visitor who said no.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { buildApp, serve } from "./app.mjs";
import { stage } from "./stage.mjs";

let app, browser, collector, context;
const asked = [];
stage(
  () => serve(buildApp(), ({ search }) => (asked.push(app.origin + "/" + search), {})),
  (it) => ({ app, browser, collector, context } = it),
);

const open = async (options = {}, { origin = app.origin, more = "", prepare, isEarly } = {}) => {
  const page = await context.newPage();
  if (prepare) await page.evaluateOnNewDocument(prepare);
  await page.goto(`${origin}/?host=${collector.host}&options=${encodeURIComponent(JSON.stringify(options))}${more}`);
  await page.waitForSelector(isEarly ? "html" : "html[data-ready]");
  return page;
};
/** The core is not there before `letGo`. */
const holdCore = () => {
  const make = WebAssembly.instantiate;
  const held = new Promise((go) => (window.letGo = go));
  WebAssembly.instantiate = (...given) => held.then(() => make(...given));
};
const openEarly = (options, more) => open(options, { ...more, prepare: holdCore, isEarly: true });
const letGo = (page) => page.evaluate(() => (letGo(), hw.ready));
const who = (page) => page.evaluate(() => [hw.anonymousId(), hw.userId(), hw.sessionId()]);
const track = (page, name) => page.evaluate((name) => hw.track(name), name);
const flush = async (page) => {
  await page.bringToFront();
  return page.evaluate(() => hw.flush());
};
const kept = (page) => page.evaluate(() => [document.cookie, ...Object.keys(localStorage)].filter(Boolean));

test("sub-domains share the visitor and the session", async () => {
  const at = (host) => ({ origin: app.origin.replace("127.0.0.1", host) });
  const shop = await open({}, at("www.shop.localhost"));
  await shop.evaluate(() => hw.identify("u1"));
  await shop.evaluate(() => hw.flush());
  const before = await who(shop);
  await shop.close();
  const pay = await open({}, at("pay.shop.localhost"));
  await track(pay, "Paid");
  assert.deepEqual(await who(pay), before);
  const other = await open({}, at("www.other.localhost"));
  assert.notEqual((await who(other))[0], before[0]);
});

test("an older cookie of the same name does not undo a login or a logout", async () => {
  const page = await open({}, {
    origin: app.origin.replace("127.0.0.1", "www.shop.localhost"),
    // Of this host alone: the package writes one of the domain, and browsers give the older one first.
    prepare: () => (document.cookie ||= "hw_web=a0/u0;path=/"),
  });
  assert.deepEqual((await who(page)).slice(0, 2), ["a0", "u0"]);
  await page.evaluate(() => hw.identify("u1"));
  await track(page, "A");
  assert.deepEqual((await who(page)).slice(0, 2), ["a0", "u1"]);
  await page.evaluate(() => hw.reset());
  await track(page, "B");
  const [visitor, user] = await who(page);
  assert.notEqual(visitor, "a0");
  assert.equal(user, "");
});

test("a link carries the visitor to another domain, for a while and only there", async () => {
  const at = (host) => app.origin.replace("127.0.0.1", host);
  const shop = await open({}, { origin: at("www.shop.localhost"), more: "&link" });
  const [visitor] = await who(shop);
  const follow = async (target) => {
    await shop.evaluate((href) => {
      const link = document.createElement("a");
      link.href = href;
      // Only what the click makes of the link is of interest.
      link.onclick = (event) => event.preventDefault();
      document.body.append(link);
      link.click();
      window.followed = link.href;
    }, target);
    return shop.evaluate(() => followed);
  };
  const target = `${at("pay.other.localhost")}/?host=${collector.host}&link`;
  const link = await follow(target);
  const other = await context.newPage();
  await other.goto(link);
  await other.waitForSelector("html[data-ready=true]");
  assert.equal((await who(other))[0], visitor);
  assert.ok(!(await other.evaluate(() => location.href)).includes("hw_link"), "the address is clean again");
  await other.evaluate(() => hw.reset());
  await other.goto(await follow(target));
  await other.waitForSelector("html[data-ready=true]");
  assert.equal((await who(other))[0], visitor, "a visitor whom that site knew already");
  await other.evaluate(() => hw.reset());
  const stale = new URL(link);
  stale.searchParams.set("hw_link", stale.searchParams.get("hw_link").replace(/^[^*]+/, (time) => (parseInt(time, 36) - 120_001).toString(36)));
  await other.goto(stale.href);
  await other.waitForSelector("html[data-ready=true]");
  assert.notEqual((await who(other))[0], visitor, "a link that was passed on is no proof");
  assert.equal(await follow(`${at("elsewhere.localhost")}/`), `${at("elsewhere.localhost")}/`);
});

test("tabs share the session, the user and the decision", async () => {
  const one = await open();
  const two = await open();
  await track(one, "A");
  await track(two, "B");
  assert.deepEqual(await who(two), await who(one));
  await two.evaluate(() => hw.identify("u2"));
  await track(one, "C");
  assert.deepEqual(await who(two), await who(one));
  await one.evaluate(() => hw.startSession());
  await track(two, "D");
  assert.deepEqual(await who(two), await who(one));
  await two.evaluate(() => hw.setConsent("denied"));
  await track(one, "Unheard");
  assert.deepEqual((await kept(one)).filter((key) => !/^hw\.web\.[sct]$/.test(key)), [], "no cookie, no id, no record");
  await flush(one);
  await flush(two);
  assert.deepEqual(await collector.named("Unheard", 1, 300), []);
  assert.ok((await collector.named("Deletion Requested", 1)).length);
});

const changes = [
  ["logout", () => hw.reset()],
  ["login", () => hw.identify("u2")],
];
for (const [name, change] of changes) {
  test(`a ${name} on one tab holds for another whose core comes later`, async () => {
    const one = await open();
    await one.evaluate(() => hw.identify("u1"));
    const [late, left] = [await openEarly(), await openEarly()];
    await one.evaluate(change);
    const now = await who(one);
    await left.evaluate(() => dispatchEvent(new Event("pagehide")));
    await left.close();
    assert.equal(await letGo(late), true);
    for (const page of [one, late]) {
      await track(page, "A");
      assert.deepEqual((await who(page)).slice(0, 2), now.slice(0, 2));
    }
  });
}

test("a page that dies before its core leaves the visitor with what it recorded", async () => {
  const page = await openEarly();
  // Nothing of the page's end runs.
  const [visitor, atDeath] = await page.evaluate(() => [hw.anonymousId(), Object.entries(localStorage)]);
  await page.close();
  const fresh = await browser.createBrowserContext();
  const next = await fresh.newPage();
  await next.evaluateOnNewDocument((kept) => kept.forEach(([key, value]) => localStorage.setItem(key, value)), atDeath);
  await next.goto(`${app.origin}/?host=${collector.host}`);
  await next.waitForSelector("html[data-ready=true]");
  await next.evaluate(() => hw.flush());
  assert.equal((await who(next))[0], visitor);
  await fresh.close();
});

test("what a consent tool says anew on every page holds no beacon back", async () => {
  const page = await openEarly();
  await page.evaluate(() => {
    hw.setConsent("granted");
    hw.track("Left");
  });
  await page.close();
  assert.equal((await collector.named("Left", 1)).length, 1);
  const next = await open({ consent: "denied" });
  await track(next, "Next");
  await flush(next);
  assert.equal((await collector.named("Next", 1)).length, 1, "and is kept");
});

test("purposes that were told before the core are known to the next page", async () => {
  const page = await openEarly({ consent: "unknown" });
  await page.evaluate(() => {
    hw.setPurposes(undefined);
    hw.setPurposes({ analytics: undefined, ads: true });
    hw.setPurposes({ analytics: true, ads: false });
  });
  await page.close();
  const next = await open({ consent: "unknown" });
  await track(next, "Next");
  await flush(next);
  const [event] = await collector.named("Next", 1);
  assert.deepEqual(event.context.consent.categoryPreferences, { analytics: true, ads: false });
});

test("a denial on another tab holds against an older grant that waits for the core", async () => {
  const early = await openEarly({ consent: "unknown" });
  const other = await open({ consent: "unknown" });
  await early.evaluate(() => {
    hw.setConsent("granted");
    hw.track("Unheard");
  });
  await other.evaluate(() => hw.setConsent("denied"));
  await letGo(early);
  await track(early, "Unheard");
  await flush(early);
  assert.deepEqual(await collector.named("Unheard", 1, 300), []);
  assert.deepEqual((await kept(early)).filter((key) => !/^hw\.web\.[sct]$/.test(key)), []);
});

test("a denial on a tab whose core is not there yet holds on one that has its core", async () => {
  const one = await open();
  await track(one, "A");
  assert.equal(await flush(one), true);
  const early = await openEarly();
  await early.evaluate(() => hw.setConsent("denied"));
  await track(one, "Unheard");
  await flush(one);
  assert.equal(await letGo(early), true);
  await flush(early);
  assert.deepEqual(await collector.named("Unheard", 1, 300), []);
  assert.ok((await collector.named("Deletion Requested", 1)).length);
  assert.deepEqual((await kept(one)).filter((key) => !/^hw\.web\.[sct]$/.test(key)), []);
});

test("a denial before the core asks to delete whom the state knows", async () => {
  const one = await open();
  await one.evaluate(() => {
    hw.setConsent("granted");
    hw.identify("u1");
  });
  assert.equal(await flush(one), true);
  const [visitor] = await who(one);
  await one.close();
  const early = await openEarly();
  await early.evaluate(() => {
    hw.setConsent("denied");
    hw.track("Unheard");
  });
  assert.equal(await letGo(early), true);
  await flush(early);
  const [request] = await collector.named("Deletion Requested", 1);
  assert.deepEqual([request.anonymousId, request.userId], [visitor, "u1"]);
});

test("a sub-domain without consent leaves the others their visitor", async () => {
  const at = (host) => ({ origin: app.origin.replace("127.0.0.1", host) });
  const shop = await open({}, at("www.shop.localhost"));
  await track(shop, "A");
  const [visitor] = await who(shop);
  const blog = await open({ consent: "unknown" }, at("blog.shop.localhost"));
  await track(blog, "Held");
  const help = await open({}, at("help.shop.localhost"));
  assert.equal((await who(help))[0], visitor);
});

test("who comes after a reset that waited for the core is somebody else on the next page too", async () => {
  const one = await open();
  await one.evaluate(() => hw.identify("u1"));
  const [visitor] = await who(one);
  await one.close();
  const early = await openEarly();
  await early.evaluate(() => {
    // Nothing of this page arrives but by the next one.
    navigator.sendBeacon = () => false;
    hw.track("Former");
    hw.reset();
    hw.identify("u2");
    hw.track("Next");
  });
  await early.close();
  const page = await open();
  await flush(page);
  const [[former], [next]] = [await collector.named("Former", 1), await collector.named("Next", 1)];
  assert.deepEqual([former.anonymousId, former.userId], [visitor, "u1"]);
  assert.equal(next.userId, "u2");
  assert.notEqual(next.anonymousId, visitor);
  assert.deepEqual((await who(page)).slice(0, 2), [next.anonymousId, "u2"]);
});

test("who logged in before a decision is known when another tab makes it", async () => {
  const one = await open({ consent: "unknown" });
  const other = await open({ consent: "unknown" });
  await one.evaluate(() => hw.identify("u1"));
  await other.evaluate(() => hw.setConsent("granted"));
  await track(one, "A");
  assert.equal((await who(one))[1], "u1");
  await track(other, "B");
  assert.deepEqual((await who(other)).slice(0, 2), (await who(one)).slice(0, 2));
});

test("onSession is told of a session that another tab began, once", async () => {
  const one = await open();
  const other = await open();
  await track(one, "A");
  await track(other, "B");
  const before = await one.evaluate(() => sessions.length);
  await other.evaluate(() => hw.startSession());
  // The state is news to it; a cookie that came first would be taken for a sub-domain's.
  await one.waitForFunction((before) => sessions.length > before, {}, before);
  await track(one, "C");
  await track(other, "D");
  const told = await one.evaluate((before) => sessions.slice(before), before);
  assert.deepEqual(told.map(([id]) => id), [(await who(other))[2]]);
});

for (const consent of ["denied", "unknown"]) {
  test(`who agrees on a sub-domain is the visitor of the others: ${consent} before`, async () => {
    const at = (host) => ({ origin: app.origin.replace("127.0.0.1", host) });
    const shop = await open({}, at("www.shop.localhost"));
    await shop.evaluate(() => hw.identify("u1"));
    const [visitor] = await who(shop);
    const blog = await open({ consent }, at("blog.shop.localhost"));
    await blog.evaluate(() => {
      hw.setConsent("granted");
      hw.track("Agreed");
    });
    assert.deepEqual((await who(blog)).slice(0, 2), [visitor, "u1"]);
    await track(shop, "B");
    assert.deepEqual((await who(shop)).slice(0, 2), [visitor, "u1"]);
  });
}

test("who resets before agreeing on a sub-domain is somebody else", async () => {
  const at = (host) => ({ origin: app.origin.replace("127.0.0.1", host) });
  const shop = await open({}, at("www.shop.localhost"));
  await shop.evaluate(() => hw.identify("u1"));
  const [visitor] = await who(shop);
  const blog = await open({ consent: "unknown" }, at("blog.shop.localhost"));
  await blog.evaluate(() => {
    hw.reset();
    hw.setConsent("granted");
    hw.track("Agreed");
  });
  const [other, user] = await who(blog);
  assert.notEqual(other, visitor);
  assert.equal(user, "");
});

test("a page that slept does not undo what a sub-domain said meanwhile", async () => {
  const at = (host) => ({ origin: app.origin.replace("127.0.0.1", host) });
  const asleep = await open({}, at("www.shop.localhost"));
  await asleep.evaluate(() => hw.identify("u1"));
  const session = await asleep.createCDPSession();
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  const beside = await open({}, at("www.shop.localhost"));
  await beside.evaluate(() => hw.register({ shop: "north" }));
  const blog = await open({}, at("blog.shop.localhost"));
  await blog.evaluate(() => {
    hw.reset();
    hw.track("After");
  });
  const [visitor] = await who(blog);
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await track(asleep, "Awake");
  assert.deepEqual((await who(asleep)).slice(0, 2), [visitor, ""]);
  await track(blog, "Later");
  assert.deepEqual((await who(blog)).slice(0, 2), [visitor, ""]);
});

test("what is recorded under a denial is gone when it is taken back before the core", async () => {
  const early = await openEarly({ consent: "denied" });
  await early.evaluate(() => {
    hw.track("Unheard");
    hw.setConsent("granted");
    hw.track("Heard");
  });
  assert.equal(await letGo(early), true);
  await flush(early);
  assert.equal((await collector.named("Heard", 1)).length, 1);
  assert.deepEqual(await collector.named("Unheard", 1, 300), []);
});

const speakers = [
  ["locks are refused", async () => open({}, { prepare: () => (navigator.locks.request = () => Promise.reject(new DOMException("refused", "SecurityError"))) })],
  ["tabs share nothing", async () => (await open({ persistence: "memory" }), open({ persistence: "memory" }))],
  ["the first tab has no core", async () => {
    const first = await openEarly();
    await first.evaluate(() => ((TextEncoder.prototype.encodeInto = () => null), letGo(), hw.ready));
    return open();
  }],
];
for (const [name, openLast] of speakers) {
  test(`a denial asks the collector to delete: ${name}`, async () => {
    const page = await openLast();
    await track(page, "A");
    assert.equal(await flush(page), true);
    await page.evaluate(() => hw.setConsent("denied"));
    assert.equal(await flush(page), true);
    assert.equal((await collector.named("Deletion Requested", 1)).length, 1);
  });
}

test("a page that was prerendered before a logout has the visitor of after it", async () => {
  const page = await open();
  await page.evaluate(() => hw.identify("u1"));
  const next = `${page.url()}&next`;
  await page.evaluate((next) => {
    const rules = document.createElement("script");
    rules.type = "speculationrules";
    rules.textContent = JSON.stringify({ prerender: [{ source: "list", urls: [next] }] });
    document.head.append(rules);
  }, next);
  // The prerendered page is out of reach: it has read who the visitor is soon after it was asked for.
  for (const endMs = Date.now() + 10_000; !asked.includes(next) && Date.now() < endMs; ) await pause(50);
  await pause(1_000);
  await page.evaluate(() => hw.reset());
  const [visitor] = await who(page);
  await Promise.all([page.waitForNavigation(), page.evaluate((next) => void (location.href = next), next)]);
  await page.waitForSelector("html[data-ready=true]");
  assert.ok((await page.evaluate(() => performance.getEntriesByType("navigation")[0].activationStart)) > 0, "it was prerendered");
  await track(page, "Seen");
  assert.deepEqual((await who(page)).slice(0, 2), [visitor, ""]);
});

test("a pause that the collector asked of one tab is kept by the other", async () => {
  let requests = 0;
  const busy = createServer((_, response) => {
    requests++;
    response.writeHead(429, { "retry-after": "60", "access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After" }).end();
  });
  await new Promise((done) => busy.listen(0, "127.0.0.1", done));
  const host = `http://127.0.0.1:${busy.address().port}`;
  const [one, two] = [await open({ host }), await open({ host })];
  await track(one, "A");
  assert.equal(await flush(one), false);
  const asked = requests;
  await track(two, "B");
  assert.equal(await flush(two), false);
  assert.equal(requests, asked, "the second tab knows");
  busy.closeAllConnections();
  busy.close();
});

test("what a listener records while the core is at work comes after", async () => {
  const page = await open();
  await page.evaluate(() => {
    hw.use({ name: "nested", setup: (client, host) => host.onDiagnostic(({ kind }) => kind == "name-missing" && client.track("Nested")) });
    hw.track("");
    hw.track("Outer");
  });
  await flush(page);
  assert.equal((await collector.named("Nested", 1)).length, 1);
  assert.equal((await collector.named("Outer", 1)).length, 1);
});

test("what a trap of the core leaves is sent without it", async () => {
  const page = await open();
  await page.evaluate(() => {
    // The memory that the core needs for a text is not there: it traps.
    const encode = TextEncoder.prototype.encodeInto;
    TextEncoder.prototype.encodeInto = () => {
      TextEncoder.prototype.encodeInto = encode;
      throw new WebAssembly.RuntimeError("unreachable");
    };
    hw.track("At the trap");
    hw.track("After it");
    return hw.flush();
  });
  assert.equal((await collector.named("At the trap", 1)).length, 1);
  assert.equal((await collector.named("After it", 1)).length, 1);
});

test("a trap while the core takes what waited for it loses nothing", async () => {
  const one = await open();
  const [visitor] = await who(one);
  await one.close();
  const page = await openEarly();
  await page.evaluate(() => {
    hw.track("Former");
    hw.reset();
    hw.track("Taken");
    hw.track("Trapped");
    hw.track("After it");
    const encode = TextEncoder.prototype.encodeInto;
    TextEncoder.prototype.encodeInto = function (text, bytes) {
      if (!text.includes("Trapped")) return encode.call(this, text, bytes);
      TextEncoder.prototype.encodeInto = encode;
      throw new WebAssembly.RuntimeError("unreachable");
    };
  });
  assert.equal(await letGo(page), false);
  await page.evaluate(() => hw.flush());
  for (const name of ["Taken", "Trapped", "After it"]) {
    const found = await collector.named(name, 1, 2_000);
    assert.deepEqual(found.map(({ anonymousId }) => anonymousId == visitor), [false], name);
  }
  const [former] = await collector.named("Former", 1, 2_000);
  assert.equal(former.anonymousId, visitor);
});

test("what a listener records in a call that traps is sent without the core", async () => {
  const page = await open();
  await page.evaluate(() => {
    const decode = TextDecoder.prototype.decode;
    const record = ({ kind }) => {
      if (kind != "name-missing") return;
      hw.track("Nested");
      // The next thing that the core asks for fails.
      TextDecoder.prototype.decode = () => {
        TextDecoder.prototype.decode = decode;
        throw new WebAssembly.RuntimeError("unreachable");
      };
    };
    hw.use({ name: "nested", setup: (_, host) => host.onDiagnostic(record) });
    hw.track("");
  });
  assert.equal(await flush(page), false, "there was a trap");
  assert.equal((await collector.named("Nested", 1, 2_000)).length, 1);
});

test("onSession is told each session and why it began", async () => {
  const page = await open();
  await page.evaluate(() => hw.identify("u1"));
  await page.evaluate(() => hw.startSession());
  await page.evaluate(() => hw.identify("u2"));
  await page.evaluate(() => {
    hw.reset();
    hw.track("Anew");
  });
  const told = await page.evaluate(() => sessions);
  assert.deepEqual(told.map(([, reason]) => reason), ["first", "manual", "user", "reset"]);
  assert.equal(told.at(-1)[0], (await who(page))[2]);
});

const nothingKept = [
  ["cookieless", { persistence: "memory" }, undefined, true],
  ["consent is not known yet", { consent: "unknown" }, undefined, false],
  ["consent is denied", { consent: "denied" }, undefined, false],
  ["Global Privacy Control", {}, () => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }), false],
  ["Do Not Track", {}, () => Object.defineProperty(Navigator.prototype, "doNotTrack", { get: () => "1" }), false],
];
for (const [name, options, prepare, isSent] of nothingKept) {
  test(`nothing of the visitor is kept: ${name}`, async () => {
    const page = await open(options, { prepare });
    await track(page, "A");
    await flush(page);
    const left = (await kept(page)).filter((key) => !/^hw\.web\.[st]$/.test(key));
    assert.deepEqual(left, []);
    if (options.consent == "unknown" || isSent) assert.deepEqual(await kept(page), []);
    assert.equal((await collector.named("A", 1, isSent ? 5_000 : 300)).length, isSent ? 1 : 0);
  });
}

test("what was held until consent is sent after it", async () => {
  const page = await open({ consent: "unknown" });
  await track(page, "Held");
  await page.evaluate(() => hw.setConsent("granted"));
  await flush(page);
  assert.equal((await collector.named("Held", 1)).length, 1);
});

test("a page of the back/forward cache goes on", async () => {
  const page = await open();
  await track(page, "Before");
  await page.goto("about:blank");
  await page.goBack();
  await track(page, "After");
  assert.equal(await flush(page), true);
  const [before] = await collector.named("Before", 1);
  const [after] = await collector.named("After", 1);
  assert.equal(before.anonymousId, after.anonymousId);
  assert.equal(before.context.session.id, after.context.session.id);
});

test("a URL tells no more than it may", async () => {
  const page = await open({ queryAllow: ["tab"] }, { more: "&token=s3cret&utm_source=news&gclid=g1&tab=two#access=s3cret" });
  await track(page, "A");
  await flush(page);
  const [event] = await collector.named("A", 1);
  assert.equal(event.context.page.search, "?utm_source=news&gclid=g1&tab=two");
  assert.equal(event.context.page.url, `${app.origin}/?utm_source=news&gclid=g1&tab=two`);
  assert.deepEqual(event.context.campaign, { source: "news", gclid: "g1" });
  assert.ok(!JSON.stringify(event).includes("s3cret"));
});
