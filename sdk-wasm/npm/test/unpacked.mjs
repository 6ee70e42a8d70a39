// The packed package, where an app would have it.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { tarball, target } from "./places.mjs";

const npm = join(import.meta.dirname, "..");

/** A folder with the package from its tarball, and `linked` packages of ours, in node_modules; answers with the folder. */
export const unpack = (name, files = {}, linked = []) => {
  const folder = join(target, "npm-test", name);
  rmSync(folder, { recursive: true, force: true });
  const at = join(folder, "node_modules/@holloway/browser");
  mkdirSync(at, { recursive: true });
  execFileSync("tar", ["--extract", "--gzip", "--file", tarball(), "--directory", at, "--strip-components", "1"]);
  for (const one of linked) {
    const to = join(folder, "node_modules", one);
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(join(npm, "node_modules", one), to);
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};
