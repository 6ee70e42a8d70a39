// A front end of Rust: examples/web-rust, built as its readers build it, in Chromium against the real collector.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { build } from "esbuild";

import { serve } from "./app.mjs";
import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";
import { hangAtWrite, stopAt } from "./stopped.mjs";
import { repo, target } from "./places.mjs";

const folder = join(target, "npm-test/web-rust");

/** The client as JavaScript has it: `sdk-wasm/examples/face.rs`. */
const buildFace = () => {
  const built = process.env.CARGO_TARGET_DIR || target;
  const run = (command, ...rest) => execFileSync(command, rest, { cwd: repo, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  run("cargo", "build", "--quiet", ..."--package holloway-wasm --example face --features web --target wasm32-unknown-unknown".split(" "));
  const tool = run(join(repo, "xtask/wasm-bindgen.sh")).trim();
  run(tool, "--target", "web", "--no-typescript", "--out-dir", join(folder, "face"), join(built, "wasm32-unknown-unknown/debug/examples/face.wasm"));
  writeFileSync(join(folder, "plain.html"), "<!doctype html><title>Nothing</title>");
  writeFileSync(
    join(folder, "face.html"),
    `<!doctype html><title>Face</title><script type="module">
      import start, { Face } from "./face/face.js";
      await start();
      window.hw = new Face(JSON.parse(new URLSearchParams(location.search).get("options")));
      window.sessions = [];
      hw.on_session((...told) => sessions.push(told));
      document.documentElement.dataset.ready = true;
    </script>`,
  );
};

let app, browser, collector, context, index;
before(async () => {
  rmSync(folder, { recursive: true, force: true });
  // A machine without cargo fails here, and says so.
  execFileSync(join(repo, "examples/web-rust/build.sh"), [folder], { stdio: ["ignore", "ignore", "inherit"] });
  index = readFileSync(join(folder, "index.html"), "utf8");
  buildFace();
  // The npm package beside it, as the same app.
  await build({
    stdin: {
      contents: `import { init } from "@holloway/browser";
        window.hw = init({ writeKey: "demo", host: document.querySelector("meta[name=collector]").content });
        hw.ready.then(() => (document.documentElement.dataset.ready = true));`,
      resolveDir: join(import.meta.dirname, ".."),
    },
    outfile: join(folder, "npm.js"),
    bundle: true,
    format: "esm",
    logLevel: "warning",
  });
  app = await serve(folder);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await app?.stop();
});
beforeEach(async () => {
  collector = await startCollector();
  context = await browser.createBrowserContext();
  const here = index.replace("http://127.0.0.1:8787", collector.host);
  writeFileSync(join(folder, "index.html"), here);
  writeFileSync(join(folder, "npm.html"), here.replace(/import start[^<]*/, `import "./npm.js";`));
});
afterEach(async () => {
  await context.close();
  await collector.stop();
  collector.remove();
});

const open = async (path = "/", { prepare, origin = app.origin } = {}) => {
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  if (prepare) await page.evaluateOnNewDocument(prepare);
  await page.goto(origin + path);
  await page.waitForFunction(() => document.querySelector("#visitor")?.textContent || document.documentElement.dataset.ready);
  return page;
};
const shown = (page, selector) => page.$eval(selector, (it) => it.textContent);
const flush = async (page) => {
  await page.$eval("#outcome", (it) => (it.textContent = ""));
  await page.click("#flush");
  await page.waitForFunction(() => document.querySelector("#outcome").textContent);
  return shown(page, "#outcome");
};
const records = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".o.")).length);

test("a core that the browser stops as the page is left loses nothing", async () => {
  const page = await open("/", { prepare: hangAtWrite });
  assert.equal(await flush(page), "delivered");
  await page.click("#count");
  await stopAt(page, ".s", () => dispatchEvent(new Event("pagehide")));
  await page.click("#count");
  await page.close();
  assert.equal((await collector.named("Counted", 1)).length, 1);
  const next = await open();
  assert.equal(await flush(next), "delivered");
  assert.deepEqual((await collector.named("Counted", 2)).map(({ properties }) => properties.clicks), [1, 2], "what came after the stop, too");
});

test("an event has the page and the session, and the visitor becomes the user", async () => {
  const page = await open("/?utm_source=mail&product=7&token=secret#access_token=1");
  await page.click("#count");
  await page.click("#sign-in");
  await page.click("#count");
  assert.equal(await shown(page, "#user"), "ada");
  assert.equal(await flush(page), "delivered");
  assert.equal(await records(page), 0, "nothing is kept of what has a receipt");
  const events = collector.events();
  assert.deepEqual(
    events.map(({ type, event, name, userId }) => [type, event ?? name, userId]),
    [
      ["page", "Counter", undefined],
      ["track", "Counted", undefined],
      ["identify", undefined, "ada"],
      ["track", "Counted", "ada"],
    ],
  );
  const [view, first, identify] = events;
  const at = {
    path: "/",
    referrer: "",
    referring_domain: "",
    search: "?utm_source=mail&product=7",
    title: "Counter",
    url: `${app.origin}/?utm_source=mail&product=7`,
    viewId: view.context.page.viewId,
  };
  assert.match(at.viewId, /^[\da-f]{8}-[\da-f]{4}-7/);
  assert.deepEqual(view.properties, { ...at, kind: "example" });
  assert.deepEqual(first.properties, { clicks: 1 });
  assert.deepEqual(identify.traits, { plan: "pro" });
  const visitor = await shown(page, "#visitor");
  for (const { context, anonymousId } of events) {
    assert.deepEqual(context.page, at);
    assert.deepEqual(context.campaign, { source: "mail" });
    assert.equal(context.library.name, "holloway-wasm");
    assert.match(context.userAgent, /Chrome/);
    assert.match(context.tabId, /^[\da-f]{8}-[\da-f]{4}-7/);
    assert.equal(context.userAgentData.platform, "Linux");
    assert.equal(typeof context.network.effectiveType, "string");
    assert.equal(context.timezone, await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone));
    assert.equal(anonymousId, visitor);
  }
  const sessions = new Set(events.map(({ context }) => context.session?.id ?? context.sessionId));
  assert.equal(sessions.size, 1);
  assert.match([...sessions][0], /^[0-9a-f-]{36}$/);
  assert.deepEqual(page.complaints, []);
});

test("a closed tab loses nothing and sends nothing twice", async () => {
  for (let visit = 0; visit < 5; visit++) {
    const page = await open();
    for (let click = 0; click < 3; click++) await page.click("#count");
    await page.close();
  }
  const found = await collector.named("Counted", 15);
  assert.equal(found.length, 15);
  assert.equal(new Set(found.map(({ messageId }) => messageId)).size, 15);
});

test("a second visit is the same visitor, in this client and in the npm package", async () => {
  const first = await open();
  const visitor = await shown(first, "#visitor");
  await first.click("#sign-in");
  await first.close();
  const second = await open();
  assert.equal(await shown(second, "#visitor"), visitor);
  await second.close();
  const other = await open("/npm.html");
  assert.deepEqual(await other.evaluate(() => [hw.anonymousId(), hw.userId()]), [visitor, "ada"]);
  await other.evaluate(() => hw.reset());
  const next = await other.evaluate(() => hw.anonymousId());
  assert.notEqual(next, visitor);
  const third = await open();
  assert.equal(await shown(third, "#visitor"), next);
  // A tab beside it hears of it too.
  await other.evaluate(() => hw.identify("bob"));
  await third.click("#count");
  assert.equal(await flush(third), "delivered");
  const [counted] = await collector.named("Counted", 1);
  assert.deepEqual([counted.anonymousId, counted.userId], [next, "bob"]);
  // And what this client says holds for the npm package's next page, whose cookie it is.
  await third.click("#sign-in");
  await third.close();
  await other.reload();
  await other.waitForSelector("html[data-ready]");
  assert.deepEqual(await other.evaluate(() => [hw.anonymousId(), hw.userId()]), [next, "ada"]);
});

test("sub-domains are one visitor", async () => {
  const at = (host) => app.origin.replace("127.0.0.1", host);
  const [www, pay, elsewhere] = [await open("/", { origin: at("www.shop.localhost") }), await open("/", { origin: at("pay.shop.localhost") }), await open("/", { origin: at("www.other.localhost") })];
  const visitor = await shown(www, "#visitor");
  assert.equal(await shown(pay, "#visitor"), visitor);
  assert.notEqual(await shown(elsewhere, "#visitor"), visitor);
});

test("what an outage held back arrives at the next visit, once", async () => {
  await collector.stop();
  const page = await open();
  await page.click("#count");
  assert.equal(await flush(page), "kept for later");
  await page.waitForFunction(() => document.querySelector("#diagnostic").textContent == "retrying");
  assert.ok((await records(page)) > 0);
  await page.close();
  collector = await startCollector(collector.data, new URL(collector.host).port);
  const next = await open();
  const found = await collector.named("Counted", 1, 20_000);
  assert.deepEqual(found.map(({ properties }) => properties), [{ clicks: 1 }]);
  assert.deepEqual(next.complaints, []);
});

test("a browser that says no is believed, and a full storage costs no event", async () => {
  const quiet = await open("/", { prepare: () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }) });
  await quiet.click("#count");
  await flush(quiet);
  assert.equal(await records(quiet), 0);
  assert.equal(await quiet.evaluate(() => document.cookie), "");
  await quiet.close();
  await context.close();
  context = await browser.createBrowserContext();
  const full = await open("/", {
    prepare: () => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    },
  });
  await full.click("#count");
  assert.equal(await flush(full), "delivered");
  assert.equal(await shown(full, "#diagnostic"), "storage-failed");
  assert.deepEqual(full.complaints, []);
  assert.equal((await collector.named("Counted", 1)).length, 1, "the other visitor's is not among them");
});

/** Records of a former page of the npm package that never had its core, put down before this page's first line. */
const formerPage = () => {
  const key = (index) => `hw.demo.o.0123456789ab.q.${index}`;
  if (localStorage.getItem("former")) return;
  localStorage.setItem("former", "here");
  const id = (end) => `0190a5a0-0000-7000-a000-00000000000${end}`;
  localStorage.setItem(key(0), JSON.stringify([3, "eve", "", id(1), Date.now() - 2_000, "", ""]));
  localStorage.setItem(key(1), JSON.stringify([0, "Left Behind", "", id(2), Date.now() - 1_000, "", ""]));
};

test("calls that a former page left come before this page's own", async () => {
  const page = await open("/", { prepare: formerPage });
  await page.click("#count");
  assert.equal(await flush(page), "delivered");
  assert.deepEqual(
    collector.events().map(({ type, event, name, userId }) => [type, event ?? name, userId]),
    [
      ["identify", undefined, "eve"],
      ["track", "Left Behind", "eve"],
      ["page", "Counter", "eve"],
      ["track", "Counted", "eve"],
    ],
  );
  assert.equal(await records(page), 0);
  assert.deepEqual(page.complaints, []);
});

test("while a former page's calls are waited for, this page's are kept, and go when it is left", async () => {
  const page = await open("/", {
    prepare: `(${formerPage})(); navigator.locks.request = () => new Promise(() => {});`,
  });
  await page.click("#count");
  // The page view and the click, in the form of the npm package.
  const kept = await page.evaluate(() =>
    Object.keys(localStorage).filter((key) => /\.q\./.test(key) && !key.includes("0123456789ab")).sort().map((key) => JSON.parse(localStorage.getItem(key))),
  );
  assert.deepEqual(kept.map(([kind, name]) => [kind, name]), [[1, "Counter"], [0, "Counted"]]);
  await page.close();
  const [counted, ...more] = await collector.named("Counted", 1);
  assert.deepEqual([counted.messageId, counted.properties, more], [kept[1][3], { clicks: 1 }, []]);
});

test("another tab's decision holds before its event is heard", async () => {
  const page = await open();
  assert.equal(await flush(page), "delivered");
  // The tab that writes hears no event of it.
  await page.evaluate(() => localStorage.setItem("hw.demo.c", "denied"));
  await page.click("#count");
  assert.equal(await records(page), 0);
  assert.equal(await page.evaluate(() => document.cookie), "");
  await flush(page);
  await page.evaluate(() => localStorage.setItem("hw.demo.c", "granted"));
  await page.click("#count");
  assert.equal(await flush(page), "delivered");
  assert.deepEqual((await collector.named("Counted", 2, 300)).map(({ properties }) => properties), [{ clicks: 2 }]);
});

test("another sub-domain's identity is met by the next call", async () => {
  const at = (host) => app.origin.replace("127.0.0.1", host);
  const www = await open("/", { origin: at("www.shop.localhost") });
  const pay = await open("/", { origin: at("pay.shop.localhost") });
  await pay.click("#sign-in");
  // Before the page is shown again, which is told it as well.
  await www.evaluate(() => document.querySelector("#count").click());
  await www.bringToFront();
  assert.equal(await flush(www), "delivered");
  const [counted] = await collector.named("Counted", 1);
  assert.equal(counted.userId, "ada");
});

const bodies = () => {
  window.bodies = [];
  const { fetch } = window;
  window.fetch = async (url, options) => {
    // The page's own module comes by it too.
    if (!options?.body) return fetch(url, options);
    const bytes = new Uint8Array(await new Response(options.body).arrayBuffer());
    window.bodies.push([bytes[0], bytes.length]);
    return fetch(url, options);
  };
};

test("a large body is packed", async () => {
  const page = await open("/", { prepare: bodies });
  await flush(page);
  await page.evaluate(() => (window.bodies.length = 0));
  for (let click = 0; click < 15; click++) await page.click("#count");
  assert.equal(await flush(page), "delivered");
  assert.equal((await collector.named("Counted", 15)).length, 15);
  const sent = await page.evaluate(() => window.bodies);
  // An event is more than 500 bytes as text, most of them the same in all.
  assert.deepEqual(sent.map(([first]) => first), [0x1f]);
  assert.ok(sent[0][1] < 15 * 250, `${sent[0][1]} bytes`);
  assert.deepEqual(page.complaints, []);
});

test("what is being packed when the page is left goes as it is", async () => {
  const never = () => {
    window.CompressionStream = class {
      readable = new ReadableStream();
      writable = new WritableStream();
      constructor() {
        window.isPacking = true;
      }
    };
  };
  const page = await open("/", { prepare: never });
  for (let click = 0; click < 15; click++) await page.click("#count");
  await page.click("#flush");
  await page.waitForFunction(() => window.isPacking);
  await page.close();
  assert.equal((await collector.named("Counted", 15)).length, 15);
});

test("a browser that cannot pack sends as it is", async () => {
  const page = await open("/", { prepare: `delete window.CompressionStream; (${bodies})();` });
  for (let click = 0; click < 15; click++) await page.click("#count");
  assert.equal(await flush(page), "delivered");
  assert.equal((await collector.named("Counted", 15)).length, 15);
  assert.ok((await page.evaluate(() => window.bodies)).every(([first]) => first == "{".charCodeAt(0)));
  assert.deepEqual(page.complaints, []);
});

/** The face on a page of this host, which is the collector's as well. */
const face = (options, host = "127.0.0.1") => {
  const at = (url) => url.replace("127.0.0.1", host);
  const all = JSON.stringify({ host: at(collector.host), ...options });
  return open(`/face.html?options=${encodeURIComponent(all)}`, { origin: at(app.origin) });
};
/** Keys and cookies that are left. */
const left = (page) =>
  page.evaluate(() => [...Object.keys(localStorage), ...document.cookie.split("; ").filter(Boolean).map((pair) => pair.split("=")[0])].sort());

const KEPT = ["hw.demo.i", "hw.demo.s", "hw.demo.t"];
const places = [
  ["a cookie and localStorage", {}, [...KEPT, "hw_demo"]],
  ["localStorage alone", { persistence: "local" }, KEPT],
  ["cookieless", { persistence: "memory" }, []],
  ["a cookie of another name", { cookie_name: "mine", cookie_domain: "shop.localhost" }, [...KEPT, "mine"]],
];
for (const [name, options, expected] of places) {
  test(`what is kept once all is delivered: ${name}`, async () => {
    const page = await face(options, "www.shop.localhost");
    await page.evaluate(() => hw.track("Came"));
    assert.equal(await page.evaluate(() => hw.flush()), true);
    assert.equal((await collector.named("Came", 1)).length, 1);
    assert.deepEqual(await left(page), expected);
    assert.deepEqual(page.complaints, []);
  });
}

const who = (page) => page.evaluate(() => [hw.anonymous_id(), hw.user_id()]);
for (const consent of ["denied", "unknown"]) {
  test(`who agrees on a sub-domain is the visitor of the others: ${consent} before`, async () => {
    const shop = await face({}, "www.shop.localhost");
    await shop.evaluate(() => hw.identify("u1"));
    const [visitor] = await who(shop);
    const blog = await face({ consent }, "blog.shop.localhost");
    await blog.evaluate(() => {
      hw.track("Unheard");
      hw.set_consent("granted");
      hw.track("Agreed");
    });
    assert.deepEqual(await who(blog), [visitor, "u1"]);
    await shop.evaluate(() => hw.track("B"));
    assert.deepEqual(await who(shop), [visitor, "u1"]);
    await blog.evaluate(() => hw.flush());
    assert.equal((await collector.named("Agreed", 1)).length, 1);
    assert.equal((await collector.named("Unheard", 1, 300)).length, consent == "denied" ? 0 : 1);
  });
}

test("who resets before agreeing on a sub-domain is somebody else", async () => {
  const shop = await face({}, "www.shop.localhost");
  await shop.evaluate(() => hw.identify("u1"));
  const [visitor] = await who(shop);
  const blog = await face({ consent: "unknown" }, "blog.shop.localhost");
  await blog.evaluate(() => {
    hw.reset();
    hw.set_consent("granted");
    hw.track("Agreed");
  });
  const [other, user] = await who(blog);
  assert.notEqual(other, visitor);
  assert.equal(user, "");
});

test("JSON over several lines is one record on the next page too", async () => {
  await collector.stop();
  const page = await face({});
  await page.evaluate(() => {
    hw.tell("Printed", '{\n  "a": 1,\n  "b": [\n    2\n  ]\n}');
    hw.track("Beside it");
  });
  assert.equal(await page.evaluate(() => hw.flush()), false);
  await page.close();
  collector = await startCollector(collector.data, new URL(collector.host).port);
  await face({});
  const [printed] = await collector.named("Printed", 1, 20_000);
  assert.deepEqual(printed?.properties, { a: 1, b: [2] });
  assert.equal((await collector.named("Beside it", 1)).length, 1);
});

test("purposes are told with later events, and analytics decides", async () => {
  const page = await face({ consent: "unknown" });
  await page.evaluate(() => {
    hw.track("Held");
    hw.set_purposes('{"analytics":true,"advertising":false}');
    hw.track("Agreed");
  });
  assert.equal(await page.evaluate(() => hw.flush()), true);
  const [agreed] = await collector.named("Agreed", 1);
  assert.deepEqual(agreed.context.consent, { categoryPreferences: { analytics: true, advertising: false } });
  assert.equal((await collector.named("Held", 1)).length, 1);
  assert.equal(await page.evaluate(() => localStorage.getItem("hw.demo.c")), "granted");
  await page.evaluate(() => {
    hw.set_purposes('{"analytics":false}');
    hw.track("Unheard");
  });
  await page.evaluate(() => hw.flush());
  assert.equal(await page.evaluate(() => localStorage.getItem("hw.demo.c")), "denied");
  assert.ok(!(await left(page)).some((key) => !["hw.demo.c", "hw.demo.s", "hw.demo.t"].includes(key)));
  assert.deepEqual(await collector.named("Unheard", 1, 300), []);
});

for (const persistence of ["cookie", "local"]) {
  test(`after a denial that the collector acknowledged no id stays: ${persistence}`, async () => {
    const page = await face({ persistence });
    await page.evaluate(() => hw.identify("user-1"));
    assert.equal(await page.evaluate(() => hw.flush()), true);
    const ids = await page.evaluate(() => [hw.anonymous_id(), hw.session_id(), "user-1"]);
    await page.evaluate(() => hw.set_consent("denied"));
    assert.equal(await page.evaluate(() => hw.flush()), true);
    ids.push(await page.evaluate(() => hw.anonymous_id()));
    const kept = await page.evaluate(() => [document.cookie, ...[localStorage, sessionStorage].flatMap((area) => Object.entries(area).flat())]);
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).sort()), ["hw.demo.c", "hw.demo.s", "hw.demo.t"]);
    for (const id of ids) assert.ok(!kept.some((text) => text.includes(id)), `${id} in ${kept}`);
  });
}

test("a page view counts once, and events have its view and their tab", async () => {
  const page = await face({});
  await page.evaluate(() => {
    for (const name of ["A", "A", "B"]) hw.page(name);
    history.pushState({}, "", "/b");
    hw.track("On B");
    hw.page("C");
    hw.identify("null");
  });
  assert.equal(await page.evaluate(() => hw.flush()), true);
  const tab = collector.events().map(({ context }) => context.tabId);
  const views = collector.events().map(({ context }) => context.page.viewId);
  const number = (id) => [...new Set(views)].indexOf(id) + 1;
  assert.deepEqual(collector.events().map(({ name, event, context }) => `${name ?? event} ${number(context.page.viewId)}`), ["A 1", "B 2", "On B 3", "C 3"]);
  await page.goBack();
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.ready);
  await page.evaluate(() => (hw.track("Again"), hw.flush()));
  const [again] = await collector.named("Again", 1);
  assert.deepEqual([...new Set([...tab, again.context.tabId])], [tab[0]], "one tab");
});

test("sessions that begin are told, with their reason", async () => {
  const page = await face({});
  const session = async () => {
    await page.evaluate(() => hw.track("Came"));
    return page.evaluate(() => hw.session_id());
  };
  const first = await session();
  await page.evaluate(() => hw.reset());
  const second = await session();
  assert.notEqual(second, first);
  assert.deepEqual(await page.evaluate(() => sessions), [[first, "first"], [second, "reset"]]);
  await page.close();
  const next = await face({});
  await next.evaluate(() => hw.track("Came"));
  assert.equal(await next.evaluate(() => hw.session_id()), second);
  assert.deepEqual(await next.evaluate(() => sessions), [], "a former page's is no news");
});

test("the visitor is the same when only the server's cookie is left", async () => {
  await collector.stop();
  collector.remove();
  collector = await startCollector(undefined, 0, ["--cookie", "hw_id;domain=shop.localhost"]);
  const visit = async (options) => {
    const page = await face(options, "app.shop.localhost");
    await page.evaluate(() => hw.track("Came"));
    assert.equal(await page.evaluate(() => hw.flush()), true);
    const found = await page.evaluate(() => [hw.anonymous_id(), /hw_id=([^;]*)/.exec(document.cookie)?.[1]]);
    // No listener of the page writes anything back once it is gone.
    await page.goto("about:blank");
    await page.close();
    return found;
  };
  const forget = async () => {
    const page = await context.newPage();
    await page.goto(`${app.origin.replace("127.0.0.1", "app.shop.localhost")}/plain.html`);
    await page.evaluate(() => {
      localStorage.clear();
      document.cookie = "hw_demo=;path=/;domain=shop.localhost;max-age=0";
    });
    await page.close();
  };
  const [visitor, told] = await visit({ server_cookie: "hw_id" });
  assert.equal(told, visitor);
  await forget();
  assert.equal((await visit({ server_cookie: "hw_id" }))[0], visitor);
  await forget();
  assert.notEqual((await visit({}))[0], visitor, "who does not name the cookie does not read it");
});
