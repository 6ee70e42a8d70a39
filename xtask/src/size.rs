//! What a page must download, beside its budget.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Bytes (gzip -9) before the first event, JavaScript and WASM together: what the package aims at.
const FIRST_EVENT_BYTES_GOAL: usize = 12_000;
/// What it must not exceed today. A ratchet: lowered with each change that makes the package smaller; raised for
/// correctness alone, with the reason in the commit.
const FIRST_EVENT_BYTES_MAX: usize = 32_200;

/// What each of the other faces may cost (gzip -9); `react.js` comes on top of the first event, and of React.
const ENTRY_BYTES_MAX: [(&str, usize); 3] = [("react.js", 800), ("snippet.js", 700), ("devtools.js", 2_000)];

/// Prints raw and gzip bytes of each file of the built package; fails past the budget.
pub(crate) fn run() -> Result<()> {
    let dist = Path::new("sdk-wasm/npm/dist");
    let mut total = 0;
    println!("{:<34} {:>9} {:>9}", "file", "raw", "gzip -9");
    for entry in fs::read_dir(dist).with_context(|| {
        format!("expected the built package in {}, found none: run `make npm`", dist.display())
    })? {
        let path = entry?.path();
        if !path.extension().is_some_and(|extension| extension == "js" || extension == "wasm") {
            continue;
        }
        let raw = fs::read(&path)?;
        let packed = gzip(&raw)?;
        println!("{:<34} {:>9} {packed:>9}", path.display(), raw.len());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == "index.js" || name.starts_with("shared-") {
            total += packed;
        }
        for (entry, max) in ENTRY_BYTES_MAX {
            if name == entry && packed > max {
                bail!("{entry} is {} bytes over its limit of {max}", packed - max);
            }
        }
    }
    println!(
        "{:<34} {:>9} {total:>9}  at most {FIRST_EVENT_BYTES_MAX}, goal {FIRST_EVENT_BYTES_GOAL}",
        "before the first event", ""
    );
    if total > FIRST_EVENT_BYTES_MAX {
        bail!("the browser package is {} bytes over its limit", total - FIRST_EVENT_BYTES_MAX);
    }
    Ok(())
}

fn gzip(bytes: &[u8]) -> Result<usize> {
    let mut child = Command::new("gzip")
        .args(["-9", "-n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start gzip")?;
    let mut stdin = child.stdin.take().context("gzip without a stdin")?;
    let input = bytes.to_vec();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(&input));
        child.wait_with_output()
    })?;
    Ok(output.stdout.len())
}
