// The wheel in a fresh virtual environment.

import assert from "node:assert/strict";
import { join } from "node:path";

import { artefact, target } from "./app.mjs";
import { role } from "./role.mjs";
import { checkUsers, sayings } from "./server.mjs";

await role("python", async ({ app, collector, check }) => {
  const wheel = artefact("python", /\.whl$/);
  await app.run("python3", ["-m", "venv", "venv"]);
  const python = join(app.folder, "venv/bin/python");
  await check("pip installs the wheel, without an index and without anything else", () =>
    app.run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", wheel]),
  );
  await check("metadata, types and licences are installed", async () => {
    const script = `import importlib.metadata as m; d = m.distribution("holloway"); print(d.version, d.metadata["License-Expression"], d.metadata["Summary"] != "", sorted(f.name for f in d.files if f.name.startswith(("LICENSE", "THIRD", "py.typed"))), d.requires)`;
    assert.equal(
      (await app.run(python, ["-c", script])).trim(),
      "0.1.0 MIT OR Apache-2.0 True ['LICENSE-APACHE', 'LICENSE-MIT', 'THIRD-PARTY.txt', 'py.typed'] None",
    );
  });
  const tools = process.env.HOLLOWAY_VENV || join(target, "venv");
  await check("mypy --strict takes an app that uses it", () =>
    app.run(join(tools, "bin/mypy"), ["--strict", "--python-executable", python, "shop.py", "typed.py"]),
  );
  const printed = await check("the app runs: threads, asyncio, wrong settings", () => app.run(python, ["shop.py"], { HOLLOWAY_HOST: collector.host }));
  if (printed === undefined) return;
  const said = sayings(printed);
  await check("flush and flush_async deliver everything", () => {
    assert.equal(said.get("threads"), "0 queued, lost {}");
    assert.equal(said.get("async"), "0 queued, lost {}");
  });
  for (const [what, words] of [["unwritable", /directory/], ["no scheme", /https?:\/\//], ["port 99999", /99999/], ["flush_at 0", /flush_at/]]) {
    await check(`${what}: an error that says what to change`, () => {
      assert.match(said.get(what) ?? printed, /^refused: /);
      assert.match(said.get(what), words);
    });
  }
  await checkUsers({ collector, check }, ["ada", "bob"], 50);
  await check("events of flush_async are the users', too", () => {
    const upgraded = collector.events().filter(({ event }) => event === "Upgraded");
    assert.deepEqual(upgraded.map(({ userId }) => userId).sort(), ["ada", "bob"]);
  });
});
