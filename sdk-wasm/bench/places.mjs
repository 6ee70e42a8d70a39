// Where things are. Our package is unpacked from its tarball: what is measured is what an app installs.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

export const here = import.meta.dirname;
const target = join(here, "../../target");

/** A folder under target/npm-bench, made if needed. */
export const place = (...path) => {
  const folder = join(target, "npm-bench", ...path);
  mkdirSync(folder, { recursive: true });
  return folder;
};

/** Where `import "@holloway/browser"` is found. */
export const modules = join(target, "npm-bench/node_modules");

let unpacked;
/** The folder of our package, unpacked once a run. */
export const ours = () => {
  if (unpacked) return unpacked;
  const packed = join(target, "npm");
  const found = existsSync(packed) ? readdirSync(packed).filter((name) => name.endsWith(".tgz")) : [];
  if (found.length != 1) throw new Error(`expected one tarball in target/npm, found ${found.length}: run make npm`);
  unpacked = join(modules, "@holloway/browser");
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  execFileSync("tar", ["-xzf", join(packed, found[0]), "-C", unpacked, "--strip-components=1"]);
  return unpacked;
};
