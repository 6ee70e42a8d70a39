// What every role stands on: a fresh app, a real collector, a list of checks; and all of it taken down after.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { startCollector } from "../../sdk-wasm/npm/test/collector.mjs";
import { freshApp, program, target } from "./app.mjs";
import { Checklist } from "./checklist.mjs";

/**
 * Runs a role: copies `apps/NAME`, starts a collector, and gives both to `run` with `check`.
 * What throws outside of a check fails the role.
 */
export const role = async (name, run) => {
  mkdirSync(join(target, "npm-test"), { recursive: true });
  // The one that the helper takes must be the one that the checks ask.
  process.env.HOLLOWAY_BIN = program();
  const list = new Checklist(name);
  const app = freshApp(name);
  const collector = await startCollector();
  try {
    await list.check("the role runs to its end", () =>
      run({ app, collector, check: (title, of) => list.check(title, of) }),
    );
  } finally {
    await app.remove();
    await collector.stop();
    collector.remove();
    list.finish();
  }
};
