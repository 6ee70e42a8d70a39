// A fresh app in a temporary folder, outside of the repository, with the packed artefact installed.

import { execFile, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { repo, tarball, target } from "../../sdk-wasm/npm/test/places.mjs";

const execute = promisify(execFile);

/** The one artefact in this part of target/dist, or of the folder that HOLLOWAY_DIST names, whose name matches. */
export const artefact = (part, name) => {
  const folder = join(process.env.HOLLOWAY_DIST || join(target, "dist"), part);
  const found = existsSync(folder) ? readdirSync(folder).filter((found) => name.test(found)) : [];
  if (found.length !== 1) {
    throw new Error(`expected one ${name} in ${folder}, found ${found.length}: run xtask/dist.sh ${part}`);
  }
  return join(folder, found[0]);
};

/** Copies `apps/NAME` into a temporary folder; `run` runs a command there, `remove` deletes it. */
export const freshApp = (name) => {
  const folder = mkdtempSync(join(tmpdir(), `holloway-newcomer-${name}-`));
  cpSync(join(import.meta.dirname, "apps", name), folder, { recursive: true });
  const children = [];
  const app = {
    folder,
    /** Runs a command to its end, and returns what it printed; throws when it fails. */
    run: async (command, words, env = {}) => {
      const options = { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 1 << 26 };
      const { stdout, stderr } = await execute(command, words, options);
      return stdout + stderr;
    },
    /** Installs the locked packages, and the packed browser package beside them. */
    installNpm: async () => {
      // The manifest of an app of one's own is not the place where the tests' tarball is written down.
      await app.run("npm", ["ci", ...QUIET]);
      await app.run("npm", ["install", "--no-save", "--no-package-lock", ...QUIET, tarball()]);
    },
    /** Starts a server, and waits for a line that matches; returns the child and all that it prints. */
    start: (command, words, ready, env = {}) => startServer(folder, command, words, ready, env, children),
    remove: async () => {
      await Promise.all(children.map(stop));
      if (process.env.HOLLOWAY_KEEP) console.log(`  kept    ${folder}`);
      else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return app;
};

/** A port of loopback that is free now. */
export const freePort = () =>
  new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** The program, built by cargo or named by HOLLOWAY_BIN. */
export const program = () => {
  const places = [process.env.HOLLOWAY_BIN, join(target, "debug/holloway"), join(target, "release/holloway")];
  const found = places.find((path) => path && existsSync(path));
  if (!found) throw new Error("expected the holloway program, found none: run cargo build --package holloway-cli, or set HOLLOWAY_BIN");
  return found;
};

/** Derives the collector's tables, and returns what `holloway person ID` says. */
export const personOf = (data, id) => {
  const run = (...words) => execFileSync(program(), [...words, "--data", data, "--json"], { encoding: "utf8", maxBuffer: 1 << 26 });
  run("derive");
  return JSON.parse(run("person", id));
};

const QUIET = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];

const startServer = async (cwd, command, words, ready, env, children) => {
  // A group of its own: npx and next start more processes, and all must end.
  const child = spawn(command, words, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
  children.push(child);
  let printed = "";
  await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`expected ${ready} within a minute, found:\n${printed}`)), 60_000);
    const take = (text) => {
      printed += text;
      if (ready.test(printed)) {
        clearTimeout(timer);
        done();
      }
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`${command} ended with ${code}:\n${printed}`)));
  });
  return { printed: () => printed, stop: () => stop(child) };
};

const stop = async (child) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((done) => child.once("exit", done));
  process.kill(-child.pid, "SIGTERM");
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), 5_000);
  await exit;
  clearTimeout(timer);
};

export { repo, tarball, target };
