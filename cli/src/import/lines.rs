//! JSON lines: events, and Segment's batches.

use std::io::{BufRead as _, BufReader, Read};

use anyhow::Result;
use holloway_wire::{RawJson, decode};

use super::{Admission, Row, Stamps};

pub(super) fn read(input: impl Read, batches: bool, admission: &mut Admission<'_>) -> Result<()> {
    let mut input = BufReader::with_capacity(256 * 1024, input);
    if batches {
        let mut all = Vec::new();
        input.read_to_end(&mut all)?;
        // One batch in all, on however many lines.
        if batch(&all, admission)? {
            return Ok(());
        }
        for line in all.split(|byte| *byte == b'\n') {
            if !line.trim_ascii().is_empty() && !batch(line, admission)? {
                event(line, admission)?;
            }
        }
        return Ok(());
    }
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            event(line.trim_ascii_end(), admission)?;
        }
        line.clear();
    }
    Ok(())
}

fn event(line: &[u8], admission: &mut Admission<'_>) -> Result<()> {
    match std::str::from_utf8(line) {
        Ok(text) => admission.row(Row::Event(text)),
        Err(error) => admission.row(Row::Unreadable {
            payload: line,
            reason: "invalid_utf8",
            detail: format!("expected UTF-8, found another byte at {}", error.valid_up_to()),
        }),
    }
}

/// Whether the text is a batch, or a bare list of events; its events are admitted then.
fn batch(text: &[u8], admission: &mut Admission<'_>) -> Result<bool> {
    if text.trim_ascii_start().starts_with(b"[") {
        let Some(list) = std::str::from_utf8(text).ok().and_then(|text| RawJson::parse(text).ok()) else {
            return Ok(false);
        };
        for event in list.items() {
            admission.row(Row::Event(event.text()))?;
        }
        return Ok(true);
    }
    let Ok(body) = decode::body(text, decode::Route::Batch) else { return Ok(false) };
    let whole = std::str::from_utf8(text).ok().and_then(|text| RawJson::object(text).ok());
    let stamps = whole.map(Stamps::of).unwrap_or_default();
    let context = body.context.map(RawJson::text);
    for event in &body.events {
        admission.row_of_batch(Row::Event(event), stamps, context)?;
    }
    Ok(true)
}
