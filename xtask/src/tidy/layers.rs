//! A crate depends on strictly lower layers only.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Checked;

/// Each crate's layer. A crate that is missing here is a finding: decide where it stands.
const LAYERS: [(&str, u8); 18] = [
    ("holloway-wire", 0),
    ("holloway-rawlog", 0),
    ("holloway-core", 1),
    ("holloway-rules", 1),
    ("holloway", 2),
    ("holloway-wasm", 2),
    ("holloway-collector", 2),
    ("holloway-pipeline", 2),
    ("holloway-mobile", 3),
    ("holloway-query", 3),
    ("holloway-sql", 4),
    ("holloway-console", 5),
    ("holloway-cli", 6),
    ("holloway-axum-example", 6),
    ("holloway-quickstart", 6),
    ("holloway-bindgen", 6),
    ("holloway-wasm-bindgen", 6),
    ("xtask", 6),
];

/// What client and server may share besides.
const SIDES: [(&str, &[&str]); 2] = [
    ("client", &["holloway-core", "holloway", "holloway-wasm", "holloway-mobile"]),
    ("server", &["holloway-rawlog", "holloway-rules", "holloway-collector", "holloway-pipeline"]),
];

/// `cargo metadata` of the workspace's own packages.
pub(crate) fn metadata() -> Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata is no JSON")
}

/// Checks every edge between our own crates, those for tests too.
pub(crate) fn check(metadata: &Value) -> Result<Checked> {
    let layers: BTreeMap<&str, u8> = LAYERS.into_iter().collect();
    let side = |name: &str| SIDES.iter().find(|(_, crates)| crates.contains(&name)).map(|(side, _)| *side);
    let mut findings = Vec::new();
    let mut edges = 0;
    let packages = metadata["packages"].as_array().context("cargo metadata without packages")?;
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(&layer) = layers.get(name) else {
            findings.push(format!("{name} has no layer: add it to xtask/src/tidy/layers.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            let Some(&below) = layers.get(on) else { continue };
            if on == name {
                continue;
            }
            edges += 1;
            if below >= layer {
                findings.push(format!(
                    "{name} (layer {layer}) depends on {on} (layer {below}), expected a lower layer"
                ));
            }
            if let (Some(ours), Some(theirs)) = (side(name), side(on))
                && ours != theirs
            {
                findings
                    .push(format!("{name} ({ours}) depends on {on} ({theirs}): the two meet in wire only"));
            }
            if name == "holloway-pipeline" && on == "holloway-collector" {
                findings.push("pipeline and collector meet in rawlog only".to_owned());
            }
        }
    }
    Ok((format!("{} crates, {edges} edges, each to a lower layer", packages.len()), findings))
}
