// Jest 30 in a CommonJS project, and tsc with `module: node16` there.

import assert from "node:assert/strict";

import { role } from "./role.mjs";

await role("jest", async ({ app, check }) => {
  await app.installNpm();
  await check("jest: require(\"@holloway/browser\") and its mock", () => app.run("npx", ["jest", "--ci"]));
  await check("tsc: `module: node16` in a CommonJS project", () => app.run("npx", ["tsc"]));
  await check("node: what tsc made runs", async () => {
    assert.equal(await app.run("node", ["built/server.js"]), "required function\n");
  });
});
