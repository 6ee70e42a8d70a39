// The jar in a Maven project of its own, in Kotlin and in Java, on a plain `java` command line.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { artefact } from "./app.mjs";
import { role } from "./role.mjs";
import { checkUsers, sayings } from "./server.mjs";

await role("jvm", async ({ app, collector, check }) => {
  const place = join(app.folder, "repository/holloway/holloway-kotlin/0.1.0");
  mkdirSync(place, { recursive: true });
  for (const ending of ["jar", "pom"]) copyFileSync(artefact("maven", new RegExp(`^holloway-kotlin-[0-9.]+\\.${ending}$`)), join(place, `holloway-kotlin-0.1.0.${ending}`));
  await check("the jar carries library, licences and R8 rules", async () => {
    const entries = (await app.run("jar", ["--list", "--file", join(place, "holloway-kotlin-0.1.0.jar")])).split("\n");
    for (const name of ["META-INF/LICENSE-MIT", "META-INF/LICENSE-APACHE", "META-INF/THIRD-PARTY.txt", "META-INF/proguard/holloway.pro"]) assert.ok(entries.includes(name), name);
    assert.ok(entries.some((name) => /^(linux|darwin)-[\w-]+\/libholloway_mobile\.(so|dylib)$/.test(name)), "the native library");
  });
  await check("a project that names the jar alone compiles, with what its pom brings", () =>
    app.run("mvn", ["--batch-mode", "--quiet", "-Dstyle.color=never", "compile"]),
  );
  const classpath = `${join(app.folder, "target/classes")}:${readFileSync(join(app.folder, "target/classpath"), "utf8").trim()}`;
  const java = (main) => app.run("java", ["-cp", classpath, main], { HOLLOWAY_HOST: collector.host });
  const printed = await check("the Kotlin app runs, without a path to the native library", () => java("ShopKt"));
  await check("the Java app runs", async () => assert.match(await java("Till"), /java: closed/));
  if (printed === undefined) return;
  const said = sayings(printed);
  await check("flush delivers everything", () => assert.equal(said.get("flushed"), "0 queued, lost {}"));
  for (const what of ["unwritable", "no scheme"]) {
    await check(`${what}: a client that records nothing, and no exception`, () => assert.equal(said.get(what), "disabled", printed));
  }
  await check("the Java app's event is stored", () => {
    assert.equal(collector.events().filter(({ userId }) => userId === "cyd").length, 1);
  });
  await checkUsers({ collector: { ...collector, events: () => collector.events().filter(({ userId }) => userId !== "cyd") }, check }, ["ada", "bob"], 50);
});
