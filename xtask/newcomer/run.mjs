// Runs the roles of newcomers one after the other: node xtask/newcomer/run.mjs [ROLE...]; without one, all of them.
//
// Each installs a packed artefact into a fresh app, runs the app against a real collector, and checks what a newcomer
// meets. HOLLOWAY_KEEP=1 keeps the apps' folders.

import { spawn } from "node:child_process";
import { join } from "node:path";

/** Roles, and about how many seconds each takes on two cores with warm caches of the package managers. */
const ROLES = { html: 5, vite: 20, jest: 25, sveltekit: 30, next: 100, rust: 60, python: 10, jvm: 40, cli: 1, container: 1 };

const asked = process.argv.slice(2);
const unknown = asked.filter((role) => !(role in ROLES));
if (unknown.length > 0) {
  console.error(`expected roles of ${Object.keys(ROLES).join(", ")}, found ${unknown.join(", ")}`);
  process.exit(2);
}
const roles = asked.length > 0 ? asked : Object.keys(ROLES);
const seconds = roles.reduce((sum, role) => sum + ROLES[role], 0);
console.log(`newcomers: ${roles.join(", ")} (about ${seconds} s)`);

const failed = [];
for (const role of roles) {
  const child = spawn(process.execPath, [join(import.meta.dirname, `${role}.mjs`)], { stdio: "inherit" });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) failed.push(role);
}
if (failed.length > 0) console.log(`\nfailed: ${failed.join(", ")}`);
console.log(`\nroles: ${roles.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
