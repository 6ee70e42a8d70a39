//! What a reader may rely on, checked by a program.

mod cfgs;
mod docs;
mod files;
mod layers;
mod manifests;
mod prose;
mod tree;

use std::process::Command;

use anyhow::{Context, Result, bail};

use self::tree::Tree;

/// Runs every check, prints what each looked at, and fails with all findings at once.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read()?;
    let metadata = layers::metadata()?;
    let mut findings = Vec::new();
    for (name, (summary, found)) in [
        ("layers", layers::check(&metadata)?),
        ("files", files::check(&tree)),
        ("cfgs", cfgs::check(&tree)),
        ("manifests", manifests::check(&tree, &metadata)),
        ("prose", prose::check(&tree)),
        ("docs", docs::check(&tree)),
    ] {
        println!("{name:>10}  {summary}");
        findings.extend(found.into_iter().map(|finding| format!("{name}: {finding}")));
    }
    if !findings.is_empty() {
        bail!("{} findings:\n  {}", findings.len(), findings.join("\n  "));
    }
    build_for_wasm()
}

/// A summary line, and what is wrong.
type Checked = (String, Vec<String>);

/// The quiet crates know no operating system: they build for a target that has none.
fn build_for_wasm() -> Result<()> {
    let packages = ["holloway-wire", "holloway-core", "holloway-rules"];
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--target", "wasm32-unknown-unknown"]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    let status = cargo.status().context("cannot start cargo")?;
    if !status.success() {
        bail!(
            "{} must build for wasm32-unknown-unknown (is the target installed? `rustup target add wasm32-unknown-unknown`)",
            packages.join(", ")
        );
    }
    println!("{:>10}  {} build for wasm32", "wasm", packages.join(", "));
    Ok(())
}
