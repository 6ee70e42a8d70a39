//! `docs/losses.md` explains each reason under which an event can be lost, refused or put aside.

use std::collections::BTreeSet;

use holloway_wire::{LossReason, Verdict, decode::InvalidReason};

use crate::pages;

/// The words of refused requests, from the one match that has them.
pub(crate) fn refusals() -> BTreeSet<String> {
    let source = pages::text("collector-ref/src/refusal.rs");
    let rows = source.lines().filter_map(|line| line.split_once("StatusCode::"));
    let words: BTreeSet<String> = rows.filter_map(|(_, rest)| first_word(rest)).collect();
    assert!(words.len() > 10, "the match of refusal.rs is written differently: {words:?}");
    words
}

/// The first string literal of a line, when it is a stable word.
fn first_word(line: &str) -> Option<String> {
    let word = line.split('"').nth(1)?;
    let is_word = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (is_word && !word.is_empty()).then(|| word.to_owned())
}

/// The words under which an import puts rows into the quarantine.
fn import_reasons() -> BTreeSet<String> {
    let sources = ["apache", "delimited", "lines", "parquet"]
        .map(|name| pages::text(&format!("cli/src/import/{name}.rs")));
    let reasons =
        sources.iter().flat_map(|source| source.match_indices("reason: \"").map(|(at, _)| &source[at..]));
    let words: BTreeSet<String> = reasons.filter_map(first_word).collect();
    assert!(words.len() > 2, "the importers are written differently: {words:?}");
    words
}

#[test]
fn every_reason_has_a_row() {
    let page = pages::text("docs/losses.md");
    let explained: BTreeSet<String> = pages::first_cells(&page).into_iter().collect();
    let client = LossReason::ALL.map(LossReason::as_str).map(str::to_owned);
    let verdicts = Verdict::ALL.map(Verdict::as_str).map(str::to_owned);
    let invalid = InvalidReason::ALL.map(InvalidReason::as_str).map(str::to_owned);
    let words = client.into_iter().chain(verdicts).chain(invalid);
    let words = words.chain(refusals()).chain(import_reasons()).chain(["log_damaged".to_owned()]);
    let missing: BTreeSet<String> = words.filter(|word| !explained.contains(word)).collect();
    assert_eq!(missing, BTreeSet::new(), "docs/losses.md needs a row for each of these");
}
