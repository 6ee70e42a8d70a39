//! What apps call.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{RecvTimeoutError, Sender, SyncSender, sync_channel},
    },
    thread::{JoinHandle, ThreadId, current},
    time::Duration,
};

use holloway_core::{Consent, Now, Registration, ResetOptions, wire::LossReason};
use serde::Serialize;

use crate::{
    FlushError, Subject,
    builder::Builder,
    call::{self, Kind, Scratch, Stamp, Words},
    clock::Clock,
    decision,
    gauges::Gauges,
    handoff::{Handoff, NotTaken},
    ids::Ids,
    worker::Message,
};

/// A client of one app. Cheap to clone; all clones are the same client. When the last is dropped, the client stops;
/// what it has not sent is sent by the next one on the same folder.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

/// What an app may say about one event besides its properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The message id, for senders that know their events by ids of their own: the same id twice is stored once.
    pub message_id: Option<String>,
    /// When it happened, milliseconds since 1970; else now.
    pub timestamp_unix_ms: Option<u64>,
    /// A JSON object, laid over the client's context.
    pub context: Option<serde_json::Value>,
}

/// An event of the app's tracking plan, as a type of its own: a name, and properties that serialise as an object.
pub trait TypedEvent: Serialize {
    /// The event's name.
    const NAME: &'static str;
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: PathBuf,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) messages: Sender<Message>,
    pub(crate) clock: Clock,
    pub(crate) gauges: Arc<Gauges>,
    pub(crate) thread: Mutex<Option<JoinHandle<()>>>,
    pub(crate) worker: ThreadId,
    pub(crate) anonymous_id: String,
    pub(crate) ids: Ids,
}

impl Shared {
    /// Ends the worker and waits until it is gone, and the folder free with it. No network is waited for.
    fn stop(&self) {
        let _ = self.messages.send(Message::Stop);
        // Held to the end: whoever stops it too finds the folder free as well.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        // The worker itself may be the one who drops the last clone, in a plugin that holds one.
        if let Some(thread) = thread.take().filter(|thread| thread.thread().id() != current().id()) {
            // A worker that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Client {
    /// Settings for a client of the app that this write key belongs to.
    pub fn builder(write_key: impl Into<String>) -> Builder {
        Builder::new(write_key.into())
    }

    pub(crate) fn of(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// Somebody did something.
    pub fn track(&self, name: &str, properties: impl Serialize) {
        self.track_with(name, properties, Options::default());
    }

    /// Somebody did something, with an id or a time of the app's own.
    pub fn track_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.call(Kind::Track, name, Some(&properties), options);
    }

    /// Somebody did something that the app has a type for.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use holloway::{Client, Recorder, TypedEvent};
    /// #[derive(serde::Serialize)]
    /// struct SignedUp {
    ///     plan: &'static str,
    /// }
    ///
    /// impl TypedEvent for SignedUp {
    ///     const NAME: &'static str = "Signed Up";
    /// }
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let recorder = Recorder::new();
    /// # let hw = Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone()).build()?;
    /// hw.track_event(&SignedUp { plan: "pro" });
    /// hw.flush(Duration::from_secs(5))?;
    /// assert!(recorder.events()[0].contains(r#""event":"Signed Up","properties":{"plan":"pro"}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn track_event<E: TypedEvent>(&self, event: &E) {
        self.track(E::NAME, event);
    }

    /// A page was viewed.
    pub fn page(&self, name: &str, properties: impl Serialize) {
        self.page_with(name, properties, Options::default());
    }

    /// A page was viewed, with an id, a time or a context of the app's own.
    pub fn page_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.call(Kind::Page, name, Some(&properties), options);
    }

    /// A screen was viewed.
    pub fn screen(&self, name: &str, properties: impl Serialize) {
        self.call(Kind::Screen, name, Some(&properties), Options::default());
    }

    /// This device's user is `user_id`.
    pub fn identify(&self, user_id: &str, traits: impl Serialize) {
        self.identify_with(user_id, traits, Options::default());
    }

    /// This device's user is `user_id`, with an id or a time of the app's own.
    pub fn identify_with(&self, user_id: &str, traits: impl Serialize, options: Options) {
        self.call(Kind::Identify, user_id, Some(&traits), options);
    }

    /// The user belongs to a group.
    pub fn group(&self, group_id: &str, traits: impl Serialize) {
        self.call(Kind::Group, group_id, Some(&traits), Options::default());
    }

    /// `user_id` is the same user as the one whom this device knew until now.
    pub fn alias(&self, user_id: &str) {
        self.call(Kind::Alias, user_id, None::<&()>, Options::default());
    }

    /// The user is gone: a new anonymous id, no user id, no super properties.
    pub fn reset(&self) {
        self.reset_with(ResetOptions::default());
    }

    /// The user is gone, and some of what was known is kept.
    pub fn reset_with(&self, keep: ResetOptions) {
        self.call(Kind::Reset(keep), "", None::<&()>, Options::default());
    }

    /// Adds properties to every later track, page and screen.
    pub fn register(&self, properties: impl Serialize) {
        self.register_with(properties, Registration::Always);
    }

    /// Adds properties that do not take the place of others, or that end with the session.
    pub fn register_with(&self, properties: impl Serialize, registration: Registration) {
        self.call(Kind::Register(registration), "", Some(&properties), Options::default());
    }

    /// Begins a session now, whatever the one before is like.
    pub fn start_session(&self) {
        self.call(Kind::StartSession, "", None::<&()>, Options::default());
    }

    /// Takes one of these properties away.
    pub fn unregister(&self, key: &str) {
        self.call(Kind::Unregister, key, None::<&()>, Options::default());
    }

    /// Context of every later event, such as `app` and `os`: laid over what the library says, under an event's own.
    pub fn set_context(&self, context: impl Serialize) {
        self.call(Kind::Context, "", Some(&context), Options::default());
    }

    /// The user's decision about being recorded. It holds for every call after this one, over kill and restart: this call
    /// and [`Self::set_purposes`] alone wait, for the milliseconds until the decision is on the disk.
    pub fn set_consent(&self, consent: Consent) {
        let is_done = self.decide(|now, reply| Message::Consent(consent, now, reply));
        // Nobody works any more: the next client is told.
        if !is_done && let Err(error) = decision::write(&self.shared.store, consent) {
            tracing::error!(%error, "the user's decision could not be kept");
        }
    }

    /// The user's decision by purpose, such as `{"analytics": true, "advertising": false}`: every later event carries it
    /// in `context.consent`, and what it says of the purpose that recording needs ([`Builder::consent_purpose`]) is a
    /// decision as by [`Self::set_consent`].
    pub fn set_purposes(&self, purposes: impl Serialize) {
        // What is no JSON is told by the core.
        let purposes = serde_json::to_string(&purposes).unwrap_or_default();
        if !self.decide(|now, reply| Message::Purposes(purposes, now, reply)) {
            tracing::error!("purposes came after the client was shut down; they are not kept");
        }
    }

    /// Waits until the worker has a decision on the disk; false when it is gone.
    fn decide(&self, message: impl FnOnce(Now, SyncSender<()>) -> Message) -> bool {
        let (reply, answer) = sync_channel(1);
        let is_sent = self.shared.messages.send(message(self.shared.clock.now(), reply)).is_ok();
        // A plugin runs on the worker, which cannot wait for itself.
        is_sent && (self.shared.worker == current().id() || answer.recv().is_ok())
    }

    /// The app goes to the background: what is there is made durable and sent.
    pub fn background(&self) {
        let _ = self.shared.messages.send(Message::Background);
    }

    /// The app is back.
    pub fn foreground(&self) {
        let _ = self.shared.messages.send(Message::Foreground);
    }

    /// The network is back: do not wait for the pause after failures.
    pub fn online(&self) {
        let _ = self.shared.messages.send(Message::Online);
    }

    /// Tries a write key again that the collector refused with 401 or 403.
    pub fn resume(&self) {
        let _ = self.shared.messages.send(Message::Resume);
    }

    /// Takes over now what other clients on the same folder left whose processes are gone; else it is done at the start, and
    /// every minute.
    pub fn inherit(&self) {
        let _ = self.shared.messages.send(Message::Inherit);
    }

    /// The device's id at the start of this client; `reset` makes another one, which [`Self::subject`] knows.
    pub fn anonymous_id(&self) -> &str {
        &self.shared.anonymous_id
    }

    /// Who this device says it is, as of the worker's last look.
    pub fn subject(&self) -> Subject {
        self.shared.gauges.subject()
    }

    /// Events that wait to be acknowledged.
    pub fn queued_events(&self) -> usize {
        self.shared.handoff.waiting_events()
    }

    /// Whether a call survives a kill of the process from the moment at which it returns. False until the user has agreed,
    /// while the disk has no room for the calls on their way, and after somebody deleted the store folder.
    pub fn is_durable(&self) -> bool {
        self.shared.handoff.is_durable()
    }

    /// Whether the disk has everything that it should have; false while it refuses writes, as a full one does. Calls
    /// stay on their way then, and none is lost until their room is full too.
    pub fn is_caught_up(&self) -> bool {
        self.shared.gauges.is_caught_up()
    }

    /// Events lost that no acknowledged batch has reported yet, all reasons together.
    pub fn lost_events(&self) -> usize {
        self.shared.gauges.unreported()
    }

    /// Events lost since this client was built, by reason.
    pub fn losses(&self) -> Vec<(LossReason, u64)> {
        self.shared.gauges.losses()
    }

    /// Sends everything that was called before, and returns when the collector has acknowledged it.
    ///
    /// # Errors
    ///
    /// [`FlushError`] says what is still waiting, or was lost since the flush before, and why.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let (reply, answer) = sync_channel(1);
        self.shared.messages.send(Message::Flush(reply)).map_err(|_| FlushError::Stopped)?;
        match answer.recv_timeout(timeout) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => Err(FlushError::TimedOut {
                queued: self.queued_events(),
                waited_ms: timeout.as_millis(),
                last_failure: self.shared.gauges.last_failure(),
            }),
            Err(RecvTimeoutError::Disconnected) => Err(FlushError::Stopped),
        }
    }

    /// Flushes, then stops the client. What could not be sent in time is kept for the next one on the same folder.
    ///
    /// # Errors
    ///
    /// As [`Self::flush`]; the client is stopped in any case.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), FlushError> {
        let flushed = self.flush(timeout);
        self.shared.stop();
        flushed
    }

    /// Stamps a call with time and id and hands it over.
    fn call(&self, kind: Kind, name: &str, object: Option<&impl Serialize>, options: Options) {
        let Options { message_id, timestamp_unix_ms, context } = options;
        let shared = &*self.shared;
        let stamp = Stamp { unix_ms: shared.clock.now().unix_ms, random: shared.ids.next() };
        let words = Words {
            name: Some(name),
            message_id: message_id.as_deref().filter(|id| !id.is_empty()),
            timestamp_unix_ms,
        };
        let mut record = Scratch::new();
        call::write(&mut record, kind, stamp, &words, object, context.as_ref());
        // A loss is counted there, and told by the worker: a log line here could make the caller wait.
        if shared.handoff.push(&record) == Err(NotTaken::Closed) {
            tracing::warn!("a call came after the client was shut down; it is dropped");
        }
    }
}
