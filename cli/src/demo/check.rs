//! What the simulation did beside what the pipeline found.

use std::path::Path;

use anyhow::Result;
use holloway_pipeline::DeriveSummary;
use holloway_rawlog::{FileStorage, Offset, Reader};

use super::truth::{Counts, Truth};
use crate::draw::{columns, grouped, say};

impl Counts {
    /// Returns what a derive and the quarantine of the data folder hold.
    pub(crate) fn found(data: &Path, summary: &DeriveSummary) -> Result<Self> {
        let mut quarantined = 0;
        let mut reader = Reader::open(FileStorage::at(data.join("quarantine")), Offset::START)?;
        while reader.read()?.is_some() {
            quarantined += 1;
        }
        Ok(Self {
            events: summary.events,
            people: summary.people,
            sessions: summary.sessions,
            refused_merges: summary.refused_merges,
            quarantined,
        })
    }

    fn plus(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            people: self.people + other.people,
            sessions: self.sessions + other.sessions,
            refused_merges: self.refused_merges + other.refused_merges,
            quarantined: self.quarantined + other.quarantined,
        }
    }

    fn rows(self) -> [(&'static str, u64); 5] {
        [
            ("events", self.events),
            ("people", self.people),
            ("sessions", self.sessions),
            ("refused merges", self.refused_merges),
            ("in quarantine", self.quarantined),
        ]
    }
}

/// Prints how the visitors became people, and each expected count beside the one that was found. `before` is what the
/// folder held before the demo.
pub(crate) fn print(truth: &Truth, before: Counts, found: Counts) {
    let counts = truth.counts();
    let steps = truth.steps();
    say!("\nWhy {} visitors are {} people", grouped(truth.visitors), grouped(counts.people));
    let mut rows: Vec<(String, String)> = Vec::new();
    for (at, (count, what)) in steps.iter().enumerate().filter(|(_, (count, _))| *count != 0) {
        let sign = match (at, *count < 0) {
            (0, _) => " ",
            (_, true) => "-",
            (_, false) => "+",
        };
        rows.push((format!("{sign} {:>6}", grouped(count.unsigned_abs())), (*what).to_owned()));
    }
    rows.push((format!("= {:>6}", grouped(counts.people)), "people".to_owned()));
    for (count, what) in rows {
        say!("  {count}  {what}");
    }

    say!("\nCheck: what the simulation did, and what the pipeline found");
    let expected = before.plus(counts);
    let mut rows = vec![["", "expected", "found", ""].map(str::to_owned).to_vec()];
    for ((name, expected), (_, found)) in expected.rows().into_iter().zip(found.rows()) {
        let verdict = if expected == found { "ok" } else { "DIFFERS" };
        rows.push(vec![name.to_owned(), grouped(expected), grouped(found), verdict.to_owned()]);
    }
    columns(&rows);
    if before != Counts::default() {
        say!("  expected counts include the {} events that the folder held before", grouped(before.events));
    }
    if expected.events != found.events {
        say!("  the folder holds other events too: run the demo with a --data folder of its own to compare");
    }
}
