// Rust with tokio, from the packaged crates.

import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { artefact, target } from "./app.mjs";
import { role } from "./role.mjs";
import { checkUsers, sayings } from "./server.mjs";

/** What the app's manifest patches. */
const CRATES = ["holloway", "holloway-core", "holloway-wire"];

await role("rust", async ({ app, collector, check }) => {
  for (const name of CRATES) {
    const folder = join(app.folder, "crates", name);
    mkdirSync(folder, { recursive: true });
    await app.run("tar", ["-xzf", artefact("crates", new RegExp(`^${name}-[0-9.]+\\.crate$`)), "-C", folder, "--strip-components=1"]);
  }
  await check("the packaged crates carry their licences", () => {
    for (const name of CRATES) {
      for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(existsSync(join(app.folder, "crates", name, licence)), `${name}/${licence}`);
    }
  });
  // The libraries of others are built once; the app's own folder is a new one each time.
  const env = { CARGO_TARGET_DIR: join(target, "newcomer/rust"), HOLLOWAY_HOST: collector.host };
  await check("the app builds without a warning", async () => {
    assert.doesNotMatch(await app.run("cargo", ["build", "--quiet"], env), /warning/);
  });
  const printed = await check("the app runs to its end under #[tokio::main]", () => app.run(join(env.CARGO_TARGET_DIR, "debug/newcomer"), [], { ...env, RUST_BACKTRACE: "0" }));
  if (printed === undefined) return;
  const said = sayings(printed);
  for (const [what, words] of [["unwritable", /store_dir/], ["file as folder", /store_dir/], ["flush_at 0", /flush_at/], ["port 99999", /99999/], ["no scheme", /https?:\/\//], ["no key", /write key/]]) {
    await check(`${what}: an error in words, the same by Display and by Debug`, () => {
      const [display, debug] = (said.get(what) ?? printed).replace("refused: ", "").split(" | ");
      assert.match(display, words);
      assert.equal(debug, display);
    });
  }
  await check("a client that is dropped in async context", () => assert.equal(said.get("dropped"), "survived"));
  await check("flush_async and shutdown_async deliver everything", () => {
    assert.equal(said.get("flushed"), "0 queued");
    assert.equal(said.get("shut down"), "[]");
  });
  await checkUsers({ collector, check }, ["ada", "bob"], 50);
});
