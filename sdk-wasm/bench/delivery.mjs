// What arrives of what was tracked, ours and the peers', in a real browser:
//
//   node delivery.mjs [--sdk NAME…] [--browser chromium|firefox] [--case NAME…] [--json FILE]
//
// `holloway` runs against the stub as everybody does, and once more against the real collector.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./browsers.mjs";
import { bundle } from "./bundle.mjs";
import { CASES } from "./cases.mjs";
import { openPages, SCRIPT } from "./pages.mjs";
import { place } from "./places.mjs";
import { openProxy } from "./proxy.mjs";
import { chosen, version } from "./sdks.mjs";
import { openStub } from "./stub.mjs";
import { deliveryTable } from "./table.mjs";
import { shortfalls } from "./verdict.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sdk: { type: "string", multiple: true, default: [] },
    case: { type: "string", multiple: true, default: [] },
    browser: { type: "string", default: "chromium" },
    json: { type: "string" },
  },
});
// `--sdk a b` reads as well as `--sdk a --sdk b`.
const names = [...values.sdk, ...positionals];
const sdks = chosen(names.length || values.browser == "chromium" ? names : ["holloway"]);
const cases = Object.entries(CASES).filter(([name]) => !values.case.length || values.case.includes(name));
if (!cases.length) throw new Error(`no such case; there are ${Object.keys(CASES).join(", ")}`);
const say = (...words) => console.error("delivery:", ...words);

const bundles = place("bundles");
for (const { name, source } of sdks) await bundle(SCRIPT, { folder: place("bundles", name), sdk: source });
const pages = await openPages(bundles);

/** All cases of one SDK against one sink; each case in a browser of its own. */
const measure = async (sdk, open) => {
  const figures = {};
  for (const [name, run] of cases) {
    const begun = Date.now();
    const sink = await open();
    const browser = await openBrowser(values.browser);
    const url = (more = "") => `${pages.origin}/${sdk.name}/?host=${encodeURIComponent(sink.origin)}${more}`;
    try {
      const { wanted, ...found } = await run({ visitor: browser.visitor, url, sink });
      figures[name] = { sent: wanted.length, ...found, later: sink.count(wanted).distinct, duplicates: sink.count(wanted).duplicates };
      if (sink.stored) figures[name].stored = sink.stored(wanted);
    } catch (error) {
      figures[name] = { error: error.message };
    }
    // A browser that does not go must not take the other rows along.
    await browser.stop().catch((error) => say(`${values.browser}: ${error.message}`));
    await sink.stop();
    say(`${sdk.name}${sink.stored ? " (collector)" : ""} ${name}: ${JSON.stringify(figures[name])} in ${((Date.now() - begun) / 1_000).toFixed(0)} s`);
  }
  return figures;
};

const running = await openBrowser(values.browser);
const result = { date: new Date().toISOString().slice(0, 10), browser: await running.version(), rows: [] };
await running.stop();
/** After each row: a long run that is interrupted leaves what it has. */
const save = () => {
  if (!values.json) return;
  mkdirSync(dirname(values.json), { recursive: true });
  writeFileSync(values.json, JSON.stringify(result, null, 2) + "\n");
};

const { rows } = result;
for (const sdk of sdks) {
  const isOurs = sdk.name == "holloway";
  const row = { name: sdk.name, title: sdk.title, version: version(sdk.package) };
  rows.push({ ...row, against: "stub", figures: await measure(sdk, openStub) });
  save();
  if (isOurs) rows.push({ ...row, against: "collector", figures: await measure(sdk, openProxy) });
  save();
}
await pages.stop();

console.log(deliveryTable(result));
const missing = rows.filter(({ name }) => name == "holloway").flatMap(shortfalls);
for (const line of missing) console.error(`delivery: ${line}`);
process.exitCode = missing.length ? 1 : 0;
