//! Instructions that the calling thread runs in user mode: the same on a loaded machine as on an idle one.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use super::{Workspace, operations::OPERATIONS, say};

/// Instructions of each operation, by its name.
pub(crate) type Instructions = BTreeMap<&'static str, u64>;

/// The difference of two runs is what their operations cost, without start and end.
const FEW: u64 = 1_000;
const MANY: u64 = 2_000;

/// Counts each operation's instructions; `None` without valgrind.
pub(crate) fn count(workspace: &Workspace) -> Result<Option<Instructions>> {
    let valgrind = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !valgrind.is_ok_and(|status| status.success()) {
        say("valgrind is missing (Debian: apt-get install valgrind): instructions are not counted");
        return Ok(None);
    }
    say("building what is counted");
    workspace.cargo("build", &["--release", "--bin", "instructions"])?;
    let program = workspace.target.join("release/instructions");
    let mut counted = BTreeMap::new();
    for operation in OPERATIONS.iter().filter(|operation| operation.is_counted) {
        say(&format!("counting instructions of {}", operation.name));
        let few = collected(&program, operation.name, FEW, workspace)?;
        let many = collected(&program, operation.name, MANY, workspace)?;
        counted.insert(operation.name, many.saturating_sub(few) / (MANY - FEW));
    }
    Ok(Some(counted))
}

/// Instructions within `measured_calls`, as callgrind says at its end.
fn collected(program: &Path, operation: &str, times: u64, workspace: &Workspace) -> Result<u64> {
    let mut out_file = std::ffi::OsString::from("--callgrind-out-file=");
    out_file.push(workspace.target.join("callgrind.out"));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*measured_calls*"])
        .arg(out_file)
        .arg(program)
        .args([operation, &times.to_string()])
        .output()
        .context("cannot start valgrind")?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("counting {operation} failed:\n{told}");
    }
    let count =
        told.split_once("Collected : ").and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    match count {
        Some(count) if count > 0 => Ok(count),
        _ => bail!("expected callgrind to say what it collected, found:\n{told}"),
    }
}
