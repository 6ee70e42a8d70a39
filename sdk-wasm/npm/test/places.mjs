// Where things are.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

export const repo = join(import.meta.dirname, "../../..");
export const target = join(repo, "target");
mkdirSync(join(target, "npm-test"), { recursive: true });

/** The packed package. */
export const tarball = () => {
  const folder = join(target, "npm");
  const found = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  if (found.length !== 1) throw new Error(`expected one tarball in ${folder}, found ${found.length}: run make npm`);
  return join(folder, found[0]);
};
