//! The table of operations.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::{
    instructions::Instructions,
    times::{Time, Times},
    version,
};

/// One row.
pub(crate) struct Operation {
    /// As the benches and the counted program know it.
    pub(crate) name: &'static str,
    /// What it does, honestly.
    title: &'static str,
    /// The peer's package, whose version is told.
    peer: Option<&'static str>,
    /// Whether it is counted: what other threads do is not.
    pub(crate) is_counted: bool,
}

const OURS: &str = "track/holloway";

/// Every operation, in the table's order.
pub(crate) const OPERATIONS: [Operation; 9] = [
    own(OURS, "`track`, caller: event in a file when it returns, survives SIGKILL"),
    peer("track/posthog", "`capture` of posthog-rs, caller: in memory only", "posthog-rs"),
    peer("track/sentry", "`capture_event` of sentry, caller: in memory only", "sentry"),
    peer(
        "track/opentelemetry",
        "`emit` of opentelemetry_sdk logs, caller: in memory only",
        "opentelemetry_sdk",
    ),
    own("encode/core", "`encode`: core's `track` to JSON, with its share of batches, no disk"),
    own("append/record", "`append`: frame and CRC of a 600 byte record, in memory"),
    own("append/file", "`append`: 20 such records framed and written to a file"),
    waited("drain/fsync", "`drain`: 1,000 queued calls to acknowledged, fsync of each batch of 20 (default)"),
    waited("drain/no-fsync", "`drain`: the same with `FsyncPolicy::Never`"),
];

const fn own(name: &'static str, title: &'static str) -> Operation {
    Operation { name, title, peer: None, is_counted: true }
}

const fn peer(name: &'static str, title: &'static str, package: &'static str) -> Operation {
    Operation { name, title, peer: Some(package), is_counted: true }
}

const fn waited(name: &'static str, title: &'static str) -> Operation {
    Operation { name, title, peer: None, is_counted: false }
}

/// Prints the table as Markdown.
pub(crate) fn print(times: &Times, instructions: Option<&Instructions>) -> Result<()> {
    println!("| operation | median | fastest sample | instructions | ours : theirs, time | instructions |");
    println!("|---|--:|--:|--:|--:|--:|");
    for Operation { name, title, peer, .. } in &OPERATIONS {
        let time = |name: &str| times.get(name).copied().with_context(|| format!("{name} was not measured"));
        let count = |name: &str| instructions.and_then(|all| all.get(name).copied());
        let Time { median, fastest } = time(name)?;
        let counted = count(name).map_or_else(|| "–".to_owned(), grouped);
        let (mut title, mut by_time, mut by_count) = ((*title).to_owned(), String::new(), String::new());
        if let Some(package) = peer {
            write!(title, " ({})", version(package)?)?;
            write!(by_time, "{:.1}", time(OURS)?.fastest / fastest)?;
            if let Some((ours, theirs)) = count(OURS).zip(count(name)) {
                write!(by_count, "{:.1}", ours as f64 / theirs as f64)?;
            }
        }
        let (median, fastest) = (duration(median), duration(fastest));
        println!("| {title} | {median} | {fastest} | {counted} | {by_time} | {by_count} |");
    }
    println!(
        "\nInstructions are the caller's thread in user mode. Ratios of times are those of the fastest samples."
    );
    Ok(())
}

fn duration(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns => format!("{:.1} ms", ns / 1e6),
    }
}

/// A number with commas.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands_and_times_have_their_unit() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
        for (ns, text) in [(12.4, "12 ns"), (1_500.0, "1.50 µs"), (2_340_000.0, "2.3 ms")] {
            assert_eq!(duration(ns), text);
        }
    }
}
