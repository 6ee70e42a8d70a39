//! Events to people: hands nodes and links to the rules, and gives each event to its person.

use super::nodes::Nodes;
use super::scan::{Scan, Words};
use crate::progress::Progress;
use crate::tables::{Table, time_type};
use crate::workers::map_ordered;
use arrow_array::builder::{StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use holloway_rules::identity::{Blocked, IdentityRules, PersonIndex, Verdict};
use holloway_rules::{PersonId, Resolution, resolve};
use holloway_wire::{Timestamp, hex};
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

/// The person of an event that names nobody: all of its ids are blocked values.
const NOBODY: u32 = u32::MAX;

/// Events that one worker gives to people at a time.
const SLICE_EVENTS: usize = 1 << 17;

/// A person with events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) events: u32,
    index: PersonIndex,
}

/// Who is who.
#[derive(Debug)]
pub(crate) struct People {
    /// People with events, by id.
    pub(crate) members: Vec<Person>,
    /// Links that were refused.
    pub(crate) refused: u64,
    /// Events that name nobody.
    pub(crate) unattributed: u64,
    resolution: Resolution,
    nodes: Nodes,
    /// The person of each event, and the user's number of each person.
    of_event: Vec<u32>,
    user_of: Vec<u32>,
}

/// People of one bucket: a stretch of the members, and how many events they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) people: Range<usize>,
    pub(crate) events: usize,
}

impl People {
    /// Resolves the ids of all events.
    pub(crate) fn resolve(scan: &mut Scan, threads: usize, progress: &dyn Progress) -> Self {
        progress.begin("resolving identities", None);
        let nodes = Nodes::of(scan, &Blocked::default());
        let links = nodes.links(scan);
        let resolution = resolve(&nodes.list(&scan.words), &links, &IdentityRules::default());
        let of_event = people_of(scan, &nodes, &resolution, threads);
        let (members, unattributed) = members(&resolution, &of_event);
        let mut user_of = vec![0; resolution.people.len()];
        for identity in &resolution.identities {
            if let Some(number) = nodes.user_number(identity.node) {
                let slot = &mut user_of[identity.person.0 as usize];
                // Two users never are one person; were they, the lesser name would be the label.
                if *slot == 0 || scan.words.users.text(number) < scan.words.users.text(*slot) {
                    *slot = number;
                }
            }
        }
        let refused = resolution.decisions.iter().filter(|decision| decision.verdict == Verdict::Refused);
        let refused = refused.count() as u64;
        progress.end();
        Self { members, refused, unattributed, resolution, nodes, of_event, user_of }
    }

    /// The user id of a person, as a label.
    pub(crate) fn user_label<'a>(&self, person: &Person, words: &'a Words) -> Option<&'a str> {
        words.users.text(self.user_of[person.index.0 as usize])
    }

    /// The user id of an event when it is not a blocked value.
    pub(crate) fn unblocked_user<'a>(&self, user: u32, words: &'a Words) -> Option<&'a str> {
        self.nodes.user(user)?;
        words.users.text(user)
    }

    /// Events in the order of people, and where the buckets begin and end. A bucket is a range of person ids.
    pub(crate) fn order(&self, buckets: u64) -> (Vec<u32>, Vec<Cut>) {
        let mut next = vec![0_u32; self.resolution.people.len()];
        let mut start = 0;
        for person in &self.members {
            next[person.index.0 as usize] = start;
            start += person.events;
        }
        let mut rows = vec![0_u32; start as usize];
        for (row, &person) in self.of_event.iter().enumerate().filter(|&(_, &person)| person != NOBODY) {
            let slot = &mut next[person as usize];
            rows[*slot as usize] = row as u32;
            *slot += 1;
        }
        let bits = buckets.trailing_zeros();
        let bucket = |person: &Person| {
            let [high, low, ..] = *person.id.as_bytes();
            u64::from(u16::from_be_bytes([high, low])) >> (16 - bits)
        };
        let mut from = 0;
        let cuts = (0..buckets).map(|number| {
            let length = self.members[from..].iter().take_while(|person| bucket(person) == number).count();
            let people = from..from + length;
            from += length;
            let events = self.members[people.clone()].iter().map(|person| person.events as usize).sum();
            Cut { people, events }
        });
        let cuts = cuts.collect();
        (rows, cuts)
    }

    /// The rows of `identities`, by kind, id and time.
    pub(crate) fn identities(&self, words: &Words) -> RecordBatch {
        let mut texts: [StringBuilder; 4] = Default::default();
        let mut times = [(); 2].map(|()| TimestampMicrosecondBuilder::new().with_data_type(time_type()));
        for row in &self.resolution.identities {
            let (kind, id) = self.nodes.id(row.node, words);
            let person = hex(self.resolution.people[row.person.0 as usize].as_bytes());
            for (builder, text) in texts.iter_mut().zip([kind.as_str(), id, &person, row.reason.as_str()]) {
                builder.append_value(text);
            }
            for (builder, time) in times.iter_mut().zip([row.valid_from, row.valid_to]) {
                builder.append_option(time.map(Timestamp::as_micros));
            }
        }
        let [kind, id, person, reason] = texts.map(|mut builder| Arc::new(builder.finish()) as ArrayRef);
        let [from, to] = times.map(|mut builder| Arc::new(builder.finish()) as ArrayRef);
        batch(Table::Identities, vec![kind, id, person, from, to, reason])
    }

    /// The rows of `merges`, by time, message and ids.
    pub(crate) fn merges(&self, scan: &Scan) -> RecordBatch {
        let mut texts: [StringBuilder; 7] = Default::default();
        let mut at = TimestampMicrosecondBuilder::new().with_data_type(time_type());
        let mut message_id = String::new();
        for decision in &self.resolution.decisions {
            let link = &decision.link;
            message_id.clear();
            scan.events[link.event as usize].message().write(&scan.words.messages, &mut message_id);
            let (left_kind, left) = self.nodes.id(link.left, &scan.words);
            let (right_kind, right) = self.nodes.id(link.right, &scan.words);
            at.append_value(link.at.as_micros());
            let row = [
                &*message_id,
                left_kind.as_str(),
                left,
                right_kind.as_str(),
                right,
                decision.verdict.as_str(),
                decision.reason.as_str(),
            ];
            for (builder, text) in texts.iter_mut().zip(row) {
                builder.append_value(text);
            }
        }
        let mut columns: Vec<ArrayRef> = vec![Arc::new(at.finish())];
        columns.extend(texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        batch(Table::Merges, columns)
    }
}

fn batch(table: Table, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(table.schema(), columns).expect("the columns follow the schema")
}

fn people_of(scan: &Scan, nodes: &Nodes, resolution: &Resolution, threads: usize) -> Vec<u32> {
    let mut people = vec![NOBODY; scan.events.len()];
    let slices = scan.events.chunks(SLICE_EVENTS).zip(people.chunks_mut(SLICE_EVENTS)).map(Ok);
    let answer: Result<(), Infallible> = map_ordered(
        threads,
        slices,
        |(events, people)| {
            for (event, person) in events.iter().zip(people) {
                let (anonymous, user) = (nodes.anonymous(event.anonymous), nodes.user(event.user));
                if let Some(found) = resolution.person_of_event(anonymous, user, event.at()) {
                    *person = found.0;
                }
            }
            Ok(())
        },
        Ok,
    );
    match answer {
        Ok(()) => people,
        Err(never) => match never {},
    }
}

/// People with events in the order of their ids, and the number of events without a person.
fn members(resolution: &Resolution, of_event: &[u32]) -> (Vec<Person>, u64) {
    let mut counts = vec![0_u32; resolution.people.len()];
    let mut unattributed = 0;
    for &person in of_event {
        match counts.get_mut(person as usize) {
            Some(count) => *count += 1,
            None => unattributed += 1,
        }
    }
    let mut members: Vec<Person> = counts
        .iter()
        .zip(&resolution.people)
        .enumerate()
        .filter(|(_, (events, _))| **events > 0)
        .map(|(index, (&events, &id))| Person { id, events, index: PersonIndex(index as u32) })
        .collect();
    members.sort_unstable_by_key(|person| person.id);
    (members, unattributed)
}
