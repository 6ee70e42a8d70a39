//! Settings of a client, and how it is built.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, Mutex, mpsc::channel},
    time::Duration,
};

use holloway_core::{Client as Core, Config, Consent, Keep, Outgoing, wire::LossReason};
use serde::Serialize;

use crate::{
    BuildError, Client, FsyncPolicy, Transport,
    client::Shared,
    clock::Clock,
    decision,
    disk::Disk,
    files::Files,
    flush::Flushes,
    folder::Folder,
    gauges::Gauges,
    handoff::{Handoff, Lost},
    ids::{Ids, seed},
    machine, orphan,
    sender::{Destination, start_sender},
    settings,
    worker::Worker,
};

/// Bytes of calls that may be on their way to the worker: 4 MiB, some 12,000 usual events in a burst, more than the outbox
/// keeps.
const HANDOFF_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Settings of a [`Client`]; made by [`Client::builder`].
pub struct Builder {
    config: Config,
    host: Option<String>,
    store_dir: Option<PathBuf>,
    fsync: FsyncPolicy,
    handoff_bytes_max: usize,
    context: Option<Result<String, String>>,
    app: Option<(String, String)>,
    sampled_sessions: f64,
    transport: Option<Box<dyn Transport>>,
    plugins: Vec<Plugin>,
    log: Option<tracing::Dispatch>,
}

type Plugin = Box<dyn FnMut(&mut Outgoing) -> Keep + Send>;

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("host", &self.host)
            .field("store_dir", &self.store_dir)
            .finish_non_exhaustive()
    }
}

impl Builder {
    pub(crate) fn new(write_key: String) -> Self {
        let mut config = Config::new(write_key);
        config.library = ("holloway-rust", env!("CARGO_PKG_VERSION"));
        Self {
            config,
            host: None,
            store_dir: None,
            fsync: FsyncPolicy::default(),
            handoff_bytes_max: HANDOFF_BYTES_MAX,
            context: None,
            app: None,
            sampled_sessions: 1.0,
            transport: None,
            plugins: Vec::new(),
            log: None,
        }
    }

    /// The collector's origin: scheme, host and port, no path. Default `http://127.0.0.1:8787`.
    #[must_use]
    pub fn host(mut self, url: impl Into<String>) -> Self {
        self.host = Some(url.into());
        self
    }

    /// Where events wait. Default `holloway-events` in the current folder.
    #[must_use]
    pub fn store_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.store_dir = Some(folder.into());
        self
    }

    /// Events after which a batch is sent, of 1 to 2,500. Default 20.
    #[must_use]
    pub fn flush_at(mut self, events: usize) -> Self {
        self.config.flush_at = events;
        self
    }

    /// Time after which a batch is sent, a millisecond or more. Default 30 s.
    #[must_use]
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.config.flush_interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Consent at the start; what the user said in a former run wins. Default granted.
    #[must_use]
    pub fn consent(mut self, consent: Consent) -> Self {
        self.config.consent = consent;
        self
    }

    /// When events are forced to disk. Default [`FsyncPolicy::OnSeal`].
    #[must_use]
    pub fn fsync(mut self, policy: FsyncPolicy) -> Self {
        self.fsync = policy;
        self
    }

    /// Context of every event from the start, a JSON object in the shape of the Segment spec; [`Client::set_context`]
    /// replaces it. It lies over what the client knows by itself: `os` (name and version), `device.arch` and
    /// [`Self::app`].
    #[must_use]
    pub fn context(mut self, context: impl Serialize) -> Self {
        self.context = Some(serde_json::to_string(&context).map_err(|error| error.to_string()));
        self
    }

    /// Name and version of the app, as `context.app` of every event. Default none.
    ///
    /// ```
    /// # use holloway::Client;
    /// let builder = Client::builder("KEY").app(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    /// ```
    #[must_use]
    pub fn app(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.app = Some((name.into(), version.into()));
        self
    }

    /// Bytes of calls that may be on their way to the worker, rounded up to a power of two, at least 4 KiB; a call without
    /// room is a counted loss. Default 4 MiB. They are taken from the disk when the client is built, so that a disk that
    /// fills later makes no call fail.
    #[must_use]
    pub fn handoff_bytes_max(mut self, bytes: usize) -> Self {
        self.handoff_bytes_max = bytes;
        self
    }

    /// Name and version of the library in `context.library`. For bindings.
    #[must_use]
    pub fn library(mut self, name: &'static str, version: &'static str) -> Self {
        self.config.library = (name, version);
        self
    }

    /// Writes what the client's own thread has to say to this subscriber, in place of the process's. For bindings, whose apps
    /// have a log of their own.
    #[must_use]
    pub fn log_to(mut self, subscriber: impl Into<tracing::Dispatch>) -> Self {
        self.log = Some(subscriber.into());
        self
    }

    /// Sends by other means than reqwest.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// The purpose, among those of [`Client::set_purposes`], that recording needs. Default `analytics`.
    #[must_use]
    pub fn consent_purpose(mut self, purpose: &'static str) -> Self {
        self.config.consent_purpose = purpose;
        self
    }

    /// The share of sessions that are sent, from 0 to 1: the others' tracks, pages and screens are counted as `sampled`.
    /// Which ones depends on the session's id alone. Default 1.
    #[must_use]
    pub fn sampled_sessions(mut self, share: f64) -> Self {
        self.sampled_sessions = share;
        self
    }

    /// Time without an event after which a session is over, a millisecond or more. Default 30 min.
    #[must_use]
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.config.session_timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Whether the begin and the end of a session are events, `Session Started` and `Session Ended`. Default no.
    #[must_use]
    pub fn session_events(mut self, tell: bool) -> Self {
        self.config.session_events = tell;
        self
    }

    /// Whether an event with another `context.campaign` begins a new session. Default no.
    #[must_use]
    pub fn session_by_campaign(mut self, split: bool) -> Self {
        self.config.session_by_campaign = split;
        self
    }

    /// Adds a step through which every event goes before it is kept, on the client's own thread, in the order in which
    /// they are added. One that panics has changed nothing.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use holloway::{Client, Part, Recorder};
    /// # use serde_json::json;
    /// # let folder = tempfile::tempdir()?;
    /// # let recorder = Recorder::new();
    /// let hw = Client::builder("KEY")
    ///     .store_dir(folder.path())
    ///     .transport(recorder.clone())
    ///     .enrich(|event| {
    ///         event.set(Part::Context, "app", r#"{"version":"2.1"}"#);
    ///     })
    ///     .before_send(|event| event.name.as_deref() != Some("Heartbeat"))
    ///     .build()?;
    /// hw.track("Opened", json!({}));
    /// hw.track("Heartbeat", json!({})); // dropped, and counted as `before_send`
    /// hw.flush(Duration::from_secs(5))?;
    /// assert_eq!(recorder.event_names(), ["Opened"]);
    /// assert_eq!(hw.losses(), [(holloway::LossReason::BeforeSend, 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn enrich(self, mut step: impl FnMut(&mut Outgoing) + Send + 'static) -> Self {
        self.plugin(move |event| {
            step(event);
            Keep::Yes
        })
    }

    /// Adds a step that may change an event, and drops it by answering false; see [`Self::enrich`].
    #[must_use]
    pub fn before_send(self, mut step: impl FnMut(&mut Outgoing) -> bool + Send + 'static) -> Self {
        self.plugin(move |event| if step(event) { Keep::Yes } else { Keep::No })
    }

    fn plugin(mut self, mut plugin: impl FnMut(&mut Outgoing) -> Keep + Send + 'static) -> Self {
        self.plugins.push(Box::new(move |event| {
            let before = event.clone();
            catch_unwind(AssertUnwindSafe(|| plugin(event))).unwrap_or_else(|_| {
                tracing::error!("a plugin panicked; the event goes on as it was");
                *event = before;
                Keep::Yes
            })
        }));
        self
    }

    /// Opens the store, starts the threads, and sends what a former run left. Blocks for the milliseconds that the disk
    /// takes, and may be called in async code.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which setting is wrong, what was found and what to do; nothing is started or written then.
    ///
    /// ```
    /// use holloway::Client;
    /// let error = Client::builder("KEY").host("https://events.example.com:99999").build().unwrap_err();
    /// assert!(error.to_string().contains("a port that is not of 1 to 65535"));
    /// ```
    pub fn build(mut self) -> Result<Client, BuildError> {
        let host = self.checked()?;
        let mut known = machine::members();
        let app = self.app.as_ref().and_then(|(name, version)| machine::app(name, version));
        known.extend(app.map(|app| ("app".to_owned(), app)));
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport()?,
        };
        let folder = self.store_dir.unwrap_or_else(|| PathBuf::from("holloway-events"));
        let store = |source| BuildError::Store { folder: folder.clone(), source };
        let clock = Clock::start();
        let claimed = Folder::claim(&folder).map_err(store)?;
        let files = Files::new(claimed, self.fsync).map_err(store)?;

        let (messages, queue) = channel();
        let new_id = u64::from_le_bytes(*seed().first_chunk().expect("a seed has 32 bytes"));
        let handoff = Handoff::open(files.folder().path(), self.handoff_bytes_max, new_id).map_err(store)?;
        let before = handoff.begin();
        let mut left = handoff.drain();
        let kept = files.restore(!left.is_empty()).map_err(store)?;
        let write_key = self.config.write_key.clone();
        let mut core = Core::new(self.config.clone(), seed(), &kept.restored, clock.now());
        if kept.is_copy {
            core.begin_apart(clock.now());
        }
        for plugin in self.plugins {
            core.add_plugin(plugin);
        }
        if let Some(record) = &kept.last_record {
            core.recover(record);
        }
        let [ring_id, done_upto, full, large] = core.host_mark();
        let is_known = ring_id == handoff.ring_id();
        left.skip_known(if is_known { done_upto } else { 0 }, &kept.message_ids);
        // What a ring counted before a state knew it was told by the state that is gone.
        let told = if is_known { Lost { disk: [full, large], ..Lost::default() } } else { handoff.lost() };
        if !is_known {
            // Positions of a ring that is gone say nothing of this one.
            core.set_host_mark([handoff.ring_id(), 0, told.disk[0], told.disk[1]]);
        }
        if handoff.is_damaged() {
            core.lost(LossReason::Corrupt, 1, clock.now());
        }
        let context = self.context.and_then(Result::ok).unwrap_or_else(|| "{}".to_owned());
        core.set_context(&machine::completed(&context, &known));
        let mut disk = Disk::new(files, &kept.restored);
        if let Some(consent) = decision::read(disk.files().folder().store())
            && consent != core.consent()
        {
            core.set_consent(consent, clock.now());
        }
        let inherited = orphan::inherit_all(&mut core, &mut disk, &self.config, clock, seed);
        handoff.expect(&left);
        handoff.note(core.queued_events());
        handoff.follow(core.consent()).map_err(store)?;

        let handoff = Arc::new(handoff);
        let gauges = Arc::new(Gauges::default());
        gauges.read(&core);
        let anonymous_id = core.anonymous_id().to_owned();
        let destination = Destination { host, write_key };
        let requests = start_sender(transport, destination, messages.clone()).map_err(BuildError::Start)?;
        let worker = Worker {
            core,
            disk,
            handoff: Arc::clone(&handoff),
            clock,
            gauges: Arc::clone(&gauges),
            requests,
            flushes: Flushes::default(),
            config: self.config,
            seed,
            inherited,
            told,
            taken: before,
            released: before,
            owes_decision: false,
            stopping: false,
            ending: Vec::new(),
        };
        let thread = worker.start(queue, left, self.log).map_err(BuildError::Start)?;
        let worker = thread.thread().id();
        let thread = Mutex::new(Some(thread));
        let ids = Ids::new(seed());
        Ok(Client::of(Shared {
            store: folder,
            handoff,
            messages,
            clock,
            gauges,
            thread,
            worker,
            anonymous_id,
            ids,
            known,
            process: std::process::id(),
        }))
    }

    /// Checks every setting; the host as it is used.
    fn checked(&mut self) -> Result<String, BuildError> {
        let Self { config, context, .. } = &self;
        settings::check_write_key(&config.write_key)?;
        let host = settings::origin(self.host.as_deref().unwrap_or("http://127.0.0.1:8787"))?;
        settings::check_flush_at(config.flush_at)?;
        settings::check_interval("flush_interval", config.flush_interval_ms)?;
        settings::check_interval("session_timeout", config.session_timeout_ms)?;
        settings::check_share(self.sampled_sessions)?;
        settings::check_purpose(config.consent_purpose)?;
        settings::check_folder(self.store_dir.as_deref())?;
        settings::check_context(context.as_ref())?;
        self.config.sampled_sessions_ppm = (self.sampled_sessions * 1e6) as u32;
        Ok(host)
    }
}

#[cfg(feature = "reqwest")]
fn default_transport() -> Result<Box<dyn Transport>, BuildError> {
    Ok(Box::new(crate::ReqwestTransport::new().map_err(BuildError::Start)?))
}

#[cfg(not(feature = "reqwest"))]
fn default_transport() -> Result<Box<dyn Transport>, BuildError> {
    Err(BuildError::NoTransport)
}
