//! The most frequent events, and the order in which people meet them.

use super::history::{Keep, fold_people};
use super::{Range, ReportError, Selector, on_tables, open_table, require_derived};
use crate::catalog::Catalog;
use crate::file::{TableFile, Texts, numbers};
use crate::tables::Table;
use arrow_array::types::TimestampMicrosecondType;
use holloway_wire::Timestamp;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::path::Path;

/// Events of a sequence, at most.
const STEPS_MAX: usize = 4;
/// Events that a sequence is looked for among.
const CANDIDATES: usize = 8;
/// Two events are steps of a sequence when at least so many people have both.
const PEOPLE_MIN: u64 = 10;

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EventsReport {
    /// The most frequent events, most people first, then most events, then by name.
    pub events: Vec<EventCount>,
    /// Tracked events that most people meet in this order, as texts of [`Selector`]; empty when there is no such order.
    pub sequence: Vec<String>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventCount {
    /// The event as the text of a [`Selector`]: a name, or `type:page` and the like.
    pub event: String,
    /// How often it happened.
    pub count: u64,
    /// People who have it.
    pub people: u64,
}

/// Reports the `top` most frequent events of the range.
///
/// A sequence is given when at least ten people have each pair of neighbours, and two thirds of them met the earlier
/// one first.
pub fn events(data: &Path, range: &Range, top: usize) -> Result<EventsReport, ReportError> {
    on_tables(data, |catalog| {
        require_derived(catalog)?;
        let mut events = counts(catalog, range)?;
        let is_tracked = |row: &&EventCount| matches!(Selector::parse(&row.event), Ok(Selector::Track(_)));
        let candidates: Vec<EventCount> =
            events.iter().filter(is_tracked).take(CANDIDATES).cloned().collect();
        let sequence = sequence(catalog, range, &candidates)?;
        events.truncate(top);
        Ok(EventsReport { events, sequence })
    })
}

/// Counts of one event in a file.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: u64,
    people: u64,
    /// The running number of the last person who had it.
    last_person: u64,
}

fn counts(catalog: &Catalog, range: &Range) -> Result<Vec<EventCount>, ReportError> {
    let mut sums: FxHashMap<String, (u64, u64)> = FxHashMap::default();
    for file in open_table(catalog, Table::Timeline)? {
        for (event, tally) in count_file(&file, range)? {
            let sum = sums.entry(event).or_default();
            sum.0 += tally.count;
            sum.1 += tally.people;
        }
    }
    let mut events: Vec<EventCount> =
        sums.into_iter().map(|(event, (count, people))| EventCount { event, count, people }).collect();
    events.sort_unstable_by(|a, b| {
        (b.people, b.count).cmp(&(a.people, a.count)).then_with(|| a.event.cmp(&b.event))
    });
    Ok(events)
}

/// A person's events are in one file, next to each other.
fn count_file(file: &TableFile, range: &Range) -> Result<FxHashMap<String, Tally>, ReportError> {
    let mut tallies: FxHashMap<String, Tally> = FxHashMap::default();
    let (mut person, mut number) = (String::new(), 0_u64);
    for group in 0..file.row_groups().len() {
        let batch = file.read(group, &["person_id", "timestamp", "type", "event"])?;
        let times = numbers::<TimestampMicrosecondType>(&batch, "timestamp");
        let [people, kinds, names] = ["person_id", "type", "event"].map(|name| Texts::of(&batch, name));
        let mut known: FxHashMap<(Option<usize>, Option<usize>), Tally> = FxHashMap::default();
        let label = |(kind, name): (Option<usize>, Option<usize>)| {
            let kind = kind.map_or("track", |kind| kinds.values.value(kind));
            match name {
                Some(name) if kind == "track" => Selector::of_track(names.values.value(name)),
                _ => format!("type:{kind}"),
            }
        };
        let mut current = -1;
        for row in 0..batch.num_rows() {
            let key = people.keys.value(row);
            if key != current {
                current = key;
                let id = people.values.value(key as usize);
                if id != person {
                    person.clear();
                    person.push_str(id);
                    number += 1;
                }
            }
            if !range.contains(Timestamp::from_micros(times.value(row))) {
                continue;
            }
            let kind = kinds.get_key(row);
            let is_track = kind.is_none_or(|kind| kinds.values.value(kind) == "track");
            let event = (kind, if is_track { names.get_key(row) } else { None });
            let tally = known.entry(event).or_insert_with(|| {
                // A person may go on from the row group before.
                tallies.get(&label(event)).map_or_else(Tally::default, |before| Tally {
                    last_person: before.last_person,
                    ..Tally::default()
                })
            });
            tally.count += 1;
            if tally.last_person != number {
                tally.last_person = number;
                tally.people += 1;
            }
        }
        for (event, tally) in known {
            let sum = tallies.entry(label(event)).or_default();
            sum.count += tally.count;
            sum.people += tally.people;
            sum.last_person = tally.last_person;
        }
    }
    Ok(tallies)
}

/// How many people met the first of two events before the second, for each pair.
#[derive(Clone, Copy, Debug, Default)]
struct Pairs([[u64; CANDIDATES]; CANDIDATES]);

fn sequence(catalog: &Catalog, range: &Range, candidates: &[EventCount]) -> Result<Vec<String>, ReportError> {
    let selectors: Vec<Selector> =
        candidates.iter().map(|row| Selector::parse(&row.event)).collect::<Result<_, _>>()?;
    let mut all = Pairs::default();
    fold_people(
        catalog,
        range,
        &selectors,
        Keep::Matching,
        |pairs: &mut Pairs, hits| {
            let mut order: Vec<usize> = Vec::new();
            for hit in hits {
                for step in (0..selectors.len()).filter(|step| hit.hit.steps >> step & 1 == 1) {
                    if !order.contains(&step) {
                        order.push(step);
                    }
                }
            }
            for (at, &first) in order.iter().enumerate() {
                for &second in &order[at + 1..] {
                    pairs.0[first][second] += 1;
                }
            }
        },
        |pairs: Pairs| {
            for (sum, part) in all.0.iter_mut().flatten().zip(pairs.0.iter().flatten()) {
                *sum += part;
            }
        },
    )?;
    Ok(longest(&all, candidates).into_iter().map(|step| candidates[step].event.clone()).collect())
}

/// Returns the longest chain of events that follow each other: from each event on, in the order of their people.
fn longest(pairs: &Pairs, candidates: &[EventCount]) -> Vec<usize> {
    let follows = |first: usize, second: usize| {
        let (before, after) = (pairs.0[first][second], pairs.0[second][first]);
        before + after >= PEOPLE_MIN && before >= 2 * after
    };
    let mut best = Vec::new();
    for start in 0..candidates.len() {
        let (mut steps, mut last) = (vec![start], start);
        for next in 0..candidates.len() {
            if steps.len() < STEPS_MAX && !steps.contains(&next) && follows(last, next) {
                steps.push(next);
                last = next;
            }
        }
        if steps.len() > best.len().max(1) {
            best = steps;
        }
    }
    best
}
