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
fn a_damaged_header_names_its_file_and_costs_no_record() {
    let storage = Memory::new();
    write(&storage, &texts(3));
    storage.tamper(FIRST, |bytes| bytes[3] ^= 1);
    let mut reader = Reader::open(storage.clone(), Offset::START).expect("opens");
    let error = reader.read().expect_err("is damaged").to_string();
    assert!(error.contains(FIRST), "{error}");
    assert_eq!(reader.resync().expect("resyncs").expect("damage").bytes, 64);
    let mut found = 0;
    while reader.read().expect("reads").is_some() {
        found += 1;
    }
    assert_eq!(found, 3);
    let (mut log, recovery) = Log::open(storage.clone(), SMALL).expect("opens");
    assert_eq!((recovery.records, recovery.damaged_bytes), (3, 64));
    log.append(&[record(b"more")]).expect("appends behind it");
    assert!(reader.read().expect("reads").is_some());
}

#[test]
fn recovery_counts_records_on_both_sides_of_a_damage() {
    let storage = Memory::new();
    write(&storage, &texts(9));
    storage.tamper(FIRST, |bytes| bytes[64 + 52 + 40] ^= 1);
    let (_, recovery) = Log::open(storage.clone(), SMALL).expect("opens");
    assert_eq!((recovery.records, recovery.damaged_bytes, recovery.torn), (8, 52, None));
    assert!(recovery.damage.is_some_and(|damage| damage.position == 116));
    let reader = Reader::open(storage, Offset::START).expect("opens");
    let mut keys = reader.keys();
    assert!(keys.next().expect("the first").is_ok());
    assert!(keys.next().expect("the damage").is_err());
    assert!(keys.next().is_none(), "no key is listed behind a damage that nobody looked at");
}

#[test]
fn damaged_bytes_can_be_kept() {
    let storage = Memory::new();
    write(&storage, &texts(3));
    storage.tamper(FIRST, |bytes| bytes[64 + 36] = b'P');
    let mut reader = Reader::open(storage, Offset::START).expect("opens");
    assert!(reader.read().is_err());
    let damage = reader.resync().expect("resyncs").expect("damage");
    let kept = reader.damaged_bytes(&damage).expect("reads");
    assert_eq!(&kept[36..], b"Payload number 0");
}

#[test]
fn a_missing_chunk_is_named() {
    let storage = Memory::new();
    write(&storage, &texts(60));
    let mut names = storage.list().expect("lists");
    names.sort();
    storage.remove(&names[1]).expect("removes");
    let error = payloads(storage.clone(), Offset::START).expect_err("a chunk is missing");
    let ReadError::Missing { file, next, .. } = &error else { panic!("{error}") };
    assert_eq!(file, &names[1]);
    assert_eq!(format!("{next:020}.chunk"), names[2]);
    payloads(storage.clone(), *next).expect("reads on behind the gap");
    storage.remove(FIRST).expect("removes");
    assert!(payloads(storage.clone(), Offset::START).is_ok(), "the oldest chunk is where a log starts");
    assert!(matches!(payloads(storage, Offset::new(100)), Err(ReadError::Missing { .. })));
}

#[test]
fn old_chunks_are_passed_over_by_time() {
    let storage = Memory::new();
    let (mut log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    for at in 0..100 {
        // Every tenth record comes with an old time of receipt, as an import may have it.
        let received_at_us = if at % 10 == 9 { 0 } else { at };
        log.append(&[Record { received_at_us, ..record(&[1; 64]) }]).expect("appends");
    }
    for (since, chunks_are_left_out) in [(1, false), (50, true), (98, true), (1_000, true)] {
        let keys = Reader::open_since(storage.clone(), since).expect("opens").keys();
        let times: Vec<i64> = keys.map(|key| key.expect("reads").1).collect();
        let found: Vec<i64> = times.iter().copied().filter(|at| *at >= since).collect();
        let expected: Vec<i64> = (since..100).filter(|at| at % 10 != 9).collect();
        assert_eq!(found, expected, "since {since}");
        assert_eq!(times.len() < 100, chunks_are_left_out, "since {since}");
    }
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
fn after_a_failed_sync_the_log_goes_on_and_uses_no_offset_twice() {
    let storage = Memory::new();
    let (mut log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    log.append(&[record(b"one")]).expect("appends");
    log.sync().expect("syncs");
    let lost = log.append(&[record(b"two")]).expect("appends");
    // A reader that is quick sees the record, and remembers where it was.
    let mut reader = Reader::open(storage.clone(), lost.first).expect("opens");
    assert_eq!(reader.read().expect("reads").expect("there").1.payload, b"two");
    storage.fail_syncs(true);
    assert!(log.sync().is_err());
    assert!(log.append(&[record(b"two")]).is_err(), "the disk is still gone");
    assert!(log.probe().is_err());
    storage.fail_syncs(false);
    log.probe().expect("the disk is back");
    let again = log.append(&[record(b"two")]).expect("appends");
    log.sync().expect("syncs");
    assert!(again.first > reader.offset());
    assert_eq!(reader.read().expect("reads").expect("there").1.payload, b"two");
    assert_eq!(payloads(storage.clone(), lost.next).expect("reads"), [b"two"]);
    assert_eq!(payloads(storage, Offset::START).expect("reads"), [b"one".to_vec(), b"two".to_vec()]);
}

#[test]
fn a_sync_does_not_pass_over_records_that_a_failed_seal_took() {
    let storage = Memory::new();
    let (mut log, _) = Log::open(storage.clone(), SMALL).expect("opens");
    log.append(&[record(&[1; 800])]).expect("appends");
    storage.fail_syncs(true);
    assert!(log.append(&[record(&[2; 800])]).is_err(), "the chunk is full and cannot be sealed");
    storage.fail_syncs(false);
    assert!(log.sync().is_err(), "the first record is gone, and that is said");
    log.sync().expect("and said once");
    log.append(&[record(&[1; 800])]).expect("appends");
    log.sync().expect("syncs");
    assert_eq!(payloads(storage, Offset::START).expect("reads"), [vec![1; 800]]);
}

#[test]
fn a_reader_beside_a_writer_on_a_disk_sees_every_record_and_no_damage() {
    const RECORDS: u32 = 20_000;
    let folder = tempfile::tempdir().expect("a folder");
    let storage = FileStorage::create(folder.path()).expect("a folder");
    let options = Options { chunk_bytes: 32 * 1024 };
    let (mut log, _) = Log::open(storage.clone(), options).expect("opens");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for first in (0..RECORDS).step_by(10) {
                let numbers: Vec<[u8; 4]> = (first..first + 10).map(u32::to_le_bytes).collect();
                let records: Vec<Record<'_>> = numbers.iter().map(|number| record(number)).collect();
                log.append(&records).expect("appends");
            }
        });
        let mut reader = Reader::open(storage, Offset::START).expect("opens");
        let mut expected = 0;
        while expected < RECORDS {
            if let Some((_, record)) = reader.read().expect("no damage") {
                assert_eq!(record.payload, expected.to_le_bytes());
                expected += 1;
            }
        }
        assert!(reader.read().expect("reads").is_none());
    });
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
