//! `events` to memory: one small record an event, repeated texts as numbers.

use super::interner::Interner;
use super::message::{Form, Message};
use crate::file::{TableError, TableFile, Texts, numbers, strings};
use crate::progress::Progress;
use crate::workers::map_ordered;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, BooleanArray};
use holloway_rules::fact::Origin;
use holloway_wire::{EventKind, Timestamp};
use rustc_hash::FxHashMap;
use std::sync::{Mutex, PoisonError};

const COLUMNS: [&str; 18] = [
    "message_id",
    "type",
    "event",
    "anonymous_id",
    "user_id",
    "previous_id",
    "timestamp",
    "page_path",
    "page_referrer",
    "traits",
    "sequence",
    "page_host",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "paid_click",
    "engaged_ms",
    "library",
];

/// Libraries of servers by their names before the version, lowercase. Those of ours serve apps with one user too, whose events
/// have a session of their own; an event without one is a server's.
const SERVER_LIBRARIES: [&str; 13] = [
    "holloway-rust",
    "holloway-python",
    "holloway-kotlin",
    "holloway-swift",
    "@segment/analytics-node",
    "analytics-node",
    "analytics-python",
    "analytics-go",
    "analytics-java",
    "analytics-ruby",
    "analytics-php",
    "analytics-rust",
    "analytics.net",
];

/// One event. Numbers are those of [`Scan`]'s interners; 0 is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    bits: u128,
    at: i64,
    pub(crate) sequence: u32,
    pub(crate) name: u32,
    pub(crate) anonymous: u32,
    pub(crate) user: u32,
    pub(crate) page: u32,
    pub(crate) touch: u32,
    pub(crate) engaged_ms: u32,
    /// A position in [`Scan::extras`], plus 1.
    pub(crate) extra: u32,
    form: Form,
    pub(crate) kind: EventKind,
    pub(crate) origin: Origin,
}

impl Event {
    const BLANK: Self = Self {
        bits: 0,
        at: 0,
        sequence: 0,
        name: 0,
        anonymous: 0,
        user: 0,
        page: 0,
        touch: 0,
        engaged_ms: 0,
        extra: 0,
        form: Form::Other,
        kind: EventKind::Track,
        origin: Origin::Client,
    };

    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.at)
    }

    pub(crate) fn message(&self) -> Message {
        Message { bits: self.bits, form: self.form }
    }
}

/// How a visitor came: the fields that only a landing has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Touch {
    pub(crate) page_host: u32,
    pub(crate) referrer: u32,
    pub(crate) utm_source: u32,
    pub(crate) utm_medium: u32,
    pub(crate) utm_campaign: u32,
    pub(crate) paid_click: bool,
}

/// What few events carry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) traits: Option<Box<str>>,
    pub(crate) previous_id: Option<Box<str>>,
}

/// All texts and rare fields.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) anonymous: Interner,
    pub(crate) users: Interner,
    /// Names, pages, hosts, referrers, campaigns.
    pub(crate) texts: Interner,
    pub(crate) messages: Interner,
    pub(crate) touches: Vec<Touch>,
    touch_numbers: FxHashMap<Touch, u32>,
    pub(crate) extras: Vec<Extra>,
}

impl Words {
    fn touch(&mut self, touch: Touch) -> u32 {
        if touch == Touch::default() {
            return 0;
        }
        if let Some(&number) = self.touch_numbers.get(&touch) {
            return number;
        }
        self.touches.push(touch.clone());
        let number = self.touches.len() as u32;
        self.touch_numbers.insert(touch, number);
        number
    }
}

/// The events of the table in memory.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) events: Vec<Event>,
    pub(crate) words: Words,
}

/// Reads the columns that derivations need.
pub(crate) fn scan(files: &[TableFile], threads: usize, progress: &dyn Progress) -> Result<Scan, TableError> {
    let rows: usize = files.iter().flat_map(TableFile::row_groups).sum();
    progress.begin("reading events", Some(rows as u64));
    let mut events = vec![Event::BLANK; rows];
    let words = Mutex::new(Words::default());
    let mut rest = events.as_mut_slice();
    let mut tasks = Vec::new();
    for file in files {
        for (group, rows) in file.row_groups().enumerate() {
            let (out, others) = std::mem::take(&mut rest).split_at_mut(rows);
            rest = others;
            tasks.push(Ok((file, group, out)));
        }
    }
    let answer = map_ordered(
        threads,
        tasks,
        |(file, group, out)| read_group(file, group, out, &words),
        |rows| {
            progress.advance(rows);
            Ok(())
        },
    );
    progress.end();
    answer?;
    Ok(Scan { events, words: words.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

/// Returns whether a library, written as its name, a slash and its version, is a server's.
fn is_of_server(library: &str) -> bool {
    let name = library.rsplit_once('/').map_or(library, |(name, _)| name);
    SERVER_LIBRARIES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn read_group(
    file: &TableFile,
    group: usize,
    out: &mut [Event],
    words: &Mutex<Words>,
) -> Result<u64, TableError> {
    let batch = file.read(group, &COLUMNS)?;
    let times = numbers::<TimestampMicrosecondType>(&batch, "timestamp");
    let sequences = numbers::<Int64Type>(&batch, "sequence");
    let engaged = numbers::<Int64Type>(&batch, "engaged_ms");
    let paid: &BooleanArray = crate::file::column(&batch, "paid_click").as_boolean();
    let (messages, traits) = (strings(&batch, "message_id"), strings(&batch, "traits"));
    let texts = |name| Texts::of(&batch, name);
    let (kinds, previous, libraries) = (texts("type"), texts("previous_id"), texts("library"));
    let is_server: Vec<bool> = libraries.values.iter().map(|name| name.is_some_and(is_of_server)).collect();
    let kind_of: Vec<EventKind> =
        kinds.values.iter().map(|word| word.and_then(EventKind::parse).unwrap_or(EventKind::Track)).collect();

    // Under the lock: each different text of the row group once. Outside of it, rows are numbers.
    let lock = || words.lock().unwrap_or_else(PoisonError::into_inner);
    let mut guard = lock();
    let anonymous = Column::of(texts("anonymous_id"), &mut guard.anonymous);
    let users = Column::of(texts("user_id"), &mut guard.users);
    let names = Column::of(texts("event"), &mut guard.texts);
    let pages = Column::of(texts("page_path"), &mut guard.texts);
    let [hosts, referrers, sources, mediums, campaigns] =
        ["page_host", "page_referrer", "utm_source", "utm_medium", "utm_campaign"]
            .map(|name| Column::of(texts(name), &mut guard.texts));
    drop(guard);

    let mut rare = Rare::default();
    for (row, event) in out.iter_mut().enumerate() {
        event.at = times.value(row);
        event.kind = kind_of[kinds.keys.value(row) as usize];
        event.sequence = clamp(sequences.is_valid(row).then(|| sequences.value(row)));
        if sequences.is_null(row) && libraries.get_key(row).is_some_and(|library| is_server[library]) {
            event.origin = Origin::Server;
        }
        event.engaged_ms = clamp(engaged.is_valid(row).then(|| engaged.value(row)));
        event.anonymous = anonymous.get(row);
        event.user = users.get(row);
        event.name = names.get(row);
        event.page = pages.get(row);
        event.touch = rare.touch(Touch {
            page_host: hosts.get(row),
            referrer: referrers.get(row),
            utm_source: sources.get(row),
            utm_medium: mediums.get(row),
            utm_campaign: campaigns.get(row),
            paid_click: paid.value(row),
        });
        match Message::uuid(messages.value(row)) {
            Some(message) => (event.bits, event.form) = (message.bits, message.form),
            None => rare.messages.push(row),
        }
        if traits.is_valid(row) || previous.get(row).is_some() {
            rare.extras.push((
                row,
                Extra {
                    traits: traits.is_valid(row).then(|| Box::from(traits.value(row))),
                    previous_id: previous.get(row).map(Box::from),
                },
            ));
        }
    }

    let mut guard = lock();
    let touches: Vec<u32> = rare.touches.into_iter().map(|touch| guard.touch(touch)).collect();
    for event in out.iter_mut().filter(|event| event.touch > 0) {
        event.touch = touches[event.touch as usize - 1];
    }
    for row in rare.messages {
        out[row].bits = u128::from(guard.messages.number(messages.value(row)));
    }
    for (row, extra) in rare.extras {
        guard.extras.push(extra);
        out[row].extra = guard.extras.len() as u32;
    }
    Ok(out.len() as u64)
}

/// What has no number yet when the lock is given back.
#[derive(Default)]
struct Rare {
    touches: Vec<Touch>,
    numbers: FxHashMap<Touch, u32>,
    messages: Vec<usize>,
    extras: Vec<(usize, Extra)>,
}

impl Rare {
    /// The number of a touch within this row group, from 1; 0 for an empty one.
    fn touch(&mut self, touch: Touch) -> u32 {
        if touch == Touch::default() {
            return 0;
        }
        if let Some(&number) = self.numbers.get(&touch) {
            return number;
        }
        self.touches.push(touch.clone());
        let number = self.touches.len() as u32;
        self.numbers.insert(touch, number);
        number
    }
}

fn clamp(number: Option<i64>) -> u32 {
    number.map_or(0, |number| u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// A text column whose values have numbers.
struct Column<'a> {
    texts: Texts<'a>,
    numbers: Vec<u32>,
}

impl<'a> Column<'a> {
    fn of(texts: Texts<'a>, interner: &mut Interner) -> Self {
        let numbers = texts.values.iter().map(|text| text.map_or(0, |text| interner.number(text))).collect();
        Self { texts, numbers }
    }

    fn get(&self, row: usize) -> u32 {
        if self.texts.keys.is_null(row) { 0 } else { self.numbers[self.texts.keys.value(row) as usize] }
    }
}
