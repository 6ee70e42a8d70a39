// Bundles the face and the core into dist/: node build.mjs <folder of the generated glue and core.wasm>.
// Run by ../build.sh, which makes that folder.

import { deflateAsync } from "@gfx/zopfli";
import { build, transformSync } from "esbuild";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { minify } from "terser";

import { vitalsLib } from "./vitals-lib.mjs";

const glue = resolve(process.argv[2] ?? "");
const here = import.meta.dirname;

/** The core, deflated as far as patience goes. */
const module = Buffer.from(await deflateAsync(readFileSync(join(glue, "core.wasm")), { numiterations: 200 })).toString("base64");

/** Where a script finds the core: in files beside it, or in itself. */
const core = (isInside) => ({
  name: "core",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^holloway:script$/ }, () => ({ path: "./core-script.js", external: true }));
    onResolve({ filter: /^holloway:wasm$/ }, () =>
      isInside ? { path: "wasm", namespace: "wasm" } : { path: "./core-wasm.js", external: true },
    );
    onLoad({ filter: /^wasm$/, namespace: "wasm" }, () => ({ contents: `export default "${module}"` }));
  },
});

/** A page pays for the entries that it imports. */
const exists = (name) => existsSync(join(here, `src/${name}.ts`));
const features = ["autocapture", "forms", "media", "vitals", "exposure", "linker", "devtools"].filter(exists);
const entries = ["index", ...features, "react", "snippet", "script"];

/** The core as JavaScript: a function of its imports in place of a module that names them. */
const coreScript = () => {
  const text = readFileSync(join(glue, "core-script.js"), "utf8");
  const [body, tail] = text.replace(/^import .*\n/, "").split("var retasmFunc = ");
  if (!tail) throw new Error("expected wasm2js to end with `var retasmFunc`, found no such thing");
  const { code } = transformSync(`${body}\nexport default asmFunc;`, { minify: true, format: "esm", target: "es2022" });
  return code;
};

/**
 * Members that no page ever sees, made short: of the features' own objects (none may be a member of an event or of the DOM
 * too), and with an underscore those of the library inside of ./vitals.
 */
const INTERNAL =
  /^(_.*|starts|ends|scrolls|toldDepth|isScrolled|ownPage|isTaken|isStarted|isSubmitted|startMs|isInView|isExposed|sinceMs|totalMs|toldMs|watched)$/;

rmSync(join(here, "dist"), { recursive: true, force: true });
const bundle = (options) =>
  build({
    outdir: join(here, "dist"),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    mangleProps: INTERNAL,
    plugins: [core(options.format == "iife"), vitalsLib],
    ...options,
  });
const sources = (names) => names.map((name) => join(here, `src/${name}.ts`));
await bundle({ entryPoints: sources(["index", ...features]), splitting: true, chunkNames: "shared" });
if (readFileSync(join(here, "dist/vitals.js"), "utf8").includes("soft-navigation")) {
  throw new Error("expected ./vitals without soft navigations, found some: web-vitals has changed, so must vitals-lib.mjs");
}
// React is the app's, and so is the core: the file beside this one. Frameworks that render on servers must know that
// it belongs to the page.
await bundle({ entryPoints: sources(["react"]), external: ["react", "./index.js"], banner: { js: '"use client";' } });
// For pages without a bundler: the stub for <head>, and one file with the core, without and with every feature.
const tag = { format: "iife", outdir: undefined };
// The stub goes without `"use strict"`: every byte of a <head> counts.
const lax = { tsconfigRaw: { compilerOptions: { alwaysStrict: false, verbatimModuleSyntax: true } } };
await bundle({ ...tag, ...lax, entryPoints: sources(["snippet"]), outfile: join(here, "dist/snippet.js") });
await bundle({ ...tag, entryPoints: sources(["script"]), outfile: join(here, "dist/holloway.iife.js") });
const all = [
  ...features.map((name) => `import * as ${name} from "./${name}.js";`),
  `import { startScript } from "./takeover.js";`,
  `startScript({${features.map((name) => `...${name}`)}});`,
].join("\n");
await bundle({ ...tag, stdin: { contents: all, resolveDir: join(here, "src") }, outfile: join(here, "dist/holloway.all.iife.js") });

// esbuild bundles better, terser names better: it gives each scope the same letters, and gzip takes 6 % less.
for (const name of readdirSync(join(here, "dist")).filter((name) => name.endsWith(".js"))) {
  const path = join(here, "dist", name);
  const { code } = await minify(readFileSync(path, "utf8"), {
    module: !/iife|snippet/.test(name),
    // React's file begins with a directive.
    compress: { ecma: 2022, passes: 2, sequences: false, directives: false },
    format: { ecma: 2022 },
  });
  writeFileSync(path, code);
}

writeFileSync(join(here, "dist/core-wasm.js"), `export default"${module}"`);
writeFileSync(join(here, "dist/core-script.js"), coreScript());

execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "--project", join(here, "tsconfig.json")], {
  stdio: "inherit",
});
mkdirSync(join(here, "dist"), { recursive: true });
// What its licence asks of those who pass it on.
cpSync(join(here, "node_modules/web-vitals/LICENSE"), join(here, "dist/web-vitals.LICENSE.txt"));
// The types of the face; the other modules are nobody's business.
for (const name of [...entries, "takeover", "options"]) cpSync(join(here, `types/${name}.d.ts`), join(here, `dist/${name}.d.ts`));
// A feature's options may be those of its parts.
for (const name of features.filter((name) => existsSync(join(here, `types/${name}`)))) {
  cpSync(join(here, `types/${name}`), join(here, `dist/${name}`), { recursive: true });
}
rmSync(join(here, "types"), { recursive: true });
