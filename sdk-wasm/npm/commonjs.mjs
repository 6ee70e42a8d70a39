// The package for `require`: each file of dist/ once more as `.cjs`, with the same split into files, so that what two entries
// share is shared there too.

import { transformSync } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Names of files beside, with the other ending. */
const renamed = (text) => text.replace(/(["'])(\.\.?\/[\w./-]+)\.js\1/g, "$1$2.cjs$1");

/** What has no module syntax is the same as CommonJS: scripts for pages. */
const isScript = (name) => /iife|snippet/.test(name);

export const asCommonJs = (dist) => {
  for (const name of readdirSync(dist).filter((name) => name.endsWith(".js"))) {
    const text = readFileSync(join(dist, name), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
    const to = join(dist, name.replace(/\.js$/, ".cjs"));
    if (isScript(name)) {
      writeFileSync(to, text);
      continue;
    }
    // Jest runs CommonJS without `import()`, and what is loaded later is a file beside.
    const { code } = transformSync(text, {
      format: "cjs",
      platform: "node",
      target: "es2022",
      minify: true,
      supported: { "dynamic-import": false },
      legalComments: "none",
    });
    writeFileSync(to, renamed(code));
  }
};

/** The declarations for `require`: a `.d.ts` of this package speaks of modules. */
export const asCommonJsTypes = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) asCommonJsTypes(path);
    else if (entry.name.endsWith(".d.ts")) writeFileSync(path.replace(/\.d\.ts$/, ".d.cts"), renamed(readFileSync(path, "utf8")));
  }
};
