//! The `holloway` command.

mod arguments;
mod clock;
mod collect;
mod demo;
mod doctor;
#[cfg(test)]
mod documented;
mod draw;
mod export;
mod import;
mod progress;
mod report;
mod tables;
mod up;

use std::process::ExitCode;

use clap::Parser as _;
use holloway_pipeline::{DeriveError, report::ReportError};
use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::arguments::{Arguments, Command};

/// What a command that did its job wants the shell to know.
pub(crate) enum Done {
    /// Exit 0.
    Well,
    /// Exit 3: rows went to the quarantine, and `--strict` asked to be told.
    WithQuarantine,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runs_simulation = matches!(&arguments.command, Command::Up(options) if options.demo);
    log_to_stderr(runs_simulation);
    let done = match arguments.command {
        Command::Up(options) => up::run(&options),
        Command::Collect(options) => collect::run(&options),
        Command::Import(options) => import::run(&options),
        Command::Derive(options) => report::derive(&options),
        Command::Report(options) => report::run(&options),
        Command::Person(options) => report::person(&options),
        Command::Tables(options) => tables::run(&options),
        Command::Export(options) => export::run(&options),
        Command::Doctor(options) => doctor::run(&options),
    };
    match done {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::WithQuarantine) => ExitCode::from(3),
        Err(error) => {
            eprintln!("holloway: {}", said(&error));
            ExitCode::from(if is_argument(&error) { 2 } else { 1 })
        }
    }
}

/// Writes warnings to standard error. A simulation's SDK warns of what its visitors refuse on purpose: without those.
fn log_to_stderr(runs_simulation: bool) {
    let sdk = if runs_simulation { LevelFilter::ERROR } else { LevelFilter::INFO };
    // The longest prefix holds: `holloway` is the SDK's crate, `holloway_…` the others.
    let targets = [("holloway", sdk), ("holloway_", LevelFilter::INFO)];
    let filter = Targets::new().with_default(LevelFilter::INFO).with_targets(targets);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .compact();
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

/// Whether the command line was wrong, and not the job.
fn is_argument(error: &anyhow::Error) -> bool {
    error.is::<arguments::BadArgument>()
        || matches!(error.downcast_ref(), Some(ReportError::Options { .. } | ReportError::Zone(_)))
        || matches!(error.downcast_ref(), Some(DeriveError::Zone(_)))
}

/// The error and its causes, but for those that a message before them has told already.
fn said(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |mut said, cause| {
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
        said
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let full = || anyhow::anyhow!("disk full");
        assert_eq!(said(&full().context("cannot write")), "cannot write: disk full");
        assert_eq!(
            said(&full().context("cannot write: disk full; make room")),
            "cannot write: disk full; make room"
        );
    }
}
