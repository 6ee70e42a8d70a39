//! Visits: how many, how long, where in, where out, where from.

use super::{Range, ReportError, on_tables, open_table, require_derived};
use crate::catalog::Catalog;
use crate::file::{Texts, column, numbers};
use crate::tables::Table;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, BooleanArray};
use holloway_wire::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use std::path::Path;

/// The report, over the sessions that start in its range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionsReport {
    /// Events of these sessions.
    pub events: u64,
    /// People with such a session.
    pub people: u64,
    /// Sessions.
    pub sessions: u64,
    /// Last minus first event, ms.
    pub duration_ms: Duration,
    /// Events of a session.
    pub events_per_session: EventsPerSession,
    /// Bounced sessions among those that can bounce (have a page view); none when no session can.
    pub bounce_rate: Option<f64>,
    /// Pages of first views, most sessions first, then by name.
    pub entry_pages: Vec<PageCount>,
    /// Pages of last views, most sessions first, then by name.
    pub exit_pages: Vec<PageCount>,
    /// Channels, most sessions first, then by name.
    pub channels: Vec<ChannelCount>,
}

/// How long sessions took, ms; 0 without sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Duration {
    /// The mean.
    pub mean: f64,
    /// The median: of an even number of sessions the mean of the two in the middle.
    pub median: f64,
}

/// How many events sessions have; 0 without sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct EventsPerSession {
    /// The mean.
    pub mean: f64,
}

/// Sessions of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageCount {
    /// The page.
    pub page: String,
    /// Sessions.
    pub sessions: u64,
}

/// Sessions of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelCount {
    /// The channel.
    pub channel: String,
    /// Sessions.
    pub sessions: u64,
}

/// Reports on the sessions that start in the range.
pub fn sessions(data: &Path, range: &Range) -> Result<SessionsReport, ReportError> {
    on_tables(data, |catalog| {
        require_derived(catalog)?;
        report(catalog, range)
    })
}

#[derive(Default)]
struct Tally {
    events: u64,
    people: FxHashSet<String>,
    durations: Vec<i64>,
    can_bounce: u64,
    bounced: u64,
    entry_pages: FxHashMap<String, u64>,
    exit_pages: FxHashMap<String, u64>,
    channels: FxHashMap<String, u64>,
}

fn report(catalog: &Catalog, range: &Range) -> Result<SessionsReport, ReportError> {
    let columns =
        ["person_id", "started_at", "duration_ms", "events", "entry_page", "exit_page", "channel", "bounced"];
    let mut tally = Tally::default();
    for file in open_table(catalog, Table::Sessions)? {
        for group in 0..file.row_groups().len() {
            let batch = file.read(group, &columns)?;
            let started = numbers::<TimestampMicrosecondType>(&batch, "started_at");
            let durations = numbers::<Int64Type>(&batch, "duration_ms");
            let events = numbers::<Int64Type>(&batch, "events");
            let bounced: &BooleanArray = column(&batch, "bounced").as_boolean();
            let [people, entries, exits, channels] =
                ["person_id", "entry_page", "exit_page", "channel"].map(|name| Texts::of(&batch, name));
            for row in (0..batch.num_rows())
                .filter(|&row| range.contains(Timestamp::from_micros(started.value(row))))
            {
                tally.events += events.value(row) as u64;
                tally.durations.push(durations.value(row));
                if bounced.is_valid(row) {
                    tally.can_bounce += 1;
                    tally.bounced += u64::from(bounced.value(row));
                }
                if let Some(person) = people.get(row).filter(|person| !tally.people.contains(*person)) {
                    tally.people.insert(person.to_owned());
                }
                count(&mut tally.entry_pages, entries.get(row));
                count(&mut tally.exit_pages, exits.get(row));
                count(&mut tally.channels, channels.get(row));
            }
        }
    }
    Ok(tally.finish())
}

fn count(counts: &mut FxHashMap<String, u64>, text: Option<&str>) {
    let Some(text) = text else { return };
    match counts.get_mut(text) {
        Some(count) => *count += 1,
        None => _ = counts.insert(text.to_owned(), 1),
    }
}

impl Tally {
    fn finish(mut self) -> SessionsReport {
        self.durations.sort_unstable();
        let sessions = self.durations.len() as u64;
        let total: i128 = self.durations.iter().map(|&duration| i128::from(duration)).sum();
        let pages = |counts| {
            ranked(counts).into_iter().map(|(page, sessions)| PageCount { page, sessions }).collect()
        };
        SessionsReport {
            events: self.events,
            people: self.people.len() as u64,
            sessions,
            duration_ms: Duration { mean: ratio(total as f64, sessions), median: median(&self.durations) },
            events_per_session: EventsPerSession { mean: ratio(self.events as f64, sessions) },
            bounce_rate: (self.can_bounce > 0).then(|| ratio(self.bounced as f64, self.can_bounce)),
            entry_pages: pages(self.entry_pages),
            exit_pages: pages(self.exit_pages),
            channels: ranked(self.channels)
                .into_iter()
                .map(|(channel, sessions)| ChannelCount { channel, sessions })
                .collect(),
        }
    }
}

fn ratio(part: f64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part / whole as f64 }
}

/// The median of sorted numbers.
fn median(sorted: &[i64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle] as f64,
        _ => f64::midpoint(sorted[middle - 1] as f64, sorted[middle] as f64),
    }
}

fn ranked(counts: FxHashMap<String, u64>) -> Vec<(String, u64)> {
    let mut ranked: Vec<_> = counts.into_iter().collect();
    ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        // Doubled, the medians are whole numbers.
        let doubled = |sorted: &[i64]| (super::median(sorted) * 2.0) as i64;
        assert_eq!([&[][..], &[5], &[1, 4], &[1, 2, 9]].map(doubled), [0, 10, 5, 4]);
    }
}
