#!/usr/bin/env bash
# Plays every scenario in WebAssembly under Node, with the player that plays them in Rust.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$target
command -v node >/dev/null || { echo "scenarios: node is missing: install Node.js 20 or newer" >&2; exit 1; }

bindgen=$(xtask/wasm-bindgen.sh)
rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
cargo build --quiet --package holloway-core --example scenario_player --target wasm32-unknown-unknown
glue=$target/scenario-player
rm -rf "$glue"
"$bindgen" --target nodejs --no-typescript --out-dir "$glue" \
  "$target/wasm32-unknown-unknown/debug/examples/scenario_player.wasm"
node sdk-core/scenarios/wasm.mjs "$glue/scenario_player.js"
