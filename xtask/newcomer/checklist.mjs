// A short list of checks: each prints a line, and one that fails does not stop the others.

import { setTimeout as pause } from "node:timers/promises";

/** Checks of one role; `finish` sets the exit code. */
export class Checklist {
  #role;
  #failed = 0;
  #passed = 0;
  #startedMs = Date.now();

  constructor(role) {
    this.#role = role;
    console.log(`\n${role}`);
  }

  /** Prints `ok` when `run` returns, and `FAILED` with what was found when it throws; returns what `run` returned. */
  async check(title, run) {
    try {
      const result = await run();
      this.#passed++;
      console.log(`  ok      ${title}`);
      return result;
    } catch (error) {
      this.#failed++;
      console.log(`  FAILED  ${title}\n${indented(described(error))}`);
      return undefined;
    }
  }

  finish() {
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(0);
    console.log(`  ${this.#role}: ${this.#passed} passed, ${this.#failed} failed, in ${seconds} s`);
    if (this.#failed > 0) process.exitCode = 1;
  }
}

/** Calls `read` until `isEnough` accepts what it returns, for at most `waitMs`; returns the last value either way. */
export const eventually = async (read, isEnough, waitMs = 10_000) => {
  const endMs = Date.now() + waitMs;
  for (;;) {
    const value = await read();
    if (isEnough(value) || Date.now() > endMs) return value;
    await pause(50);
  }
};

const described = (error) => {
  // A command's message has what it wrote to stderr.
  return [error?.message ?? String(error), error?.stdout?.toString().trim()].filter(Boolean).join("\n");
};

const indented = (text) =>
  text
    .split("\n")
    .slice(0, 60)
    .map((line) => `          ${line}`)
    .join("\n");
