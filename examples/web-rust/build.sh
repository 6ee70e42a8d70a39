#!/usr/bin/env bash
# Builds the page into a folder: dist/ beside this file, or the one that is given.
set -euo pipefail
folder=$(cd "$(dirname "$0")" && pwd)
repo=$folder/../..
out=${1:-$folder/dist}
command -v cargo >/dev/null || { echo "web-rust: cargo is missing: install Rust from https://rustup.rs" >&2; exit 1; }
rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
bindgen=$("$repo/xtask/wasm-bindgen.sh")
target=${CARGO_TARGET_DIR:-$repo/target}/web-rust
cargo build --quiet --locked --manifest-path "$folder/Cargo.toml" --target-dir "$target" --profile wasm --target wasm32-unknown-unknown
mkdir -p "$out"
"$bindgen" --target web --no-typescript --remove-name-section --out-dir "$out/app" "$target/wasm32-unknown-unknown/wasm/holloway_web_rust.wasm"
cp "$folder/index.html" "$out/"
