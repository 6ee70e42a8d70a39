// Forms, media, exposure and vitals in real Chromium against the real collector: a scripted visitor, and lists of what
// he did, written by hand.

import assert from "node:assert/strict";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { launch } from "./chromium.mjs";
import { startCollector } from "./collector.mjs";

const npm = join(import.meta.dirname, "..");
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".webm": "video/webm" };

/** Serves the built package and the pages; seeking needs ranges, and single-page routes get the page. */
const serve = async () => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    const path = pathname.startsWith("/dist/") ? pathname : `/test/features${pathname.includes(".") ? pathname : "/page.html"}`;
    const file = join(npm, path);
    if (!existsSync(file)) return response.writeHead(404).end();
    const { size } = statSync(file);
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range) ?? [];
    const [start, end] = [+(from ?? 0), Math.min(+(to || size - 1), size - 1)];
    response.writeHead(from ? 206 : 200, {
      "content-type": KINDS[extname(file)],
      "content-length": end - start + 1,
      "accept-ranges": "bytes",
      ...(from && { "content-range": `bytes ${start}-${end}/${size}` }),
    });
    createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const stop = () => (server.closeAllConnections(), new Promise((done) => server.close(done)));
  return { origin: `http://127.0.0.1:${server.address().port}`, stop };
};

let site, frames, browser;
before(async () => {
  [site, frames, browser] = await Promise.all([serve(), serve(), launch()]);
});
after(() => Promise.all([browser?.close(), site?.stop(), frames?.stop()]));

/**
 * One visitor, one collector: `body` is what the page shows, `act` what the visitor does there before he leaves. Answers
 * with all of his events. He comes back at the end: the number of that event says how many there were before it.
 */
const visit = async (use, body, act, more = "") => {
  const collector = await startCollector();
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error));
    const open = async (features) => {
      await page.goto(`${site.origin}/shop?host=${collector.host}&use=${features}${more}`);
      await page.waitForSelector("html[data-ready=true]");
    };
    await open(use);
    await page.evaluate((body) => document.querySelector("main").setHTMLUnsafe(body), body);
    await act(page, collector);
    await page.goto(`${site.origin}/other.html`);
    await open("");
    await page.evaluate(() => (hw.track("Back"), hw.flush()));
    const indexOf = (event) => event.context.session.eventIndex;
    const [back] = await collector.named("Back", 1);
    for (const end = Date.now() + 10_000; Date.now() < end && collector.events().length < indexOf(back); ) await pause(50);
    assert.deepEqual(errors, []);
    const events = collector.events().sort((a, b) => indexOf(a) - indexOf(b));
    assert.deepEqual(events.map(indexOf), events.map((_, i) => i + 1), "every event, once");
    return events.slice(0, -1);
  } finally {
    await context.close();
    await collector.stop();
    collector.remove();
  }
};

/** Waits until so many events of the name are recorded. */
const recorded = async (page, collector, name, count) => {
  for (const end = Date.now() + 10_000; Date.now() < end; await pause(50)) {
    await page.evaluate(() => hw.flush());
    if (collector.events().filter((event) => event.event === name).length >= count) return;
  }
  throw new Error(`expected ${count} of ${name}`);
};

/** An event as the lists below have it: its name, and these of its properties. */
const only = (...keys) => ({ event, properties }) => [
  event,
  ...keys.filter((key) => key in properties).map((key) => properties[key]),
];
const names = (fields) => fields?.map(({ name }) => name);
const formEvent = ({ event, properties: { form, field, fields, errors, last_field } }) =>
  fields ? [event, form, names(fields), last_field, errors] : [event, form, field];

// Forms.

const SIGNUP = `
  <form name="signup" onsubmit="return false">
    <input name="email" type="email" required>
    <input id="city">
    <select id=":r1:" autocomplete="country"><option>NO<option>SE</select>
    <input type="password" name="new">
    <input name="number" autocomplete="cc-number">
    <span data-holloway-off><input name="coupon"></span>
    <button>Go</button>
  </form>`;

test("a form is filled, refused, and submitted, and nothing typed is stored", async () => {
  const events = await visit("forms", SIGNUP, async (page) => {
    await page.click("button");
    for (const typed of ["ada@example.com", "Oslo", "SE", "hunter2-secret", "4111111111111111", "OFFCOUPON"]) {
      await page.keyboard.type(typed);
      await page.keyboard.press("Tab");
    }
    await page.click("button");
  });
  assert.deepEqual(events.map(formEvent), [
    ["Form Started", "signup", "email"],
    ["Form Submitted", "signup", ["email", "#city", "country", "password", "text"], "text", { email: 1 }],
  ]);
  const { fields, duration_ms } = events[1].properties;
  const sum = fields.reduce((sum, { ms }) => sum + ms, 0);
  assert.ok(fields.every(({ ms }) => ms >= 0 && Number.isInteger(ms)) && sum > 0, JSON.stringify(fields));
  assert.ok(duration_ms >= sum - fields.length, `${duration_ms} of ${sum}`);
  const stored = JSON.stringify(events);
  for (const typed of ["ada@", "Oslo", "hunter2", "4111", "OFFCOUPON", "coupon"]) assert.ok(!stored.includes(typed), typed);
});

test("a form that is left is abandoned, and a hidden page is not left", async () => {
  const events = await visit("forms", SIGNUP, async (page) => {
    await page.type("[name=email]", "ada");
    const other = await page.browserContext().newPage();
    await other.bringToFront();
    await other.close();
    await page.bringToFront();
    await page.type("#city", "Os");
    await page.type("[name=email]", "@");
  });
  assert.deepEqual(events.map(formEvent), [
    ["Form Started", "signup", "email"],
    ["Form Abandoned", "signup", ["email", "#city"], "#city", {}],
  ]);
});

test("a route change and a removal abandon a form, on the page where it was", async () => {
  const events = await visit("forms", SIGNUP, async (page, collector) => {
    await page.click("[name=email]");
    await page.evaluate(() => history.pushState({}, "", "/next"));
    await recorded(page, collector, "Form Abandoned", 1);
    await page.click("#city");
    await page.evaluate(() => document.querySelector("form").remove());
    await recorded(page, collector, "Form Abandoned", 2);
  });
  assert.deepEqual(events.map((event) => [event.context.page.path, ...formEvent(event)]), [
    ["/shop", "Form Started", "signup", "email"],
    ["/shop", "Form Abandoned", "signup", ["email"], "email", {}],
    ["/next", "Form Started", "signup", "#city"],
    ["/next", "Form Abandoned", "signup", ["#city"], "#city", {}],
  ]);
});

test("forms in open shadow roots, and fields that are custom elements", async () => {
  const body = `
    <x-card><template shadowrootmode="open"><form name="inner" onsubmit="return false"><input name="nick"></form></template></x-card>
    <form id="outer" onsubmit="return false"><x-field name="phone"><template shadowrootmode="open"><input></template></x-field></form>`;
  const events = await visit("forms", body, async (page) => {
    await page.type(">>> [name=nick]", "ada");
    await page.evaluate(() => document.querySelector("x-card").shadowRoot.querySelector("form").requestSubmit());
    await page.type("x-field >>> input", "555");
    await page.evaluate(() => document.querySelector("#outer").requestSubmit());
  });
  assert.deepEqual(events.map(formEvent), [
    ["Form Started", "inner", "nick"],
    ["Form Submitted", "inner", ["nick"], "nick", {}],
    ["Form Started", "#outer", "phone"],
    ["Form Submitted", "#outer", ["phone"], "phone", {}],
  ]);
});

test("form.submit() has no event, and is known by the data that it takes", async () => {
  const events = await visit("forms", `<form id="pay" action="/other.html"><input name="a"></form>`, async (page) => {
    await page.type("[name=a]", "x");
    // Longer than what counts as an autosave.
    await page.waitForFunction((at) => performance.now() > at + 60, {}, await page.evaluate(() => performance.now()));
    await Promise.all([page.waitForNavigation(), page.evaluate(() => document.querySelector("form").submit())]);
  });
  assert.deepEqual(events.map(formEvent), [
    ["Form Started", "#pay", "a"],
    ["Form Submitted", "#pay", ["a"], "a", {}],
  ]);
});

test("what is off is off, and fields without a form are an option", async () => {
  const body = `<div role="form" id="chat"><input name="line"></div><form data-holloway-off name="secret"><input name="b"></form>`;
  const act = async (page) => {
    await page.type("[name=line]", "x");
    await page.type("[name=b]", "x");
    await page.evaluate(() => document.querySelector("form").dispatchEvent(new Event("submit")));
  };
  assert.deepEqual(await visit("forms", body, act), []);
  assert.deepEqual((await visit("forms", body, act, "&formless")).map(formEvent), [
    ["Form Started", "#chat", "line"],
    ["Form Abandoned", "#chat", ["line"], "line", {}],
  ]);
});

// Media.

const played = only("percent", "from", "to", "watched_ms", "ranges");
const near = (value, expected, within, what) =>
  assert.ok(Math.abs(value - expected) <= within, `${what}: expected about ${expected}, found ${value}`);

test("a video is played, paused, sought and watched to the end; played again it is another session", async () => {
  const body = `<video muted src="/pattern.webm?token=secret" data-holloway-media="Tour"></video>`;
  let paused;
  const events = await visit("media", body, async (page) => {
    const video = (use) => page.evaluate(`(() => { const video = document.querySelector("video"); ${use} })()`);
    const until = (condition) => page.waitForFunction(`(() => { const video = document.querySelector("video"); return ${condition} })()`);
    await video("return video.play()");
    await until("video.currentTime > 1.3");
    await video("return new Promise((done) => { video.onpause = done; video.pause() }).then(() => 0)");
    paused = await video("return video.currentTime");
    await video("return video.play()");
    await video("return new Promise((done) => { video.onseeked = done; video.currentTime = 3.2 }).then(() => 0)");
    await until("video.ended");
    await video("video.playbackRate = 2; return video.play()");
    await until("video.ended");
  });
  assert.deepEqual(events.map(({ event, properties: { percent } }) => [event, percent].filter(Boolean)), [
    ["Video Playback Started"],
    ["Video Progress Reached", 25],
    ["Video Playback Paused"],
    ["Video Playback Resumed"],
    ["Video Playback Seek Completed"],
    ["Video Progress Reached", 100],
    ["Video Playback Completed"],
    ["Video Watched"],
    ["Video Playback Started"],
    ["Video Progress Reached", 25],
    ["Video Progress Reached", 50],
    ["Video Progress Reached", 75],
    ["Video Progress Reached", 100],
    ["Video Playback Completed"],
    ["Video Watched"],
  ]);
  const of = (name) => events.filter(({ event }) => event === name).map(({ properties }) => properties);
  const { session_id, ...first } = events[0].properties;
  assert.deepEqual(first, {
    title: "Tour",
    src: `${site.origin}/pattern.webm`,
    video_player: "html5",
    position: 0,
    total_length: 4,
    sound: 0,
    rate: 1,
    full_screen: false,
  });
  const sessions = events.map(({ properties }) => properties.session_id);
  assert.deepEqual(sessions.map((id) => id === session_id), [...Array(8).fill(true), ...Array(7).fill(false)]);
  near(of("Video Playback Paused")[0].position, paused, 0.05, "where it was paused");
  const [seek] = of("Video Playback Seek Completed");
  near(seek.from, paused, 0.4, "from");
  near(seek.to, 3.2, 0.05, "to");
  const [watched, again] = of("Video Watched");
  // Up to the pause, and from 3.2 to 4.
  near(watched.watched_ms, (paused + 0.8) * 1000, 400, "watched");
  assert.equal(watched.ranges.length, 2);
  assert.deepEqual([watched.ranges[0][0], ...watched.ranges[1]], [0, 3.2, 4]);
  // Four seconds at twice the speed.
  near(again.watched_ms, 2000, 50, "watched again");
  assert.deepEqual(again.ranges, [[0, 4]]);
  assert.equal(again.rate, 2);
});

/** A second of silence. */
const wav = () => {
  const bytes = Buffer.alloc(44 + 8000, 128);
  bytes.write("RIFF\0\0\0\0WAVEfmt ", "latin1");
  bytes.writeUInt32LE(36 + 8000, 4);
  for (const [at, value] of [[16, 16], [24, 8000], [28, 8000], [40, 8000]]) bytes.writeUInt32LE(value, at);
  for (const [at, value] of [[20, 1], [22, 1], [32, 1], [34, 8]]) bytes.writeUInt16LE(value, at);
  bytes.write("data", 36, "latin1");
  return `data:audio/wav;base64,${bytes.toString("base64")}`;
};

test("audio in a shadow root is told as audio, and what is left tells how much was heard", async () => {
  const body = `<x-player><template shadowrootmode="open"><button>Play</button><audio src="${wav()}"></audio></template></x-player>`;
  const events = await visit("media", body, async (page) => {
    await page.evaluate(() => {
      const root = document.querySelector("x-player").shadowRoot;
      window.audio = root.querySelector("audio");
      audio.volume = 0.5;
      root.querySelector("button").onclick = () => audio.play();
    });
    await page.click(">>> button");
    await page.waitForFunction(() => audio.ended);
    await page.click(">>> button");
    await page.waitForFunction(() => audio.currentTime > 0.6 && !audio.ended);
  });
  const told = events.map(only("percent"));
  const first = [
    ["Audio Playback Started"],
    ["Audio Progress Reached", 25],
    ["Audio Progress Reached", 50],
    ["Audio Progress Reached", 75],
    ["Audio Progress Reached", 100],
    ["Audio Playback Completed"],
    ["Audio Watched"],
  ];
  assert.deepEqual(told.slice(0, 8), [...first, ["Audio Playback Started"]]);
  assert.deepEqual(told.at(-1), ["Audio Watched"], "the second play was left");
  assert.equal(events[0].properties.sound, 50);
  assert.ok(!("src" in events[0].properties), "a data URL is no name");
});

test("a video that is removed tells what was watched when the next one begins", async () => {
  const video = (id) => `<video id="${id}" muted src="/pattern.webm" title="${id}"></video>`;
  const events = await visit("media", video("first") + video("second"), async (page) => {
    await page.evaluate(() => first.play());
    await page.waitForFunction(() => first.currentTime > 0.5);
    await page.evaluate(() => (first.remove(), second.play()));
    await page.waitForFunction(() => second.currentTime > 0.5);
  });
  assert.deepEqual(events.map(({ event, properties: { title } }) => [event, title]), [
    ["Video Playback Started", "first"],
    ["Video Watched", "first"],
    ["Video Playback Started", "second"],
    ["Video Watched", "second"],
  ]);
});

test("what only decorates, and what is off, is not told", async () => {
  const body = `<video id="a" autoplay loop muted src="/pattern.webm"></video><div data-holloway-off><video id="b" muted src="/pattern.webm"></video></div>`;
  const events = await visit("media", body, async (page) => {
    await page.evaluate(() => b.play());
    await page.waitForFunction(() => a.currentTime > 0.5 && b.currentTime > 0.5);
  });
  assert.deepEqual(events, []);
});

/** The visitor's player in a frame says this, and the page has heard it. */
const say = (page, id, ...messages) =>
  page.evaluate((id, messages) => new Promise((done) => {
    addEventListener("message", ({ data }) => data == "done" && done());
    for (const tell of [...messages, "done"]) document.getElementById(id).contentWindow.postMessage({ tell }, "*");
  }), id, messages);
/** The frame's player is there, and was asked to tell. */
const heard = async (page, id, is = "isHeard") => {
  const frame = await (await page.waitForSelector(`#${id}`)).contentFrame();
  await frame.waitForFunction(is);
};

test("frames that speak YouTube's protocol, from allowed origins only", async () => {
  const info = (info) => ({ event: "infoDelivery", info });
  const body = `<iframe id="tube" src="${frames.origin}/embed.html?youtube=1&enablejsapi=1"></iframe>
    <iframe id="alien" src="${frames.origin.replace("127.0.0.1", "localhost")}/embed.html?youtube"></iframe>`;
  const events = await visit(
    "media",
    body,
    async (page) => {
      await heard(page, "tube");
      // Nobody asks this one.
      await heard(page, "alien", "wanted");
      await page.evaluate((message) => postMessage(JSON.stringify(message), "*"), info({ playerState: 1, currentTime: 5 }));
      await say(page, "alien", info({ playerState: 1, currentTime: 0 }));
      await say(
        page,
        "tube",
        info({ playerState: 1, currentTime: 0 }),
        info({ currentTime: 0.9 }),
        info({ currentTime: 60 }),
        info({ playerState: 3 }),
        info({ playerState: 1 }),
        info({ currentTime: 60.5 }),
        info({ playerState: 2, muted: true }),
        info({ playerState: 1, muted: false }),
        info({ currentTime: 60.8 }),
        info({ currentTime: 99.5 }),
        info({ currentTime: 100, playerState: 0 }),
      );
    },
    `&embeds=${frames.origin}`,
  );
  assert.deepEqual(events.map(played), [
    ["Video Playback Started"],
    ["Video Playback Seek Completed", 0.9, 60],
    ["Video Playback Paused"],
    ["Video Playback Resumed"],
    ["Video Playback Seek Completed", 60.8, 99.5],
    ["Video Progress Reached", 100],
    ["Video Playback Completed"],
    ["Video Watched", 2200, [[0, 0.9], [60, 60.8], [99.5, 100]]],
  ]);
  const { session_id, ...first } = events[0].properties;
  assert.deepEqual(first, {
    src: `${frames.origin}/embed.html`,
    video_player: "youtube",
    position: 0,
    total_length: 100,
    sound: 80,
    rate: 1,
    full_screen: false,
  });
  assert.deepEqual(events.map(({ properties }) => properties.sound), [80, 80, 0, 80, 80, 80, 80, 80]);
});

test("frames that speak Vimeo's protocol", async () => {
  const event = (event, seconds, more) => ({ event, data: { seconds, duration: 4, percent: seconds / 4, ...more } });
  const origin = frames.origin.replace("127.0.0.1", "localhost");
  const events = await visit(
    "media",
    `<iframe id="vimeo" src="${origin}/embed.html?vimeo" data-holloway-media="Talk"></iframe>`,
    async (page) => {
      await heard(page, "vimeo");
      await say(
        page,
        "vimeo",
        { event: "volumechange", data: { volume: 0.25 } },
        event("play", 0),
        event("timeupdate", 0.9),
        event("timeupdate", 1.1),
        event("pause", 1.1),
        event("seeked", 3.5),
        event("play", 3.5),
        event("timeupdate", 3.9),
        event("pause", 3.9),
        event("ended", 4),
      );
    },
    `&embeds=${frames.origin}&vimeo=${origin}`,
  );
  assert.deepEqual(events.map(played), [
    ["Video Playback Started"],
    ["Video Progress Reached", 25],
    ["Video Playback Paused"],
    ["Video Playback Seek Completed", 1.1, 3.5],
    ["Video Playback Resumed"],
    ["Video Progress Reached", 100],
    ["Video Playback Completed"],
    ["Video Watched", 1600, [[0, 1.1], [3.5, 4]]],
  ]);
  assert.equal(events[0].properties.title, "Talk");
  assert.equal(events[0].properties.video_player, "vimeo");
  assert.equal(events[0].properties.sound, 25);
});

test("what was watched on a route is told of it", async () => {
  const video = (id) => `<video id="${id}" muted src="/pattern.webm" title="${id}"></video>`;
  const events = await visit("media", video("first") + video("second"), async (page) => {
    await page.evaluate(() => first.play());
    await page.waitForFunction(() => first.currentTime > 0.5);
    await page.evaluate(() => (history.pushState({}, "", "/next"), first.remove(), second.play()));
    await page.waitForFunction(() => second.currentTime > 0.5);
  });
  assert.deepEqual(events.map(({ event, context, properties: { title } }) => [context.page.path, event, title]), [
    ["/shop", "Video Playback Started", "first"],
    ["/shop", "Video Watched", "first"],
    ["/next", "Video Playback Started", "second"],
    ["/next", "Video Watched", "second"],
  ]);
});

// Exposure.

test("elements are exposed once each, when they were really in view, also those added later", async () => {
  const body = `
    <style>.card, [data-holloway-expose] { height: 200px } .gap { height: 3000px } #tall { height: 5000px }</style>
    <div data-holloway-expose="hero" id="hero"></div><div class="gap"></div>
    <div class="card" id="one"></div><div class="gap"></div>
    <div class="card" id="two" data-holloway-off></div><div class="gap"></div>
    <div data-holloway-expose="tall" id="tall"></div>`;
  const events = await visit("exposure", body, async (page, collector) => {
    const exposed = (count) => recorded(page, collector, "Element Exposed", count);
    const scroll = (id) => page.evaluate((id) => document.getElementById(id).scrollIntoView(), id);
    await exposed(1);
    // Past it, within a frame: not seen.
    await page.evaluate(() => (one.scrollIntoView(), hero.scrollIntoView()));
    await scroll("tall");
    await exposed(2);
    await scroll("two");
    await page.evaluate(() => {
      for (const id of ["late", "later", "last"]) {
        const element = document.createElement("div");
        element.className = "card";
        element.id = id;
        document.querySelector("main").append(element);
      }
    });
    await scroll("late");
    await exposed(4);
    await scroll("hero");
    await scroll("one");
    // Another page view: seen again, and counted anew.
    await page.evaluate(() => (history.pushState({}, "", "/next"), document.querySelector("main").append("next")));
    await exposed(5);
  });
  const exposed = events.filter(({ event }) => event === "Element Exposed");
  assert.deepEqual(
    exposed.map(({ properties: { name, selector }, context }) => [context.page.path, name, selector]).sort(),
    [
      ["/next", ".card", "#one"],
      ["/shop", ".card", "#late"],
      ["/shop", ".card", "#later"],
      ["/shop", "hero", "#hero"],
      ["/shop", "tall", "#tall"],
    ],
  );
  const viewed = events.filter(({ event }) => event === "Elements Viewed").flatMap(({ properties }) => properties.elements);
  assert.deepEqual([...new Set(names(viewed))].sort(), [".card", "hero", "tall"]);
  for (const { name, visible_ms } of viewed) assert.ok(visible_ms > 0, name);
});

test("what was seen on a route is told of it, and on the next one it is seen anew", async () => {
  const body = `<div data-holloway-expose="hero" style="height: 200px"></div>`;
  const events = await visit("exposure", body, async (page, collector) => {
    await recorded(page, collector, "Element Exposed", 1);
    await page.evaluate(() => (history.pushState({}, "", "/next"), document.querySelector("main").append("next")));
    await recorded(page, collector, "Element Exposed", 2);
    // Nothing in the page says that it is another one.
    await page.evaluate(() => history.pushState({}, "", "/last"));
    await recorded(page, collector, "Element Exposed", 3);
  });
  const told = ({ event, context, properties }) => [context.page.path, event, properties.name ?? names(properties.elements)];
  // A page that is left tells once more when it is hidden.
  const isNew = (one, i, all) => one.join() !== all[i - 1]?.join();
  assert.deepEqual(events.map(told).filter(isNew), [
    ["/shop", "Element Exposed", "hero"],
    ["/shop", "Elements Viewed", ["hero"]],
    ["/next", "Element Exposed", "hero"],
    ["/next", "Elements Viewed", ["hero"]],
    ["/last", "Element Exposed", "hero"],
    ["/last", "Elements Viewed", ["hero"]],
  ]);
});

test("the time that a computer slept is not seen", async () => {
  const body = `<div data-holloway-expose="hero" style="height: 200px"></div>`;
  const events = await visit("exposure", body, async (page, collector) => {
    await recorded(page, collector, "Element Exposed", 1);
    await page.evaluate((sleepMs) => {
      const now = performance.now.bind(performance);
      performance.now = () => now() + sleepMs;
    }, 20 * 60_000);
  });
  const viewed = events.flatMap(({ properties }) => properties.elements ?? []);
  const totalMs = viewed.reduce((sum, { visible_ms }) => sum + visible_ms, 0);
  assert.ok(200 <= totalMs && totalMs < 60_000, `${totalMs} ms`);
});

// Vitals.

test("vitals that are final only when the page is left leave with it", async () => {
  const body = `<p id="text">Text</p><button>Slow</button>`;
  const events = await visit("vitals", body, async (page, collector) => {
    await page.evaluate(() => {
      document.querySelector("button").onclick = () => {
        for (const end = performance.now() + 120; performance.now() < end; );
      };
      window.measured = new Promise((done) => {
        const hear = (list) => list.getEntries().some((entry) => entry.name === "click" && entry.interactionId) && done();
        new PerformanceObserver(hear).observe({ type: "event", durationThreshold: 40 });
      });
    });
    // A click ends the search for the largest paint: not before there is one.
    await page.evaluate(
      () => new Promise((done) => new PerformanceObserver(() => done()).observe({ type: "largest-contentful-paint", buffered: true })),
    );
    await page.click("button");
    // Until the browser has told of the click, nobody knows how long it took.
    await page.evaluate(() => measured);
    await page.goto(`${site.origin}/other.html`);
    const told = await collector.named("Web Vital Measured", 5);
    assert.equal(told.length, 5, `before the visitor comes back, found ${told.map(({ properties }) => properties.name)}`);
  });
  assert.deepEqual(events.map(({ event, properties }) => `${event} ${properties.name}`).sort(), [
    "Web Vital Measured CLS",
    "Web Vital Measured FCP",
    "Web Vital Measured INP",
    "Web Vital Measured LCP",
    "Web Vital Measured TTFB",
  ]);
  for (const { properties: { name, value, rating, navigation_type, id } } of events) {
    assert.equal(navigation_type, "navigate");
    assert.match(id, /^v\d+-/);
    assert.ok(["good", "needs-improvement", "poor"].includes(rating));
    if (name !== "CLS") assert.ok(Number.isInteger(value), `${name} ${value}`);
    if (name === "INP") assert.ok(value >= 112, `the click took 120 ms and more, found ${value}`);
  }
});
