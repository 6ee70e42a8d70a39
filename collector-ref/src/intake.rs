//! Admission of events into the log of a data folder.

use std::path::{Path, PathBuf};

use holloway_rawlog::{
    AppendError, FileStorage, Log, OpenError, Options, ReadError, Reader, Record, Recovery, Storage,
    SyncError,
};
use holloway_wire::{EventKind, Timestamp};

use crate::{
    admission::{Admission, Entry},
    dedupe::{Recent, Window},
    fate::{Fate, Ledger, Mark},
};

/// Of a damage in the log, so many bytes are copied to the quarantine.
const DAMAGE_KEPT_BYTES: usize = 1024 * 1024;

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
    /// Damaged bytes of the event log that were met on the way; copies of them are in the quarantine.
    pub damaged_bytes: u64,
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
    /// What is damaged in the log cannot be kept.
    #[error("cannot copy damaged bytes of the log to the quarantine: {0}")]
    Damage(#[from] CommitError),
}

/// Why nothing of what was admitted since the last commit is stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It could not be synced.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

/// Owner of a data folder's log and quarantine.
///
/// Admit events one by one, then [`Intake::commit`]: only after that are they stored.
///
/// ```
/// use holloway_collector::{Fate, Intake, IntakeOptions, Source};
/// use holloway_wire::Timestamp;
///
/// let data = tempfile::tempdir()?;
/// let now = Timestamp::from_millis(1_790_000_000_000);
/// let (mut intake, _) = Intake::open(data.path(), IntakeOptions::default(), now)?;
/// let event = r#"{"type":"track","event":"Signed Up","userId":"u1","messageId":"m1"}"#;
/// assert_eq!(intake.admit(event, &Source::new("KEY", now)).1, Fate::Stored);
/// assert_eq!(intake.admit(event, &Source::new("KEY", now)).1, Fate::Duplicate);
/// assert!(matches!(intake.admit("{}", &Source::new("KEY", now)).1, Fate::Quarantined { .. }));
/// intake.commit()?;
/// assert!(intake.ledger().adds_up());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Intake<S: Storage = FileStorage> {
    log: Log<S>,
    quarantine: Log<S>,
    recent: Recent,
    stored: Pending,
    refused: Pending,
    settled: Ledger,
    pending: Ledger,
    one: Admission,
}

/// Records that wait for a commit.
#[derive(Debug, Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Key, time of receipt, and end in `bytes`.
    records: Vec<([u8; 16], i64, usize)>,
}

impl Pending {
    fn push(&mut self, entry: &Entry, record: &[u8]) {
        self.bytes.extend_from_slice(record);
        self.records.push((entry.key, entry.received_at.as_micros(), self.bytes.len()));
    }

    fn append<S: Storage>(&self, log: &mut Log<S>) -> Result<(), AppendError> {
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
    ///
    /// # Errors
    /// [`OpenError::Locked`] names the folder when another process has it.
    pub fn open(
        data: &Path,
        options: IntakeOptions,
        now: Timestamp,
    ) -> Result<(Self, Recovered), IntakeOpenError> {
        let storage = |name: &str| {
            let folder = data.join(name);
            FileStorage::create(&folder).map_err(|source| IntakeOpenError::Folder { folder, source })
        };
        Self::with_storage(&storage("log")?, &storage("quarantine")?, options, now)
    }
}

impl<S: Storage + Clone> Intake<S> {
    /// Like [`Intake::open`], on any storage.
    pub(crate) fn with_storage(
        log_storage: &S,
        quarantine_storage: &S,
        options: IntakeOptions,
        now: Timestamp,
    ) -> Result<(Self, Recovered), IntakeOpenError> {
        let log_options = Options { chunk_bytes: options.chunk_bytes };
        let (log, log_recovery) = Log::open(log_storage.clone(), log_options)?;
        let (quarantine, quarantine_recovery) = Log::open(quarantine_storage.clone(), log_options)?;
        let mut recovered =
            Recovered { log: log_recovery, quarantine: quarantine_recovery, ..Recovered::default() };
        let mut intake = Self {
            log,
            quarantine,
            recent: Recent::new(options.dedupe),
            stored: Pending::default(),
            refused: Pending::default(),
            settled: Ledger::default(),
            pending: Ledger::default(),
            one: Admission::default(),
        };
        intake.learn(quarantine_storage, now, |_, _| ())?;
        let mut damages = Vec::new();
        recovered.keys = intake.learn(log_storage, now, |detail, bytes| damages.push((detail, bytes)))?;
        for (detail, bytes) in damages {
            recovered.damaged_bytes += bytes.len() as u64;
            let kept = &bytes[..bytes.len().min(DAMAGE_KEPT_BYTES)];
            intake.quarantine(kept, &Source::new("", now), "log_damaged", &detail);
        }
        intake.commit()?;
        // That was not an event that came in.
        intake.settled = Ledger::default();
        Ok((intake, recovered))
    }
}

impl<S: Storage> Intake<S> {
    /// Admits one event's JSON text; answers its message id, as sent or as assigned, and its fate if the next
    /// commit succeeds. Without one, the event is [`Fate::Rejected`].
    pub fn admit(&mut self, raw: &str, source: &Source<'_>) -> (String, Fate) {
        self.take_one(|admission| admission.event(raw, source))
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
        self.take_one(|admission| admission.payload(payload, source, "row", reason, detail)).1
    }

    /// Takes what was read and judged before; one mark an entry, which holds if the next commit succeeds.
    pub(crate) fn take(&mut self, admission: &Admission) -> Vec<Mark> {
        let marks = admission.iter().map(|(entry, record)| {
            let mark = if !self.recent.insert(entry.key, entry.received_at.as_micros()) {
                Mark::Duplicate
            } else if entry.refused.is_some() {
                self.refused.push(entry, record);
                Mark::Quarantined
            } else {
                self.stored.push(entry, record);
                Mark::Stored
            };
            self.pending.count(mark);
            mark
        });
        marks.collect()
    }

    /// Returns when everything admitted is on disk. After an error nothing of it is, as far as anybody was told:
    /// the events count as rejected and may be sent again.
    pub fn commit(&mut self) -> Result<(), CommitError> {
        let done = self.write();
        if done.is_err() {
            for (key, _, _) in self.stored.records.iter().chain(&self.refused.records) {
                self.recent.remove(key);
            }
            // A log tells of every failure once. This group has been told; the next one must not be told again.
            let _ = self.log.sync();
            let _ = self.quarantine.sync();
        }
        let pending = std::mem::take(&mut self.pending);
        self.settled += if done.is_ok() { pending } else { pending.turned_away() };
        self.stored.clear();
        self.refused.clear();
        done
    }

    /// Proves that events could be stored now.
    pub(crate) fn probe(&mut self) -> Result<(), AppendError> {
        self.quarantine.probe()?;
        self.log.probe()
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

    fn take_one(&mut self, read: impl FnOnce(&mut Admission)) -> (String, Fate) {
        let mut one = std::mem::take(&mut self.one);
        one.clear();
        read(&mut one);
        let mark = self.take(&one).pop();
        let entry = one.entries().last();
        let message_id = entry.map(|entry| entry.message_id.clone()).unwrap_or_default();
        let fate = match (mark, entry.and_then(|entry| entry.refused.clone())) {
            (Some(Mark::Quarantined), Some(refused)) => {
                Fate::Quarantined { reason: refused.reason, detail: refused.detail }
            }
            (Some(Mark::Duplicate), _) => Fate::Duplicate,
            _ => Fate::Stored,
        };
        self.one = one;
        (message_id, fate)
    }

    /// Reads the keys of a log within the window. Damaged keys are not known again; what follows them is.
    fn learn(
        &mut self,
        storage: &S,
        now: Timestamp,
        mut damaged: impl FnMut(String, Vec<u8>),
    ) -> Result<usize, ReadError>
    where
        S: Clone,
    {
        let horizon = self.recent.horizon_us(now.as_micros());
        let mut reader = Reader::open_since(storage.clone(), horizon)?;
        let mut keys = 0;
        loop {
            match reader.read() {
                Ok(Some((_, record))) if record.received_at_us >= horizon => {
                    self.recent.insert(record.key, record.received_at_us);
                    keys += 1;
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(keys),
                Err(error @ ReadError::Damaged { .. }) => {
                    let Some(damage) = reader.resync()? else { return Err(error) };
                    damaged(damage.to_string(), reader.damaged_bytes(&damage)?);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests;
