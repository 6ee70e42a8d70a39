//! What a visit amounts to.

use crate::campaign::host_of;
use crate::channel::{Channel, Landing, channel_of};
use crate::fact::Fact;
use crate::identity::PersonId;
use crate::session::SessionRules;
use holloway_wire::{EventKind, Timestamp, stable_hash128};
use std::fmt;

/// The stable id of a session: the hash of its person and of its first message id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// The id of a person's session that begins with this message.
    pub fn of(person: PersonId, message_id: &str) -> Self {
        Self(stable_hash128(&[person.as_bytes(), message_id.as_bytes()]))
    }

    /// The bytes, in the order of the digits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// One session with its metrics: a row of the `sessions` table, but for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    /// Stable id.
    pub id: SessionId,
    /// Time of the first event.
    pub started_at: Timestamp,
    /// Time of the last event.
    pub ended_at: Timestamp,
    /// Last minus first, whole milliseconds (rounded down).
    pub duration_ms: i64,
    /// Time with attention, whole milliseconds; never more than the duration. When events tell of attention
    /// ([`Fact::engaged_ms`]), the union of those stretches of time within the session; else the sum of the gaps between
    /// events, each counted up to [`SessionRules::active_gap_max_us`].
    pub active_ms: i64,
    /// Events.
    pub events: u32,
    /// Page and screen views.
    pub page_views: u32,
    /// Different pages and screens viewed.
    pub distinct_pages: u32,
    /// Page of the first view by time, sequence, message id.
    pub entry_page: Option<&'a str>,
    /// Page of the last view.
    pub exit_page: Option<&'a str>,
    /// Referrer of the landing, when it is another host than the page.
    pub referrer: Option<&'a str>,
    /// Campaign source of the landing.
    pub utm_source: Option<&'a str>,
    /// Campaign medium of the landing.
    pub utm_medium: Option<&'a str>,
    /// Campaign name of the landing.
    pub utm_campaign: Option<&'a str>,
    /// Where the visit came from.
    pub channel: Channel,
    /// `None` without a page view; else not (more than one view, a track event that is not passive, or 10 s and more).
    pub bounced: Option<bool>,
    /// Longer than 10 s, or two views, or a key event (GA4).
    pub engaged: bool,
}

/// GA4: a visit longer than this is engaged; one shorter than this with one view and nothing else bounced.
const ENGAGED_US: i64 = 10_000_000;

/// A session in the making.
#[derive(Clone, Debug)]
pub(crate) struct Visit<'a> {
    id: SessionId,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Timestamp,
    events: u32,
    page_views: u32,
    pub(crate) distinct_pages: u32,
    entry_page: Option<&'a str>,
    exit_page: Option<&'a str>,
    interacted: bool,
    key_event: bool,
    landing: Fact<'a>,
    landed_on_view: bool,
    /// Attention by heartbeats: stretches of time apart from each other, ascending.
    attended: Vec<(i64, i64)>,
    gaps_us: i64,
}

impl<'a> Visit<'a> {
    pub(crate) fn new(person: PersonId, first: &Fact<'a>) -> Self {
        Self {
            id: SessionId::of(person, first.message_id),
            started_at: first.at,
            ended_at: first.at,
            events: 0,
            page_views: 0,
            distinct_pages: 0,
            entry_page: None,
            exit_page: None,
            interacted: false,
            key_event: false,
            landing: *first,
            landed_on_view: false,
            attended: Vec::new(),
            gaps_us: 0,
        }
    }

    pub(crate) fn push(&mut self, fact: &Fact<'a>, rules: &SessionRules) {
        self.gaps_us += (fact.at.as_micros() - self.ended_at.as_micros()).min(rules.active_gap_max_us);
        self.ended_at = fact.at;
        self.events += 1;
        if let Some(engaged_ms) = fact.engaged_ms {
            let until = fact.at.as_micros();
            let from = until - i64::from(engaged_ms) * 1_000;
            self.attend(from.max(self.started_at.as_micros()), until);
        }
        if fact.is_view() {
            self.page_views += 1;
            if !self.landed_on_view {
                // The landing is the first view; events before it (a click id stripped by a redirect) say less.
                self.landed_on_view = true;
                self.landing = *fact;
                self.entry_page = fact.page;
            }
            self.exit_page = fact.page;
        }
        self.note(fact, rules);
    }

    /// Adds an event that a server sent meanwhile: it counts, and lasts no longer than the visitor's own events.
    pub(crate) fn join(&mut self, fact: &Fact<'a>, rules: &SessionRules) {
        self.events += 1;
        self.note(fact, rules);
    }

    /// Notes what a track event says of the visitor's engagement.
    fn note(&mut self, fact: &Fact<'a>, rules: &SessionRules) {
        let is_one_of = |names: &[String]| fact.name.is_some_and(|name| names.iter().any(|one| one == name));
        if !self.interacted && fact.kind == EventKind::Track && fact.engaged_ms.is_none() {
            self.interacted = !is_one_of(&rules.passive_events);
        }
        self.key_event |= is_one_of(&rules.key_events);
    }

    /// Heartbeats of two tabs may overlap: time counts once. This stretch ends no earlier than those before it.
    fn attend(&mut self, mut from: i64, until: i64) {
        while let Some((earlier, _)) = self.attended.pop_if(|(_, end)| *end >= from) {
            from = from.min(earlier);
        }
        self.attended.push((from, until));
    }

    pub(crate) fn is_another_campaign(&self, fact: &Fact<'a>) -> bool {
        let of = |fact: &Fact<'a>| [fact.utm_source, fact.utm_medium, fact.utm_campaign];
        of(fact).iter().any(Option::is_some) && of(fact) != of(&self.landing)
    }

    pub(crate) fn finish(&self) -> Session<'a> {
        let duration_us = self.ended_at.as_micros() - self.started_at.as_micros();
        let attended_us: i64 = self.attended.iter().map(|(from, until)| until - from).sum();
        let active_us = if self.attended.is_empty() { self.gaps_us } else { attended_us };
        let landing = &self.landing;
        let referrer_host = landing.referrer.and_then(host_of);
        let is_external = referrer_host.is_some() && referrer_host != landing.page_host;
        let channel = channel_of(&Landing {
            referrer_host: referrer_host.filter(|_| is_external),
            source: landing.utm_source,
            medium: landing.utm_medium,
            campaign: landing.utm_campaign,
            paid_click: landing.paid_click,
        });
        let stayed = self.page_views > 1 || self.interacted || duration_us >= ENGAGED_US;
        Session {
            id: self.id,
            started_at: self.started_at,
            ended_at: self.ended_at,
            duration_ms: duration_us / 1_000,
            active_ms: active_us / 1_000,
            events: self.events,
            page_views: self.page_views,
            distinct_pages: self.distinct_pages,
            entry_page: self.entry_page,
            exit_page: self.exit_page,
            referrer: landing.referrer.filter(|_| is_external),
            utm_source: landing.utm_source,
            utm_medium: landing.utm_medium,
            utm_campaign: landing.utm_campaign,
            channel,
            bounced: (self.page_views > 0).then_some(!stayed),
            engaged: duration_us > ENGAGED_US || self.page_views >= 2 || self.key_event,
        }
    }
}
