//! Boundaries and metrics, as data.

use holloway_wire::EventKind;

use proptest::prelude::*;

use super::*;
use crate::channel::Channel;
use crate::metrics::SessionId;

const MINUTE_US: i64 = 60_000_000;

/// Starts and lengths in minutes of the sessions of events at these times, in microseconds.
fn check(name: &str, rules: &SessionRules, times_us: &[i64], expected_minutes: &[(i64, i64)]) {
    let ids: Vec<String> = (0..times_us.len()).map(|index| format!("m{index:03}")).collect();
    let mut stitcher = Stitcher::new(rules, &utc_day);
    stitcher.begin(PersonId::from_bytes([1; 16]));
    for (at, id) in times_us.iter().zip(&ids) {
        stitcher.event(&Fact::new(Timestamp::from_micros(*at), EventKind::Page, id));
    }
    let found: Vec<(i64, i64)> = stitcher
        .end()
        .iter()
        .map(|session| (session.started_at.as_micros() / MINUTE_US, session.duration_ms / 60_000))
        .collect();
    assert_eq!(found, expected_minutes, "{name}");
}

#[test]
fn a_gap_of_exactly_thirty_minutes_goes_on() {
    let rules = SessionRules::default();
    check("a millisecond less", &rules, &[0, 30 * MINUTE_US - 1_000], &[(0, 29)]);
    check("exactly", &rules, &[0, 30 * MINUTE_US], &[(0, 30)]);
    check("a microsecond more", &rules, &[0, 30 * MINUTE_US + 1], &[(0, 0), (30, 0)]);
    check("a millisecond more", &rules, &[0, 30 * MINUTE_US + 1_000], &[(0, 0), (30, 0)]);
    check("same moment", &rules, &[0, 0, 0], &[(0, 0)]);
}

/// Mixpanel's documented examples: 13:00, 13:10, 13:50, 14:10, 14:25 are sessions of 10 and 35 minutes; with a split
/// at midnight 23:30, 23:50, 00:05, 00:10 are 20 and 5 minutes, without it one of 40.
#[test]
fn published_examples_come_out_as_published() {
    let at = |hour: i64, minute: i64| (hour * 60 + minute) * MINUTE_US;
    let rules = SessionRules::default();
    let afternoon = [at(13, 0), at(13, 10), at(13, 50), at(14, 10), at(14, 25)];
    check("timeout", &rules, &afternoon, &[(780, 10), (830, 35)]);
    let night = [at(23, 30), at(23, 50), at(24, 5), at(24, 10)];
    check("no split", &rules, &night, &[(1_410, 40)]);
    let split = SessionRules { split_midnight: true, ..rules };
    check("midnight", &split, &night, &[(1_410, 20), (1_445, 5)]);
}

#[test]
fn a_session_ends_after_a_day() {
    let times: Vec<i64> = (0..=75).map(|index| index * 20 * MINUTE_US).collect();
    check("24 h", &SessionRules::default(), &times, &[(0, 1_440), (1_460, 40)]);
}

#[test]
fn scope_device_keeps_devices_apart() {
    let run = |scope| {
        let rules = SessionRules { scope, ..SessionRules::default() };
        let mut stitcher = Stitcher::new(&rules, &utc_day);
        stitcher.begin(PersonId::from_bytes([1; 16]));
        let positions: Vec<_> = [(0, 1, "a"), (1, 2, "b"), (2, 1, "c")]
            .map(|(minute, device, id)| {
                let at = Timestamp::from_micros(minute * MINUTE_US);
                stitcher.event(&Fact { device, ..Fact::new(at, EventKind::Track, id) })
            })
            .to_vec();
        (positions, stitcher.end().len())
    };
    assert_eq!(run(SessionScope::Person), (vec![Some(0), Some(0), Some(0)], 1));
    assert_eq!(run(SessionScope::Device), (vec![Some(0), Some(1), Some(0)], 2));
}

#[test]
fn another_campaign_splits_when_asked_to() {
    let facts = [("a", Some("news")), ("b", None), ("c", Some("news")), ("d", Some("ads"))];
    for (split_campaign, sessions) in [(false, 1), (true, 2)] {
        let rules = SessionRules { split_campaign, ..SessionRules::default() };
        let mut stitcher = Stitcher::new(&rules, &utc_day);
        stitcher.begin(PersonId::from_bytes([1; 16]));
        for (id, utm_source) in facts {
            stitcher.event(&Fact { utm_source, ..Fact::new(Timestamp::from_micros(0), EventKind::Page, id) });
        }
        assert_eq!(stitcher.end().len(), sessions);
    }
}

#[test]
fn metrics_of_a_visit() {
    let rules = SessionRules::default();
    let mut stitcher = Stitcher::new(&rules, &utc_day);
    stitcher.begin(PersonId::from_bytes([1; 16]));
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
    let view = |seconds, id, page| Fact {
        page: Some(page),
        page_host: Some("shop.example"),
        ..Fact::new(at(seconds), EventKind::Page, id)
    };
    let landing = Fact { referrer: Some("https://www.google.com/"), ..view(0, "1", "/") };
    let own = Fact { referrer: Some("https://shop.example/"), ..view(100, "3", "/a") };
    for fact in [landing, Fact::new(at(40), EventKind::Track, "2"), own, view(130, "4", "/")] {
        stitcher.event(&fact);
    }
    let sessions = stitcher.end();
    let session = &sessions[0];
    assert_eq!((session.events, session.page_views, session.distinct_pages), (4, 3, 2));
    assert_eq!((session.entry_page, session.exit_page), (Some("/"), Some("/")));
    assert_eq!((session.duration_ms, session.active_ms), (130_000, 40_000 + 60_000 + 30_000));
    assert_eq!(
        (session.channel, session.referrer),
        (Channel::OrganicSearch, Some("https://www.google.com/"))
    );
    assert_eq!((session.bounced, session.engaged), (Some(false), true));
}

#[test]
fn bounce_has_three_values() {
    let check = |name: &str, facts: &[(i64, EventKind)], bounced: Option<bool>, engaged: bool| {
        let rules = SessionRules::default();
        let ids: Vec<String> = (0..facts.len()).map(|index| index.to_string()).collect();
        let mut stitcher = Stitcher::new(&rules, &utc_day);
        stitcher.begin(PersonId::from_bytes([1; 16]));
        for ((millis, kind), id) in facts.iter().zip(&ids) {
            stitcher.event(&Fact::new(Timestamp::from_millis(*millis), *kind, id));
        }
        let session = stitcher.end()[0];
        assert_eq!((session.bounced, session.engaged), (bounced, engaged), "{name}");
    };
    check("one view", &[(0, EventKind::Page)], Some(true), false);
    check("two views", &[(0, EventKind::Page), (1, EventKind::Page)], Some(false), true);
    check("a view and a click", &[(0, EventKind::Page), (1, EventKind::Track)], Some(false), false);
    check("ten seconds", &[(0, EventKind::Page), (10_000, EventKind::Identify)], Some(false), false);
    check("more than ten seconds", &[(0, EventKind::Page), (10_001, EventKind::Identify)], Some(false), true);
    check("no view", &[(0, EventKind::Track)], None, false);
}

#[test]
fn what_features_tell_without_the_visitors_doing_keeps_a_bounce() {
    let check = |name: &str, bounced: bool| {
        let rules = SessionRules::default();
        let mut stitcher = Stitcher::new(&rules, &utc_day);
        stitcher.begin(PersonId::from_bytes([1; 16]));
        stitcher.event(&Fact::new(Timestamp::from_millis(0), EventKind::Page, "view"));
        let told = Fact::new(Timestamp::from_millis(1_000), EventKind::Track, "told");
        stitcher.event(&Fact { name: Some(name), ..told });
        assert_eq!(stitcher.end()[0].bounced, Some(bounced), "{name}");
    };
    for name in
        ["Page Left", "Scroll Depth Reached", "Elements Viewed", "Element Exposed", "Web Vital Measured"]
    {
        check(name, true);
    }
    check("Element Clicked", false);
    check("Signed Up", false);
}

#[test]
fn overlapping_heartbeats_count_once() {
    let check = |beats: &[(i64, u32)], active_s: i64| {
        let rules = SessionRules::default();
        let ids: Vec<String> = (0..beats.len()).map(|index| index.to_string()).collect();
        let mut stitcher = Stitcher::new(&rules, &utc_day);
        stitcher.begin(PersonId::from_bytes([1; 16]));
        stitcher.event(&Fact::new(Timestamp::from_millis(0), EventKind::Page, "view"));
        for ((at_s, engaged_s), id) in beats.iter().zip(&ids) {
            stitcher.event(&Fact {
                engaged_ms: Some(engaged_s * 1_000),
                ..Fact::new(Timestamp::from_millis(at_s * 1_000), EventKind::Track, id)
            });
        }
        assert_eq!(stitcher.end()[0].active_ms, active_s * 1_000, "{beats:?}");
    };
    check(&[(10, 10), (15, 10), (60, 5)], 20); // 0 to 15, 55 to 60
    check(&[(10, 5), (20, 20)], 20); // the later one covers the gap before the earlier one
    check(&[(10, 2), (20, 2), (25, 12)], 14); // 8 to 10, 13 to 25
    check(&[(10, 2), (20, 2), (21, 12)], 13); // 8 to 21
    check(&[(10, 60)], 10); // none before the session began
    check(&[(10, 0)], 0);
}

proptest! {
    /// Sessions are the person's events, each once, in order; no gap within is too long and none between too short.
    #[test]
    fn sessions_part_the_events(gaps in prop::collection::vec(prop_oneof![0_i64..5, 28_i64..33], 1..40)) {
        let rules = SessionRules { length_max_us: 90 * MINUTE_US, ..SessionRules::default() };
        let ids: Vec<String> = (0..gaps.len()).map(|index| format!("{index:03}")).collect();
        let mut stitcher = Stitcher::new(&rules, &utc_day);
        stitcher.begin(PersonId::from_bytes([1; 16]));
        let mut at = 0;
        let mut times = Vec::new();
        let mut positions = Vec::new();
        for (gap, id) in gaps.iter().zip(&ids) {
            at += gap * MINUTE_US;
            times.push(at);
            let fact = Fact::new(Timestamp::from_micros(at), EventKind::Track, id);
            positions.push(stitcher.event(&fact).expect("nothing is excluded") as usize);
        }
        let sessions = stitcher.end();
        prop_assert_eq!(sessions.iter().map(|session| session.events as usize).sum::<usize>(), gaps.len());
        prop_assert_eq!(positions[0], 0);
        for (index, pair) in positions.windows(2).enumerate() {
            let began = sessions[pair[0]].started_at.as_micros();
            let splits = times[index + 1] - times[index] > rules.timeout_us
                || times[index + 1] - began > rules.length_max_us;
            prop_assert_eq!(pair[1], pair[0] + usize::from(splits));
        }
        for (position, session) in sessions.iter().enumerate() {
            let first = positions.iter().position(|other| *other == position).expect("no session is empty");
            prop_assert_eq!(session.id, SessionId::of(PersonId::from_bytes([1; 16]), &ids[first]));
            prop_assert!(session.active_ms <= session.duration_ms);
        }
    }
}

#[test]
fn a_servers_event_joins_a_running_session_and_neither_starts_nor_extends_one() {
    let rules = SessionRules::default();
    let mut stitcher = Stitcher::new(&rules, &utc_day);
    stitcher.begin(PersonId::from_bytes([1; 16]));
    let (server, client) = (Origin::Server, Origin::Client);
    let facts =
        [(server, 0), (client, 10), (server, 40), (server, 41), (client, 41), (server, 60), (client, 100)];
    let positions: Vec<_> = facts
        .iter()
        .map(|(origin, minute)| {
            let at = Timestamp::from_micros(minute * MINUTE_US);
            stitcher.event(&Fact { origin: *origin, ..Fact::new(at, EventKind::Track, "m") })
        })
        .collect();
    // Before any session; 30 minutes after its latest event, which is the last moment; a minute later, when it is over, though
    // a server spoke meanwhile, so that the visitor's next event begins another one.
    assert_eq!(positions, [None, Some(0), Some(0), None, Some(1), Some(1), Some(2)]);
    let sessions = stitcher.end();
    let found: Vec<_> = sessions.iter().map(|session| (session.events, session.duration_ms)).collect();
    assert_eq!(found, [(2, 0), (2, 0), (1, 0)]);
}

#[test]
fn robots_and_servers_can_be_left_out() {
    let rules = SessionRules { server_events: false, bots: false, ..SessionRules::default() };
    let mut stitcher = Stitcher::new(&rules, &utc_day);
    stitcher.begin(PersonId::from_bytes([1; 16]));
    let origins = [Origin::Bot, Origin::Client, Origin::Server, Origin::Client];
    let positions: Vec<_> = origins
        .iter()
        .zip([0, 1, 25, 50])
        .map(|(origin, minute)| {
            let at = Timestamp::from_micros(minute * MINUTE_US);
            stitcher.event(&Fact { origin: *origin, ..Fact::new(at, EventKind::Track, "m") })
        })
        .collect();
    assert_eq!(positions, [None, Some(0), None, Some(1)], "a server's event does not bridge a gap");
}
