//! `holloway export`.

use std::io::Write as _;

use anyhow::Result;
use holloway_rawlog::{FileStorage, Offset, Reader};

use crate::{Done, arguments::Export};

pub(crate) fn run(options: &Export) -> Result<Done> {
    let folder = options.data.data.join(if options.quarantine { "quarantine" } else { "log" });
    let mut reader = Reader::open(FileStorage::at(folder), Offset::START)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Some((_, record)) = reader.read()? {
        // One line a record: an event that was sent on several lines is put on one.
        match serde_json::from_slice::<&serde_json::value::RawValue>(record.payload) {
            Ok(json) if json.get().contains('\n') => {
                let value: serde_json::Value = serde_json::from_str(json.get())?;
                writeln!(out, "{value}")?;
            }
            _ => {
                out.write_all(record.payload)?;
                out.write_all(b"\n")?;
            }
        }
    }
    out.flush()?;
    Ok(Done::Well)
}
