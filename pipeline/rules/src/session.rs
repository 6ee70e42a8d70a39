//! Where a visit ends and the next one begins.

use crate::fact::{Fact, Origin};
use crate::identity::PersonId;
use crate::metrics::{Session, Visit};
use holloway_wire::Timestamp;

/// The day of a timestamp in the project's time zone, as a running number. The caller owns the time zone
/// database; [`utc_day`] needs none.
pub type DayOf<'a> = &'a (dyn Fn(Timestamp) -> i64 + Sync);

/// Days since 1970-01-01 in UTC.
pub const fn utc_day(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(86_400_000_000)
}

/// Over what a session runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionScope {
    /// All devices of a person together.
    #[default]
    Person,
    /// Each device of a person for itself.
    Device,
}

/// The rules of stitching and of the metrics that depend on a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRules {
    /// A gap longer than this starts a session; exactly this long does not. Microseconds, 30 min.
    pub timeout_us: i64,
    /// An event later than this after the start begins a new session. Microseconds, 24 h.
    pub length_max_us: i64,
    /// Over what a session runs.
    pub scope: SessionScope,
    /// Start anew at midnight of the project's time zone. Off.
    pub split_midnight: bool,
    /// Start anew when an event carries another campaign. Off.
    pub split_campaign: bool,
    /// Events from servers join a session that is running, and neither start nor extend one. On; off, they are in none.
    pub server_events: bool,
    /// Events of robots count and extend sessions. On.
    pub bots: bool,
    /// Without heartbeats, the most active time that one gap between events can stand for. Microseconds, 60 s.
    pub active_gap_max_us: i64,
    /// Names of events that make a session engaged by themselves (GA4's key events). None.
    pub key_events: Vec<String>,
    /// Names of events that happen without the visitor's doing, and so keep no session from having bounced: what the
    /// browser's features tell of views, scrolling and loading. Clicks and forms are not among them, as with PostHog's
    /// autocapture.
    pub passive_events: Vec<String>,
}

/// The default of [`SessionRules::passive_events`].
const PASSIVE_EVENTS: [&str; 5] =
    ["Page Left", "Scroll Depth Reached", "Elements Viewed", "Element Exposed", "Web Vital Measured"];

impl Default for SessionRules {
    fn default() -> Self {
        Self {
            timeout_us: 30 * 60 * 1_000_000,
            length_max_us: 24 * 3_600 * 1_000_000,
            scope: SessionScope::Person,
            split_midnight: false,
            split_campaign: false,
            server_events: true,
            bots: true,
            active_gap_max_us: 60 * 1_000_000,
            key_events: Vec::new(),
            passive_events: PASSIVE_EVENTS.map(str::to_owned).to_vec(),
        }
    }
}

/// Cuts one person's facts into sessions: `begin`, `event` for each fact in order, `end`.
pub struct Stitcher<'r, 'a> {
    rules: &'r SessionRules,
    day_of: DayOf<'r>,
    person: PersonId,
    visits: Vec<Visit<'a>>,
    /// The running visit of each device; of all of them under scope person.
    running: Vec<(u32, u32)>,
    pages: Vec<(u32, &'a str)>,
}

impl std::fmt::Debug for Stitcher<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stitcher").field("person", &self.person).finish_non_exhaustive()
    }
}

impl<'r, 'a> Stitcher<'r, 'a> {
    /// A stitcher under these rules. `day_of` is asked only when sessions split at midnight.
    pub fn new(rules: &'r SessionRules, day_of: DayOf<'r>) -> Self {
        Self {
            rules,
            day_of,
            person: PersonId::from_bytes([0; 16]),
            visits: Vec::new(),
            running: Vec::new(),
            pages: Vec::new(),
        }
    }

    /// The next person.
    pub fn begin(&mut self, person: PersonId) {
        self.person = person;
        self.visits.clear();
        self.running.clear();
        self.pages.clear();
    }

    /// Adds the next fact in order. Returns the position, in the result of [`Stitcher::end`], of the session that it belongs
    /// to; `None` when the rules exclude it, and for a server's event while no session runs.
    pub fn event(&mut self, fact: &Fact<'a>) -> Option<u32> {
        let excluded = match fact.origin {
            Origin::Client => false,
            Origin::Server => !self.rules.server_events,
            Origin::Bot => !self.rules.bots,
        };
        if excluded {
            return None;
        }
        let device = if self.rules.scope == SessionScope::Device { fact.device } else { 0 };
        let running = self.running.iter().position(|(known, _)| *known == device);
        let goes_on = running
            .map(|at| self.running[at].1)
            .filter(|visit| !self.splits(&self.visits[*visit as usize], fact));
        if fact.origin == Origin::Server {
            // A server speaks at times of its own, long after its visitor has left.
            let visit = goes_on?;
            self.visits[visit as usize].join(fact, self.rules);
            return Some(visit);
        }
        let visit = goes_on.unwrap_or_else(|| {
            let visit = self.visits.len() as u32;
            self.visits.push(Visit::new(self.person, fact));
            match running {
                Some(at) => self.running[at].1 = visit,
                None => self.running.push((device, visit)),
            }
            visit
        });
        self.visits[visit as usize].push(fact, self.rules);
        if let Some(page) = fact.page.filter(|_| fact.is_view()) {
            self.pages.push((visit, page));
        }
        Some(visit)
    }

    /// All sessions of the person, in the order of their first fact.
    pub fn end(&mut self) -> Vec<Session<'a>> {
        self.pages.sort_unstable();
        self.pages.dedup();
        for (visit, _) in &self.pages {
            self.visits[*visit as usize].distinct_pages += 1;
        }
        self.visits.iter().map(Visit::finish).collect()
    }

    /// Whether a fact cannot belong to a visit.
    fn splits(&self, visit: &Visit<'a>, fact: &Fact<'a>) -> bool {
        let (started, last) = (visit.started_at.as_micros(), visit.ended_at.as_micros());
        let at = fact.at.as_micros();
        at - last > self.rules.timeout_us
            || at - started > self.rules.length_max_us
            || (self.rules.split_midnight && (self.day_of)(visit.ended_at) != (self.day_of)(fact.at))
            || (self.rules.split_campaign && visit.is_another_campaign(fact))
    }
}

#[cfg(test)]
mod tests;
