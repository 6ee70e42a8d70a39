// Bundles the face and the core into dist/: node build.mjs <folder of the generated glue and core.wasm>.
// Run by ../build.sh, which makes that folder.

import { deflateAsync } from "@gfx/zopfli";
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { minify } from "terser";

import { asCommonJs, asCommonJsTypes } from "./commonjs.mjs";
import { vitalsLib } from "./vitals-lib.mjs";

const glue = resolve(process.argv[2] ?? "");
const here = import.meta.dirname;
const dist = join(here, "dist");

/** The core, deflated as far as patience goes. */
const module = Buffer.from(await deflateAsync(readFileSync(join(glue, "core.wasm")), { numiterations: 800 })).toString("base64");

/** Where the module goes in a script of its own, once that is minified. */
const PLACE = "@core@";

/** Where a script finds the core and the words: in files beside it (`folder`), or the core in itself. */
const parts = (isInside, folder) => ({
  name: "parts",
  setup({ onResolve, onLoad }) {
    const beside = (path) => ({ path: folder + path, external: true });
    onResolve({ filter: /^holloway:script$/ }, () => beside("core-script.js"));
    onResolve({ filter: /^holloway:words$/ }, () => beside("words.js"));
    onResolve({ filter: /^holloway:wasm$/ }, () => (isInside ? { path: join(here, "src/core-wasm.ts") } : beside("core-wasm.js")));
    onResolve({ filter: /^holloway:(base64|wasm2js)$/ }, ({ path }) => ({ path, namespace: "core" }));
    onLoad({ filter: /base64$/, namespace: "core" }, () => ({ contents: `export default "${isInside ? module : PLACE}"` }));
    onLoad({ filter: /wasm2js$/, namespace: "core" }, () => ({ contents: coreScript() }));
  },
});

/** A page pays for the entries that it imports. */
const exists = (name) => existsSync(join(here, `src/${name}.ts`));
const features = ["autocapture", "forms", "media", "vitals", "exposure", "linker", "devtools"].filter(exists);
const entries = ["index", ...features, "react", "testing", "snippet", "script"];

/** The core as JavaScript: a function of its imports in place of a module that names them. */
const coreScript = () => {
  const text = readFileSync(join(glue, "core-script.js"), "utf8");
  const [body, tail] = text.replace(/^import .*\n/, "").split("var retasmFunc = ");
  if (!tail) throw new Error("expected wasm2js to end with `var retasmFunc`, found no such thing");
  return `${body}\nexport default asmFunc;`;
};

/**
 * Members that no page ever sees, made short: of the features' own objects (none may be a member of an event or of the DOM
 * too), and with an underscore those of the library inside of ./vitals.
 */
const INTERNAL =
  /^(_.*|starts|ends|scrolls|toldDepth|isScrolled|isTaken|isStarted|isSubmitted|startMs|isInView|isExposed|sinceMs|totalMs|toldMs|watched)$/;

rmSync(dist, { recursive: true, force: true });
const bundle = ({ development = false, ...options }) =>
  build({
    outdir: join(dist, development ? "development" : ""),
    bundle: true,
    minify: !development,
    define: { DEVELOPMENT: String(development) },
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    // With the sources inside: a page's own server has no others.
    sourcemap: true,
    ...(!development && { mangleProps: INTERNAL }),
    plugins: [parts(options.format == "iife", development ? "../" : "./"), vitalsLib],
    ...options,
  });
const sources = (names) => names.map((name) => join(here, `src/${name}.ts`));
for (const development of [false, true]) {
  await bundle({ development, entryPoints: sources(["index", ...features]), splitting: true, chunkNames: "shared" });
  // React is the app's, and so is the core: the file beside this one. Frameworks that render on servers must know that
  // it belongs to the page.
  await bundle({ development, entryPoints: sources(["react"]), external: ["react", "./index.js"], banner: { js: '"use client";' } });
}
if (readFileSync(join(dist, "vitals.js"), "utf8").includes("soft-navigation")) {
  throw new Error("expected ./vitals without soft navigations, found some: web-vitals has changed, so must vitals-lib.mjs");
}
await bundle({ entryPoints: sources(["words", "testing"]) });
await bundle({ entryPoints: sources(["core-wasm", "core-script"]), sourcemap: false, mangleProps: undefined });
// For pages without a bundler: the stub for <head>, and one file with the core, without and with every feature.
const tag = { format: "iife", outdir: undefined };
// The stub goes without `"use strict"`: every byte of a <head> counts.
const lax = { tsconfigRaw: { compilerOptions: { alwaysStrict: false, verbatimModuleSyntax: true } } };
await bundle({ ...tag, ...lax, sourcemap: false, entryPoints: sources(["snippet"]), outfile: join(dist, "snippet.js") });
await bundle({ ...tag, sourcemap: false, entryPoints: sources(["script"]), outfile: join(dist, "holloway.iife.js") });
const all = [
  ...features.map((name) => `import * as ${name} from "./${name}.js";`),
  `import { startScript } from "./takeover.js";`,
  `startScript({${features.map((name) => `...${name}`)}});`,
].join("\n");
await bundle({ ...tag, sourcemap: false, stdin: { contents: all, resolveDir: join(here, "src") }, outfile: join(dist, "holloway.all.iife.js") });

// esbuild bundles better, terser names better: it gives each scope the same letters, and gzip takes 6 % less.
// The core as JavaScript is left to esbuild: terser changes what its arithmetic means.
for (const name of readdirSync(dist).filter((name) => name.endsWith(".js") && name != "core-script.js")) {
  const path = join(dist, name);
  const map = existsSync(`${path}.map`) && readFileSync(`${path}.map`, "utf8");
  const { code, map: composed } = await minify(readFileSync(path, "utf8"), {
    module: !/iife|snippet/.test(name),
    // React's file begins with a directive.
    compress: { ecma: 2022, passes: 2, sequences: false, directives: false },
    format: { ecma: 2022 },
    ...(map && { sourceMap: { content: map, url: `${name}.map`, includeSources: true } }),
  });
  // In front, the module is packed by itself: code beside it would cost 2 % more.
  const placed = code.replace(`"${PLACE}"`, "core");
  writeFileSync(path, placed == code ? code : `const core="${module}";${placed}`);
  if (map) writeFileSync(`${path}.map`, composed);
}

asCommonJs(dist);

execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "--project", join(here, "tsconfig.json")], {
  stdio: "inherit",
});
// What its licence asks of those who pass it on.
cpSync(join(here, "node_modules/web-vitals/LICENSE"), join(dist, "web-vitals.LICENSE.txt"));
// The types of the face; the other modules are internal.
for (const name of [...entries, "takeover", "options", "diagnostic", "properties", "plan"]) cpSync(join(here, `types/${name}.d.ts`), join(dist, `${name}.d.ts`));
// A feature's options may be those of its parts.
for (const name of features.filter((name) => existsSync(join(here, `types/${name}`)))) {
  cpSync(join(here, `types/${name}`), join(dist, name), { recursive: true });
}
rmSync(join(here, "types"), { recursive: true });
asCommonJsTypes(dist);
