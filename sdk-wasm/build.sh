#!/usr/bin/env bash
# Builds the browser package and packs it: target/npm/holloway-browser-<version>.tgz.
# Needs cargo with the wasm32 target, node and npm; xtask/wasm-bindgen.sh brings the wasm-bindgen tool.
set -euo pipefail
cd "$(dirname "$0")/.."
repo=$PWD
target=${CARGO_TARGET_DIR:-$repo/target}
export CARGO_TARGET_DIR=$target
say() { printf 'sdk-wasm: %s\n' "$*"; }
fail() { printf 'sdk-wasm: %s\n' "$*" >&2; exit 1; }
command -v npm >/dev/null || fail "npm is missing: install Node.js 20 or newer"

# Cargo's progress is for a terminal.
quiet=$([ -t 2 ] || echo --quiet)

# The npm tools come over the network while cargo compiles.
npm_tools=
if [ ! -d sdk-wasm/npm/node_modules ] || [ sdk-wasm/npm/package-lock.json -nt sdk-wasm/npm/node_modules/.package-lock.json ]; then
  say "installing the npm tools, beside what follows"
  (cd sdk-wasm/npm && npm ci --no-audit --no-fund --loglevel=error) &
  npm_tools=$!
fi

bindgen=$(xtask/wasm-bindgen.sh)

say "compiling the core: half a minute the first time"
rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
# As a cdylib alone: with an rlib beside it cargo leaves link-time optimisation out.
# Loops and values as they are written: what LLVM makes of them for speed is larger.
# shellcheck disable=SC2086
cargo rustc $quiet --package holloway-wasm --lib --crate-type cdylib --profile wasm --target wasm32-unknown-unknown \
  -- -C llvm-args=-disable-lsr -C llvm-args=-enable-pre=false
glue=$target/npm-build/glue
rm -rf "$glue"
# `bundler` is the form whose loader is left to us: ours reads the module from the script itself.
"$bindgen" --target bundler --encode-into always --no-typescript --out-dir "$glue" "$target/wasm32-unknown-unknown/wasm/holloway_wasm.wasm"

cd sdk-wasm/npm
[ -z "$npm_tools" ] || wait "$npm_tools" || fail "npm ci failed: see above"

say "making the core small: about 20 seconds"
features="--enable-bulk-memory --enable-bulk-memory-opt --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int"
later="--enable-multivalue --enable-reference-types"
# Only what the package calls: the tool exports more.
exports=$(for name in memory call open reserve; do printf '{"name":"%s","export":"%s","root":true},' $name $name; done)
echo "[${exports%,}]" >"$glue/exports.json"
# shellcheck disable=SC2086
{
node_modules/.bin/wasm-metadce $features $later --graph-file "$glue/exports.json" "$glue/holloway_wasm_bg.wasm" -o "$glue/called.wasm" >/dev/null
# -tnh: a trap is the end of the core anyway. Flattened in between: 1 % less. Addresses below 1,024 are nobody's: the stack comes
# first, and grows down from 1 MiB. Zeros among the data pack better than many segments without them. The features are named one
# by one: with all of them wasm-opt writes an encoding that Chromium rejects.
node_modules/.bin/wasm-opt $features $later -tnh --skip-pass=memory-packing -ocimfs 10 \
  -Oz --flatten --rereloop -Oz --flatten --rereloop -Oz -Oz --converge --low-memory-unused \
  --strip-debug --strip-producers --strip-target-features \
  "$glue/called.wasm" -o "$glue/small.wasm"
node order.mjs "$glue/small.wasm" "$glue/named.wasm"
# As before in how it is written, and otherwise untouched.
node_modules/.bin/wasm-opt $features $later -ol 2 -s 2 --reorder-functions-by-name \
  --strip-debug --strip-producers --strip-target-features "$glue/named.wasm" -o "$glue/core.wasm"
# The same core as JavaScript, for pages whose policy forbids WebAssembly.
node_modules/.bin/wasm-opt $features --memory-packing --llvm-memory-copy-fill-lowering --signext-lowering --llvm-nontrapping-fptoint-lowering \
  "$glue/core.wasm" -o "$glue/lowered.wasm"
node_modules/.bin/wasm2js -Oz "$glue/lowered.wasm" -o "$glue/core-script.js"
}

say "bundling"
node build.mjs "$glue"
# Not as links: npm leaves those out.
cp "$repo/LICENSE-MIT" "$repo/LICENSE-APACHE" .
mkdir -p "$repo/target/npm"
rm -f "$repo"/target/npm/*.tgz
npm pack --silent --pack-destination "$repo/target/npm" >/dev/null
node size.mjs
say "packed $(ls "$repo"/target/npm/*.tgz)"
