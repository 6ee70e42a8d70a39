//! The client.

mod answer;
mod commands;
mod inputs;
mod object;
mod opening;
mod record;
mod saving;
mod sending;
#[cfg(feature = "server-events")]
mod server;
mod sessions;
mod together;

use alloc::{string::String, vec::Vec};

use holloway_wire::{LossReason, MessageId};

use self::sending::InFlight;
use crate::{
    ChunkId, Config, Consent, Diagnostic, Effect, HostMark, Now, Session, Token,
    losses::Losses,
    outbox::{Outbox, STORES_LATER},
    random::Random,
    retry::Retry,
    state::{Number, State, Text},
};

/// The time of a deadline that there is not.
const NEVER: u64 = u64::MAX;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// The event waits to be sent, under this id; `None` when the app brought an id of its own.
    Queued(Option<MessageId>),
    /// The event is lost, and counted.
    Dropped(LossReason),
}

/// The client of one app: a state machine that its host drives.
///
/// Methods come in four kinds:
///
/// * **questions** look and change nothing: [`anonymous_id`](Self::anonymous_id), [`user_id`](Self::user_id),
///   [`group_id`](Self::group_id), [`session`](Self::session), [`consent`](Self::consent), [`queued_events`](Self::queued_events),
///   [`losses`](Self::losses), [`is_idle`](Self::is_idle), [`is_paused`](Self::is_paused),
///   [`clock_skew_ms`](Self::clock_skew_ms), [`next_deadline`](Self::next_deadline);
/// * **commands** come from the app: [`track`](Self::track), [`page`](Self::page), [`screen`](Self::screen),
///   [`identify`](Self::identify), [`group`](Self::group), [`alias`](Self::alias), any of these as
///   [`event`](Self::event) or, for a visitor other than the client's own, `event_for`; [`reset`](Self::reset),
///   [`register`](Self::register), [`unregister`](Self::unregister) or [`unregister_like`](Self::unregister_like),
///   [`start_session`](Self::start_session), [`set_consent`](Self::set_consent),
///   [`set_purposes`](Self::set_purposes), [`set_context`](Self::set_context), [`flush`](Self::flush),
///   [`resume`](Self::resume);
/// * **inputs** come from the platform: [`foreground`](Self::foreground), [`background`](Self::background),
///   [`online`](Self::online), [`tick`](Self::tick), [`recover`](Self::recover), [`adopt`](Self::adopt),
///   [`lost`](Self::lost), [`sync`](Self::sync), [`meet`](Self::meet), [`set_follower`](Self::set_follower), and the answers
///   [`stored`](Self::stored), [`read_done`](Self::read_done) or [`records_read`](Self::records_read), and
///   [`http_done`](Self::http_done), [`http_ended`](Self::http_ended) or [`http_answered`](Self::http_answered);
/// * **[`poll_effect`](Self::poll_effect)** gives what to do next; [`take_effects`](Self::take_effects) all of it at once.
///
/// After every command and input, call `poll_effect` until it gives `None`, and carry the effects out in that
/// order. Answers may come at once or later, in any order.
///
/// ```
/// use holloway_core::{Client, Config, Effect, EventOptions, HttpOutcome, Now, Restored, StoredOutcome};
///
/// /// A host with a disk that never fails and a server that answers `status`.
/// fn drive(client: &mut Client, now: Now, status: u16) -> usize {
///     let mut requests = 0;
///     while let Some(effect) = client.poll_effect() {
///         match effect {
///             Effect::Append { token, .. } | Effect::Seal { token, .. } | Effect::SaveState { token, .. } => {
///                 client.stored(token, StoredOutcome::Ok, now);
///             }
///             Effect::Send { token, .. } => {
///                 requests += 1;
///                 client.http_done(token, HttpOutcome::Response { status, retry_after_ms: None, verdicts: &[] }, now);
///             }
///             _ => {}
///         }
///     }
///     requests
/// }
///
/// let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
/// let mut client = Client::new(Config::new("KEY"), [7; 32], &Restored::default(), now);
/// client.track("Signed Up", Some(r#"{"plan":"pro"}"#), &EventOptions::default(), now);
/// client.flush(now);
/// assert_eq!(drive(&mut client, now, 503), 1);
/// assert_eq!(client.queued_events(), 1, "a failing server costs nothing");
///
/// let later = Now { unix_ms: now.unix_ms + 2_000, mono_ms: 2_000 };
/// client.tick(later);
/// assert_eq!(drive(&mut client, later, 200), 1);
/// assert_eq!(client.queued_events(), 0);
/// ```
#[derive(Debug)]
pub struct Client {
    config: Config,
    random: Random,
    state: State,
    context: String,
    outbox: Outbox,
    /// Events while consent is unknown.
    held: Vec<Vec<u8>>,
    retry: Retry,
    /// The decision of `state`.
    consent: Consent,
    paused: bool,
    /// Another client sends this visitor's losses and deletion requests.
    is_follower: bool,
    /// Between `background` and `foreground`.
    is_background: bool,
    in_flight: Vec<InFlight>,
    /// What the host is storing.
    waiting: Vec<(Token, Waiting)>,
    /// The chunk that the host is reading.
    reading: Option<(Token, ChunkId)>,
    effects: Vec<Effect>,
    next_token: u64,
    saved_mono_ms: u64,
    wake_asked_mono_ms: u64,
    /// In the middle of a command: the state is saved at its end, after every record that belongs to it.
    is_amid: bool,
    /// There is a state on the disk.
    is_kept: bool,
    /// Its losses.
    kept_losses: Losses,
    /// The state has something that the command's end is to write.
    must_save: bool,
    /// When the latest event came, in this run.
    active_mono_ms: Option<u64>,
    skew_ms: Option<i64>,
    #[cfg(feature = "plugins")]
    plugins: crate::plugin::Plugins,
}

/// What a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Append(ChunkId),
    Seal,
    State,
}

impl Client {
    /// Adds a plugin after those that are there: it sees every event as it would be written, may change it, and may drop
    /// it. Not the deletion request.
    #[cfg(feature = "plugins")]
    pub fn add_plugin(&mut self, plugin: impl FnMut(&mut crate::Outgoing) -> crate::Keep + Send + 'static) {
        self.plugins.push(plugin);
    }

    /// What the host left with the state.
    pub fn host_mark(&self) -> HostMark {
        self.state.host_mark
    }

    /// Leaves something with the state, from the next time on that it is saved.
    pub fn set_host_mark(&mut self, mark: HostMark) {
        self.state.host_mark = mark;
    }

    /// The device's id.
    pub fn anonymous_id(&self) -> &str {
        &self.state[Text::AnonymousId]
    }

    /// The user's id, after `identify`.
    pub fn user_id(&self) -> Option<&str> {
        self.state.given(Text::UserId)
    }

    /// The group's id, after `group`.
    pub fn group_id(&self) -> Option<&str> {
        self.state.given(Text::GroupId)
    }

    /// The session of the latest event.
    pub fn session(&self) -> Option<Session<'_>> {
        self.state.session()
    }

    /// Whether this device may record.
    pub fn consent(&self) -> Consent {
        self.consent
    }

    /// What a state says of it, or else the app's settings.
    #[inline(never)] // asked in more places than one, and bytes count more there
    fn decision(&self, state: &State) -> Consent {
        match state[Number::Consent] {
            1 => Consent::Unknown,
            2 => Consent::Granted,
            3 => Consent::Denied,
            _ => self.config.consent,
        }
    }

    /// Events that wait to be sent or to be acknowledged.
    pub fn queued_events(&self) -> usize {
        self.outbox.size().0 + self.held.len()
    }

    /// Lost events by reason that no collector has acknowledged yet; reasons with zero are left out.
    pub fn losses(&self) -> impl Iterator<Item = (LossReason, u64)> + '_ {
        self.state.losses.iter().filter(|(_, count)| *count > 0)
    }

    /// Whether nothing waits: no event, no deletion request, no answer of the host.
    pub fn is_idle(&self) -> bool {
        self.queued_events() == 0
            && !self.state.has_deletion()
            && self.waiting.is_empty()
            && self.reading.is_none()
    }

    /// Whether sending stopped because the collector does not accept the write key.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The next thing for the host to do; `None` when there is nothing until the next command or input.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.ask_to_wake();
        // A handful at most: a queue's code costs more than the move of the others.
        (!self.effects.is_empty()).then(|| self.effects.remove(0))
    }

    /// All that [`Self::poll_effect`] would give until the next command or input, in that order. Ask again until there is
    /// nothing.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        self.ask_to_wake();
        core::mem::take(&mut self.effects)
    }

    fn ask_to_wake(&mut self) {
        if self.effects.is_empty() {
            let mono_ms = self.deadline();
            if mono_ms != self.wake_asked_mono_ms {
                self.wake_asked_mono_ms = mono_ms;
                if mono_ms < NEVER {
                    self.effects.push(Effect::WakeAt { mono_ms });
                }
            }
        }
    }

    /// When `tick` is due, by the monotonic clock; `None` when there is nothing to wait for.
    pub fn next_deadline(&self) -> Option<u64> {
        Some(self.deadline()).filter(|mono_ms| *mono_ms < NEVER)
    }

    fn deadline(&self) -> u64 {
        let not_before = self.retry.not_before_mono_ms;
        let (mut flush, mut send) = (NEVER, NEVER);
        // The oldest that may go is waited for while the host has it in hand, and its answer wakes us.
        let (mut oldest, mut in_hand) = (true, false);
        for chunk in &self.outbox.chunks {
            if chunk.sealed {
                if !chunk.is_in_hand() {
                    send = send.min(chunk.held_until_mono_ms);
                }
                if oldest && chunk.held_until_mono_ms <= not_before {
                    (oldest, in_hand) = (false, chunk.is_in_hand());
                }
            } else if chunk.events > 0 {
                flush = chunk.begun_mono_ms.saturating_add(self.config.flush_interval_ms);
                if chunk.events >= self.config.flush_at {
                    send = 0;
                }
            }
        }
        if in_hand || self.consent() != Consent::Granted {
            send = NEVER;
        }
        if self.state.has_deletion() && !self.is_follower {
            send = 0;
        }
        if self.paused || self.reading.is_some() || !self.in_flight.is_empty() {
            send = NEVER;
        }
        send = send.max(not_before);
        flush.min(if send == 0 { NEVER } else { send })
    }

    fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    /// For what the host stores.
    fn store_token(&mut self, waiting: Waiting) -> Token {
        if !STORES_LATER {
            return Token(0);
        }
        let token = self.token();
        self.waiting.push((token, waiting));
        token
    }

    fn diagnose(&mut self, diagnostic: Diagnostic) {
        self.effects.push(Effect::Diagnostic(diagnostic));
    }

    /// Counts a loss.
    fn lose(&mut self, reason: LossReason, events: usize) {
        if events > 0 {
            self.state.losses.add(reason, events as u64);
            self.diagnose(Diagnostic::Lost { reason, events: events as u64 });
        }
    }

    /// Parts with a chunk whose events have met their fate; the caller saves.
    fn discard(&mut self, id: ChunkId) {
        self.outbox.remove(id);
        self.state.gone.push(id);
    }

    /// After a denial nothing stays here, whoever left it.
    fn refuse_kept(&mut self, now: Now) {
        if self.consent() == Consent::Denied && !self.outbox.chunks.is_empty() {
            self.opt_out_kept();
            self.save(now);
        }
    }

    /// Lets what was held go its way.
    #[inline(never)] // two callers, and bytes count more than a call
    fn release(&mut self, now: Now) {
        while !self.held.is_empty() {
            // As with the effects: a queue's code costs more.
            let payload = self.held.remove(0);
            self.enqueue(payload, now);
        }
    }

    /// Counts everything that waits as lost, and parts with it.
    fn opt_out_kept(&mut self) {
        let kept = self.queued_events();
        self.lose(LossReason::OptedOut, kept);
        self.held.clear();
        self.forget_requests();
        while let Some(chunk) = self.outbox.chunks.first() {
            self.discard(chunk.id);
        }
    }

    /// Drops chunks past their age, and the oldest while the outbox is over a cap.
    fn expire(&mut self, now: Now) {
        // What cannot be written down may not be lost.
        if self.consent() == Consent::Unknown {
            return;
        }
        let mut changed = false;
        while let Some((reason, id, events)) = self.outbox.surplus(&self.config, now) {
            self.lose(reason, events);
            self.discard(id);
            changed = true;
        }
        if changed {
            self.save(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventOptions, Restored};

    #[test]
    fn a_timer_that_rings_too_early_is_set_again() {
        let at = |mono_ms| Now { unix_ms: 1_780_000_000_000 + mono_ms, mono_ms };
        let mut client = Client::new(Config::new("KEY"), [1; 32], &Restored::default(), at(0));
        let wakes = |client: &mut Client| {
            let mut wakes = Vec::new();
            while let Some(effect) = client.poll_effect() {
                if let Effect::WakeAt { mono_ms } = effect {
                    wakes.push(mono_ms);
                }
            }
            wakes
        };
        let _ = client.track("A", None, &EventOptions::default(), at(0));
        assert_eq!(wakes(&mut client), [30_000]);
        assert_eq!(wakes(&mut client), [0_u64; 0], "once is enough");
        client.tick(at(29_999));
        assert_eq!(wakes(&mut client), [30_000]);
        client.tick(at(30_000));
        assert_eq!(wakes(&mut client), [0_u64; 0], "the chunk is sealed");
    }
}
