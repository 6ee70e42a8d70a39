//! Boundaries and metrics, as data.

use holloway_wire::EventKind;

use super::*;
use crate::channel::Channel;

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
fn overlapping_heartbeats_count_once() {
    let rules = SessionRules::default();
    let mut stitcher = Stitcher::new(&rules, &utc_day);
    stitcher.begin(PersonId::from_bytes([1; 16]));
    let beat = |seconds: i64, id, engaged_ms| Fact {
        engaged_ms: Some(engaged_ms),
        ..Fact::new(Timestamp::from_millis(seconds * 1_000), EventKind::Track, id)
    };
    stitcher.event(&Fact::new(Timestamp::from_millis(0), EventKind::Page, "0"));
    for fact in [beat(10, "1", 10_000), beat(15, "2", 10_000), beat(60, "3", 5_000)] {
        stitcher.event(&fact);
    }
    // 0 to 10, 10 to 15, 55 to 60.
    assert_eq!(stitcher.end()[0].active_ms, 20_000);
}
