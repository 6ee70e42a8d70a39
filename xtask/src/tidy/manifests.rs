//! Manifests share their settings, and lock files name packages, not places.

use std::fs;

use serde_json::Value;

use super::{Checked, tree::Tree};

const LICENSE: &str = "MIT OR Apache-2.0";

/// Checks every crate's manifest and every npm lock file.
pub(crate) fn check(tree: &Tree, metadata: &Value) -> Checked {
    let mut findings = Vec::new();
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if package["license"] != LICENSE {
            findings.push(format!("{name} declares license {}, expected {LICENSE:?}", package["license"]));
        }
        if package["description"].as_str().is_none_or(|text| text.len() < 10) {
            findings.push(format!("{name} has no description"));
        }
        let manifest = package["manifest_path"].as_str().and_then(|path| fs::read_to_string(path).ok());
        if !manifest.is_some_and(|text| text.contains("[lints]\nworkspace = true")) {
            findings.push(format!("{name} does not take the workspace's lints"));
        }
    }
    let locks: Vec<_> = tree.files.iter().filter(|file| file.path.ends_with("package-lock.json")).collect();
    for lock in &locks {
        if lock.text.contains("\"resolved\": \"http") {
            findings.push(format!(
                "{} names download addresses: make it again with omit-lockfile-registry-resolved",
                lock.path
            ));
        }
    }
    (format!("{} manifests, {} npm lock files", packages.len(), locks.len()), findings)
}
