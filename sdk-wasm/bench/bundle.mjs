// One way of bundling for everybody: esbuild, minified, es2020, modules, code splitting on.

import { build } from "esbuild";
import { join } from "node:path";

import { here, modules, ours } from "./places.mjs";

/** Bundles a text as `main.js` with its chunks; answers with esbuild's metafile, and the files when `folder` is absent. */
export const bundle = async (source, { folder, sdk } = {}) => {
  ours();
  const provided = {
    name: "provided",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^bench:sdk$/ }, () => ({ path: "sdk", namespace: "bench" }));
      onLoad({ filter: /^sdk$/, namespace: "bench" }, () => ({ contents: sdk, resolveDir: here }));
    },
  };
  return build({
    stdin: { contents: source, resolveDir: here, sourcefile: "main.js" },
    outdir: folder ?? join(modules, "memory"),
    entryNames: "main",
    write: !!folder,
    metafile: true,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2020",
    legalComments: "none",
    logLevel: "error",
    external: ["react", "react-dom"],
    nodePaths: [modules],
    plugins: [provided],
  });
};
