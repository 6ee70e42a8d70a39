//! Reports, against answers by hand.

use crate::rig::{Rig, event};
use holloway_pipeline::report::{Range, ReportError, sessions};
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
}

#[test]
fn a_report_before_a_derive_says_what_to_do() {
    let rig = Rig::new(&[]);
    let error = sessions(rig.data(), &Range::default()).unwrap_err();
    assert!(matches!(error, ReportError::NotDerived { .. }));
    assert!(error.to_string().contains("run `holloway derive` first"));
}
