//! Everything after `events` is a function of the set of events.

use crate::rig::{Rig, event};
use holloway_pipeline::{DeriveOptions, Table};
use std::collections::BTreeSet;

/// Visits of several people: logins, a shared device, an alias, ties of time, odd message ids.
fn visits() -> Vec<String> {
    let mut events = Vec::new();
    for person in 0..40_u32 {
        for step in 0..12_u32 {
            let (hour, minute) = (8 + (step / 4) * 2, (person * 7 + step % 4 * 5) % 60);
            let clock = format!("{hour:02}:{minute:02}");
            let id = format!("node-{person}-{step}");
            let device = person % 33;
            let rest = match step % 4 {
                0 => format!(
                    r#""anonymousId":"a{device}","context":{{"page":{{"path":"/p{step}"}},"campaign":{{"source":"s{}"}}}}"#,
                    person % 3
                ),
                1 => format!(r#""event":"E{}","anonymousId":"a{device}""#, step % 3),
                2 => format!(r#""userId":"u{person}","anonymousId":"a{device}","traits":{{"n":{step}}}"#),
                _ => format!(r#""event":"Buy","userId":"u{person}","anonymousId":"a{device}""#),
            };
            let kind = ["page", "track", "identify", "track"][step as usize % 4];
            events.push(event(kind, &id, &clock, &rest));
        }
    }
    events.push(event("alias", "alias-1", "23:00", r#""userId":"u1","previousId":"a39""#));
    events
}

/// Another order, the same for the same seed.
fn shuffled(mut events: Vec<String>, seed: u64) -> Vec<String> {
    let mut state = seed;
    for at in (1..events.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        events.swap(at, (state >> 33) as usize % (at + 1));
    }
    events
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let first = Rig::new(&visits());
    let summary = first.derive();
    assert!(summary.people > 30 && summary.sessions > summary.people, "{summary:?}");
    for seed in 1..4 {
        let other = Rig::new(&shuffled(visits(), seed));
        other.derive();
        assert_eq!(first.derived(), other.derived(), "seed {seed}");
    }
}

#[test]
fn arriving_in_pieces_and_twice_does_not_matter() {
    let whole = Rig::new(&visits());
    whole.derive();
    let pieces = Rig::new(&[]);
    let events = shuffled(visits(), 9);
    for piece in events.chunks(100) {
        pieces.append(piece);
        pieces.append(&piece[..10]);
        pieces.derive();
    }
    assert_eq!(whole.derived(), pieces.derived());
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let rig = Rig::new(&visits());
    rig.derive_with(&DeriveOptions { threads: Some(1), ..DeriveOptions::default() });
    let one = rig.derived();
    rig.derive_with(&DeriveOptions { threads: Some(5), full: true, ..DeriveOptions::default() });
    assert_eq!(one, rig.derived());
}

#[test]
fn deleted_tables_are_made_again() {
    let rig = Rig::new(&visits());
    let summary = rig.derive();
    let before = rig.derived();
    for table in Table::DERIVED {
        std::fs::remove_dir_all(rig.data().join("tables").join(table.name())).unwrap();
    }
    let again = rig.derive();
    assert_eq!((again.people, again.dirty_people), (summary.people, summary.people));
    assert_eq!(before, rig.derived());
    std::fs::remove_dir_all(rig.data().join("tables")).unwrap();
    rig.derive();
    assert_eq!(before, rig.derived(), "the log has everything");
}

#[test]
fn nothing_is_done_when_nothing_changed() {
    let rig = Rig::new(&visits());
    let first = rig.derive();
    let manifest = std::fs::read(rig.data().join("tables/manifest.json")).unwrap();
    let second = rig.derive();
    assert_eq!(second.dirty_people, 0);
    assert_eq!((second.events, second.people, second.sessions), (first.events, first.people, first.sessions));
    assert_eq!(std::fs::read(rig.data().join("tables/manifest.json")).unwrap(), manifest);
}

#[test]
fn a_plain_glob_reads_exactly_the_current_rows() {
    let rig = Rig::new(&visits());
    for full in [false, true] {
        rig.derive_with(&DeriveOptions { full, ..DeriveOptions::default() });
    }
    let tables = rig.data().join("tables");
    let catalog = holloway_pipeline::Catalog::open(rig.data()).unwrap();
    let listed: BTreeSet<_> = catalog.manifest().paths().map(|path| tables.join(path)).collect();
    let mut found = BTreeSet::new();
    for table in Table::ALL {
        let mut folders = vec![tables.join(table.name())];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    found.insert(entry.path());
                }
            }
        }
    }
    assert_eq!(listed, found);
    assert!(tables.join(".retired").is_dir(), "the superseded files are kept until the next change");
}
