// What a page downloads, ours and the peers': raw, gzip -9, brotli 11.
//
//   node sizes.mjs [--json FILE] [--core-max BYTES] [--all-max BYTES]
//
// Every line is a bundle of `init` and one `track`; bytes are of the first script and of what it imports statically,
// each file packed on its own, as a server would. The limits are of gzip bytes of ours.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { bundle } from "./bundle.mjs";
import { chosen, ourEntries, version } from "./sdks.mjs";
import { markdown } from "./table.mjs";

const { values } = parseArgs({
  options: { json: { type: "string" }, "core-max": { type: "string" }, "all-max": { type: "string" } },
});

const sizeOf = (bytes) => ({
  raw: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
});
const add = (a, b) => ({ raw: a.raw + b.raw, gzip: a.gzip + b.gzip, brotli: a.brotli + b.brotli });
const NOTHING = { raw: 0, gzip: 0, brotli: 0 };

/** Bytes of the first load of a text, and of what it loads later by `import()`. */
const measure = async (source, sdk) => {
  const { outputFiles, metafile } = await bundle(source, { sdk });
  const outputs = Object.entries(metafile.outputs);
  const text = (path) => outputFiles.find((file) => file.path.endsWith(path.split("/").at(-1))).contents;
  const first = new Set();
  const follow = (path) => {
    if (first.has(path)) return;
    first.add(path);
    for (const { path: next, kind, external } of metafile.outputs[path].imports) {
      if (kind == "import-statement" && !external) follow(next);
    }
  };
  follow(outputs.find(([path]) => path.endsWith("/main.js"))[0]);
  const sum = (paths) => paths.map((path) => sizeOf(text(path))).reduce(add, NOTHING);
  return { ...sum([...first]), later: sum(outputs.map(([path]) => path).filter((path) => !first.has(path))).gzip };
};

const USE = `import { start, track } from "bench:sdk"; start(location.origin); track("Signed Up", { plan: "pro" });`;
const OURS = `import { init } from "@holloway/browser"; const hw = init({ writeKey: "web", host: location.origin }); hw.track("Signed Up", { plan: "pro" });`;

/** What "everything" is, besides the core. */
const FEATURES = ["autocapture", "forms", "media", "vitals", "exposure"];
/** For those who use React (which is not counted), and for those who look for a fault. */
const BESIDE = ["react", "devtools"];
/** Not for bundlers: the page's head, and pages that load a script by its tag. */
const SCRIPTS = /^snippet$|\.iife\.js$/;

const lines = [];
const line = (title, version, size, own) => lines.push({ title, version, ...size, ...(own && { own }) });

const ours = version("@holloway/browser");
const core = await measure(OURS);
const entries = ourEntries();
/** The core, which the page's script loads by itself. */
const wasm = sizeOf(readFileSync(join(dirname([...entries.values()][0]), "core-wasm.js")));
core.later = wasm.gzip;
line("Holloway, the page's own script", ours, core);
line("**Holloway**, the page's own script and the core", ours, { ...add(core, wasm), later: 0 });
const plus = (names) => {
  const used = names.map((name, n) => `import * as f${n} from "@holloway/browser/${name}"; window.f${n} = f${n};`);
  return measure(OURS + used.join(""));
};
const shipped = FEATURES.filter((name) => entries.has(name));
const all = await plus(shipped);
for (const name of [...shipped, ...BESIDE.filter((name) => entries.has(name))]) {
  const size = await plus([name]);
  size.later = wasm.gzip;
  line(`Holloway, core and ./${name}`, ours, size, size.gzip - core.gzip);
}
all.later = wasm.gzip;
line("Holloway, the page's own script with every feature", ours, all, all.gzip - core.gzip);
line("**Holloway**, everything", ours, { ...add(all, wasm), later: 0 });
for (const [name, file] of entries) {
  if (SCRIPTS.test(name)) line(`Holloway, ./${name} as it is`, ours, sizeOf(readFileSync(file)));
}
for (const sdk of chosen([])) {
  // One package in another mode has the same bytes.
  if (sdk.name == "holloway" || sdk.name == "segment-batching") continue;
  line(sdk.title, version(sdk.package), await measure(USE, sdk.source));
}
const vitals = `import { onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals"; for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(console.log);`;
line("web-vitals, five metrics", version("web-vitals"), await measure(vitals));

const number = (value) => value.toLocaleString("en");
console.log(
  markdown(
    ["package", "raw", "gzip -9", "brotli 11", "added gzip", "later gzip"],
    lines.map((it) => [
      `${it.title} ${it.version}`,
      number(it.raw),
      number(it.gzip),
      number(it.brotli),
      it.own == null ? "-" : number(it.own),
      it.later ? number(it.later) : "-",
    ]),
  ),
);
if (values.json) writeFileSync(values.json, JSON.stringify(lines, null, 2) + "\n");
for (const [what, size, max] of [
  ["core", core, values["core-max"]],
  ["everything", all, values["all-max"]],
]) {
  if (max === undefined || size.gzip <= +max) continue;
  console.error(`sizes: ${what} is ${size.gzip} bytes gzip, expected at most ${max}`);
  process.exitCode = 1;
}
