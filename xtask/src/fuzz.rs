//! The fuzz targets, one after the other.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// Each target: the folder of the package whose `fuzz/` it is in, its name, what it looks for.
const TARGETS: [(&str, &str, &str); 3] = [
    ("sdk-core", "state", "a damaged state file that is believed, or that a client cannot begin with"),
    ("sdk-core", "chunk", "a damaged chunk file whose records are changed, lost or counted twice"),
    ("sdk-core/wire", "decode", "a body that a reader fails on, or reads otherwise than it was admitted"),
];
/// Each target's time when none is given.
const DEFAULT: Duration = Duration::from_mins(10);
/// Inputs stay small, so that those that are kept can be committed.
const INPUT_BYTES_MAX: usize = 2_048;

/// Runs every target for its time with the committed corpus; new inputs are left in the target folder. Fails with
/// the first target that finds something.
pub(crate) fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let time = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => DEFAULT,
        (Some("--seconds"), Some(seconds)) => Duration::from_secs(
            seconds.parse().with_context(|| format!("expected whole seconds, found {seconds:?}"))?,
        ),
        (Some(other), _) => bail!("expected --seconds N or nothing, found {other:?}"),
    };
    let found = Command::new("cargo").args(["+nightly", "fuzz", "--version"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        bail!(
            "expected cargo-fuzz and a nightly toolchain, found none: `rustup toolchain install nightly` and `cargo \
             install cargo-fuzz`"
        );
    }
    for (folder, target, what) in TARGETS {
        println!("{target}: {} s, looking for {what}", time.as_secs());
        fuzz(Path::new(folder), target, time)?;
    }
    println!("{} targets, nothing found", TARGETS.len());
    Ok(())
}

fn fuzz(folder: &Path, target: &str, time: Duration) -> Result<()> {
    let new = kept(target)?;
    fs::create_dir_all(&new).with_context(|| format!("cannot make {}", new.display()))?;
    let committed = Path::new("fuzz/corpus").join(target);
    // Not the cargo that runs this: its toolchain is another.
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    // Without unsafe code there is nothing for a sanitizer to find, and inputs are tried several times faster.
    cargo.args(["+nightly", "fuzz", "run", "--sanitizer", "none", target]).arg(&new);
    if folder.join(&committed).exists() {
        cargo.arg(committed);
    }
    cargo.args(["--", &format!("-max_total_time={}", time.as_secs())]);
    cargo.args([&format!("-max_len={INPUT_BYTES_MAX}"), "-print_final_stats=1"]);
    if !cargo.status().context("cannot start cargo")?.success() {
        bail!(
            "{target} failed; an input that it found is in {}: keep it as {}",
            folder.join("fuzz/artifacts").join(target).display(),
            folder.join("fuzz/corpus").join(target).display()
        );
    }
    println!("{target}: nothing found; new inputs are in {}", new.display());
    Ok(())
}

/// Where new inputs are left, for the next run to go on with.
fn kept(target: &str) -> Result<PathBuf> {
    let root = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let root = env::current_dir().context("there is no current folder")?.join(root);
    Ok(root.join("fuzz").join(target))
}
