//! The intake against a model.

use std::collections::BTreeSet;

use holloway_rawlog::{Memory, Offset};
use holloway_wire::Envelope;
use proptest::prelude::*;

use super::*;
use crate::Quarantined;

const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);
const OPTIONS: IntakeOptions = IntakeOptions { dedupe: Window::Hours(24), chunk_bytes: 4_096 };

fn event(id: u8) -> String {
    format!(r#"{{"type":"page","userId":"u","messageId":"m{id}"}}"#)
}

/// A damage is passed over here: that nothing else is lost is what is tested.
fn payloads(storage: &Memory) -> Vec<Vec<u8>> {
    let mut reader = Reader::open(storage.clone(), Offset::START).expect("opens");
    let mut found = Vec::new();
    loop {
        match reader.read() {
            Ok(Some((_, record))) => found.push(record.payload.to_vec()),
            Ok(None) => return found,
            Err(_) => assert!(reader.resync().expect("resyncs").is_some()),
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Event(u8),
    Broken(u8),
    Row(u8),
    Commit { works: bool },
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..20_u8).prop_map(Step::Event),
        2 => (0..5_u8).prop_map(Step::Broken),
        1 => (0..5_u8).prop_map(Step::Row),
        3 => prop::bool::weighted(0.8).prop_map(|works| Step::Commit { works }),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    /// The ledger adds up at all times, what was acknowledged is there, and what was not can be sent again.
    #[test]
    fn every_event_meets_one_fate(steps in steps()) {
        let (log, quarantine) = (Memory::new(), Memory::new());
        let open = || Intake::with_storage(&log, &quarantine, OPTIONS, NOW).expect("opens").0;
        let mut intake = Some(open());
        let source = Source::new("K", NOW);
        let (mut acknowledged, mut waiting) = (BTreeSet::new(), BTreeSet::new());
        let mut given = 0;
        for step in steps {
            let current = intake.as_mut().expect("is open");
            let mut admit = |key: String, fate: Fate| {
                given += 1;
                let is_new = !acknowledged.contains(&key) && waiting.insert(key);
                prop_assert_eq!(fate != Fate::Duplicate, is_new);
                Ok(())
            };
            match step {
                Step::Event(id) => admit(format!("event {id}"), current.admit(&event(id), &source).1)?,
                Step::Broken(id) => {
                    let raw = format!(r#"{{"type":"page","messageId":"b{id}"}}"#);
                    admit(format!("broken {id}"), current.admit(&raw, &source).1)?;
                }
                Step::Row(id) => {
                    admit(format!("row {id}"), current.quarantine(&[0xff, id], &source, "bad_row", "no"))?;
                }
                Step::Commit { works } => {
                    log.fail_syncs(!works);
                    quarantine.fail_syncs(!works);
                    let nothing = waiting.is_empty();
                    prop_assert_eq!(current.commit().is_ok(), works || nothing);
                    log.fail_syncs(false);
                    quarantine.fail_syncs(false);
                    let waited = std::mem::take(&mut waiting);
                    if works {
                        acknowledged.extend(waited);
                    }
                    let ledger = current.ledger();
                    prop_assert!(ledger.adds_up());
                    prop_assert_eq!(ledger.received, given);
                }
                Step::Reopen => {
                    drop(intake.take());
                    intake = Some(open());
                    waiting.clear();
                    given = 0;
                    // A failed commit may have left events that nobody was told of: they are known again, and all of
                    // them are events that were given.
                    acknowledged.extend(stored(&log, &quarantine));
                }
            }
        }
        let found = stored(&log, &quarantine);
        prop_assert!(found.is_superset(&acknowledged), "{found:?} has not all of {acknowledged:?}");
    }
}

fn stored(log: &Memory, quarantine: &Memory) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for payload in payloads(log) {
        let envelope = Envelope::parse(&payload).expect("an envelope");
        found.insert(envelope.message_id.replace('m', "event "));
    }
    for payload in payloads(quarantine) {
        let entry = Quarantined::parse(&payload).expect("a record");
        found.insert(match (entry.payload, entry.payload_base64) {
            (Some(text), _) => {
                format!("broken {}", text.split("\"b").nth(1).expect("an id").trim_end_matches("\"}"))
            }
            (None, encoded) => {
                // Two bytes: 0xff and the number.
                let number = ["/wA=", "/wE=", "/wI=", "/wM=", "/wQ="]
                    .iter()
                    .position(|it| Some(*it) == encoded.as_deref());
                format!("row {}", number.expect("one of the rows"))
            }
        });
    }
    found
}

#[test]
fn a_failed_commit_is_not_charged_to_the_next() {
    let (log, quarantine) = (Memory::new(), Memory::new());
    let (mut intake, _) = Intake::with_storage(&log, &quarantine, OPTIONS, NOW).expect("opens");
    intake.admit(&event(99), &Source::new("K", NOW));
    intake.commit().expect("the disk works");
    log.fail_syncs(true);
    // More than a chunk: the first chunk cannot be sealed while records of this very group are in it.
    for id in 0..40 {
        intake.admit(&event(id), &Source::new("K", NOW));
    }
    intake.commit().expect_err("the disk fails");
    log.fail_syncs(false);
    assert_eq!(intake.admit(&event(0), &Source::new("K", NOW)).1, Fate::Stored, "it may be sent again");
    intake.commit().expect("the disk works again");
    let ledger = intake.ledger();
    assert_eq!((ledger.stored, ledger.rejected, ledger.received), (2, 40, 42));
}

#[test]
fn damaged_bytes_of_the_log_go_to_the_quarantine_once() {
    let (log, quarantine) = (Memory::new(), Memory::new());
    let open = || Intake::with_storage(&log, &quarantine, OPTIONS, NOW).expect("opens");
    let (mut intake, _) = open();
    for id in 0..3 {
        intake.admit(&event(id), &Source::new("K", NOW));
    }
    intake.commit().expect("commits");
    drop(intake);
    log.tamper("00000000000000000000.chunk", |bytes| bytes[64 + 40] ^= 1);
    for _ in 0..2 {
        let (mut intake, recovered) = open();
        assert!(recovered.damaged_bytes > 100);
        assert_eq!(intake.ledger(), Ledger::default());
        assert_eq!(intake.admit(&event(1), &Source::new("K", NOW)).1, Fate::Duplicate);
        drop(intake);
    }
    let kept = payloads(&quarantine);
    assert_eq!(kept.len(), 1);
    let entry = Quarantined::parse(&kept[0]).expect("a record");
    assert_eq!(entry.reason, "log_damaged");
    assert!(entry.detail.contains("00000000000000000000.chunk at byte 64"), "{}", entry.detail);
}

#[test]
fn a_second_intake_is_told_which_folder_is_taken() {
    let data = tempfile::tempdir().expect("a folder");
    let (first, _) = Intake::open(data.path(), OPTIONS, NOW).expect("opens");
    let error = Intake::open(data.path(), OPTIONS, NOW).expect_err("is taken").to_string();
    assert!(error.contains(&data.path().join("log").display().to_string()), "{error}");
    drop(first);
}
