//! What the client costs: time, instructions and bytes, beside its peers.

mod instructions;
mod machine;
mod operations;
mod sizes;
mod times;

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{self, Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// The workspace of the measurements: the peers are built here only.
const MANIFEST: &str = "sdk-core/native/bench/Cargo.toml";

/// Runs every measurement and prints the tables. What it is doing is told on stderr, so that stdout can be kept.
pub(crate) fn run() -> Result<()> {
    let workspace = Workspace::find()?;
    let machine = machine::line()?;
    let times = times::measure(&workspace)?;
    let instructions = instructions::count(&workspace)?;
    let sizes = sizes::weigh(&workspace)?;

    println!("{machine}\n");
    operations::print(&times, instructions.as_ref())?;
    println!();
    sizes::print(&sizes);
    Ok(())
}

/// Where the measurements are built.
pub(crate) struct Workspace {
    target: PathBuf,
}

impl Workspace {
    fn find() -> Result<Self> {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target/bench"));
        if !Path::new(MANIFEST).exists() {
            bail!("expected to run in the repository's root, found no {MANIFEST}");
        }
        Ok(Self { target: path::absolute(target)? })
    }

    /// Runs cargo in that workspace; what it prints goes to stderr.
    fn cargo(&self, verb: &str, arguments: &[&str]) -> Result<()> {
        let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args([verb, "--manifest-path", MANIFEST])
            .args(arguments)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CRITERION_HOME", self.criterion())
            .stdout(Stdio::from(io::stderr()))
            .status()
            .context("cannot start cargo")?;
        if !status.success() {
            bail!("cargo {verb} {} failed: {status}", arguments.join(" "));
        }
        Ok(())
    }

    /// Where the bench harness leaves its results.
    fn criterion(&self) -> PathBuf {
        self.target.join("criterion")
    }
}

/// A package's version, as the lock file has it after the build.
fn version(package: &str) -> Result<String> {
    let path = Path::new(MANIFEST).with_file_name("Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let entry = format!("name = \"{package}\"\nversion = \"");
    let found = lock.split_once(&entry).and_then(|(_, rest)| rest.split_once('"'));
    let (version, _) = found.with_context(|| format!("{} has no {package}", path.display()))?;
    Ok(version.to_owned())
}

/// Says what takes a while.
fn say(what: &str) {
    eprintln!("bench: {what}");
}
