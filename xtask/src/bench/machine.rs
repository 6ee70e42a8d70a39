//! Where the numbers are from.

use std::{env, fs, process::Command, thread};

use anyhow::{Context, Result};

/// Cores, their load, kernel, compiler and the file system of temporary files, in one line.
pub(crate) fn line() -> Result<String> {
    let cores = thread::available_parallelism().context("cannot count the cores")?;
    let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let model = model.unwrap_or_else(|| env::consts::ARCH.to_owned());
    // Other programs' share: the first number is the mean of the last minute.
    let load = fs::read_to_string("/proc/loadavg").ok();
    let load = load.as_deref().and_then(|text| text.split_whitespace().next()).unwrap_or("unknown");
    let kernel = said(Command::new("uname").arg("-sr"))?;
    let compiler = said(Command::new("rustc").arg("--version"))?;
    let disk = said(Command::new("df").arg("--output=fstype").arg(env::temp_dir()))?;
    let disk = disk.lines().last().unwrap_or("an unknown file system");
    Ok(format!(
        "Machine: {cores} cores ({model}), load {load} at the start, {kernel}, {compiler}, files on {disk}."
    ))
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
