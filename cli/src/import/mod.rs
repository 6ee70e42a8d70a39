//! `holloway import`: rows of a file, one by one through the collector's own admission.

mod apache;
mod cell;
mod compressed;
mod delimited;
mod interval;
mod lines;
mod mapping;
mod moment;
mod parquet;

use std::{io::Read, path::Path};

use anyhow::{Context as _, Result, bail};
use holloway_collector::{Fate, Intake, IntakeOptions, Source, Window};
use holloway_pipeline::Progress as _;
use holloway_wire::{EventKind, MessageId, RawJson, Timestamp, json::write_merged, stable_hash128};
use serde::Serialize;

use crate::{
    Done,
    arguments::{Format, Import},
    clock::now,
    draw::{grouped, program, say},
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
        Format::Parquet => {
            input.whole(&bars).and_then(|whole| parquet::read(whole, options, &bars, &mut admission))
        }
    };
    // What was read before a failure is stored all the same.
    let committed = admission.intake.commit();
    bars.end();
    read?;
    committed?;
    let account = admission.account();
    if options.data.json {
        say!("{}", serde_json::to_string(&account)?);
    } else {
        say!(
            "read {} = stored {} + quarantined {} + duplicate {} + suppressed {} + rejected {}",
            grouped(account.read),
            grouped(account.stored),
            grouped(account.quarantined),
            grouped(account.duplicate),
            grouped(account.suppressed),
            grouped(account.rejected),
        );
        say_what_follows(&account, &options.data.data);
    }
    if account.read
        != account.stored + account.quarantined + account.duplicate + account.suppressed + account.rejected
    {
        bail!("the account does not add up: {account:?}");
    }
    Ok(if options.strict && account.quarantined > 0 { Done::WithQuarantine } else { Done::Well })
}

/// Names the commands that show why rows are in the quarantine, and that make the tables.
fn say_what_follows(account: &Account, data: &Path) {
    let program = program();
    let data = data.display();
    if account.quarantined > 0 {
        say!("why rows are in the quarantine: {program} export --quarantine --data {data}");
        say!("how many for each reason:       {program} doctor --data {data}");
    }
    if account.stored > 0 {
        say!("next, make the tables:          {program} derive --data {data}");
    }
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
        self.row_of_batch(row, Stamps::default(), None)
    }

    /// Admits an event of a batch, with what the batch says of all its events.
    pub(crate) fn row_of_batch(
        &mut self,
        row: Row<'_>,
        batch: Stamps,
        batch_context: Option<&str>,
    ) -> Result<()> {
        self.rows += 1;
        let mut source = Source {
            batch_context,
            default_kind: Some(EventKind::Track),
            ..Source::new(self.write_key, self.received_at)
        };
        let fate = match row {
            Row::Unreadable { payload, reason, detail } => {
                self.intake.quarantine(payload, &source, reason, &detail)
            }
            Row::Event(text) => {
                let text = text.trim();
                let own = Known::of(text);
                let stamps = own.stamps.or(batch);
                source.sent_at = stamps.sent_at;
                source.received_at = stamps.received(self.received_at);
                let named = if own.has_id { None } else { self.with_id(text) };
                self.intake.admit(named.as_deref().unwrap_or(text), &source).1
            }
        };
        if fate == Fate::Rejected {
            bail!("row {} was turned away", self.rows);
        }
        if self.intake.pending_bytes() >= COMMIT_BYTES {
            self.intake.commit()?;
        }
        Ok(())
    }

    /// The event with an id of its content and position.
    fn with_id(&self, text: &str) -> Option<String> {
        let object = RawJson::object(text).ok()?;
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

/// When an event was sent and received, as far as a file says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stamps {
    sent_at: Option<Timestamp>,
    received_at: Option<Timestamp>,
}

impl Stamps {
    /// The stamps of an object: of an event, or of a batch for its events.
    fn of(object: RawJson<'_>) -> Self {
        let mut stamps = Self::default();
        for (key, value) in object.members() {
            let stamp = match key {
                "sentAt" => &mut stamps.sent_at,
                "receivedAt" => &mut stamps.received_at,
                _ => continue,
            };
            *stamp = value.string().and_then(|text| Timestamp::parse(&text).ok());
        }
        stamps
    }

    fn or(self, batch: Self) -> Self {
        Self { sent_at: self.sent_at.or(batch.sent_at), received_at: self.received_at.or(batch.received_at) }
    }

    /// When the event was received for the first time. An archive that does not say was received when it was sent:
    /// between sending and this import lies the age of the archive, not the error of a clock.
    fn received(self, now: Timestamp) -> Timestamp {
        self.received_at.or(self.sent_at).unwrap_or(now)
    }
}

/// What an event says of itself that matters here. Text that is no object says nothing.
struct Known {
    stamps: Stamps,
    has_id: bool,
}

impl Known {
    fn of(text: &str) -> Self {
        let Ok(object) = RawJson::object(text) else {
            return Self { stamps: Stamps::default(), has_id: false };
        };
        let has_id = object
            .members()
            .any(|(key, value)| key == "messageId" && !matches!(value.text(), "null" | "\"\""));
        Self { stamps: Stamps::of(object), has_id }
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

    /// The content, for a format that is read from its end: the file itself, or all of what is compressed or piped.
    fn whole(&self, bars: &Bars) -> Result<Whole> {
        if self.path != Path::new("-") {
            let failed = || format!("cannot read {}", self.path.display());
            let mut file = std::fs::File::open(self.path).with_context(failed)?;
            let mut start = [0; 4];
            let read = file.read(&mut start).with_context(failed)?;
            if !compressed::is_compressed(&start[..read]) {
                return Ok(Whole::File(file));
            }
        }
        let mut bytes = Vec::new();
        self.reader(bars)?.read_to_end(&mut bytes)?;
        Ok(Whole::Bytes(bytes.into()))
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

/// A file that can be read from its end.
pub(crate) enum Whole {
    File(std::fs::File),
    Bytes(bytes::Bytes),
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
