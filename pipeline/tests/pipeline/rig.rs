//! A data folder of its own for each test: events in, text out.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use holloway_pipeline::{Catalog, DeriveOptions, DeriveSummary, Loaded, Quiet, Table, derive, load};
use holloway_rawlog::{FileStorage, Log, Options, Record};
use holloway_wire::{ClockSource, Envelope, Timestamp, decode, dedupe_key};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;
use std::path::Path;

/// A time on 1 November 2026, a Sunday: `at("10:00")`.
pub(crate) fn at(clock: &str) -> String {
    format!("2026-11-01T{clock}{}Z", if clock.len() == 5 { ":00" } else { "" })
}

/// An event of a kind with an id of its own, at a time of day; `rest` is further JSON members.
pub(crate) fn event(kind: &str, message_id: &str, clock: &str, rest: &str) -> String {
    let comma = if rest.is_empty() { "" } else { "," };
    let time = if clock.contains('T') { clock.to_owned() } else { at(clock) };
    format!(r#"{{"type":"{kind}","messageId":"{message_id}","timestamp":"{time}"{comma}{rest}}}"#)
}

pub(crate) struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    /// A folder whose log has these events.
    pub(crate) fn new(events: &[String]) -> Self {
        let rig = Self { folder: tempfile::tempdir().unwrap() };
        rig.append(events);
        rig
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Appends events to the log, all received on 2 November 2026.
    pub(crate) fn append(&self, events: &[String]) {
        self.append_on("2026-11-02T00:00:00Z", events);
    }

    pub(crate) fn append_on(&self, received: &str, events: &[String]) {
        let received_at = Timestamp::parse(received).unwrap();
        let storage = FileStorage::create(self.data().join("log")).unwrap();
        let (mut log, _) = Log::open(storage, Options::default()).unwrap();
        for text in events {
            let decoded = decode::event(text, None).unwrap();
            let message_id = decoded.message_id.clone().unwrap();
            let envelope = Envelope {
                write_key: "KEY".into(),
                received_at,
                sent_at: None,
                message_id: message_id.clone(),
                kind: decoded.kind,
                timestamp: decoded.original_timestamp.unwrap(),
                clock: ClockSource::Original,
                ip: None,
                user_agent: Some("Rig/1".into()),
                context: None,
                event: text,
            };
            let mut payload = Vec::new();
            envelope.write(&mut payload);
            let key = dedupe_key("KEY", &message_id);
            log.append(&[Record { received_at_us: received_at.as_micros(), key, payload: &payload }])
                .unwrap();
        }
        log.sync().unwrap();
    }

    /// Appends a record that no collector would write.
    pub(crate) fn append_raw(&self, payload: &[u8]) {
        let storage = FileStorage::create(self.data().join("log")).unwrap();
        let (mut log, _) = Log::open(storage, Options::default()).unwrap();
        log.append(&[Record { received_at_us: 0, key: [9; 16], payload }]).unwrap();
        log.sync().unwrap();
    }

    pub(crate) fn load(&self) -> Loaded {
        load(self.data(), &Quiet).unwrap()
    }

    pub(crate) fn derive(&self) -> DeriveSummary {
        self.derive_with(&DeriveOptions::default())
    }

    pub(crate) fn derive_with(&self, options: &DeriveOptions) -> DeriveSummary {
        derive(self.data(), options, &Quiet).unwrap()
    }

    /// The current rows of a table, one line each, some columns of it; null is `-`.
    pub(crate) fn rows(&self, table: Table, columns: &[&str]) -> Vec<String> {
        let catalog = Catalog::open(self.data()).unwrap();
        let mut lines = Vec::new();
        for entry in catalog.manifest().files(table.name()) {
            let file = File::open(catalog.store().folder().join(&entry.path)).unwrap();
            for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
                let batch = batch.unwrap();
                lines.extend((0..batch.num_rows()).map(|row| line(&batch, columns, row)));
            }
        }
        lines
    }

    /// All rows of the derived tables with all of their columns.
    pub(crate) fn derived(&self) -> Vec<(&'static str, Vec<String>)> {
        Table::DERIVED
            .into_iter()
            .map(|table| {
                let schema = table.schema();
                let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                (table.name(), self.rows(table, &columns))
            })
            .collect()
    }
}

fn line(batch: &RecordBatch, columns: &[&str], row: usize) -> String {
    let cells = columns.iter().map(|name| cell(batch.column_by_name(name).unwrap(), row));
    cells.collect::<Vec<_>>().join(" ")
}

fn cell(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "-".to_owned();
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Timestamp(..) => {
            let text = Timestamp::from_micros(array.as_primitive::<TimestampMicrosecondType>().value(row))
                .to_string();
            text.strip_prefix("2026-11-01T").map_or(text.clone(), |clock| clock.replace(".000Z", ""))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let pairs = (0..entries.len())
                .map(|at| format!("{}={}", cell(entries.column(0), at), cell(entries.column(1), at)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items = items.as_struct();
            let text = |at: usize| {
                items.columns().iter().map(|column| cell(column, at)).collect::<Vec<_>>().join("/")
            };
            format!("[{}]", (0..items.len()).map(text).collect::<Vec<_>>().join(","))
        }
        DataType::Date32 => array.as_primitive::<arrow_array::types::Date32Type>().value(row).to_string(),
        other => panic!("no text for {other}"),
    }
}
