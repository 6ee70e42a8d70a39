//! Admission of events into the log of a data folder.

use std::path::{Path, PathBuf};

use holloway_rawlog::{
    AppendError, FileStorage, Log, Offset, OpenError, Options, ReadError, Reader, Record, Recovery, SyncError,
};
use holloway_wire::{Envelope, EventKind, Timestamp, correct_clock, decode, dedupe_key, stable_hash128};

use crate::{
    dedupe::{Recent, Window},
    fate::{Fate, Ledger},
    quarantine::{self, Cause},
};

/// How an intake is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntakeOptions {
    /// How far back a repeated event is recognised: 24 h.
    pub dedupe: Window,
    /// Bytes of a chunk of the log: 64 MiB.
    pub chunk_bytes: u64,
}

impl Default for IntakeOptions {
    fn default() -> Self {
        Self { dedupe: Window::Hours(24), chunk_bytes: Options::default().chunk_bytes }
    }
}

/// What came with an event besides the event.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Whose event it is.
    pub write_key: &'a str,
    /// When it came in.
    pub received_at: Timestamp,
    /// When its batch was sent, by the client's clock.
    pub sent_at: Option<Timestamp>,
    /// The sender's address, as it may be kept.
    pub ip: Option<&'a str>,
    /// The sender's `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// The batch's context, a JSON object.
    pub batch_context: Option<&'a str>,
    /// The kind of an event without `type`.
    pub default_kind: Option<EventKind>,
}

impl<'a> Source<'a> {
    /// A source of which nothing but the write key and the time is known.
    pub const fn new(write_key: &'a str, received_at: Timestamp) -> Self {
        Self {
            write_key,
            received_at,
            sent_at: None,
            ip: None,
            user_agent: None,
            batch_context: None,
            default_kind: None,
        }
    }
}

/// What opening found.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// Of the event log.
    pub log: Recovery,
    /// Of the quarantine.
    pub quarantine: Recovery,
    /// Keys that are known again.
    pub keys: usize,
}

/// Why a data folder cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum IntakeOpenError {
    /// The folder cannot be made.
    #[error("cannot make {folder}: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The file system's answer.
        source: std::io::Error,
    },
    /// A log cannot be opened.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The keys of a log cannot be read.
    #[error(transparent)]
    Keys(#[from] ReadError),
}

/// Why nothing of what was admitted since the last commit is stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It could not be synced; the data folder must be opened again.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

/// Owner of a data folder's log and quarantine.
///
/// Admit events one by one, then [`Intake::commit`]: only after that are they stored.
#[derive(Debug)]
pub struct Intake {
    folder: PathBuf,
    log: Log<FileStorage>,
    quarantine: Log<FileStorage>,
    recent: Recent,
    stored: Pending,
    refused: Pending,
    settled: Ledger,
    pending: Ledger,
}

/// Records that wait for a commit.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Key, time of receipt, and end in `bytes`.
    records: Vec<([u8; 16], i64, usize)>,
}

impl Pending {
    fn push(&mut self, key: [u8; 16], received_at: Timestamp, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.records.push((key, received_at.as_micros(), self.bytes.len()));
    }

    fn append(&self, log: &mut Log<FileStorage>) -> Result<(), AppendError> {
        let mut start = 0;
        let records: Vec<Record<'_>> = self
            .records
            .iter()
            .map(|(key, received_at_us, end)| {
                let payload = &self.bytes[start..*end];
                start = *end;
                Record { received_at_us: *received_at_us, key: *key, payload }
            })
            .collect();
        log.append(&records).map(|_| ())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
    }
}

impl Intake {
    /// Takes the data folder, recovers its logs and learns the keys of recent events. `now` is the time by which
    /// "recent" is measured.
    pub fn open(
        data: &Path,
        options: IntakeOptions,
        now: Timestamp,
    ) -> Result<(Self, Recovered), IntakeOpenError> {
        let storage = |name: &str| {
            let folder = data.join(name);
            FileStorage::create(&folder).map_err(|source| IntakeOpenError::Folder { folder, source })
        };
        let (log_storage, quarantine_storage) = (storage("log")?, storage("quarantine")?);
        let log_options = Options { chunk_bytes: options.chunk_bytes };
        let (log, log_recovery) = Log::open(log_storage.clone(), log_options)?;
        let (quarantine, quarantine_recovery) = Log::open(quarantine_storage.clone(), log_options)?;
        let mut recent = Recent::new(options.dedupe);
        let mut keys = 0;
        for storage in [log_storage, quarantine_storage] {
            keys += learn(&mut recent, storage, now)?;
        }
        let intake = Self {
            folder: data.to_owned(),
            log,
            quarantine,
            recent,
            stored: Pending::default(),
            refused: Pending::default(),
            settled: Ledger::default(),
            pending: Ledger::default(),
        };
        Ok((intake, Recovered { log: log_recovery, quarantine: quarantine_recovery, keys }))
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Admits one event's JSON text; answers its message id, as sent or as assigned, and its fate if the next
    /// commit succeeds. Without one, the event is [`Fate::Rejected`].
    pub fn admit(&mut self, raw: &str, source: &Source<'_>) -> (String, Fate) {
        let event = match decode::event(raw, source.default_kind) {
            Ok(event) => event,
            Err(invalid) => {
                let cause = Cause {
                    reason: invalid.reason.as_str(),
                    field: invalid.field,
                    detail: &invalid.to_string(),
                };
                let id = named(raw).unwrap_or_default();
                return (id, self.refuse(raw.as_bytes(), source, invalid.reason.as_str(), cause));
            }
        };
        let message_id =
            event.message_id.map_or_else(|| uuid::Uuid::now_v7().to_string(), std::borrow::Cow::into_owned);
        let key = dedupe_key(source.write_key, &message_id);
        let fate = if self.recent.insert(key, source.received_at.as_micros()) {
            let sent_at = source.sent_at.or(event.sent_at);
            let corrected = correct_clock(event.original_timestamp, sent_at, source.received_at);
            let envelope = Envelope {
                write_key: source.write_key.into(),
                received_at: source.received_at,
                sent_at,
                message_id: message_id.as_str().into(),
                kind: event.kind,
                timestamp: corrected.timestamp,
                clock: corrected.source,
                ip: source.ip.map(Into::into),
                user_agent: source.user_agent.map(Into::into),
                context: source.batch_context,
                event: raw,
            };
            self.stored.push(key, source.received_at, |out| envelope.write(out));
            Fate::Stored
        } else {
            Fate::Duplicate
        };
        self.pending.count(&fate);
        (message_id, fate)
    }

    /// Puts something into the quarantine that never became an event (a line that could not be read).
    /// The same bytes for the same reason again are a duplicate.
    pub fn quarantine(
        &mut self,
        payload: &[u8],
        source: &Source<'_>,
        reason: &'static str,
        detail: &str,
    ) -> Fate {
        self.refuse(payload, source, reason, Cause { reason, field: "row", detail })
    }

    /// Counts events that were not even looked at: the sender has them still.
    pub fn reject(&mut self, events: u64) {
        self.settled.received += events;
        self.settled.rejected += events;
    }

    /// Returns when everything admitted is on disk. After an error nothing of it is, as far as anybody was told:
    /// the events count as rejected and may be sent again.
    pub fn commit(&mut self) -> Result<(), CommitError> {
        let done = self.write();
        if done.is_err() {
            for (key, _, _) in self.stored.records.iter().chain(&self.refused.records) {
                self.recent.remove(key);
            }
        }
        let pending = std::mem::take(&mut self.pending);
        self.settled += if done.is_ok() { pending } else { pending.turned_away() };
        self.stored.clear();
        self.refused.clear();
        done
    }

    /// Bytes that wait for a commit.
    pub fn pending_bytes(&self) -> usize {
        self.stored.bytes.len() + self.refused.bytes.len()
    }

    /// The fates of all events since the folder was opened, without those that wait for a commit.
    pub fn ledger(&self) -> Ledger {
        self.settled
    }

    fn write(&mut self) -> Result<(), CommitError> {
        if !self.stored.records.is_empty() {
            self.stored.append(&mut self.log)?;
        }
        if !self.refused.records.is_empty() {
            self.refused.append(&mut self.quarantine)?;
            self.quarantine.sync()?;
        }
        if !self.stored.records.is_empty() {
            self.log.sync()?;
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        payload: &[u8],
        source: &Source<'_>,
        reason: &'static str,
        cause: Cause<'_>,
    ) -> Fate {
        let key = stable_hash128(&[b"quarantine", source.write_key.as_bytes(), reason.as_bytes(), payload]);
        let fate = if self.recent.insert(key, source.received_at.as_micros()) {
            let (write_key, received_at) = (source.write_key, source.received_at);
            self.refused
                .push(key, received_at, |out| quarantine::write(out, payload, write_key, received_at, cause));
            Fate::Quarantined { reason, detail: cause.detail.to_owned() }
        } else {
            Fate::Duplicate
        };
        self.pending.count(&fate);
        fate
    }
}

/// Reads the keys of a log within the window.
fn learn(recent: &mut Recent, storage: FileStorage, now: Timestamp) -> Result<usize, ReadError> {
    let horizon = recent.horizon_us(now.as_micros());
    let mut reader = Reader::open(storage, Offset::START)?;
    let mut keys = 0;
    loop {
        match reader.read() {
            Ok(Some((_, record))) => {
                if record.received_at_us >= horizon {
                    recent.insert(record.key, record.received_at_us);
                    keys += 1;
                }
            }
            Ok(None) => return Ok(keys),
            // Damaged keys are not known again; what follows them is. The damage itself is a reader's to report.
            Err(ReadError::Damaged { .. }) => {
                if reader.resync()?.is_none() {
                    return Ok(keys);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// The message id of an event that is invalid otherwise, so that its sender can tell which one it was.
fn named(raw: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow, default, rename = "messageId")]
        id: Option<std::borrow::Cow<'a, str>>,
    }
    serde_json::from_str::<Named<'_>>(raw).ok()?.id.map(std::borrow::Cow::into_owned)
}
