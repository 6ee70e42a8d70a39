// The packed package for every way to resolve it: modules, CommonJS, types of each kind, the development build, source maps.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { BUDGETS, sizes } from "../size.mjs";
import { tarball } from "./places.mjs";
import { unpack } from "./unpacked.mjs";

const npm = join(import.meta.dirname, "..");
const bin = (name) => join(npm, "node_modules/.bin", name);
const { exports } = JSON.parse(readFileSync(join(npm, "package.json"), "utf8"));
const entries = Object.keys(exports).filter((entry) => entry != "./package.json");
const nameOf = (entry) => "@holloway/browser" + entry.slice(1);

/** Runs a command, and answers with what it wrote where it failed. */
const complaints = (command, ...args) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status == 0 ? "" : stdout + stderr;
};

test("attw finds no fault in any way to resolve the types", () => assert.equal(complaints(bin("attw"), tarball()), ""));

test("publint finds no fault", () => assert.equal(complaints(bin("publint"), "run", "--strict", tarball()), ""));

test("every entry is there for import, for require and in development", () => {
  const folder = join(unpack("packaging"), "node_modules/@holloway/browser");
  const files = JSON.stringify(exports).match(/\.\/(dist|src)\/[^"]+/g);
  assert.deepEqual(files.filter((file) => !existsSync(join(folder, file))), []);
});

test("require gives what import gives", async () => {
  const program = `
    const names = ${JSON.stringify(entries.map(nameOf))};
    (async () => {
      for (const name of names) {
        const [required, imported] = [require(name), await import(name)];
        // Node adds these two to what it imports from CommonJS.
        const keys = (of) => Object.keys(of).filter((key) => !["default", "module.exports"].includes(key)).sort().join();
        console.log(name, keys(required) == keys(imported), require.resolve(name).endsWith(".cjs"));
      }
    })();`;
  const folder = unpack("commonjs", { "main.cjs": program }, ["react"]);
  const lines = execFileSync(process.execPath, [join(folder, "main.cjs")], { encoding: "utf8" }).trim().split("\n");
  assert.deepEqual(lines, entries.map((entry) => `${nameOf(entry)} true true`));
});

test("bundlers in development get the build with words, and all others the small one", () => {
  const folder = unpack("conditions", { "main.mjs": `console.log(import.meta.resolve("@holloway/browser"));` });
  const found = (...args) => execFileSync(process.execPath, [...args, join(folder, "main.mjs")], { encoding: "utf8" }).trim();
  assert.match(found(), /\/dist\/index\.js$/);
  assert.match(found("--conditions", "development"), /\/dist\/development\/index\.js$/);
  const words = (file) => readFileSync(join(folder, "node_modules/@holloway/browser", file), "utf8").includes("did you mean");
  assert.deepEqual([words("dist/index.js"), words("dist/development/index.js"), words("dist/words.js")], [false, true, true]);
});

test("maps of the modules have the sources inside", () => {
  const folder = join(unpack("maps"), "node_modules/@holloway/browser/dist");
  const scripts = ["", "development"].flatMap((under) => readdirSync(join(folder, under)).filter((name) => /\.js$/.test(name)).map((name) => join(folder, under, name)));
  const mapped = scripts.filter((script) => !/iife|snippet|core-(wasm|script)/.test(script));
  assert.ok(mapped.length > 20, String(mapped.length));
  for (const script of mapped) {
    assert.match(readFileSync(script, "utf8"), /\n\/\/# sourceMappingURL=[\w.-]+\.js\.map\s*$/, script);
    const { sources, sourcesContent, mappings } = JSON.parse(readFileSync(`${script}.map`, "utf8"));
    assert.ok(mappings.length > 100, script);
    assert.equal(sourcesContent.length, sources.length, script);
    assert.ok(sourcesContent.every((text) => text.length > 0), script);
    assert.ok(sources.some((source) => source.includes("src/") && source.endsWith(".ts")), script);
  }
});

const TYPES = {
  "the strictest flags": { module: "esnext", moduleResolution: "bundler" },
  "node16 modules": { module: "node16", moduleResolution: "node16" },
  "nodenext CommonJS": { module: "nodenext", moduleResolution: "nodenext", isCommonJs: true },
};
for (const [name, { isCommonJs, ...mode }] of Object.entries(TYPES)) {
  test(`types: ${name}`, () => {
    const options = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: false,
      noImplicitReturns: true,
      noFallthroughCasesInSwitch: true,
      isolatedModules: true,
      noEmit: true,
      target: "es2022",
      lib: ["es2022", "dom", "dom.iterable"],
      types: [],
      ...mode,
    };
    const source = (file) => readFileSync(join(import.meta.dirname, "compiled", file), "utf8");
    const files = {
      "package.json": JSON.stringify({ type: isCommonJs ? "commonjs" : "module" }),
      "tsconfig.json": JSON.stringify({ compilerOptions: options, files: ["accepted.ts", "refused.ts"] }),
      "accepted.ts": source("accepted.ts"),
      "refused.ts": source("refused.ts"),
    };
    const folder = unpack("types", files, ["react", "@types/react", "csstype"]);
    assert.equal(complaints(process.execPath, join(npm, "node_modules/typescript/bin/tsc"), "--project", folder), "");
  });
}

test("a page downloads no more than the budgets", async () => {
  const found = await sizes();
  assert.deepEqual(Object.entries(found).filter(([name, bytes]) => !(bytes <= BUDGETS[name])), [], JSON.stringify(found));
});
