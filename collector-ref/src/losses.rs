//! What clients said they lost, kept beside the log: `losses.ndjson` of the data folder, one line a report.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write as _},
    path::Path,
};

use holloway_wire::json::write_string;
use serde::Deserialize;

use crate::committer::Losses;

const FILE: &str = "losses.ndjson";
/// A sender cannot grow the list of reasons without end; the rest is `other`.
const REASONS_MAX: usize = 64;
const REASON_BYTES_MAX: usize = 64;

/// Counts of events that never left their clients, by reason.
#[derive(Debug)]
pub(crate) struct LossBook {
    file: File,
    totals: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    losses: BTreeMap<Cow<'a, str>, u64>,
}

impl LossBook {
    /// Reads the file, or starts one. A line that a crash left in part counts for nothing.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(data.join(FILE))?;
        let mut totals = BTreeMap::new();
        let mut whole = true;
        for line in BufReader::new(&file).split(b'\n') {
            let line = line?;
            let read = serde_json::from_slice::<Line<'_>>(&line);
            whole = read.is_ok();
            for (reason, events) in read.into_iter().flat_map(|line| line.losses) {
                add(&mut totals, &reason, events);
            }
        }
        if !whole {
            file.write_all(b"\n")?;
        }
        Ok(Self { file, totals })
    }

    /// Adds reports; they are on disk when this returns. The totals have them also when it fails.
    pub(crate) fn add<'a>(&mut self, reports: impl Iterator<Item = &'a Losses>) -> io::Result<()> {
        let mut lines = Vec::new();
        for report in reports {
            lines.extend_from_slice(b"{\"receivedAt\":\"");
            report.received_at.write(&mut lines);
            lines.extend_from_slice(b"\",\"writeKey\":");
            write_string(&mut lines, &report.write_key);
            lines.extend_from_slice(b",\"losses\":{");
            let mut counts = BTreeMap::new();
            for (reason, events) in &report.by_reason {
                add(&mut counts, add(&mut self.totals, reason, *events), *events);
            }
            for (index, (reason, events)) in counts.iter().enumerate() {
                if index > 0 {
                    lines.push(b',');
                }
                write_string(&mut lines, reason);
                lines.extend_from_slice(format!(":{events}").as_bytes());
            }
            lines.extend_from_slice(b"}}\n");
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.file.write_all(&lines)?;
        self.file.sync_data()
    }

    /// Since the data folder was made.
    pub(crate) fn totals(&self) -> &BTreeMap<String, u64> {
        &self.totals
    }
}

/// Adds to a reason's count; answers the name under which it is counted.
fn add<'a>(totals: &mut BTreeMap<String, u64>, reason: &'a str, events: u64) -> &'a str {
    let is_known = totals.contains_key(reason);
    let fits = totals.len() < REASONS_MAX && !reason.is_empty() && reason.len() <= REASON_BYTES_MAX;
    let name = if is_known || fits { reason } else { "other" };
    let total = totals.entry(name.to_owned()).or_default();
    *total = total.saturating_add(events);
    name
}

#[cfg(test)]
mod tests {
    use holloway_wire::Timestamp;

    use super::*;

    fn report(by_reason: &[(&str, u64)]) -> Losses {
        Losses {
            received_at: Timestamp::from_millis(0),
            write_key: "K".to_owned(),
            by_reason: by_reason.iter().map(|(reason, events)| ((*reason).to_owned(), *events)).collect(),
        }
    }

    #[test]
    fn reports_are_kept_and_a_torn_line_costs_only_itself() {
        let data = tempfile::tempdir().expect("a folder");
        let path = data.path().join(FILE);
        let mut book = LossBook::open(data.path()).expect("opens");
        let long = "x".repeat(65);
        book.add([report(&[("expired", 2), (&long, 1)]), report(&[("expired", 3)])].iter()).expect("adds");
        let text = std::fs::read_to_string(&path).expect("reads");
        let first =
            r#"{"receivedAt":"1970-01-01T00:00:00.000Z","writeKey":"K","losses":{"expired":2,"other":1}}"#;
        assert_eq!(text.lines().next(), Some(first));
        std::fs::write(&path, format!("{text}{{\"receivedAt\":\"19")).expect("writes");
        let mut book = LossBook::open(data.path()).expect("opens");
        book.add([report(&[("expired", 1)])].iter()).expect("adds");
        let totals = LossBook::open(data.path()).expect("opens").totals;
        assert_eq!(totals, BTreeMap::from([("expired".to_owned(), 6), ("other".to_owned(), 1)]));
    }

    #[test]
    fn a_sender_cannot_make_reasons_without_end() {
        let mut totals = BTreeMap::new();
        for number in 0..1_000 {
            add(&mut totals, &number.to_string(), 1);
        }
        assert_eq!((totals.len(), totals["other"]), (65, 936));
    }
}
