//! One bucket of people: their events in, a part of each table out. The unit of parallel work.

use super::DeriveRules;
use super::people::{People, Person};
use super::scan::{Event, Scan};
use crate::encode::{self, Encoded};
use crate::file::TableError;
use crate::tables::{Table, profiles, sessions, time_type};
use arrow_array::builder::{Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use holloway_rules::Fact;
use holloway_rules::profile::ProfileFold;
use holloway_rules::session::Stitcher;
use holloway_wire::{EventKind, hex};
use std::sync::Arc;

/// The tables' parts of a bucket, encoded.
#[derive(Debug)]
pub(crate) struct BucketTables {
    pub(crate) number: usize,
    pub(crate) timeline: Encoded,
    pub(crate) sessions: Encoded,
    pub(crate) profiles: Encoded,
}

/// A bucket before the fold: people in the order of their ids, each with a stretch of `rows`.
#[derive(Debug)]
pub(crate) struct Bucket<'e> {
    pub(crate) number: usize,
    pub(crate) people: &'e [Person],
    /// Positions in [`Scan::events`], the stretches of the people one after the other.
    pub(crate) rows: &'e mut [u32],
}

/// Sorts each person's events, folds them and encodes the rows.
pub(crate) fn derive_bucket(
    bucket: Bucket<'_>,
    scan: &Scan,
    people: &People,
    rules: &DeriveRules,
) -> Result<BucketTables, TableError> {
    let Bucket { number, people: members, rows } = bucket;
    let mut start = 0;
    for person in members {
        let end = start + person.events as usize;
        rows[start..end].sort_unstable_by(|&a, &b| order(scan, a, b));
        start = end;
    }
    let mut ids = String::with_capacity(rows.len() * 36);
    let ends: Vec<usize> = rows
        .iter()
        .map(|&row| {
            scan.events[row as usize].message().write(&scan.words.messages, &mut ids);
            ids.len()
        })
        .collect();
    let message_id = |at: usize| &ids[if at == 0 { 0 } else { ends[at - 1] }..ends[at]];

    let day_of = |at| rules.zone.day(at);
    let mut stitcher = Stitcher::new(&rules.sessions, &day_of);
    let mut fold = ProfileFold::new(&day_of);
    let mut timeline = Timeline::new(rows.len());
    let (mut sessions, mut profiles) = (sessions::Builder::new(), profiles::Builder::new());
    let mut positions: Vec<Option<u32>> = Vec::new();
    let mut facts: Vec<Fact<'_>> = Vec::new();
    let mut start = 0;
    for person in members {
        let end = start + person.events as usize;
        stitcher.begin(person.id);
        fold.begin(people.user_label(person, &scan.words));
        facts.clear();
        positions.clear();
        for (at, &row) in (start..end).zip(&rows[start..end]) {
            let event = &scan.events[row as usize];
            let fact = fact(event, message_id(at), scan, people);
            positions.push(stitcher.event(&fact));
            fold.event(&fact);
            facts.push(fact);
        }
        let visits = stitcher.end();
        let texts: Vec<String> = visits.iter().map(|visit| hex(visit.id.as_bytes())).collect();
        let person_id = hex(person.id.as_bytes());
        for ((fact, position), at) in facts.iter().zip(&positions).zip(start..end) {
            let event = &scan.events[rows[at] as usize];
            let session = position.map(|position| texts[position as usize].as_str());
            timeline.push(&person_id, fact, session, event, scan);
        }
        for visit in &visits {
            sessions.push(&person.id, visit);
        }
        if let Some(profile) = fold.end(&visits) {
            profiles.push(&person.id, &profile);
        }
        start = end;
    }
    Ok(BucketTables {
        number,
        timeline: encode::file(Table::Timeline, &timeline.finish())?,
        sessions: encode::file(Table::Sessions, &sessions.finish())?,
        profiles: encode::file(Table::Profiles, &profiles.finish())?,
    })
}

fn order(scan: &Scan, a: u32, b: u32) -> std::cmp::Ordering {
    let (left, right) = (&scan.events[a as usize], &scan.events[b as usize]);
    left.at()
        .cmp(&right.at())
        .then(left.sequence.cmp(&right.sequence))
        .then_with(|| left.message().order(right.message(), &scan.words.messages))
}

fn fact<'a>(event: &Event, message_id: &'a str, scan: &'a Scan, people: &People) -> Fact<'a> {
    let words = &scan.words;
    let name = words.texts.text(event.name);
    let mut fact = Fact {
        sequence: u64::from(event.sequence),
        name,
        device: event.anonymous,
        user_id: people.unblocked_user(event.user, words),
        page: words.texts.text(event.page),
        engaged_ms: (event.engaged_ms > 0).then_some(event.engaged_ms),
        origin: event.origin,
        ..Fact::new(event.at(), event.kind, message_id)
    };
    if fact.page.is_none() && fact.is_view() {
        fact.page = name;
    }
    if event.touch > 0 {
        let touch = &words.touches[event.touch as usize - 1];
        fact.page_host = words.texts.text(touch.page_host);
        fact.referrer = words.texts.text(touch.referrer);
        fact.utm_source = words.texts.text(touch.utm_source);
        fact.utm_medium = words.texts.text(touch.utm_medium);
        fact.utm_campaign = words.texts.text(touch.utm_campaign);
        fact.paid_click = touch.paid_click;
    }
    if event.extra > 0 && event.kind == EventKind::Identify {
        fact.traits = words.extras[event.extra as usize - 1].traits.as_deref();
    }
    fact
}

/// Collects the rows of `timeline`.
struct Timeline {
    person_id: StringBuilder,
    timestamp: TimestampMicrosecondBuilder,
    sequence: Int64Builder,
    message_id: StringBuilder,
    session_id: StringBuilder,
    texts: [StringBuilder; 5],
}

impl Timeline {
    fn new(rows: usize) -> Self {
        let texts = |bytes: usize| StringBuilder::with_capacity(rows, rows * bytes);
        Self {
            person_id: texts(32),
            timestamp: TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(time_type()),
            sequence: Int64Builder::with_capacity(rows),
            message_id: texts(36),
            session_id: texts(32),
            texts: [texts(8), texts(12), texts(36), texts(16), texts(16)],
        }
    }

    fn push(&mut self, person_id: &str, fact: &Fact<'_>, session: Option<&str>, event: &Event, scan: &Scan) {
        self.person_id.append_value(person_id);
        self.timestamp.append_value(fact.at.as_micros());
        self.sequence.append_value(fact.sequence as i64);
        self.message_id.append_value(fact.message_id);
        self.session_id.append_option(session);
        // In the order of the schema's last columns.
        let words = &scan.words;
        let texts = [
            Some(fact.kind.as_str()),
            fact.name,
            words.anonymous.text(event.anonymous),
            words.users.text(event.user),
            fact.page,
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
    }

    fn finish(mut self) -> RecordBatch {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.person_id.finish()),
            Arc::new(self.timestamp.finish()),
            Arc::new(self.sequence.finish()),
            Arc::new(self.message_id.finish()),
            Arc::new(self.session_id.finish()),
        ];
        columns.extend(self.texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        RecordBatch::try_new(Table::Timeline.schema(), columns).expect("the builders follow the schema")
    }
}
