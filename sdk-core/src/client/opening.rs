//! How a client begins: from nothing, or where a former run left off.

use alloc::{string::String, vec::Vec};

use holloway_wire::{LossReason, limits::BATCH_EVENTS_MAX};

use super::{Client, NEVER};
use crate::{
    Config, Consent, Diagnostic, Now, Restored, RestoredChunk,
    losses::Losses,
    outbox::Outbox,
    random::Random,
    retry::Retry,
    state::{Number, State, Text},
};

impl Client {
    /// Before it is told anything. A constant, so that making one is a copy.
    const EMPTY: Self = Self {
        config: Config::DEFAULT,
        random: Random::UNSEEDED,
        state: State::EMPTY,
        context: String::new(),
        outbox: Outbox::EMPTY,
        held: Vec::new(),
        retry: Retry::NONE,
        consent: Consent::Granted,
        paused: false,
        is_follower: false,
        is_background: false,
        in_flight: Vec::new(),
        waiting: Vec::new(),
        reading: None,
        effects: Vec::new(),
        next_token: 0,
        saved_mono_ms: 0,
        wake_asked_mono_ms: NEVER,
        is_amid: false,
        is_kept: false,
        kept_losses: Losses::NONE,
        must_save: false,
        active_mono_ms: None,
        skew_ms: None,
        #[cfg(feature = "plugins")]
        plugins: crate::plugin::Plugins::NONE,
    };

    /// A client that goes on where the device's former run left off. `seed` is fresh randomness of the host.
    pub fn new(config: Config, seed: [u8; 32], restored: &Restored, now: Now) -> Self {
        let texts = [&restored.state, &restored.state_copy].map(|bytes| {
            let Some(bytes) = bytes else { return "" };
            // No text at all is a damaged state too, not one that is absent.
            str::from_utf8(bytes).ok().filter(|text| !text.is_empty()).unwrap_or("?")
        });
        Self::from_texts(|defaults| *defaults = config, seed, texts, &restored.chunks, now)
    }

    /// The same for hosts that keep texts: the state and its copy, empty when it is absent. `configure` gets the defaults,
    /// without a write key.
    pub fn from_texts(
        configure: impl FnOnce(&mut Config),
        seed: [u8; 32],
        [state, copy]: [&str; 2],
        chunks: &[RestoredChunk],
        now: Now,
    ) -> Self {
        let mut client = Self::EMPTY;
        configure(&mut client.config);
        client.config.flush_at = client.config.flush_at.clamp(1, BATCH_EVENTS_MAX);
        client.random.seed(&seed);
        client.saved_mono_ms = now.mono_ms;
        client.is_kept = !state.is_empty();
        client.state.set(Text::AnonymousId, &client.config.anonymous_id);
        // The copy first: what it says of consent counts even when the state itself is there.
        let has_copy = client.take_up(copy);
        let had_agreed = has_copy && client.consent != Consent::Denied;
        let is_whole = client.take_up(state);
        client.kept_losses = client.state.losses;
        let is_new = !has_copy && !is_whole;
        let had_state = !state.is_empty() || !copy.is_empty();
        if had_state && !is_whole {
            client.diagnose(Diagnostic::StateDamaged { copy_used: has_copy });
            client.lose(LossReason::StateDamaged, usize::from(is_new));
        }
        client.retry.restore(&client.state, now);
        client.ensure_anonymous_id(now);
        for chunk in chunks {
            client.outbox.adopt(chunk);
        }
        client.outbox.forget(&client.state.gone);
        // Whoever never agreed gets no id that lasts.
        if (is_new && client.consent() != Consent::Denied) || !client.state.gone.is_empty() {
            client.save(now);
        }
        if client.consent() == Consent::Denied {
            let known = client.state[Number::HasSent] == 1
                || client.user_id().is_some()
                || client.state.has_session();
            // Denied by the app's settings since, or killed in the middle of a denial.
            if known || had_agreed {
                client.opt_out(now);
            }
        }
        client.refuse_kept(now);
        client.expire(now);
        client.send(now);
        client
    }

    /// Makes an anonymous id where the state has none: a state that was written under a denial keeps none.
    #[inline(never)] // two callers, and bytes count more than a call
    pub(super) fn ensure_anonymous_id(&mut self, now: Now) {
        if self.anonymous_id().is_empty() {
            self.state[Text::AnonymousId] = self.new_id(now);
        }
    }

    /// Whether a stored state could be read, which is this client's then.
    fn take_up(&mut self, state: &str) -> bool {
        let is_whole = self.state.read(state);
        self.consent = self.decision(&self.state);
        is_whole
    }
}
