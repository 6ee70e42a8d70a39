//! Reports, against answers by hand.

use crate::rig::{Rig, event};
use holloway_pipeline::report::{
    By, CohortKind, FunnelOptions, Order, Period, Range, ReportError, RetentionOptions, funnel, retention,
    sessions,
};
use serde_json::json;

fn page(message: &str, clock: &str, device: &str, path: &str, more: &str) -> String {
    event(
        "page",
        message,
        clock,
        &format!(r#""anonymousId":"{device}","context":{{"page":{{"path":"{path}"}}{more}}}"#),
    )
}

#[test]
fn sessions_add_up() {
    let news = r#","campaign":{"source":"news","medium":"email"}"#;
    let rig = Rig::new(&[
        // 60 s, two views; a bounce; a visit without a page.
        page("m1", "10:00", "a1", "/", news),
        page("m2", "10:01", "a1", "/b", ""),
        page("m3", "12:00", "a1", "/", ""),
        event("track", "m4", "13:00", r#""event":"A","anonymousId":"a2""#),
        event("track", "m5", "13:02", r#""event":"A","anonymousId":"a2""#),
    ]);
    rig.derive();
    let report = sessions(rig.data(), &Range::default()).unwrap();
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "events": 5, "people": 2, "sessions": 3,
            "duration_ms": {"mean": 60000.0, "median": 60000.0},
            "events_per_session": {"mean": 5.0 / 3.0},
            "bounce_rate": 0.5,
            "entry_pages": [{"page": "/", "sessions": 2}],
            "exit_pages": [{"page": "/", "sessions": 1}, {"page": "/b", "sessions": 1}],
            "channels": [{"channel": "Direct", "sessions": 2}, {"channel": "Email", "sessions": 1}],
        })
    );
    let late = Range::parse(Some("2026-11-01T12:00:00Z"), Some("2026-11-01T13:00:00Z"), None).unwrap();
    let report = sessions(rig.data(), &late).unwrap();
    assert_eq!((report.events, report.sessions, report.people), (1, 1, 1));
    // The session of 13:00 has no page view, so there is no bounce rate.
    let last = Range::parse(Some("2026-11-01T13:00:00Z"), None, None).unwrap();
    let report = sessions(rig.data(), &last).unwrap();
    assert_eq!((report.sessions, report.bounce_rate), (1, None));
}

#[test]
fn a_report_before_a_derive_says_what_to_do() {
    let rig = Rig::new(&[]);
    let error = sessions(rig.data(), &Range::default()).unwrap_err();
    assert!(matches!(error, ReportError::NotDerived { .. }));
    let folder = rig.data().display();
    let expected = format!("{folder} has no derived tables: run `holloway derive --data {folder}` first");
    assert_eq!(error.to_string(), expected);
}

fn track(message: &str, day: u32, clock: &str, device: &str, name: &str) -> String {
    let time = format!("2026-11-{day:02}T{clock}:00Z");
    event("track", message, &time, &format!(r#""event":"{name}","anonymousId":"{device}""#))
}

/// Three visitors: one buys at once, one buys in another visit, one only looks; `Look` is repeated.
fn shop() -> Rig {
    let rig = Rig::new(&[
        track("m1", 1, "10:00", "a1", "Look"),
        track("m2", 1, "10:01", "a1", "Cart"),
        track("m3", 1, "10:02", "a1", "Buy"),
        track("m4", 1, "10:03", "a1", "Look"),
        track("m5", 1, "10:04", "a1", "Cart"),
        track("m6", 2, "10:00", "a2", "Look"),
        track("m7", 2, "10:01", "a2", "Search"),
        track("m8", 2, "10:02", "a2", "Cart"),
        track("m9", 5, "10:00", "a2", "Buy"),
        track("n1", 3, "10:00", "a3", "Look"),
    ]);
    rig.derive();
    rig
}

fn counts(rig: &Rig, options: FunnelOptions) -> Vec<u64> {
    let steps = ["Look", "Cart", "Buy"].map(str::to_owned).to_vec();
    let report = funnel(rig.data(), &FunnelOptions { steps, ..options }).unwrap();
    report.steps.iter().map(|step| step.count).collect()
}

#[test]
fn a_funnel_counts_people_sessions_and_entries() {
    let rig = shop();
    let by = |by| FunnelOptions { by, ..FunnelOptions::default() };
    assert_eq!(counts(&rig, by(By::People)), [3, 3 - 1, 2], "a1 and a2 bought");
    assert_eq!(counts(&rig, by(By::Sessions)), [3, 2, 1], "a2 bought in another visit");
    assert_eq!(counts(&rig, by(By::Totals)), [4, 3, 2], "a1 entered twice");
    let day = FunnelOptions { window_ms: 86_400_000, ..FunnelOptions::default() };
    assert_eq!(counts(&rig, day), [3, 2, 1], "three days are too late");
    let strict = FunnelOptions { order: Order::Strict, ..FunnelOptions::default() };
    assert_eq!(counts(&rig, strict), [3, 1, 1], "a2 searched in between");
    let range = Range::parse(Some("2026-11-02"), Some("2026-11-04"), None).unwrap();
    assert_eq!(counts(&rig, FunnelOptions { range, ..FunnelOptions::default() }), [2, 1, 0]);
}

#[test]
fn a_funnel_has_the_keys_of_the_design() {
    let rig = shop();
    let options = FunnelOptions { steps: vec!["Look".into(), "Buy".into()], ..FunnelOptions::default() };
    assert_eq!(
        serde_json::to_value(funnel(rig.data(), &options).unwrap()).unwrap(),
        json!({
            "steps": [
                {"event": "Look", "count": 3, "conversion": 1.0},
                {"event": "Buy", "count": 2, "conversion": 2.0 / 3.0},
            ],
            "window_ms": 604_800_000,
        })
    );
    for steps in [Vec::new(), vec!["A".to_owned(); 65], vec![String::new()]] {
        let options = FunnelOptions { steps, ..FunnelOptions::default() };
        assert!(matches!(funnel(rig.data(), &options), Err(ReportError::Options { .. })));
    }
}

#[test]
fn retention_counts_returns_by_week() {
    // 2, 9 and 16 November 2026 are Mondays.
    let rig = Rig::new(&[
        track("m1", 2, "00:00", "a1", "Join"),
        track("m2", 8, "23:59", "a1", "Use"),
        track("m3", 9, "00:00", "a1", "Use"),
        track("m4", 10, "00:00", "a1", "Use"),
        track("m5", 3, "00:00", "a2", "Join"),
        track("m6", 20, "00:00", "a2", "Use"),
        track("m7", 16, "00:00", "a3", "Join"),
        track("m8", 17, "00:00", "a3", "Join"),
    ]);
    rig.derive();
    let options = RetentionOptions {
        start: "Join".to_owned(),
        returning: "Use".to_owned(),
        periods: 3,
        ..RetentionOptions::default()
    };
    assert_eq!(
        serde_json::to_value(retention(rig.data(), &options).unwrap()).unwrap(),
        json!({"cohorts": [
            {"start": "2026-11-02", "size": 2, "returned": [1, 1, 1]},
            {"start": "2026-11-09", "size": 0, "returned": [0, 0, 0]},
            {"start": "2026-11-16", "size": 1, "returned": [0, 0, 0]},
        ]})
    );
    // In New York the first events still belong to the week before.
    let range = Range::parse(None, None, Some("America/New_York")).unwrap();
    let there = retention(rig.data(), &RetentionOptions { range, ..options.clone() }).unwrap();
    assert_eq!((there.cohorts[0].start.as_str(), there.cohorts[0].size), ("2026-10-26", 1));
    let month = RetentionOptions { period: Period::Month, ..options };
    let rows = retention(rig.data(), &month).unwrap().cohorts;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].start.as_str(), rows[0].size, rows[0].returned[0]), ("2026-11-01", 3, 2));
}

#[test]
fn a_first_cohort_is_the_first_one_ever() {
    let rig = Rig::new(&[
        track("m1", 2, "12:00", "a1", "Use"),
        track("m2", 10, "12:00", "a1", "Use"),
        track("m3", 11, "12:00", "a2", "Use"),
    ]);
    rig.derive();
    let range = Range::parse(Some("2026-11-09"), None, None).unwrap();
    let size = |cohort| {
        let options = RetentionOptions { cohort, range: range.clone(), ..RetentionOptions::default() };
        retention(rig.data(), &options).unwrap().cohorts.iter().map(|row| row.size).collect::<Vec<_>>()
    };
    assert_eq!(size(CohortKind::First), [1], "a1 started before the range");
    assert_eq!(size(CohortKind::Recurring), [2]);
}
