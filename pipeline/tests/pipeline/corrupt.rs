//! Damage is an error that names file and offset.

use crate::rig::{Rig, event};
use holloway_pipeline::report::{Range, sessions};
use holloway_pipeline::{Catalog, DeriveOptions, Quiet, Table, derive, load};
use std::fs;
use std::path::PathBuf;

fn rig() -> Rig {
    let track =
        |n: u32| event("track", &format!("m{n}"), &format!("10:{n:02}"), r#""event":"A","anonymousId":"a1""#);
    Rig::new(&(0..50).map(track).collect::<Vec<_>>())
}

/// The first file of a table.
fn file(rig: &Rig, table: Table) -> PathBuf {
    let catalog = Catalog::open(rig.data()).unwrap();
    catalog.store().folder().join(&catalog.manifest().files(table.name())[0].path)
}

fn derive_error(rig: &Rig) -> String {
    let options = DeriveOptions { full: true, ..DeriveOptions::default() };
    derive(rig.data(), &options, &Quiet).unwrap_err().to_string()
}

#[test]
fn a_flipped_bit_of_a_column_is_found_and_placed() {
    let rig = rig();
    rig.load();
    let path = file(&rig, Table::Events);
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    bad[4 + 20] ^= 1;
    fs::write(&path, bad).unwrap();
    let message = derive_error(&rig);
    // The first column chunk starts behind the four bytes of the magic.
    assert!(
        message
            .contains(&format!("{} is corrupt at byte 4: the checksum of column message_id", path.display())),
        "{message}"
    );
    fs::write(&path, good).unwrap();
    assert_eq!(rig.derive().events, 50, "the tables were left as they were");
}

#[test]
fn a_flipped_bit_of_the_footer_is_found_and_placed() {
    let rig = rig();
    rig.load();
    let path = file(&rig, Table::Events);
    let mut bytes = fs::read(&path).unwrap();
    let footer = u32::from_le_bytes(*bytes[bytes.len() - 8..].first_chunk().unwrap()) as usize + 8;
    let start = bytes.len() - footer;
    bytes[start + 10] ^= 1;
    fs::write(&path, bytes).unwrap();
    let message = derive_error(&rig);
    assert!(message.contains(&format!("{} is corrupt at byte {start}:", path.display())), "{message}");
}

#[test]
fn a_cut_file_is_found() {
    let rig = rig();
    rig.load();
    let path = file(&rig, Table::Events);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 7]).unwrap();
    let message = derive_error(&rig);
    let expected =
        format!("{} is corrupt at byte {}: expected {} bytes", path.display(), bytes.len() - 7, bytes.len());
    assert!(message.contains(&expected), "{message}");
}

#[test]
fn a_missing_file_is_named() {
    let rig = rig();
    rig.load();
    let path = file(&rig, Table::Events);
    fs::remove_file(&path).unwrap();
    let message = derive_error(&rig);
    assert!(message.contains(&format!("{} is missing", path.display())), "{message}");
}

#[test]
fn a_report_on_a_corrupt_table_names_it() {
    let rig = rig();
    rig.derive();
    let path = file(&rig, Table::Sessions);
    let mut bytes = fs::read(&path).unwrap();
    for byte in &mut bytes[4..] {
        *byte ^= 0x55;
    }
    fs::write(&path, bytes).unwrap();
    let message = sessions(rig.data(), &Range::default()).unwrap_err().to_string();
    assert!(message.contains(&format!("{} is corrupt at byte", path.display())), "{message}");
    assert!(message.contains("derive again with --full"), "{message}");
    rig.derive_with(&DeriveOptions { full: true, ..DeriveOptions::default() });
    assert_eq!(sessions(rig.data(), &Range::default()).unwrap().events, 50);
}

#[test]
fn a_corrupt_log_is_named_with_its_offset_and_nothing_of_it_is_loaded() {
    let rig = rig();
    let chunk = fs::read_dir(rig.data().join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "chunk"))
        .unwrap();
    let mut bytes = fs::read(&chunk).unwrap();
    let second = bytes.windows(2).position(|pair| pair == b"m1").unwrap();
    bytes[second] ^= 1;
    fs::write(&chunk, bytes).unwrap();
    let message = load(rig.data(), &Quiet).unwrap_err().to_string();
    let name = chunk.file_name().unwrap().to_str().unwrap();
    assert!(message.contains(name), "{message}");
    assert!(message.chars().any(|character| character.is_ascii_digit()), "{message}");
    assert_eq!(Catalog::open(rig.data()).unwrap().manifest().rows("events"), 0);
}

#[test]
fn a_corrupt_manifest_is_named() {
    let rig = rig();
    rig.load();
    let path = rig.data().join("tables/manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"commit\": 1", "\"commit\": ?", 1)).unwrap();
    let message = load(rig.data(), &Quiet).unwrap_err().to_string();
    let offset = text.find("\"commit\": 1").unwrap() + "\"commit\": ".len();
    assert!(message.contains(&format!("manifest.json is corrupt at byte {offset}:")), "{message}");
}

#[test]
fn a_record_that_is_no_event_is_counted_not_fatal() {
    let rig = rig();
    rig.append_raw(b"{\"not\":\"an envelope\"}");
    let loaded = rig.load();
    assert_eq!((loaded.read, loaded.added, loaded.unreadable), (51, 50, 1));
    assert!(loaded.first_unreadable.is_some_and(|offset| offset > 0 && offset < loaded.next_offset));
}
