//! One pass over `timeline`: each person's matching events in order.

use super::{Range, ReportError, Selector, open_table};
use crate::catalog::Catalog;
use crate::file::{TableFile, Texts, numbers};
use crate::tables::Table;
use crate::workers::{map_ordered, threads_or_all};
use arrow_array::types::TimestampMicrosecondType;
use holloway_rules::funnel::Hit;
use holloway_wire::{EventKind, Timestamp};
use rustc_hash::FxHashMap;

/// An event of a person, with the selectors that match it as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) hit: Hit,
    /// The number of the session within the file; 0 for an event outside of sessions.
    pub(crate) session: u32,
}

/// What a scan hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Events that a selector matches.
    Matching,
    /// All events of the range.
    All,
}

/// Hands each person's hits in order to `fold`, one state `S` a file, and merges the states in order of files.
pub(crate) fn fold_people<S: Default + Send>(
    catalog: &Catalog,
    range: &Range,
    selectors: &[Selector],
    keep: Keep,
    fold: impl Fn(&mut S, &[Occurrence]) + Sync,
    mut merge: impl FnMut(S),
) -> Result<(), ReportError> {
    let files = open_table(catalog, Table::Timeline)?;
    let scan = Scan { range, selectors, keep };
    map_ordered(
        threads_or_all(None),
        files.iter().map(Ok),
        |file| scan.file(file, &fold),
        |state| {
            merge(state);
            Ok(())
        },
    )
}

struct Scan<'r> {
    range: &'r Range,
    selectors: &'r [Selector],
    keep: Keep,
}

impl Scan<'_> {
    fn file<S: Default>(
        &self,
        file: &TableFile,
        fold: &impl Fn(&mut S, &[Occurrence]),
    ) -> Result<S, ReportError> {
        let mut state = S::default();
        let mut hits: Vec<Occurrence> = Vec::new();
        let mut person = String::new();
        let mut sessions = Sessions::default();
        for group in 0..file.row_groups().len() {
            let batch =
                file.read(group, &["person_id", "timestamp", "session_id", "type", "event", "page_path"])?;
            let times = numbers::<TimestampMicrosecondType>(&batch, "timestamp");
            let [people, visits, kinds, names, pages] =
                ["person_id", "session_id", "type", "event", "page_path"].map(|name| Texts::of(&batch, name));
            let mut masks = Masks::new(self.selectors, kinds, names, pages);
            let sessions = sessions.numbers(visits);
            let mut current = -1;
            for row in 0..batch.num_rows() {
                let key = people.keys.value(row);
                if key != current {
                    current = key;
                    let id = people.values.value(key as usize);
                    if id != person {
                        if !hits.is_empty() {
                            fold(&mut state, &hits);
                            hits.clear();
                        }
                        person.clear();
                        person.push_str(id);
                    }
                }
                let at = Timestamp::from_micros(times.value(row));
                let mask = masks.of(row);
                if self.range.contains(at) && (mask > 0 || self.keep == Keep::All) {
                    let session = visits.get_key(row).map_or(0, |key| sessions[key]);
                    hits.push(Occurrence { hit: Hit { at, steps: mask }, session });
                }
            }
        }
        if !hits.is_empty() {
            fold(&mut state, &hits);
        }
        Ok(state)
    }
}

/// Numbers for session ids, the same over the row groups of a file: a session may span two of them.
#[derive(Default)]
struct Sessions {
    known: FxHashMap<String, u32>,
    next: u32,
}

impl Sessions {
    /// The number of each value of the dictionary. Sessions are contiguous for a person, not for a device, so all of a
    /// row group's are kept until the next one is numbered.
    fn numbers(&mut self, visits: Texts<'_>) -> Vec<u32> {
        let before = std::mem::take(&mut self.known);
        let number = |id: &str| {
            let number = before.get(id).copied().unwrap_or_else(|| {
                self.next += 1;
                self.next
            });
            self.known.insert(id.to_owned(), number);
            number
        };
        visits.values.iter().flatten().map(number).collect()
    }
}

/// Positions of type, event and page in the lists of a row group.
type Key = (Option<usize>, Option<usize>, Option<usize>);

/// The selectors of each combination of type, event and page of a row group, looked up once for each.
struct Masks<'a> {
    selectors: &'a [Selector],
    kinds: Texts<'a>,
    names: Texts<'a>,
    pages: Texts<'a>,
    known: FxHashMap<Key, u64>,
    last: (Key, u64),
}

impl<'a> Masks<'a> {
    fn new(selectors: &'a [Selector], kinds: Texts<'a>, names: Texts<'a>, pages: Texts<'a>) -> Self {
        let nothing = ((None, None, None), 0);
        Self { selectors, kinds, names, pages, known: FxHashMap::default(), last: nothing }
    }

    fn of(&mut self, row: usize) -> u64 {
        let key = (self.kinds.get_key(row), self.names.get_key(row), self.pages.get_key(row));
        if key != self.last.0 {
            let mask = *self.known.entry(key).or_insert_with(|| {
                let kind = self.kinds.get(row).and_then(EventKind::parse).unwrap_or(EventKind::Track);
                let (name, page) = (self.names.get(row), self.pages.get(row));
                let bits = self.selectors.iter().enumerate();
                bits.filter(|(_, selector)| selector.matches(kind, name, page)).map(|(bit, _)| 1 << bit).sum()
            });
            self.last = (key, mask);
        }
        self.last.1
    }
}
