//! `holloway export`.

use std::io::Write as _;

use anyhow::Result;
use holloway_rawlog::{FileStorage, Offset, Reader};

use crate::{Done, arguments::Export};

pub(crate) fn run(options: &Export) -> Result<Done> {
    match write(options) {
        // Whoever reads has enough of it.
        Err(error) if is_closed(&error) => Ok(Done::Well),
        done => done.map(|()| Done::Well),
    }
}

fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn write(options: &Export) -> Result<()> {
    let folder = options.data.existing()?.join(if options.quarantine { "quarantine" } else { "log" });
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
    Ok(())
}
