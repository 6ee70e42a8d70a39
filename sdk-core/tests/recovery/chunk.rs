//! A chunk file of any bytes, and a client that sends what is in it.

use std::collections::BTreeMap;

use holloway_core::{
    ChunkId, Client, Config, EventOptions, Now, Restored, RestoredChunk,
    frame::{self, Scan},
    wire::LossReason,
};
use serde_json::value::RawValue;

use super::{
    UNIX_MS,
    host::{Host, lost},
    seed,
};

/// Bytes before a record's payload: length, checksum, flags.
const RECORD_HEADER_BYTES: usize = 9;
/// A longer record is damage by its length alone.
const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// A file with that many records would be longer than any that is tried.
const ROUNDS_MAX: usize = 1_000;
/// How a collector answers first, before all goes well.
const STATUSES: [u16; 4] = [200, 503, 413, 400];

/// An input: one byte of choices, the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    /// Whether checksums are repaired (1), how the host's count differs from the file's (2, 4), and how the collector
    /// answers first (8, 16).
    pub(crate) choices: u8,
    pub(crate) file: Vec<u8>,
}

impl Chunk {
    pub(crate) const REPAIRED: u8 = 1;

    /// The reverse of `read`.
    pub(crate) fn write(&self) -> Vec<u8> {
        [&[self.choices][..], &self.file].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (choices, file) = bytes.split_first()?;
        let mut chunk = Self { choices: *choices, file: file.to_vec() };
        if chunk.choices & Self::REPAIRED != 0 {
            repair(&mut chunk.file);
        }
        Some(chunk)
    }

    /// What a host believed to be there: one record fewer than the file has, as many, or one or two more.
    fn counted(&self, found: usize) -> u32 {
        (found + usize::from(self.choices >> 1 & 3)).saturating_sub(1) as u32
    }

    fn first_status(&self) -> u16 {
        STATUSES[usize::from(self.choices >> 3 & 3)]
    }
}

/// Gives every record whose length fits the checksum of what it holds.
fn repair(file: &mut [u8]) {
    let Some(mut rest) = file.get_mut(frame::HEADER.len()..) else { return };
    while let Some(record) = Record::at(rest) {
        let (checksum, length) = (record.expected(), record.bytes());
        let (record, after) = rest.split_at_mut(length);
        record[4..8].copy_from_slice(&checksum.to_le_bytes());
        rest = after;
    }
}

/// A record as it stands in a file, its checksum right or wrong.
struct Record<'a> {
    checksum: u32,
    flags: u8,
    payload: &'a [u8],
}

impl<'a> Record<'a> {
    fn at(file: &'a [u8]) -> Option<Self> {
        let (header, rest) = file.split_at_checked(RECORD_HEADER_BYTES)?;
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|index| header[at + index]));
        let length = number(0) as usize;
        let payload = rest.get(..length).filter(|_| (1..=PAYLOAD_BYTES_MAX).contains(&length))?;
        Some(Self { checksum: number(4), flags: header[8], payload })
    }

    /// By another implementation than the one that is tested.
    fn expected(&self) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c(&[self.flags]), self.payload)
    }

    fn bytes(&self) -> usize {
        RECORD_HEADER_BYTES + self.payload.len()
    }
}

/// Panics when a chunk file gives other records than it holds, or a client loses count of them.
pub(crate) fn check_chunk(bytes: &[u8]) {
    let Some(chunk) = Chunk::read(bytes) else { return };
    let scan = frame::scan(&chunk.file);
    check_records(&chunk.file, &scan);
    check_rewriting(&chunk.file, &scan);
    check_account(&chunk, &scan, bytes);
}

/// The scan gives the records up to the first that is not whole, and tells whether anything follows.
fn check_records(file: &[u8], scan: &Scan) {
    let has_header = file.starts_with(&frame::HEADER);
    let mut at = if has_header { frame::HEADER.len() } else { 0 };
    for payload in scan.payloads.iter() {
        let record = Record::at(&file[at..]).expect("each payload is that of a record in the file");
        assert_eq!((record.payload, record.checksum), (payload, record.expected()));
        at += record.bytes();
    }
    assert_eq!(scan.valid_bytes, at);
    let rest = &file[at..];
    assert_eq!(scan.torn, u32::from(rest.iter().any(|byte| *byte != 0)));
    let next = Record::at(rest).filter(|record| has_header && record.checksum == record.expected());
    assert!(next.is_none(), "no whole record is left out");
}

/// What was read is written as it was, and can be added to. The flags of a record are covered by its checksum and
/// otherwise not looked at: a record with flags is read, and would be written without them.
fn check_rewriting(file: &[u8], scan: &Scan) {
    let mut written = frame::HEADER.to_vec();
    let mut has_flags = false;
    for payload in scan.payloads.iter() {
        has_flags |= file[written.len() + RECORD_HEADER_BYTES - 1] != 0;
        frame::write(payload, &mut written);
    }
    let valid = &file[..scan.valid_bytes];
    if valid.is_empty() {
        assert_eq!(written, frame::HEADER, "without its header a file has no records");
    } else if has_flags {
        assert_eq!(written.len(), valid.len());
    } else {
        assert_eq!(written, valid);
    }
    let whole = Scan { payloads: scan.payloads.clone(), valid_bytes: written.len(), torn: 0 };
    assert_eq!(frame::scan(&written), whole);

    let mut longer = if valid.is_empty() { frame::HEADER.to_vec() } else { valid.to_vec() };
    frame::write(b"{}", &mut longer);
    let payloads = scan.payloads.iter().chain([&b"{}"[..]]).collect();
    assert_eq!(frame::scan(&longer), Scan { payloads, valid_bytes: longer.len(), torn: 0 });
}

/// Every record that was there, in whole or in part, is sent or counted as lost: over a restart, over a kill, over a
/// collector that fails, never twice.
fn check_account(chunk: &Chunk, scan: &Scan, bytes: &[u8]) {
    let now = Now { unix_ms: UNIX_MS, mono_ms: 0 };
    let id = ChunkId(UNIX_MS << 12);
    let events = chunk.counted(scan.payloads.len());
    let found = scan.payloads.len() + scan.torn as usize;
    // The host's count and the tear may speak of the same record.
    let expected = found.max(events as usize) as u128;
    let restored = Restored {
        chunks: vec![RestoredChunk { id, bytes: chunk.file.len() as u64, events }],
        ..Restored::default()
    };
    let mut host = Host::default();
    host.chunks.insert(id, scan.clone());
    let mut client = Client::new(Config::new("KEY"), seed(bytes), &restored, now);
    host.drain(&mut client, now);
    assert_eq!(account(&client), expected, "each record waits or is counted");

    // After a kill before the chunk was removed it is there still, and the state says that it is gone.
    let killed = host.before_removal.take().map(|host| *host);
    for host in killed.into_iter().chain([host]) {
        check_delivery(chunk, scan, host, expected, now);
    }
}

/// Events that wait, and lost ones that no collector knows of.
fn account(client: &Client) -> u128 {
    client.queued_events() as u128 + lost(client)
}

fn check_delivery(chunk: &Chunk, scan: &Scan, mut host: Host, mut expected: u128, mut now: Now) {
    host.requests.clear();
    let mut client = Client::new(Config::new("KEY"), [8; 32], &host.restored(), now);
    host.drain(&mut client, now);
    assert_eq!(account(&client), expected, "a restart counts the same");
    let are_objects = scan.payloads.iter().all(is_object);
    let (mut sent, mut told) = (Vec::new(), 0);
    let mut delivered = 0;
    for round in 0..ROUNDS_MAX {
        if round < 3 {
            let _ = client.track("A", None, &EventOptions::default(), now);
            expected += 1;
            client.flush(now);
            host.drain(&mut client, now);
            // Later than the request that is under way, which cannot tell it.
            client.lost(LossReason::QueueFull, 1, now);
            expected += 1;
        } else if client.queued_events() == 0 {
            break;
        }
        let status = if round == 0 { chunk.first_status() } else { 200 };
        host.answer(&mut client, status, now, |request, acknowledged| {
            delivered += u128::from(request.events);
            told += acknowledged;
            if are_objects {
                let body = Body::read(&request.body);
                assert_eq!(body.events.len(), request.events as usize);
                assert_eq!(body.losses, acknowledged, "what is acknowledged was told");
                sent.extend(body.events);
            }
        });
        // Past the longest pause after a failure.
        now = Now { unix_ms: now.unix_ms + 600_000, mono_ms: now.mono_ms + 600_000 };
        client.tick(now);
    }
    assert_eq!(client.queued_events(), 0, "all is sent once the collector answers");
    assert_eq!(delivered + told + lost(&client), expected, "sent once or counted once");
    if are_objects && matches!(chunk.first_status(), 200 | 503) {
        let texts = scan.payloads.iter().map(|payload| String::from_utf8_lossy(payload.trim_ascii()));
        assert!(sent.iter().zip(texts).all(|(sent, text)| *sent == text), "in order, as they were written");
    }
}

/// Not by a parsed value: depth and numbers have no limits here.
fn is_object(payload: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(payload).is_ok_and(|value| value.get().starts_with('{'))
}

/// A request's body, by another reader than our own.
struct Body {
    events: Vec<String>,
    losses: u128,
}

impl Body {
    fn read(body: &[u8]) -> Self {
        let members: BTreeMap<&str, &RawValue> = serde_json::from_slice(body).expect("every body is JSON");
        let events: Vec<&RawValue> = serde_json::from_str(members["batch"].get()).expect("a list of events");
        let losses: BTreeMap<&str, u64> = members.get("losses").map_or_else(BTreeMap::new, |losses| {
            serde_json::from_str(losses.get()).expect("counts by reason")
        });
        Self {
            events: events.into_iter().map(|event| event.get().to_owned()).collect(),
            losses: losses.into_values().map(u128::from).sum(),
        }
    }
}
