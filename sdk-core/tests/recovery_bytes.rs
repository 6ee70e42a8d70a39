//! The fuzz targets' checks as tests: over the corpus, over what real clients leave, over mutations of both.

mod recovery;
#[path = "recovery/seeds.rs"]
mod seeds;

use std::{fs, path::PathBuf};

use proptest::{prelude::*, sample::Index};

use self::recovery::{check_chunk, check_state};

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// The corpus of a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder(target)).expect("the corpus is part of the repository") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        inputs.push((name, fs::read(&path).expect("readable")));
    }
    inputs.sort();
    inputs
}

#[test]
fn the_corpus_of_states_is_taken_up_or_told() {
    check_corpus("state", check_state);
}

#[test]
fn the_corpus_of_chunks_is_taken_up_or_counted() {
    check_corpus("chunk", check_chunk);
}

fn check_corpus(target: &str, check: fn(&[u8])) {
    let inputs = corpus(target);
    assert!(!inputs.is_empty(), "expected inputs in {}", folder(target).display());
    for (name, bytes) in inputs {
        // Shown when the check fails.
        println!("{target}/{name}");
        check(&bytes);
    }
}

#[test]
fn what_real_clients_leave_is_taken_up() {
    for bytes in seeds::stored() {
        check_state(&bytes);
    }
    for bytes in seeds::chunks() {
        check_chunk(&bytes);
    }
}

#[test]
fn numbers_at_their_end_do_no_harm() {
    for bytes in seeds::largest() {
        println!("{}", String::from_utf8_lossy(&bytes));
        check_state(&bytes);
    }
}

/// Bytes that are written over others, and where a cut may be.
fn edits() -> impl Strategy<Value = (Vec<(Index, u8)>, Option<Index>)> {
    (prop::collection::vec(any::<(Index, u8)>(), 0..4), any::<Option<Index>>())
}

fn edited(inputs: &[Vec<u8>], pick: Index, edits: &(Vec<(Index, u8)>, Option<Index>)) -> Vec<u8> {
    let mut bytes = inputs[pick.index(inputs.len())].clone();
    for (at, byte) in &edits.0 {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    if let Some(cut) = &edits.1 {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

proptest! {
    #[test]
    fn any_state_is_taken_up_or_told(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check_state(&bytes);
    }

    #[test]
    fn any_chunk_is_taken_up_or_counted(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check_chunk(&bytes);
        let choices = bytes.first().copied().unwrap_or_default();
        check_chunk(&[&[choices][..], &holloway_core::frame::HEADER, &bytes].concat());
    }

    #[test]
    fn mutated_states_are_taken_up_or_told(pick in any::<Index>(), edits in edits(), choices in any::<u8>()) {
        let mut bytes = edited(&seeds::stored(), pick, &edits);
        check_state(&bytes);
        if let Some(first) = bytes.first_mut() {
            *first = choices;
            check_state(&bytes);
        }
    }

    #[test]
    fn mutated_chunks_are_taken_up_or_counted(pick in any::<Index>(), edits in edits(), choices in any::<u8>()) {
        let mut bytes = edited(&seeds::chunks(), pick, &edits);
        check_chunk(&bytes);
        if let Some(first) = bytes.first_mut() {
            *first = choices;
            check_chunk(&bytes);
        }
    }
}

/// After a change of a format: `cargo test -p holloway-core --test recovery_bytes -- --ignored`, `make fuzz`, and then
/// `cargo +nightly fuzz cmin` with what both have left, so that about a hundred inputs per target are kept.
#[test]
#[ignore = "writes real states and chunks into the corpus"]
fn the_corpus_is_seeded() {
    for (target, inputs) in [("state", seeds::stored()), ("chunk", seeds::chunks())] {
        fs::create_dir_all(folder(target)).expect("the folder can be made");
        for bytes in inputs {
            let name = format!("{:08x}", crc32c::crc32c(&bytes));
            fs::write(folder(target).join(name), bytes).expect("the input can be written");
        }
    }
}
