// The container's context, without a container engine: the same files, user, folder and command in a changed root.

import assert from "node:assert/strict";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { artefact, freePort } from "./app.mjs";
import { role } from "./role.mjs";

await role("container", async ({ app, check }) => {
  await app.run("tar", ["-xzf", artefact("container", /-container\.tar\.gz$/)]);
  const lines = instructions(readFileSync(join(app.folder, "Dockerfile"), "utf8"));
  const one = (word) => lines.filter(([name]) => name === word).at(-1)?.[1];
  await check("the user is a number and not root, the data is a volume, the port is named, health is asked for", () => {
    assert.match(one("USER"), /^[1-9]\d+:[1-9]\d+$/);
    assert.deepEqual([one("VOLUME"), one("EXPOSE")], ["/data", "8787"]);
    assert.ok(one("HEALTHCHECK"));
  });
  await check("every file that is copied is in the context", () => {
    for (const [name, rest] of lines.filter(([name]) => name === "COPY")) {
      for (const file of rest.split(" ").filter((word) => !word.startsWith("--")).slice(0, -1)) assert.ok(existsSync(join(app.folder, file)), `${name} ${file}`);
    }
  });
  if (process.getuid() !== 0) {
    console.log("  skipped the run in a changed root: it needs root");
    return;
  }

  const root = join(app.folder, "root");
  const command = JSON.parse(one("ENTRYPOINT")).concat(JSON.parse(one("CMD")));
  const port = await freePort();
  const words = command.slice(1).map((word) => word.replace(":8787", `:${port}`));
  await layOut(app, root, Number(one("USER").split(":")[0]));
  const chroot = (program, ...rest) => ["--userspec", one("USER"), root, program, ...rest];
  await check("without keys, on an address that others reach, it does not start and says what to do", async () => {
    const error = await app.run("chroot", chroot("/usr/local/bin/holloway", ...words)).then(String, ({ stderr }) => stderr);
    assert.match(error, /keys\.toml/);
  });
  await check("with a key it starts, takes an event as that user, and is healthy", async () => {
    writeFileSync(join(root, "data/keys.toml"), "[keys.web]\n");
    const server = await app.start("chroot", chroot("/usr/local/bin/holloway", ...words), /listening on/);
    const sent = await fetch(`http://127.0.0.1:${port}/v1/track`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("web:")}`, "content-type": "application/json" },
      body: JSON.stringify({ userId: "ada", event: "Bought" }),
    });
    assert.equal(sent.status, 200, await sent.text());
    assert.equal(statSync(join(root, "data/log")).uid, Number(one("USER").split(":")[0]));
    const [, probe] = /CMD (\[.*\])$/.exec(one("HEALTHCHECK"));
    const [program, ...rest] = JSON.parse(probe).map((word) => word.replaceAll("8787", String(port)));
    await app.run(program, rest);
    await server.stop();
    await assert.rejects(app.run(program, rest), "a stopped one is not healthy");
  });
});

/** Instructions of a Dockerfile: name, and the rest in one line. */
function instructions(text) {
  return text
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter(Boolean)
    .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]);
}

/** The image's files: the program, and of the base image what the program is linked to. */
async function layOut(app, root, uid) {
  const program = join(root, "usr/local/bin/holloway");
  mkdirSync(dirname(program), { recursive: true });
  cpSync(join(app.folder, "holloway"), program);
  chmodSync(program, 0o755);
  const linked = await app.run("ldd", [program]);
  for (const [, file] of linked.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    cpSync(file, join(root, file), { dereference: true });
  }
  for (const folder of ["data", "tmp"]) mkdirSync(join(root, folder));
  chownSync(join(root, "data"), uid, uid);
}
