//! What apps call.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        mpsc::{Sender, SyncSender, sync_channel},
    },
    thread::{JoinHandle, ThreadId, current},
};

use holloway_core::{
    Consent, EventIds, Now, Registration, ResetOptions,
    wire::{EventKind, LossReason},
};
use serde::Serialize;

use crate::{
    Subject,
    builder::Builder,
    call::{self, Kind, Scratch, Stamp, Words},
    clock::Clock,
    decision,
    gauges::Gauges,
    handoff::{Handoff, NotTaken},
    ids::Ids,
    machine::{self, Members},
    message::Message,
};

/// A client of one app. Cheap to clone; all clones are the same client. When the last is dropped, the client stops;
/// what it has not sent is sent by the next one on the same folder. It may be dropped anywhere, in async code too.
///
/// In an app with one user (a desktop app, a command line tool) the client has a visitor of its own: an anonymous id, the
/// user of [`Self::identify`], and sessions. A server has many users: its events are made with [`Self::for_user`] and
/// [`Self::for_anonymous`], which leave that visitor alone.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

/// What an app may say about one event besides its properties.
///
/// With `user_id` or `anonymous_id` the event is of that visitor and not of the client's own, as by [`Client::for_user`].
///
/// ```
/// # use std::time::Duration;
/// # use holloway::{Client, Options, Recorder};
/// # use serde_json::json;
/// # let folder = tempfile::tempdir()?;
/// # let recorder = Recorder::new();
/// # let hw = Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone()).build()?;
/// let options = Options { user_id: Some("ada".into()), ..Options::default() };
/// hw.track_with("Ordered", json!({ "total": 12.5 }), options);
/// // An empty id is refused and counted: the event is no one's.
/// hw.track_with("Ordered", json!({}), Options { user_id: Some(String::new()), ..Options::default() });
/// hw.flush(Duration::from_secs(5))?;
/// assert!(recorder.events()[0].contains(r#""userId":"ada""#));
/// assert_eq!(hw.losses(), [(holloway::LossReason::Serialize, 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The user of the event, in place of the client's own visitor. Not empty, and not white space alone.
    pub user_id: Option<String>,
    /// The anonymous id of the event, in place of the client's own visitor. Not empty, and not white space alone.
    pub anonymous_id: Option<String>,
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
    /// Context that the client knows by itself.
    pub(crate) known: Members,
    /// The process that built the client.
    pub(crate) process: u32,
}

impl Client {
    /// Settings for a client of the app that this write key belongs to.
    pub fn builder(write_key: impl Into<String>) -> Builder {
        Builder::new(write_key.into())
    }

    pub(crate) fn of(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Records an event of the client's own visitor.
    pub fn track(&self, name: &str, properties: impl Serialize) {
        self.track_with(name, properties, Options::default());
    }

    /// Records an event, with options of its own.
    pub fn track_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.event_with(EventKind::Track, name, Some(&properties), options);
    }

    /// Records an event that the app has a type for.
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

    /// Records the view of a page.
    pub fn page(&self, name: &str, properties: impl Serialize) {
        self.page_with(name, properties, Options::default());
    }

    /// Records the view of a page, with options of its own.
    pub fn page_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.event_with(EventKind::Page, name, Some(&properties), options);
    }

    /// Records the view of a screen.
    pub fn screen(&self, name: &str, properties: impl Serialize) {
        self.screen_with(name, properties, Options::default());
    }

    /// Records the view of a screen, with options of its own.
    pub fn screen_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.event_with(EventKind::Screen, name, Some(&properties), options);
    }

    /// Sets the user of the client's own visitor: later events are the user's, until [`Self::reset`] or another identify.
    /// Not for servers, where each request has a user of its own: see [`Self::for_user`].
    pub fn identify(&self, user_id: &str, traits: impl Serialize) {
        self.identify_with(user_id, traits, Options::default());
    }

    /// Sets the user of the client's own visitor, with options of its own. With an id in the options it sets nothing, and
    /// records the traits of that user: `user_id`, or where that is empty the options'.
    pub fn identify_with(&self, user_id: &str, traits: impl Serialize, options: Options) {
        self.event_with(EventKind::Identify, user_id, Some(&traits), options);
    }

    /// Records that the user belongs to a group.
    pub fn group(&self, group_id: &str, traits: impl Serialize) {
        self.group_with(group_id, traits, Options::default());
    }

    /// Records that the user belongs to a group, with options of its own.
    pub fn group_with(&self, group_id: &str, traits: impl Serialize, options: Options) {
        self.event_with(EventKind::Group, group_id, Some(&traits), options);
    }

    /// Records that `user_id` is the same user as the client's own visitor until now.
    pub fn alias(&self, user_id: &str) {
        self.alias_with(user_id, Options::default());
    }

    /// Records that `user_id` is the same user as the visitor of the options' ids, or else as the client's own.
    pub fn alias_with(&self, user_id: &str, options: Options) {
        self.event_with(EventKind::Alias, user_id, None::<&()>, options);
    }

    /// Parts with the user: a new anonymous id, no user id, no super properties.
    pub fn reset(&self) {
        self.reset_with(ResetOptions::default());
    }

    /// Parts with the user, and keeps some of what was known.
    pub fn reset_with(&self, keep: ResetOptions) {
        self.call(Kind::Reset(keep), "", None::<&()>);
    }

    /// Adds properties to every later track, page and screen.
    pub fn register(&self, properties: impl Serialize) {
        self.register_with(properties, Registration::Always);
    }

    /// Adds properties that do not take the place of others, or that end with the session.
    pub fn register_with(&self, properties: impl Serialize, registration: Registration) {
        self.call(Kind::Register(registration), "", Some(&properties));
    }

    /// Begins a session now, whatever the one before is like.
    pub fn start_session(&self) {
        self.call(Kind::StartSession, "", None::<&()>);
    }

    /// Takes one of these properties away.
    pub fn unregister(&self, key: &str) {
        self.call(Kind::Unregister, key, None::<&()>);
    }

    /// Replaces the context of every later event: laid over what the client knows by itself (library, `os`, `device.arch`
    /// and [`Builder::app`]), under an event's own.
    pub fn set_context(&self, context: impl Serialize) {
        let completed = serde_json::to_string(&context)
            .map(|context| machine::completed(&context, &self.shared.known))
            .and_then(serde_json::value::RawValue::from_string);
        match completed {
            Ok(context) => self.call(Kind::Context, "", Some(&context)),
            // What is no JSON is reported by the core.
            Err(_) => self.call(Kind::Context, "", Some(&context)),
        }
    }

    /// The user's decision about being recorded. It holds for every call after this one, over kill and restart: this call
    /// and [`Self::set_purposes`] alone wait, for the milliseconds until the decision is on the disk.
    pub fn set_consent(&self, consent: Consent) {
        let is_done = self.decide(|now, reply| Message::Consent(consent, now, reply));
        // Without a worker the next client reads it.
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
        // In a forked process there is no worker to wait for.
        is_sent && self.shared.is_here() && (self.shared.worker == current().id() || answer.recv().is_ok())
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

    /// The client's own visitor, as of the worker's last look.
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

    fn event_with(&self, kind: EventKind, name: &str, object: Option<&impl Serialize>, options: Options) {
        let Options { user_id, anonymous_id, message_id, timestamp_unix_ms, context } = options;
        let words = Words {
            name: Some(name),
            previous: None,
            ids: EventIds { user_id: user_id.as_deref(), anonymous_id: anonymous_id.as_deref() },
            message_id: message_id.as_deref().filter(|id| !id.is_empty()),
            timestamp_unix_ms,
        };
        self.hand_over(Kind::Event(kind), &words, object, context.as_ref());
    }

    fn call(&self, kind: Kind, name: &str, object: Option<&impl Serialize>) {
        let words = Words { name: Some(name), ..Words::default() };
        self.hand_over(kind, &words, object, None::<&()>);
    }

    /// Stamps a call with time and id and hands it over.
    pub(crate) fn hand_over(
        &self,
        kind: Kind,
        words: &Words<'_>,
        object: Option<&impl Serialize>,
        context: Option<&impl Serialize>,
    ) {
        let shared = &*self.shared;
        let (unix_ms, nanos) = Clock::unix_ms_and_nanos();
        let stamp = Stamp { unix_ms, random: shared.ids.next(nanos) };
        let mut record = Scratch::new();
        call::write(&mut record, kind, stamp, words, object, context);
        // A loss is counted there, and reported by the worker: a log line here could make the caller wait.
        if shared.handoff.push(&record) == Err(NotTaken::Closed) {
            tracing::warn!("a call came after the client was shut down; it is dropped");
        }
    }
}
