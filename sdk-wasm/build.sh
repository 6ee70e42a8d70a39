#!/usr/bin/env bash
# Builds the browser package and packs it: target/npm/holloway-browser-<version>.tgz.
# Needs cargo with the wasm32 target, node and npm; installs the wasm-bindgen tool into target/tools when no other
# place has it at the version of Cargo.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
repo=$PWD
target=${CARGO_TARGET_DIR:-$repo/target}
export CARGO_TARGET_DIR=$target
say() { printf 'sdk-wasm: %s\n' "$*"; }
fail() { printf 'sdk-wasm: %s\n' "$*" >&2; exit 1; }
command -v npm >/dev/null || fail "npm is missing: install Node.js 20 or newer"

# The generated JavaScript and the crate must be of one version, to the last digit.
version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
[ -n "$version" ] || fail "Cargo.lock has no wasm-bindgen: run cargo update --package holloway-wasm"
bindgen=
for candidate in "${HOLLOWAY_TOOLS:+$HOLLOWAY_TOOLS/bin/wasm-bindgen}" wasm-bindgen "$repo/target/tools/bin/wasm-bindgen"; do
  if [ -n "$candidate" ] && [ "$("$candidate" --version 2>/dev/null)" = "wasm-bindgen $version" ]; then
    bindgen=$candidate
    break
  fi
done
if [ -z "$bindgen" ]; then
  say "installing wasm-bindgen-cli $version into target/tools (once, some minutes)"
  # Not --locked: the tool's own lock file may ask for versions that were withdrawn.
  CARGO_TARGET_DIR="$repo/target/tools/build" cargo install --quiet wasm-bindgen-cli --version "$version" --root "$repo/target/tools"
  rm -rf "$repo/target/tools/build"
  bindgen=$repo/target/tools/bin/wasm-bindgen
fi

say "compiling the core"
rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
# As a cdylib alone: with an rlib beside it cargo leaves link-time optimisation out.
cargo rustc --quiet --package holloway-wasm --lib --crate-type cdylib --profile wasm --target wasm32-unknown-unknown
glue=$target/npm-build/glue
rm -rf "$glue"
# `bundler` is the form whose loader is left to us: ours reads the module from the script itself.
"$bindgen" --target bundler --encode-into always --no-typescript --out-dir "$glue" "$target/wasm32-unknown-unknown/wasm/holloway_wasm.wasm"

cd sdk-wasm/npm
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "installing the npm tools"
  npm ci --no-audit --no-fund --loglevel=error
fi

# -tnh: a trap is the end of the core anyway. The features are named one by one: with all of them wasm-opt writes an encoding that Chromium rejects.
node_modules/.bin/wasm-opt -tnh -Oz --converge --strip-debug --strip-producers --strip-target-features \
  --enable-bulk-memory --enable-bulk-memory-opt --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int \
  --enable-multivalue --enable-reference-types \
  "$glue/holloway_wasm_bg.wasm" -o "$glue/core.wasm"

say "bundling"
node build.mjs "$glue"
mkdir -p "$repo/target/npm"
rm -f "$repo"/target/npm/*.tgz
npm pack --silent --pack-destination "$repo/target/npm" >/dev/null
node size.mjs
say "packed $(ls "$repo"/target/npm/*.tgz)"
