// Prints what a page downloads before its first event: npm run size.

import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const BUDGET_GZIP_BYTES = 12_000;
const bytes = readFileSync(new URL("dist/index.js", import.meta.url));
const gzip = gzipSync(bytes, { level: 9 }).length;
const kb = (count) => `${(count / 1000).toFixed(1)} kB`;
console.log(
  `@holloway/browser, everything before the first event (script with the core inside, no further request): ` +
    `raw ${kb(bytes.length)}, gzip -9 ${kb(gzip)}, brotli ${kb(brotliCompressSync(bytes).length)}; budget ${kb(BUDGET_GZIP_BYTES)} gzip`,
);
if (process.argv.includes("--check") && gzip > BUDGET_GZIP_BYTES) {
  console.error(`size: ${gzip} bytes gzip are over the budget of ${BUDGET_GZIP_BYTES}`);
  process.exit(1);
}
