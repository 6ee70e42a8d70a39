//! What the app says.

use alloc::{borrow::ToOwned, string::String};

use holloway_wire::{
    EventKind, LossReason, RawJson, is_absent_id,
    json::{Sink, unescaped, write_without},
};

use super::{Client, Tracked};
use crate::{
    Consent, Diagnostic, Effect, EventOptions, Now, Registration, ResetOptions, Rotation,
    config::REGISTERED_BYTES_MAX,
    identity::{merged, without},
    state::{Number, Text},
};

impl Client {
    /// Somebody did something. `properties` is a JSON object's text; super properties are laid under it.
    pub fn track(
        &mut self,
        name: &str,
        properties: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        self.event(EventKind::Track, name, properties, options, now)
    }

    /// A page was viewed.
    pub fn page(
        &mut self,
        name: Option<&str>,
        properties: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        self.record(EventKind::Page, name, properties, options, now)
    }

    /// A screen was viewed.
    pub fn screen(
        &mut self,
        name: Option<&str>,
        properties: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        self.record(EventKind::Screen, name, properties, options, now)
    }

    /// Makes `user_id` this device's user; `traits` is a JSON object's text. Another user than before begins a new session.
    ///
    /// A text that stands for an absent value is no id: white space, `null`, `undefined`, `NaN`, `None` and
    /// `[object Object]`. Such a call is refused with [`Diagnostic::MissingName`] and counted as a loss, and the user
    /// stays the one before. The same holds for the ids of [`Self::group`] and [`Self::alias`].
    ///
    /// ```
    /// use holloway_core::{Client, Config, EventOptions, Now, Restored, Tracked, wire::LossReason};
    /// let now = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
    /// let mut client = Client::new(Config::new("KEY"), [7; 32], &Restored::default(), now);
    /// client.identify("u1", Some(r#"{"plan":"pro"}"#), &EventOptions::default(), now);
    /// let refused = client.identify("null", None, &EventOptions::default(), now);
    /// assert_eq!(refused, Tracked::Dropped(LossReason::Serialize));
    /// assert_eq!(client.user_id(), Some("u1"));
    /// ```
    pub fn identify(
        &mut self,
        user_id: &str,
        traits: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        self.event(EventKind::Identify, user_id, traits, options, now)
    }

    /// Makes the user a member of a group. Later events carry its id in `context.groupId`, until `reset` or another group.
    pub fn group(
        &mut self,
        group_id: &str,
        traits: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        self.event(EventKind::Group, group_id, traits, options, now)
    }

    /// `user_id` is the same user as `previous`, or as the one whom this device knew until now.
    pub fn alias(
        &mut self,
        user_id: &str,
        previous: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        self.event(EventKind::Alias, user_id, previous, options, now)
    }

    /// Any of the calls above by its kind, for hosts that have them as data: `name` is the event's or page's name, or the
    /// id; `body` is its object, or the former id. An empty name of a page or screen is none.
    pub fn event(
        &mut self,
        kind: EventKind,
        name: &str,
        body: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        let (is_identify, is_alias) = (kind == EventKind::Identify, kind == EventKind::Alias);
        let is_nameless = if kind.is_action() {
            name.is_empty() && kind == EventKind::Track
        } else {
            is_absent_id(name) || (is_alias && body.is_some_and(is_absent_id))
        };
        if is_nameless {
            return self.refuse_nameless(now);
        }
        let (mut told, mut properties) = (Some(name).filter(|name| !name.is_empty() && !is_identify), body);
        let mut known = String::new();
        if is_alias {
            known.put(self.user_id().unwrap_or_else(|| self.anonymous_id()));
            (told, properties) = (body.or(Some(&known)), None);
        }
        let subject = if kind == EventKind::Group { Text::GroupId } else { Text::UserId };
        if !kind.is_action() && self.state[subject] != name && self.consent() != Consent::Denied {
            self.is_amid = true;
            if is_identify && self.user_id().is_some() && self.state.has_session() {
                self.rotate(Rotation::User, name, now);
            }
            self.state.set(subject, name);
            self.must_save = true;
        }
        self.record(kind, told, properties, options, now)
    }

    /// Forgets the user: a new anonymous id, no user id and no group, a new session with the next event.
    pub fn reset(&mut self, options: ResetOptions, now: Now) {
        self.is_amid = true;
        if !options.keep_session {
            self.close_session(now);
        }
        if !options.keep_anonymous_id {
            self.state[Text::AnonymousId] = self.new_id(now);
        }
        if !options.keep_registered {
            self.state[Text::Registered].clear();
            self.state[Text::RegisteredForSession].clear();
        }
        self.state[Text::UserId].clear();
        self.state[Text::GroupId].clear();
        self.must_save = true;
        self.end(now);
        // Somebody who is gone is not to come back with the next run.
        if self.consent() == Consent::Unknown && self.is_kept {
            self.write_state(now);
        }
    }

    /// Adds super properties: a JSON object's text, laid under the properties of every later track, page and screen. Those
    /// that last, and those of the session, may each have 8 KiB; what would make them more is refused with a diagnostic.
    pub fn register(&mut self, properties: &str, registration: Registration, now: Now) {
        let Some(properties) = self.object(properties) else { return };
        // Nothing is kept of somebody who said no.
        if self.consent() == Consent::Denied {
            return;
        }
        let text = match registration {
            Registration::Session => Text::RegisteredForSession,
            _ => Text::Registered,
        };
        let (mut under, mut over) = (self.state[text].as_str(), properties.text());
        if registration == Registration::Once {
            (under, over) = (over, under);
        }
        let registered = merged(under, over);
        if registered.len() > REGISTERED_BYTES_MAX {
            self.diagnose(Diagnostic::BadJson { at: REGISTERED_BYTES_MAX });
            return;
        }
        self.state[text] = registered;
        self.save(now);
    }

    /// Takes a super property away.
    pub fn unregister(&mut self, key: &str, now: Now) {
        for text in [Text::Registered, Text::RegisteredForSession] {
            self.state[text] = without(&self.state[text], |name| unescaped(name) == key);
        }
        self.save(now);
    }

    /// Takes those away that an object has too, whatever it says of them: for a host whose JSON is all of one writer, since
    /// keys are compared as they are written.
    pub fn unregister_like(&mut self, object: &str, now: Now) {
        let Some(keys) = self.object(object) else { return };
        for text in [Text::Registered, Text::RegisteredForSession] {
            let mut left = String::new();
            write_without(&mut left, RawJson::trusted(&self.state[text]), keys);
            self.state[text] = left;
        }
        self.save(now);
    }

    /// Context of every later event: a JSON object's text, from the host.
    pub fn set_context(&mut self, context: &str) {
        if let Some(context) = self.object(context) {
            context.text().clone_into(&mut self.context);
        }
    }

    /// The user's decision. Granting sends what was held; denying wipes what was kept, and asks the collector to
    /// delete what it may have got. That request outlives the denial, a full outbox and a restart.
    pub fn set_consent(&mut self, consent: Consent, now: Now) {
        // A command that a plugin's panic cut short holds nothing back.
        self.is_amid = false;
        let before = self.consent;
        self.state[Number::Consent] = consent as u64 + 1;
        self.consent = consent;
        if consent == before {
            self.save(now);
            return;
        }
        match consent {
            Consent::Granted => {
                self.save(now);
                self.release(now);
            }
            Consent::Denied => self.opt_out(now),
            // The decision alone is written: the next run would go on by the one before.
            Consent::Unknown => self.write_state(now),
        }
        self.send(now);
    }

    /// The user's decision by purpose: a JSON object's text of purposes and whether they were agreed to, such as
    /// `{"analytics":true,"advertising":false}`. Every later event carries it, in `context.consent`. When it speaks of
    /// the purpose that recording needs (`Config::consent_purpose`), that is the decision of [`Self::set_consent`].
    pub fn set_purposes(&mut self, purposes: &str, now: Now) {
        let Some(purposes) = self.object(purposes) else { return };
        let agreed = purposes.get(self.config.consent_purpose).unwrap_or(RawJson::NONE);
        // Only true and false begin so.
        match agreed.text().as_bytes().first() {
            Some(b't') => self.set_consent(Consent::Granted, now),
            Some(b'f') => self.set_consent(Consent::Denied, now),
            _ => {}
        }
        self.state.set(Text::Purposes, purposes.text());
        self.save(now);
    }

    /// Sends what is there without waiting for more. A pause that failures or the collector caused goes on.
    pub fn flush(&mut self, now: Now) {
        self.seal();
        self.send(now);
    }

    pub(super) fn refuse_nameless(&mut self, now: Now) -> Tracked {
        self.diagnose(Diagnostic::MissingName);
        self.lose(LossReason::Serialize, 1);
        self.save(now);
        Tracked::Dropped(LossReason::Serialize)
    }

    pub(super) fn opt_out(&mut self, now: Now) {
        self.opt_out_kept();
        if self.state[Number::HasSent] == 1 {
            let request = self.deletion_request(now);
            self.state.push_deletion(&request);
            // Of whoever agrees again nothing has left.
            self.state[Number::HasSent] = 0;
        }
        // Whoever agrees again later is not the one whose data is to be deleted, and is not to be told by any number.
        self.state[Text::Purposes].clear();
        self.state[Number::Sequence] = 0;
        self.state[Number::Sessions] = 0;
        self.reset(ResetOptions::default(), now);
        self.effects.push(Effect::Wipe);
        // A wipe may take the state along. It was saved before too: a crash in between must not undo the denial.
        self.save(now);
    }
}
