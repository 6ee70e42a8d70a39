//! Load and derive of a file made by an event generator, with times: for a comparison with peers on the same file.
//!
//! `cargo bench -p holloway-pipeline --bench peer -- EVENTS.parquet DATA` writes the rows of `EVENTS.parquet`
//! (`message_id` binary, `type`, `event`, `anonymous_id`, `user_id`, `path`, `timestamp`) to the log of the data
//! folder `DATA` as a collector would, then loads and derives. `tests/peer.py` compares the tables with DuckDB.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use holloway_pipeline::{DeriveOptions, Quiet, derive, load};
use holloway_rawlog::{FileStorage, Log, Options, Record};
use holloway_wire::{ClockSource, Envelope, EventKind, Timestamp, dedupe_key, hex};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::error::Error;
use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [input, data] = arguments.as_slice() else {
        println!("usage: cargo bench -p holloway-pipeline --bench peer -- EVENTS.parquet DATA");
        return Ok(());
    };
    let data = Path::new(data);
    if !data.join("log").exists() {
        timed("log", || write_log(input, data))?;
    }
    timed("load", || load(data, &Quiet).map(|loaded| println!("{loaded:?}")).map_err(Into::into))?;
    for round in ["derive", "derive again", "derive once more"] {
        timed(round, || {
            let options = DeriveOptions { full: true, ..DeriveOptions::default() };
            derive(data, &options, &Quiet).map(|summary| println!("{summary:?}")).map_err(Into::into)
        })?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn timed(what: &str, job: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    job()?;
    println!("{what}: {:.3} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn write_log(input: &str, data: &Path) -> Result<(), Box<dyn Error>> {
    let storage = FileStorage::create(data.join("log"))?;
    let (mut log, _) = Log::open(storage, Options::default())?;
    for batch in
        ParquetRecordBatchReaderBuilder::try_new(File::open(input)?)?.with_batch_size(8192).build()?
    {
        let batch = batch?;
        let payloads: Vec<_> = (0..batch.num_rows()).map(|row| payload(&batch, row)).collect();
        let records: Vec<Record<'_>> = payloads
            .iter()
            .map(|(key, payload)| Record { received_at_us: RECEIVED.as_micros(), key: *key, payload })
            .collect();
        log.append(&records)?;
    }
    log.sync()?;
    Ok(())
}

/// 2026-08-01.
const RECEIVED: Timestamp = Timestamp::from_millis(1_785_542_400_000);

fn payload(batch: &RecordBatch, row: usize) -> ([u8; 16], Vec<u8>) {
    let column = |name: &str| batch.column_by_name(name).expect("the generator writes this column");
    let text = |name: &str| {
        let array = column(name).as_string::<i32>();
        array.is_valid(row).then(|| array.value(row))
    };
    let message_id = hex(column("message_id").as_fixed_size_binary().value(row));
    let kind = text("type").and_then(EventKind::parse).expect("the generator writes known types");
    let at = column("timestamp").as_primitive::<TimestampMicrosecondType>().value(row);
    let mut event = format!(r#"{{"type":"{}","messageId":"{message_id}""#, kind.as_str());
    for (field, name) in [("event", "event"), ("anonymousId", "anonymous_id"), ("userId", "user_id")] {
        if let Some(value) = text(name) {
            write!(event, r#","{field}":"{value}""#).expect("a String takes every write");
        }
    }
    if let Some(path) = text("path") {
        write!(event, r#","context":{{"page":{{"path":"{path}"}}}}"#).expect("a String takes every write");
    }
    event.push('}');
    let envelope = Envelope {
        write_key: "KEY".into(),
        received_at: RECEIVED,
        sent_at: None,
        message_id: message_id.as_str().into(),
        kind,
        timestamp: Timestamp::from_micros(at),
        clock: ClockSource::Original,
        ip: None,
        user_agent: None,
        context: None,
        event: &event,
    };
    let mut payload = Vec::new();
    envelope.write(&mut payload);
    (dedupe_key("KEY", &message_id), payload)
}
