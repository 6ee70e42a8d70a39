#!/usr/bin/env bash
# Prints the path of the wasm-bindgen tool at the version of Cargo.lock: HOLLOWAY_TOOLS/bin, the PATH or target/tools,
# where it is installed when none of them has it.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/target/tools

# The generated JavaScript and the crate must be of one version, to the last digit.
version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
if [ -z "$version" ]; then
  echo "wasm-bindgen: Cargo.lock has none: run cargo update --package holloway-wasm" >&2
  exit 1
fi
for candidate in "${HOLLOWAY_TOOLS:+$HOLLOWAY_TOOLS/bin/wasm-bindgen}" wasm-bindgen "$tools/bin/wasm-bindgen"; do
  if [ -n "$candidate" ] && [ "$("$candidate" --version 2>/dev/null)" = "wasm-bindgen $version" ]; then
    echo "$candidate"
    exit 0
  fi
done
echo "wasm-bindgen: installing wasm-bindgen-cli $version into target/tools (once, some minutes)" >&2
# Not --locked: the tool's own lock file may ask for versions that were withdrawn.
CARGO_TARGET_DIR=$tools/build cargo install --quiet wasm-bindgen-cli --version "$version" --root "$tools" >&2
rm -rf "$tools/build"
echo "$tools/bin/wasm-bindgen"
