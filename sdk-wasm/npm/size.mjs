// What a page downloads, in bytes of gzip -9, and the budgets (DESIGN, section 11): npm run size.

import { build, transformSync } from "esbuild";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = join(import.meta.dirname, "dist");
const gzip = (text) => gzipSync(text, { level: 9 }).length;
const file = (name) => readFileSync(join(dist, `${name}.js`), "utf8");

/** What "everything" is. */
const FEATURES = ["autocapture", "forms", "media", "vitals", "exposure"];

export const BUDGETS = { script: 6_500, again: 6_500, both: 19_500, everything: 30_000 };

/** The page's own script, the same minified again by an app, script and core, and every feature in one bundle with them. */
export const sizes = async () => {
  const [text, core] = [file("index"), gzip(file("core-wasm"))];
  const script = gzip(text);
  const again = gzip(transformSync(text, { minify: true, format: "esm", target: "es2022" }).code);
  const contents = ["index", ...FEATURES].map((name) => `export * as ${name} from "./${name}.js";`).join("\n");
  const options = { bundle: true, minify: true, format: "esm", target: "es2022", write: false, external: ["./core-*.js", "./words.js"] };
  const { outputFiles } = await build({ stdin: { contents, resolveDir: dist }, ...options });
  return { script, again, both: script + core, everything: gzip(outputFiles[0].contents) + core };
};

if (process.argv[1] == import.meta.filename) {
  for (const [name, bytes] of Object.entries(await sizes())) console.log(`@holloway/browser: ${name.padEnd(10)} ${String(bytes).padStart(6)} bytes gzip -9, budget ${BUDGETS[name]}`);
}
