// The program from its archive: unpacked, and asked the first question of somebody with a CSV file.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { artefact } from "./app.mjs";
import { role } from "./role.mjs";

await role("cli", async ({ app, check }) => {
  await app.run("tar", ["-xzf", artefact("cli", /^holloway-.*\.tar\.gz$/), "--strip-components=1"]);
  await check("program, README and licences are in the archive", () => {
    for (const name of ["holloway", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.txt"]) assert.ok(existsSync(join(app.folder, name)), name);
  });
  const holloway = (...words) => app.run(join(app.folder, "holloway"), words);
  await check("it says its version", async () => assert.match(await holloway("--version"), /^holloway \d+\.\d+\.\d+\n$/));
  await check("a CSV file becomes people and a funnel", async () => {
    await holloway("import", "--format", "csv", "--data", "site", "orders.csv");
    await holloway("derive", "--data", "site");
    const report = ["report", "funnel", "--steps", "Signed Up,Bought", "--window", "7d", "--data", "site", "--json"];
    const { steps } = JSON.parse(await holloway(...report, "--from", "2026-05-01", "--to", "2026-05-31"));
    assert.deepEqual(steps.map(({ event, count }) => [event, count]), [["Signed Up", 2], ["Bought", 1]]);
  });
});
