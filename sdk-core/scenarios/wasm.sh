#!/usr/bin/env bash
# Plays every scenario in WebAssembly, under Node and in Chromium, with the player that plays them in Rust.
# Needs the npm tools of sdk-wasm/npm (`make npm` installs them) and Chromium ($CHROMIUM, else /usr/bin/chromium).
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$target
command -v node >/dev/null || { echo "scenarios: node is missing: install Node.js 20 or newer" >&2; exit 1; }
[ -d sdk-wasm/npm/node_modules/puppeteer-core ] || { echo "scenarios: puppeteer-core is missing: run make npm" >&2; exit 1; }

bindgen=$(xtask/wasm-bindgen.sh)
rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
# As the browser's face has the core, but for what that does not offer: storage that answers at once, bytes before speed.
cargo build --quiet --package holloway-core --example scenario_player --target wasm32-unknown-unknown \
  --no-default-features --features session-rules,any-json,server-events
glue=$target/scenario-player
rm -rf "$glue"
module=$target/wasm32-unknown-unknown/debug/examples/scenario_player.wasm
"$bindgen" --target nodejs --no-typescript --out-dir "$glue/node" "$module"
"$bindgen" --target web --no-typescript --out-dir "$glue/page" "$module"
node sdk-core/scenarios/wasm.mjs "$glue/node/scenario_player.js"
node sdk-core/scenarios/chromium.mjs "$glue/page"
