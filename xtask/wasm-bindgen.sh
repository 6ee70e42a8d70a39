#!/usr/bin/env bash
# Prints the path of the wasm-bindgen tool at the version of Cargo.lock: the one on the PATH, when its version is that,
# else the crate sdk-wasm/bindgen, which is built when it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}

# The generated JavaScript and the crate must be of one version, to the last digit.
version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
if [ -z "$version" ]; then
  echo "wasm-bindgen: Cargo.lock has none: run cargo update --package holloway-wasm" >&2
  exit 1
fi
if [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $version" ]; then
  command -v wasm-bindgen
  exit 0
fi
[ -x "$target/debug/holloway-wasm-bindgen" ] || echo "wasm-bindgen: building the tool that writes the JavaScript: about a minute the first time, on two cores" >&2
quiet=$([ -t 2 ] || echo --quiet)
# Colour and progress are for the terminal; standard output is for the path.
# shellcheck disable=SC2086
cargo build $quiet --package holloway-wasm-bindgen >&2
echo "$target/debug/holloway-wasm-bindgen"
