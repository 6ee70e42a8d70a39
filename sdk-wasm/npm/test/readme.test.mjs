// The examples of the features in README.md, compiled against the types of the built package.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { target } from "./places.mjs";

const npm = join(import.meta.dirname, "..");
const folder = join(target, "npm-test/readme");

const compile = (examples) => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  examples.forEach((example, i) => writeFileSync(join(folder, `example-${i}.ts`), example));
  // What an example takes for granted: a client of before, and the variables of its bundler.
  const given = `import type { Holloway } from "@holloway/browser";
    declare global { const hw: Holloway; interface ImportMeta { env: { DEV: boolean } } }`;
  writeFileSync(join(folder, "given.d.ts"), given);
  const paths = { "@holloway/browser": [join(npm, "dist/index.d.ts")], "@holloway/browser/*": [join(npm, "dist/*.d.ts")] };
  const options = { strict: true, noEmit: true, target: "es2022", module: "esnext", moduleResolution: "bundler", types: [], paths };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
  return spawnSync(process.execPath, [join(npm, "node_modules/typescript/bin/tsc"), "--project", folder], { encoding: "utf8" }).stdout;
};

test("the examples of the features compile", () => {
  const blocks = readFileSync(join(npm, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs);
  const examples = [...blocks].map(([, text]) => text).filter((text) => text.includes('from "@holloway/browser/'));
  for (const feature of ["forms", "media", "exposure", "vitals"]) {
    assert.ok(examples.some((text) => text.includes(`@holloway/browser/${feature}"`)), `an example of ${feature}`);
  }
  assert.equal(compile(examples), "");
  assert.match(compile([examples.find((text) => text.includes("formless")).replace("formless", "formles")]), /formles/, "an example that is wrong does not");
});
