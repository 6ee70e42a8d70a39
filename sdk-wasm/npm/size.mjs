// Prints what a page downloads: npm run size.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const gzip = (name) => gzipSync(readFileSync(new URL(`dist/${name}.js`, import.meta.url)), { level: 9 }).length;
const [script, core] = [gzip("index"), gzip("core-wasm")];
console.log(`@holloway/browser: the page's own script ${script} bytes gzip -9, and the core beside it ${core}: ${script + core}`);
