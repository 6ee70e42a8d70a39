// Plays every scenario of this folder with the player that is given: node wasm.mjs <scenario_player.js>
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

/** Fewer mean that some were not found. */
const CASES_MIN = 200;

const { play } = createRequire(import.meta.url)(resolve(process.argv[2]));
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".json")).sort();
const failures = [];
for (const file of files) {
  const failure = played(readFileSync(new URL(file, import.meta.url), "utf8"));
  if (failure !== "") failures.push(`${file.slice(0, -".json".length)}: ${failure}`);
}
if (files.length < CASES_MIN) failures.push(`only ${files.length} scenarios, expected ${CASES_MIN} or more`);
if (failures.length > 0) {
  console.error(failures.join("\n"));
  process.exit(1);
}
console.log(`${files.length} scenarios play in WebAssembly as written`);

/** What was not as written; a panic of the core ends in a trap. */
function played(scenario) {
  try {
    return play(scenario);
  } catch (trap) {
    return `${trap}: the player in Rust says more`;
  }
}
