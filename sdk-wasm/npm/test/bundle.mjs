// Pages for tests, made of the built package by its own name.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";

import { target } from "./places.mjs";

/** A folder with one page that runs `script`, which imports the package as an app does; `more` are options of esbuild. */
export const bundlePage = async (name, script, { define = {}, body = "", ...more } = {}) => {
  const folder = join(target, "npm-test", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    stdin: { contents: script, resolveDir: join(import.meta.dirname, "..") },
    entryNames: "main",
    outdir: folder,
    bundle: true,
    format: "esm",
    define,
    logLevel: "warning",
    ...more,
  });
  writeFileSync(join(folder, "index.html"), `<!doctype html><title>Shop</title><link rel="icon" href="data:,">${body}<script type="module" src="/main.js"></script>`);
  return folder;
};
