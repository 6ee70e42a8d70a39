// What an SDK takes of the page's main thread, in Chromium:
//
//   node cost.mjs [--sdk NAME…] [--rounds 7] [--json FILE]
//
// Every round is a fresh profile for each SDK in turn, so that what else the machine does falls on all of them alike.
// Figures are medians over the rounds; of calls and clicks, which are many in each round, there are half as many rounds.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";

import { openBrowser } from "./browsers.mjs";
import { bundle } from "./bundle.mjs";
import { openPages } from "./pages.mjs";
import { place } from "./places.mjs";
import { chosen, ourEntries, SDKS, version } from "./sdks.mjs";
import { SCRIPT, SHOP } from "./shop.mjs";
import { openStub } from "./stub.mjs";
import { markdown } from "./table.mjs";

const FIRST_MS = 8_000;
/** The slowest timer of these SDKs is about to fire at 3 s. */
const WARM_MS = 3_500;
const BATCHES = 12;
const CALLS = 100;
const BATCH_PAUSE_MS = 300;
const CLICKS = 60;
/** The slow end of phones, as Chromium's own tools imitate it. */
const SLOWER = [1, 4];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sdk: { type: "string", multiple: true, default: [] },
    rounds: { type: "string", default: "7" },
    json: { type: "string" },
  },
});
const say = (...words) => console.error("cost:", ...words);
const rounds = +values.rounds;
const halfAsMany = Math.max(1, Math.floor(rounds / 2));

const known = (name) => SDKS.find((sdk) => sdk.name == name);
const CANDIDATES = [
  { name: "none", title: "no SDK", source: "export const start = () => {}; export const track = () => {};" },
  known("holloway"),
  // As soon as the package has it.
  ourEntries().has("autocapture") && {
    ...known("holloway"),
    name: "holloway-autocapture",
    title: "**Holloway**, autocapture",
    source: `
      import { init } from "@holloway/browser";
      import { autocapture } from "@holloway/browser/autocapture";
      let hw;
      export const start = (host) => (hw = init({ writeKey: "web", host }).use(autocapture()));
      export const track = (event, properties) => hw.track(event, properties);`,
  },
  {
    ...known("posthog"),
    title: "PostHog, autocapture",
    // It drops what comes faster than 10 a second, which would make its calls look cheap.
    source: known("posthog").source.replace(
      "api_host: host",
      "api_host: host, rate_limiting: { events_per_second: 1e6, events_burst_limit: 1e6 }",
    ),
  },
  known("segment"),
].filter(Boolean);
const sdks = chosen([...values.sdk, ...positionals], CANDIDATES);

const bundles = place("cost");
for (const { name, source } of sdks) await bundle(SCRIPT, { folder: place("cost", name), sdk: source });
const pages = await openPages(bundles, SHOP);
const browser = await openBrowser("chromium");

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** A fresh visitor on the page, its main thread `slower` times slower; `use` gets the page and its clocks. */
const visit = async (sdk, slower, more, use) => {
  const sink = await openStub();
  const visitor = await browser.visitor();
  try {
    const page = await visitor.page();
    const session = await page.createCDPSession();
    await session.send("Performance.enable");
    await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
    /** Milliseconds so far: scripts (running and compiling them), and all that the main thread did. */
    const spent = async () => {
      const { metrics } = await session.send("Performance.getMetrics");
      const seconds = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
      return { script: (seconds.ScriptDuration + (seconds.V8CompileDuration ?? 0)) * 1_000, task: seconds.TaskDuration * 1_000 };
    };
    await visitor.open(`${pages.origin}/${sdk.name}/?host=${encodeURIComponent(sink.origin)}${more}`);
    return await use({ page, session, sink, spent });
  } finally {
    await visitor.forget();
    await sink.stop();
  }
};

/** From nothing to the first event. */
const load = (sdk, slower) =>
  visit(sdk, slower, "&first=first.1", async ({ page, sink, spent }) => {
    if (sdk.name == "none") await pause(WARM_MS);
    else await sink.until(() => sink.attempts("first.1").length, FIRST_MS);
    const { script, task } = await spent();
    const long = await page.evaluate(() => bench.longTasks);
    return { script, task, longTasks: long.length, longMs: long.reduce((sum, ms) => sum + ms, 0) };
  });

/** Calls in a row, and all the work that follows from them. */
const calls = (sdk) =>
  visit(sdk, 1, "", async ({ page, spent }) => {
    await pause(WARM_MS);
    const before = await spent();
    const times = await page.evaluate((...it) => bench.batches(...it), BATCHES, CALLS, BATCH_PAUSE_MS);
    await pause(WARM_MS);
    const after = await spent();
    return { call: median(times), slowest: Math.max(...times), all: ((after.task - before.task) * 1_000) / (BATCHES * CALLS) };
  });

/** Clicks by a real pointer, one after the other. */
const clicks = (sdk, slower) =>
  visit(sdk, slower, "&inp", async ({ page, session, spent }) => {
    await pause(WARM_MS);
    const spots = await page.$$eval("button", (buttons) =>
      buttons.map((button) => {
        const { x, y, width, height } = button.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2 };
      }),
    );
    const before = await spent();
    for (let click = 0; click < CLICKS; click++) {
      const spot = { ...spots[(click * 7) % spots.length], button: "left", clickCount: 1 };
      await session.send("Input.dispatchMouseEvent", { ...spot, type: "mouseMoved", button: "none" });
      await session.send("Input.dispatchMouseEvent", { ...spot, type: "mousePressed" });
      await session.send("Input.dispatchMouseEvent", { ...spot, type: "mouseReleased" });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    }
    await pause(WARM_MS);
    const after = await spent();
    const [inp, clicked] = await page.evaluate(() => [bench.inp, document.querySelectorAll("li").length]);
    if (!clicked) throw new Error("expected the page to be clicked, found nothing in its cart");
    return { inp, script: (after.script - before.script) / CLICKS, task: (after.task - before.task) / CLICKS };
  });

const measured = Object.fromEntries(sdks.map(({ name }) => [name, {}]));
const series = async (what, rounds, run) => {
  for (let round = 1; round <= rounds; round++) {
    const begun = Date.now();
    for (const sdk of sdks) (measured[sdk.name][what] ??= []).push(await run(sdk));
    say(`${what}, round ${round} of ${rounds}: ${((Date.now() - begun) / 1_000).toFixed(0)} s`);
  }
};
for (const slower of SLOWER) await series(`load ${slower}x`, rounds, (sdk) => load(sdk, slower));
await series("calls", halfAsMany, calls);
for (const slower of SLOWER) await series(`clicks ${slower}x`, halfAsMany, (sdk) => clicks(sdk, slower));

const result = { date: new Date().toISOString().slice(0, 10), browser: await browser.version(), rounds, measured };
await browser.stop();
await pages.stop();
if (values.json) writeFileSync(values.json, JSON.stringify(result, null, 2) + "\n");

const middle = ({ name }, what, figure) => median(measured[name][what].map((it) => it[figure]));
const title = (sdk) => (sdk.package ? `${sdk.title} ${version(sdk.package)}` : sdk.title);
const table = (head, cells) => console.log(markdown(["", ...head], sdks.map((sdk) => [title(sdk), ...cells(sdk)])) + "\n");

console.log("### To the first event\n");
table(
  SLOWER.flatMap((slower) => ["script ms", "main thread ms", "long tasks", "in them ms"].map((head) => `${head} (${slower}x)`)),
  (sdk) =>
    SLOWER.flatMap((slower) => {
      const of = (figure) => middle(sdk, `load ${slower}x`, figure);
      return [of("script").toFixed(1), of("task").toFixed(1), of("longTasks"), of("longMs").toFixed(0)];
    }),
);
console.log("### A call\n");
table(["track µs, median batch", "track µs, slowest batch", "main thread µs an event, all work"], (sdk) =>
  ["call", "slowest", "all"].map((figure) => middle(sdk, "calls", figure).toFixed(1)),
);
console.log("### A page that is clicked\n");
table(
  SLOWER.flatMap((slower) => ["INP ms", "script ms a click", "main thread ms a click"].map((head) => `${head} (${slower}x)`)),
  (sdk) =>
    SLOWER.flatMap((slower) => {
      const of = (figure) => middle(sdk, `clicks ${slower}x`, figure);
      return [of("inp").toFixed(0), of("script").toFixed(2), of("task").toFixed(2)];
    }),
);
