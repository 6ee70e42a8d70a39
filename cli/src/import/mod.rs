//! `holloway import`: rows of a file, one by one through the collector's own admission.

mod apache;
mod compressed;
mod delimited;
mod lines;
mod mapping;
mod moment;
mod parquet;

use std::{io::Read, path::Path};

use anyhow::{Context as _, Result, bail};
use holloway_collector::{Fate, Intake, IntakeOptions, Source, Window};
use holloway_pipeline::Progress as _;
use holloway_wire::{MessageId, RawJson, Timestamp, json::write_merged, stable_hash128};
use serde::Serialize;

use crate::{
    Done,
    arguments::{Format, Import},
    clock::now,
    draw::grouped,
    progress::Bars,
};

/// Bytes that wait for a commit: enough that a sync is a small part of the time.
const COMMIT_BYTES: usize = 8 * 1024 * 1024;

/// One row of a file.
pub(crate) enum Row<'a> {
    /// An event's JSON text.
    Event(&'a str),
    /// Something that is none.
    Unreadable { payload: &'a [u8], reason: &'static str, detail: String },
}

/// What became of the rows. `read` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Account {
    read: u64,
    stored: u64,
    quarantined: u64,
    duplicate: u64,
    suppressed: u64,
    rejected: u64,
}

pub(crate) fn run(options: &Import) -> Result<Done> {
    let input = Input::open(&options.file)?;
    let intake_options = IntakeOptions { dedupe: Window::All, ..IntakeOptions::default() };
    let (intake, _) = Intake::open(&options.data.data, intake_options, now())?;
    let bars = Bars::default();
    bars.begin("importing", input.bytes);
    let mut admission = Admission {
        intake,
        write_key: &options.write_key,
        format: options.format,
        received_at: now(),
        rows: 0,
    };
    let read = match options.format {
        Format::Events | Format::Segment => {
            lines::read(input.reader(&bars)?, options.format == Format::Segment, &mut admission)
        }
        Format::Csv => delimited::read(input.reader(&bars)?, options, &mut admission),
        Format::Apache => apache::read(input.reader(&bars)?, &mut admission),
        Format::Parquet => parquet::read(&options.file, options, &bars, &mut admission),
    };
    // What was read before a failure is stored all the same.
    let committed = admission.intake.commit();
    bars.end();
    read?;
    committed?;
    let account = admission.account();
    if options.data.json {
        println!("{}", serde_json::to_string(&account)?);
    } else {
        println!(
            "read {} = stored {} + quarantined {} + duplicate {} + suppressed {} + rejected {}",
            grouped(account.read),
            grouped(account.stored),
            grouped(account.quarantined),
            grouped(account.duplicate),
            grouped(account.suppressed),
            grouped(account.rejected),
        );
    }
    if account.read
        != account.stored + account.quarantined + account.duplicate + account.suppressed + account.rejected
    {
        bail!("the account does not add up: {account:?}");
    }
    Ok(if options.strict && account.quarantined > 0 { Done::WithQuarantine } else { Done::Well })
}

/// Where rows go.
pub(crate) struct Admission<'a> {
    intake: Intake,
    write_key: &'a str,
    format: Format,
    received_at: Timestamp,
    rows: u64,
}

impl Admission<'_> {
    /// Admits a row. A row without a message id gets one of its content and position.
    pub(crate) fn row(&mut self, row: Row<'_>) -> Result<()> {
        self.row_of_batch(row, None, None)
    }

    /// Admits an event of a batch, with what the batch says of all its events.
    pub(crate) fn row_of_batch(
        &mut self,
        row: Row<'_>,
        sent_at: Option<Timestamp>,
        batch_context: Option<&str>,
    ) -> Result<()> {
        self.rows += 1;
        let source = Source { sent_at, batch_context, ..Source::new(self.write_key, self.received_at) };
        let fate = match row {
            Row::Unreadable { payload, reason, detail } => {
                self.intake.quarantine(payload, &source, reason, &detail)
            }
            Row::Event(text) => match self.with_id(text) {
                Some(named) => self.intake.admit(&named, &source).1,
                None => self.intake.admit(text.trim(), &source).1,
            },
        };
        if fate == Fate::Rejected {
            bail!("row {} was turned away", self.rows);
        }
        if self.intake.pending_bytes() >= COMMIT_BYTES {
            self.intake.commit()?;
        }
        Ok(())
    }

    /// The event with an id, when it has none.
    fn with_id(&self, text: &str) -> Option<String> {
        let object = RawJson::object(text).ok()?;
        let has_id = object.get("messageId").is_some_and(|id| !matches!(id.text(), "null" | "\"\""));
        if has_id {
            return None;
        }
        let format = format!("{:?}", self.format);
        let hash = stable_hash128(&[format.as_bytes(), text.as_bytes(), &self.rows.to_le_bytes()]);
        let id = format!(r#"{{"messageId":"{}"}}"#, MessageId::v8(hash).to_text());
        let mut named = Vec::with_capacity(text.len() + 64);
        write_merged(&mut named, object, RawJson::object(&id).ok()?);
        String::from_utf8(named).ok()
    }

    fn account(&self) -> Account {
        let ledger = self.intake.ledger();
        Account {
            read: self.rows,
            stored: ledger.stored,
            quarantined: ledger.quarantined,
            duplicate: ledger.duplicate,
            suppressed: ledger.suppressed,
            rejected: ledger.rejected,
        }
    }
}

/// A file, or standard input.
struct Input<'a> {
    path: &'a Path,
    bytes: Option<u64>,
}

impl<'a> Input<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { path, bytes: None });
        }
        let metadata = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if metadata.is_dir() {
            bail!("expected a file, found the folder {}", path.display());
        }
        Ok(Self { path, bytes: Some(metadata.len()) })
    }

    /// The content, decompressed.
    fn reader<'b>(&self, bars: &'b Bars) -> Result<Box<dyn Read + 'b>> {
        let raw: Box<dyn Read> = if self.path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            Box::new(
                std::fs::File::open(self.path)
                    .with_context(|| format!("cannot read {}", self.path.display()))?,
            )
        };
        compressed::open(Counted { raw, bars })
    }
}

/// Moves the bar as bytes are read.
struct Counted<'b> {
    raw: Box<dyn Read>,
    bars: &'b Bars,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.raw.read(buffer)?;
        self.bars.advance(count as u64);
        Ok(count)
    }
}
