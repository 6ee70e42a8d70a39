//! The player of `scenarios/` for WebAssembly: `scenarios/wasm.sh` builds it and plays every case under Node and in Chromium.

#[path = "../tests/player/mod.rs"]
mod player;

use wasm_bindgen::prelude::wasm_bindgen;

/// Plays one case, the text of its file; empty when everything was as written, else what was not.
#[wasm_bindgen]
#[must_use]
pub fn play(case: &str) -> String {
    player::play(case).err().unwrap_or_default()
}
