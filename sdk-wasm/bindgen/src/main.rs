//! Writes the JavaScript of a WebAssembly module: the part of `wasm-bindgen-cli` that this repository uses, under the
//! same options.
//!
//! The original tool brings a web server and a TLS stack for its test runner, which took minutes to build from source.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

const USAGE: &str = "usage: holloway-wasm-bindgen --target bundler|web|nodejs --out-dir DIR [--encode-into always] \
                     [--no-typescript] [--remove-name-section] MODULE.wasm";

fn main() -> Result<()> {
    let mut bindgen = Bindgen::new();
    // As the original tool does unless it is asked otherwise.
    bindgen.typescript(true).omit_default_module_path(false);
    let mut out: Option<PathBuf> = None;
    let mut input: Option<PathBuf> = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value =
            || arguments.next().with_context(|| format!("expected a value after {argument}; {USAGE}"));
        match argument.as_str() {
            "--target" => match value()?.as_str() {
                "bundler" => bindgen.bundler(true)?,
                "web" => bindgen.web(true)?,
                "nodejs" => bindgen.nodejs(true)?,
                other => bail!("expected a target of bundler, web or nodejs, found {other}"),
            },
            "--encode-into" => match value()?.as_str() {
                "always" => bindgen.encode_into(EncodeInto::Always),
                other => bail!("expected --encode-into always, found {other}"),
            },
            "--no-typescript" => bindgen.typescript(false),
            "--remove-name-section" => bindgen.remove_name_section(true),
            "--out-dir" => {
                out = Some(value()?.into());
                &mut bindgen
            }
            _ if argument.starts_with('-') || input.is_some() => bail!("did not expect {argument}; {USAGE}"),
            _ => {
                input = Some(argument.into());
                &mut bindgen
            }
        };
    }
    let input = input.with_context(|| format!("expected a module, found none; {USAGE}"))?;
    let out = out.with_context(|| format!("expected --out-dir, found none; {USAGE}"))?;
    bindgen
        .input_path(&input)
        .generate(&out)
        .with_context(|| format!("cannot write the JavaScript of {}", input.display()))
}
