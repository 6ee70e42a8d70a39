//! The log against a model: appends, syncs, crashes, tampering, full disks.

use holloway_rawlog::{
    AppendError, FileStorage, Log, Memory, Offset, OpenError, Options, ReadError, Reader, Record, Resume,
    Storage,
};
use proptest::prelude::*;

const SMALL: Options = Options { chunk_bytes: 1_024 };
const FIRST: &str = "00000000000000000000.chunk";

fn record(payload: &[u8]) -> Record<'_> {
    Record { received_at_us: 7, key: [3; 16], payload }
}

fn payloads<S: Storage>(storage: S, from: Offset) -> Result<Vec<Vec<u8>>, ReadError> {
    let mut reader = Reader::open(storage, from)?;
    let mut found = Vec::new();
    while let Some((_, record)) = reader.read()? {
        found.push(record.payload.to_vec());
    }
    Ok(found)
}

fn texts(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|index| format!("payload number {index}").into_bytes()).collect()
}

fn write(storage: &Memory, payloads: &[Vec<u8>]) {
    let (mut log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    for payload in payloads {
        log.append(&[record(payload)]).expect("appends");
    }
    log.sync().expect("syncs");
}

#[test]
fn records_come_back_in_order_over_chunks_and_from_any_offset() {
    let storage = Memory::new();
    let (mut log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    let wanted = texts(100);
    let mut offsets = Vec::new();
    for payload in &wanted {
        offsets.push(log.append(&[record(payload)]).expect("appends").first);
    }
    assert!(storage.list().expect("lists").len() > 3, "several chunks");
    assert_eq!(payloads(storage.clone(), Offset::START).expect("reads"), wanted);
    for (index, offset) in offsets.iter().enumerate() {
        assert_eq!(payloads(storage.clone(), *offset).expect("reads"), wanted[index..], "from {offset}");
    }
}

#[test]
fn a_reader_follows_a_writer() {
    let storage = Memory::new();
    let mut reader = Reader::open(storage.clone(), Offset::START).expect("opens");
    assert!(reader.read().expect("reads").is_none());
    let (mut log, _) = Log::open(storage, SMALL).expect("opens");
    for payload in texts(60) {
        log.append(&[record(&payload)]).expect("appends");
        let (_, found) = reader.read().expect("reads").expect("a record");
        assert_eq!(found.payload, payload);
        assert!(reader.read().expect("reads").is_none());
    }
}

#[test]
fn a_second_writer_is_told_who_is_in_its_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = FileStorage::create(folder.path()).expect("a folder");
    let (log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    let error = Log::open(storage.clone(), SMALL).expect_err("is locked");
    assert!(matches!(error, OpenError::Locked { .. }));
    assert!(error.to_string().contains(&folder.path().display().to_string()));
    drop(log);
    Log::open(storage, SMALL).expect("opens after the first is gone");
}

#[test]
fn a_torn_tail_is_cut_counted_and_kept() {
    let storage = Memory::new();
    write(&storage, &texts(3));
    storage.tamper(FIRST, |bytes| {
        let end = 64 + 3 * (36 + 16);
        bytes[end..end + 5].copy_from_slice(b"\x10\0\0\0x");
    });
    let (_, recovery) = Log::open(storage.clone(), SMALL).expect("opens");
    let torn = recovery.torn.expect("a torn tail");
    assert_eq!((torn.offset, torn.bytes, recovery.records), (Offset::new(64 + 3 * 52), 5, 3));
    assert!(storage.list().expect("lists").contains(&format!("{FIRST}.torn")));
    assert_eq!(payloads(storage, Offset::START).expect("reads"), texts(3));
}

#[test]
fn damage_in_the_middle_stops_a_reader_until_it_is_told_to_go_on() {
    let storage = Memory::new();
    write(&storage, &texts(40));
    storage.tamper(FIRST, |bytes| bytes[64 + 52 + 40] ^= 1);
    let mut reader = Reader::open(storage.clone(), Offset::START).expect("opens");
    assert_eq!(reader.read().expect("reads").expect("the first").1.payload, texts(1)[0]);
    let error = reader.read().expect_err("is damaged");
    let text = error.to_string();
    assert!(text.contains(FIRST) && text.contains("offset 116"), "{text}");
    assert!(reader.read().is_err(), "it does not go on by itself");
    let damage = reader.resync().expect("resyncs").expect("there was damage");
    assert_eq!((damage.position, damage.bytes, damage.resume), (116, 52, Resume::Record(Offset::new(168))));
    let mut rest = 0;
    while reader.read().expect("reads").is_some() {
        rest += 1;
    }
    assert_eq!(rest, 38);
}

#[test]
fn a_lost_tail_of_a_sealed_chunk_is_noticed() {
    let storage = Memory::new();
    write(&storage, &texts(40));
    storage.tamper(FIRST, |bytes| bytes.truncate(bytes.len() - 52));
    let error = payloads(storage, Offset::START).expect_err("a record is missing");
    assert!(matches!(&error, ReadError::Damaged { damage, .. } if damage.resume == Resume::Chunk), "{error}");
}

#[test]
fn a_damaged_header_names_its_file() {
    let storage = Memory::new();
    write(&storage, &texts(3));
    storage.tamper(FIRST, |bytes| bytes[3] ^= 1);
    let error = Reader::open(storage.clone(), Offset::START).expect_err("is damaged").to_string();
    assert!(error.contains(FIRST), "{error}");
    let error = Log::open(storage, SMALL).expect_err("is damaged").to_string();
    assert!(error.contains(FIRST), "{error}");
}

#[test]
fn a_full_disk_costs_nothing_and_ends() {
    let storage = Memory::new();
    let (mut log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    let wanted = texts(60);
    let mut accepted = Vec::new();
    for (index, payload) in wanted.iter().enumerate() {
        storage.fill_after(if index % 7 == 3 { Some(20) } else { None });
        match log.append(&[record(payload)]) {
            Ok(_) => accepted.push(payload.clone()),
            Err(AppendError::Io { source, .. }) => assert_eq!(source.kind(), std::io::ErrorKind::StorageFull),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(accepted.len() >= 40 && accepted.len() < 60, "{} accepted", accepted.len());
    assert_eq!(payloads(storage, Offset::START).expect("reads"), accepted);
}

#[test]
fn after_a_failed_sync_nothing_is_accepted_until_the_log_is_opened_again() {
    let storage = Memory::new();
    let (mut log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    log.append(&[record(b"one")]).expect("appends");
    storage.fail_syncs(true);
    assert!(log.sync().is_err());
    assert!(matches!(log.append(&[record(b"two")]), Err(AppendError::Broken { .. })));
    storage.fail_syncs(false);
    drop(log);
    let (mut log, _) = Log::open(storage, SMALL).expect("opens");
    log.append(&[record(b"two")]).expect("appends");
}

#[test]
fn a_record_larger_than_a_chunk_is_refused_with_both_sizes() {
    let (mut log, _) = Log::open(Memory::new(), SMALL).expect("opens");
    let error = log.append(&[record(&[0; 2_000])]).expect_err("too large");
    assert_eq!(error.to_string(), "expected a record of at most 960 bytes, found 2036: raise chunk_bytes");
}

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Vec<u8>>),
    Sync,
    Reopen,
    Close,
    PowerLoss(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let payload = prop::collection::vec(any::<u8>(), 0..200);
    let step = prop_oneof![
        5 => prop::collection::vec(payload, 1..5).prop_map(Step::Append),
        3 => Just(Step::Sync),
        1 => Just(Step::Reopen),
        1 => Just(Step::Close),
        1 => any::<u64>().prop_map(Step::PowerLoss),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    /// Whatever happens, what was synced is read back, in order, and nothing that was never appended.
    #[test]
    fn synced_records_survive_everything(steps in steps()) {
        let mut storage = Memory::new();
        let mut appended: Vec<Vec<u8>> = Vec::new();
        let mut synced = 0;
        let mut log = Some(Log::open(storage.clone(), SMALL).expect("opens").0);
        let mut last = Offset::START;
        for step in steps {
            match step {
                Step::Append(payloads) => {
                    let records: Vec<Record<'_>> = payloads.iter().map(|payload| record(payload)).collect();
                    let done = log.as_mut().expect("open").append(&records).expect("appends");
                    prop_assert!(done.first >= last, "offsets grow");
                    last = done.next;
                    appended.extend(payloads);
                }
                Step::Sync => {
                    log.as_mut().expect("open").sync().expect("syncs");
                    synced = appended.len();
                }
                Step::Reopen | Step::Close => {
                    let old = log.take().expect("open");
                    if matches!(step, Step::Close) {
                        old.close().expect("closes");
                    } else {
                        drop(old);
                    }
                    let (new, recovery) = Log::open(storage.clone(), SMALL).expect("opens");
                    prop_assert_eq!((recovery.torn, recovery.damage), (None, None));
                    log = Some(new);
                }
                Step::PowerLoss(seed) => {
                    drop(log.take());
                    let mut state = seed;
                    storage = storage.after_power_loss(|| {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        state >> 63 == 1
                    });
                    let (new, _) = Log::open(storage.clone(), SMALL).expect("opens");
                    log = Some(new);
                    let mut reader = Reader::open(storage.clone(), Offset::START).expect("opens");
                    let mut found = Vec::new();
                    loop {
                        match reader.read() {
                            Ok(Some((_, record))) => found.push(record.payload.to_vec()),
                            Ok(None) => break,
                            // Sectors of unsynced records may come in any order: that is damage, and it is said.
                            Err(ReadError::Damaged { .. }) => { reader.resync().expect("resyncs"); }
                            Err(other) => panic!("{other}"),
                        }
                    }
                    prop_assert_eq!(&found[..synced.min(found.len())], &appended[..synced]);
                    appended = found;
                    synced = appended.len();
                    // Unsynced records that a disk kept in part would stop the model's plain reads from here on.
                    if payloads(storage.clone(), Offset::START).is_err() {
                        return Ok(());
                    }
                }
            }
            prop_assert_eq!(&payloads(storage.clone(), Offset::START).expect("reads"), &appended);
        }
    }

    /// Any bytes in a chunk file: an answer or an error, no panic and no endless loop.
    #[test]
    fn arbitrary_bytes_are_recovered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), keep_header in any::<bool>()) {
        let storage = Memory::new();
        write(&storage, &texts(2));
        storage.tamper(FIRST, |file| {
            let start = if keep_header { 64 } else { 0 };
            file.truncate(start);
            file.extend_from_slice(&bytes);
        });
        let _ = Log::open(storage.clone(), SMALL);
        if let Ok(mut reader) = Reader::open(storage, Offset::START) {
            for _ in 0..500 {
                match reader.read() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => { let _ = reader.resync(); }
                }
            }
        }
    }
}
