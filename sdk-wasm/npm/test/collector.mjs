// The real collector in a folder of its own: $HOLLOWAY_BIN, or the binary that cargo built.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import { target } from "./places.mjs";

const binary = () => {
  const built = process.env.CARGO_TARGET_DIR || target;
  const candidates = [process.env.HOLLOWAY_BIN, join(built, "release/holloway"), join(built, "debug/holloway")];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error("no collector: run `cargo build --package holloway-cli`, or set HOLLOWAY_BIN");
  return found;
};

/** Starts a collector; `port` 0 picks one, `more` are options. `stop` keeps the data, so that it can be started again. */
export const startCollector = async (data = mkdtempSync(join(target, "npm-test/data-")), port = 0, more = []) => {
  const child = spawn(binary(), ["collect", "--data", data, "--listen", `127.0.0.1:${port}`, ...more], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exit = new Promise((done) => child.once("exit", done));
  const [line] = await Promise.race([
    (async () => {
      for await (const line of createInterface({ input: child.stdout })) return [line];
      return [""];
    })(),
    exit.then((code) => [`exit code ${code}`]),
  ]);
  const host = /https?:\/\/[^\s"}]+/.exec(line)?.[0];
  if (!host) throw new Error(`expected the collector's address, found: ${line}`);
  child.stdout.resume();

  /** The stored events, oldest first. */
  const events = () =>
    execFileSync(binary(), ["export", "--data", data], { encoding: "utf8", maxBuffer: 1 << 28 })
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map((envelope) => envelope.event ?? envelope);
  return {
    host,
    data,
    events,
    /** Events of this name, as soon as there are so many of them or no more come within the time. */
    named: async (name, count, waitMs = 10_000) => {
      const end = Date.now() + waitMs;
      for (;;) {
        const found = events().filter((event) => event.event === name);
        if (found.length >= count || Date.now() > end) return found;
        await pause(50);
      }
    },
    stop: async () => {
      child.kill("SIGTERM");
      await exit;
    },
    remove: () => rmSync(data, { recursive: true, force: true }),
  };
};
