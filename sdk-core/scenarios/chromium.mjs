// Plays every scenario of this folder in Chromium: node chromium.mjs <folder of the player's glue for pages>
import { createReadStream, existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join, resolve } from "node:path";

import { launch } from "../../sdk-wasm/npm/test/chromium.mjs";

/** Fewer mean that some were not found. */
const CASES_MIN = 200;
const KINDS = { ".js": "text/javascript", ".wasm": "application/wasm" };

const glue = resolve(process.argv[2]);
const server = createServer((request, response) => {
  const file = join(glue, basename(request.url));
  if (request.url == "/") return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Scenarios</title>");
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": KINDS[extname(file)] ?? "application/octet-stream" });
  return createReadStream(file).pipe(response);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

let browser;
const failures = [];
let replayed = 0;
try {
  browser = await launch();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.evaluate(async () => {
    const player = await import("/scenario_player.js");
    await player.default();
    window.play = player.play;
  });
  for (const file of readdirSync(import.meta.dirname).filter((file) => file.endsWith(".json")).sort()) {
    const failure = await page.evaluate(played, readFileSync(join(import.meta.dirname, file), "utf8"));
    if (failure !== "") failures.push(`${basename(file, ".json")}: ${failure}`);
    replayed++;
  }
} finally {
  await browser?.close();
  server.closeAllConnections();
  server.close();
}
if (replayed < CASES_MIN) failures.push(`only ${replayed} scenarios, expected ${CASES_MIN} or more`);
if (failures.length > 0) {
  console.error(failures.join("\n"));
  process.exit(1);
}
console.log(`${replayed} scenarios replayed in Chromium`);

/** In the page: what was not as written; a panic of the core ends in a trap. */
function played(scenario) {
  try {
    return window.play(scenario);
  } catch (trap) {
    return `${trap}: the player in Rust says more`;
  }
}
