//! Writes the bindings of one language for a built `holloway-mobile` library.
//!
//! ```text
//! cargo run -p holloway-bindgen -- python target/debug/libholloway_mobile.so target/python/holloway
//! ```
//!
//! To be run from the repository's root, where it finds the names to generate in `sdk-mobile/uniffi.toml`.
//!
//! A crate of its own, so that the generator never becomes a dependency of what an app ships. The output belongs into the
//! target folder: generated code is never committed. The library must not be stripped: the generator reads its symbols.

use std::path::Path;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate_with_bindgen_paths};
use uniffi_bindgen::{BindgenPaths, BindgenPathsLayer};

/// The folder of the crate that is bound, seen from the repository's root.
const ROOT: &str = "sdk-mobile";
const USAGE: &str = "usage: holloway-bindgen kotlin|swift|python LIBRARY OUT_DIR";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [language, library, out_dir] = args.as_slice() else {
        bail!(USAGE);
    };
    let language = match language.as_str() {
        "kotlin" => TargetLanguage::Kotlin,
        "swift" => TargetLanguage::Swift,
        "python" => TargetLanguage::Python,
        other => bail!("no bindings for `{other}`; {USAGE}"),
    };
    if !Path::new(ROOT).join("uniffi.toml").is_file() {
        bail!("no {ROOT}/uniffi.toml here; run this from the repository's root");
    }
    if !Path::new(library).is_file() {
        bail!("no library at {library}; build it first: cargo build -p holloway-mobile");
    }
    generate(language, library.into(), out_dir.into())
        .with_context(|| format!("writing the bindings of {library} into {out_dir}"))
}

fn generate(language: TargetLanguage, source: Utf8PathBuf, out_dir: Utf8PathBuf) -> Result<()> {
    let mut paths = BindgenPaths::default();
    paths.add_layer(SdkMobile);
    let options =
        GenerateOptions { languages: vec![language], source, out_dir, ..GenerateOptions::default() };
    generate_with_bindgen_paths(options, paths)
}

/// Where the generator finds `uniffi.toml`. Not baked in at build time: a target folder may be shared by several
/// checkouts, or moved.
struct SdkMobile;

impl BindgenPathsLayer for SdkMobile {
    fn get_crate_root(&self, crate_name: &str) -> Option<Utf8PathBuf> {
        (crate_name == "holloway_mobile").then(|| Utf8PathBuf::from(ROOT))
    }
}
