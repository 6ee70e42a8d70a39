//! What is known of a person over all visits.

use crate::channel::Channel;
use crate::fact::Fact;
use crate::metrics::Session;
use crate::session::DayOf;
use crate::traits::Traits;
use holloway_wire::Timestamp;

/// How often an event happened on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DailyCount<'a> {
    /// The day, as the caller's `day_of` numbers it.
    pub day: i64,
    /// The label of the event, see [`Fact::label`].
    pub name: &'a str,
    /// How often.
    pub count: u64,
}

/// One person: a row of the `profiles` table, but for the person's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile<'a> {
    /// The user id, as a label; `None` for a person who never logged in.
    pub user_id: Option<&'a str>,
    /// Time of the first event.
    pub first_seen: Timestamp,
    /// Time of the last event.
    pub last_seen: Timestamp,
    /// Events.
    pub events: u64,
    /// Sessions.
    pub sessions: u64,
    /// Different days with an event.
    pub days_active: u64,
    /// Channel of the first session.
    pub first_touch_channel: Option<Channel>,
    /// Channel of the last session.
    pub last_touch_channel: Option<Channel>,
    /// Page of the first view ever.
    pub entry_page: Option<&'a str>,
    /// Page of the last view ever.
    pub exit_page: Option<&'a str>,
    /// Counts by label, sorted by label.
    pub event_counts: Vec<(&'a str, u64)>,
    /// Counts by day and label, sorted by day, then label.
    pub daily_counts: Vec<DailyCount<'a>>,
    /// Declared traits: a JSON object with sorted keys, `{}` when there are none. The last writer wins, key by key.
    pub traits: String,
}

/// Folds one person's facts into a profile: `begin`, `event` for each fact in order, `end`.
pub struct ProfileFold<'r, 'a> {
    day_of: DayOf<'r>,
    user_id: Option<&'a str>,
    seen: Option<(Timestamp, Timestamp)>,
    entry_page: Option<&'a str>,
    exit_page: Option<&'a str>,
    /// Day and label of each event.
    labels: Vec<(i64, &'a str)>,
    traits: Traits<'a>,
}

impl std::fmt::Debug for ProfileFold<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileFold").finish_non_exhaustive()
    }
}

impl<'r, 'a> ProfileFold<'r, 'a> {
    /// A fold that counts days as `day_of` does.
    pub fn new(day_of: DayOf<'r>) -> Self {
        Self {
            day_of,
            user_id: None,
            seen: None,
            entry_page: None,
            exit_page: None,
            labels: Vec::new(),
            traits: Traits::default(),
        }
    }

    /// The next person; `user_id` is the label that identity resolution found, if any.
    pub fn begin(&mut self, user_id: Option<&'a str>) {
        self.user_id = user_id;
        self.seen = None;
        self.entry_page = None;
        self.exit_page = None;
        self.labels.clear();
        self.traits.clear();
    }

    /// The next fact in order.
    pub fn event(&mut self, fact: &Fact<'a>) {
        self.seen = Some((self.seen.map_or(fact.at, |(first, _)| first), fact.at));
        self.labels.push(((self.day_of)(fact.at), fact.label()));
        if let Some(page) = fact.page.filter(|_| fact.is_view()) {
            self.entry_page.get_or_insert(page);
            self.exit_page = Some(page);
        }
        if let Some(traits) = fact.traits {
            self.traits.declare(traits);
        }
    }

    /// The profile; `None` when there was no event. `sessions` are the person's, in order.
    pub fn end(&mut self, sessions: &[Session<'a>]) -> Option<Profile<'a>> {
        let (first_seen, last_seen) = self.seen?;
        self.labels.sort_unstable();
        let mut daily_counts: Vec<DailyCount<'a>> = Vec::new();
        let mut days_active = 0;
        let mut day_before = None;
        for (day, name) in &self.labels {
            days_active += u64::from(day_before.replace(*day) != Some(*day));
            match daily_counts.last_mut() {
                Some(last) if last.day == *day && last.name == *name => last.count += 1,
                _ => daily_counts.push(DailyCount { day: *day, name, count: 1 }),
            }
        }
        let mut by_name: Vec<(&str, u64)> =
            daily_counts.iter().map(|count| (count.name, count.count)).collect();
        by_name.sort_unstable();
        let mut event_counts: Vec<(&'a str, u64)> = Vec::new();
        for (name, count) in by_name {
            match event_counts.last_mut() {
                Some(last) if last.0 == name => last.1 += count,
                _ => event_counts.push((name, count)),
            }
        }
        Some(Profile {
            user_id: self.user_id,
            first_seen,
            last_seen,
            events: self.labels.len() as u64,
            sessions: sessions.len() as u64,
            days_active,
            first_touch_channel: sessions.first().map(|session| session.channel),
            last_touch_channel: sessions.last().map(|session| session.channel),
            entry_page: self.entry_page,
            exit_page: self.exit_page,
            event_counts,
            daily_counts,
            traits: self.traits.to_json(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::utc_day;
    use holloway_wire::EventKind;

    const DAY_US: i64 = 86_400_000_000;

    #[test]
    fn events_are_counted_by_name_and_by_day() {
        let at = Timestamp::from_micros;
        let track = |time, name, id| Fact { name: Some(name), ..Fact::new(at(time), EventKind::Track, id) };
        let mut fold = ProfileFold::new(&utc_day);
        fold.begin(Some("u1"));
        let facts = [
            Fact { page: Some("/a"), ..Fact::new(at(0), EventKind::Page, "1") },
            track(DAY_US - 1, "Buy", "2"),
            track(DAY_US, "Buy", "3"),
            track(DAY_US, "Add", "4"),
            Fact { traits: Some(r#"{"plan":"pro"}"#), ..Fact::new(at(5 * DAY_US), EventKind::Identify, "5") },
        ];
        for fact in &facts {
            fold.event(fact);
        }
        let profile = fold.end(&[]).expect("there were events");
        assert_eq!((profile.events, profile.days_active, profile.sessions), (5, 3, 0));
        assert_eq!(profile.event_counts, [("Add", 1), ("Buy", 2), ("identify", 1), ("page", 1)]);
        let daily: Vec<_> =
            profile.daily_counts.iter().map(|count| (count.day, count.name, count.count)).collect();
        assert_eq!(daily, [(0, "Buy", 1), (0, "page", 1), (1, "Add", 1), (1, "Buy", 1), (5, "identify", 1)]);
        assert_eq!(profile.traits, r#"{"plan":"pro"}"#);
        assert_eq!((profile.entry_page, profile.exit_page), (Some("/a"), Some("/a")));
        fold.begin(None);
        assert_eq!(fold.end(&[]), None, "nothing of the person before is left");
    }
}
