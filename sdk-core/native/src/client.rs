//! What apps call.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{RecvTimeoutError, Sender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use holloway_core::{Consent, wire::MessageId};
use serde::Serialize;

use crate::{
    builder::Builder,
    call::{Call, Kind},
    clock::Clock,
    handoff::Handoff,
    worker::{Gauges, Message},
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

/// Why events are still waiting after a flush. None is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// The collector has not acknowledged everything in time.
    #[error("{queued} events still wait after {waited_ms} ms: they are kept and sent later")]
    TimedOut {
        /// Events that wait.
        queued: usize,
        /// How long was waited.
        waited_ms: u128,
    },
    /// The collector does not accept the write key.
    #[error("the collector refuses the write key; {queued} events wait until it is known there")]
    Refused {
        /// Events that wait.
        queued: usize,
    },
    /// `shutdown` was called before.
    #[error("the client was shut down")]
    Stopped,
}

#[derive(Debug)]
pub(crate) struct Shared {
    handoff: Arc<Handoff>,
    messages: Sender<Message>,
    clock: Clock,
    gauges: Arc<Gauges>,
    thread: Mutex<Option<JoinHandle<()>>>,
    anonymous_id: String,
    ids: Ids,
}

impl Shared {
    pub(crate) fn new(
        handoff: Arc<Handoff>,
        messages: Sender<Message>,
        clock: Clock,
        gauges: Arc<Gauges>,
        thread: JoinHandle<()>,
        anonymous_id: String,
        seed: [u8; 32],
    ) -> Self {
        Self {
            handoff,
            messages,
            clock,
            gauges,
            thread: Mutex::new(Some(thread)),
            anonymous_id,
            ids: Ids::new(seed),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
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
        self.call(Kind::Reset, "", None::<&()>, Options::default());
    }

    /// Adds properties to every later track, page and screen.
    pub fn register(&self, properties: impl Serialize) {
        self.call(Kind::Register, "", Some(&properties), Options::default());
    }

    /// Takes one of these properties away.
    pub fn unregister(&self, key: &str) {
        self.call(Kind::Unregister, key, None::<&()>, Options::default());
    }

    /// The user's decision about being recorded.
    pub fn set_consent(&self, consent: Consent) {
        let _ = self.shared.messages.send(Message::Consent(consent));
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

    /// The device's id at the start of this client; `reset` makes another one.
    pub fn anonymous_id(&self) -> &str {
        &self.shared.anonymous_id
    }

    /// Events that wait to be acknowledged, as of the worker's last look.
    pub fn queued_events(&self) -> usize {
        self.shared.gauges.queued.load(Ordering::Relaxed)
    }

    /// Events lost since the last acknowledged batch, all reasons together.
    pub fn lost_events(&self) -> usize {
        self.shared.gauges.lost.load(Ordering::Relaxed)
    }

    /// Sends everything, and returns when the collector has acknowledged it.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let (reply, answer) = sync_channel(1);
        self.shared.messages.send(Message::Flush(reply)).map_err(|_| FlushError::Stopped)?;
        match answer.recv_timeout(timeout) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => {
                Err(FlushError::TimedOut { queued: self.queued_events(), waited_ms: timeout.as_millis() })
            }
            Err(RecvTimeoutError::Disconnected) => Err(FlushError::Stopped),
        }
    }

    /// Flushes, then stops the client. What could not be sent in time is kept for the next one on the same folder.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), FlushError> {
        let flushed = self.flush(timeout);
        let _ = self.shared.messages.send(Message::Stop);
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the worker panicked; its events are on disk");
        }
        flushed
    }

    fn call(&self, kind: Kind, name: &str, object: Option<&impl Serialize>, options: Options) {
        let now = self.shared.clock.now();
        // What cannot be written as JSON goes on as text that is none: the core counts it as a loss, with its reason.
        let object = object.map(json_text).filter(|text| text != "null");
        let context = options.context.as_ref().map(json_text);
        let message_id = options.message_id.unwrap_or_else(|| self.shared.ids.next(now.unix_ms).to_text());
        let call = Call {
            kind,
            name: name.to_owned(),
            object,
            previous: None,
            context,
            message_id,
            unix_ms: now.unix_ms,
            timestamp_unix_ms: options.timestamp_unix_ms,
        };
        if !self.shared.handoff.push(call) {
            tracing::warn!("an event was dropped: more than the client can hold is on its way");
        }
    }
}

fn json_text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "not JSON".to_owned())
}

/// Message ids for callers: no lock and no system call.
#[derive(Debug)]
struct Ids {
    seed: [u64; 2],
    count: AtomicU64,
}

impl Ids {
    fn new(seed: [u8; 32]) -> Self {
        let word = |at: usize| seed[at..at + 8].iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        Self { seed: [word(0), word(8)], count: AtomicU64::new(word(16)) }
    }

    fn next(&self, unix_ms: u64) -> MessageId {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&mixed(self.seed[0] ^ count).to_le_bytes());
        random[8..].copy_from_slice(&mixed(self.seed[1] ^ count).to_le_bytes()[..2]);
        MessageId::v7(unix_ms, random)
    }
}

/// `SplitMix64` (Steele, Lea and Flood, public domain): one to one, so that no count repeats an id.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
