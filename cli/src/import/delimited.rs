//! Comma-separated values.

use std::io::Read;

use anyhow::{Context as _, Result};

use super::{
    Admission, Row,
    mapping::{Cell, Mapping},
};
use crate::arguments::Import;

pub(super) fn read(input: impl Read, options: &Import, admission: &mut Admission<'_>) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let columns: Vec<String> = reader
        .headers()
        .context("expected a header line with the names of the columns")?
        .iter()
        .map(str::to_owned)
        .collect();
    let mapping = Mapping::of(options, &columns)?;
    let mut record = csv::ByteRecord::new();
    let mut out = Vec::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {}
            // Not a row at all; the reader goes on behind it.
            Err(error) if !error.is_io_error() => {
                let detail = error.to_string();
                admission.row(Row::Unreadable {
                    payload: detail.as_bytes(),
                    reason: "malformed_row",
                    detail: detail.clone(),
                })?;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let raw = || record.iter().collect::<Vec<_>>().join(&b","[..]);
        if record.len() != columns.len() {
            let detail = format!("expected {} columns, found {}", columns.len(), record.len());
            admission.row(Row::Unreadable { payload: &raw(), reason: "malformed_row", detail })?;
            continue;
        }
        let Ok(texts) = csv::StringRecord::from_byte_record(record.clone()) else {
            let detail = "expected UTF-8, found other bytes".to_owned();
            admission.row(Row::Unreadable { payload: &raw(), reason: "invalid_utf8", detail })?;
            continue;
        };
        let written = mapping.write(&mut out, |at| texts.get(at).map_or(Cell::Absent, Cell::Text));
        match written {
            Ok(()) => admission
                .row(Row::Event(std::str::from_utf8(&out).context("an event is written as UTF-8")?))?,
            Err(detail) => {
                admission.row(Row::Unreadable { payload: &raw(), reason: "bad_timestamp", detail })?;
            }
        }
    }
}
