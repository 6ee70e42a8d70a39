//! What lands in which column.

use crate::rig::{Rig, at, event};
use holloway_pipeline::{DeriveOptions, Loaded, Table};
use holloway_rules::session::SessionScope;
use std::time::Duration;

#[test]
fn an_event_keeps_its_fields_and_its_raw_json() {
    let rig = Rig::new(&[event(
        "track",
        "m1",
        "10:00",
        r#""event":"Signed Up","anonymousId":"a1","userId":42,"properties":{"price":1.10},
           "context":{"page":{"path":"/join","referrer":"https://r.example/"},"session":{"id":"s1","eventIndex":3},
           "library":{"name":"lib","version":"9"}}"#,
    )]);
    let loaded = rig.load();
    assert_eq!((loaded.read, loaded.added, loaded.duplicate, loaded.unreadable), (1, 1, 0, 0));
    let columns = [
        "message_id",
        "type",
        "event",
        "anonymous_id",
        "user_id",
        "group_id",
        "timestamp",
        "sent_at",
        "received_at",
        "session_id",
        "page_path",
        "page_referrer",
        "user_agent",
        "properties",
        "traits",
        "library",
        "sequence",
        "write_key",
    ];
    assert_eq!(
        rig.rows(Table::Events, &columns),
        [
            r#"m1 track Signed Up a1 42 - 10:00:00 - 2026-11-02T00:00:00.000Z s1 /join https://r.example/ Rig/1 {"price":1.10} - lib/9 3 KEY"#
        ]
    );
}

#[test]
fn an_event_belongs_to_its_own_group_or_to_that_of_its_context() {
    let with =
        |id: &str, kind: &str, rest: &str| event(kind, id, "10:00", &format!(r#""userId":"u",{rest}"#));
    let rig = Rig::new(&[
        with("m1", "group", r#""groupId":"g1","context":{"groupId":"g0"}"#),
        with("m2", "track", r#""event":"A","context":{"groupId":"g1"}"#),
        with("m3", "track", r#""event":"A","context":{"groupId":7}"#),
        with("m4", "track", r#""event":"A""#),
    ]);
    rig.load();
    assert_eq!(rig.rows(Table::Events, &["message_id", "group_id"]), ["m1 g1", "m2 g1", "m3 -", "m4 -"]);
}

#[test]
fn events_lie_by_date_of_receipt() {
    let rig = Rig::new(&[]);
    rig.append_on(
        "2026-11-02T23:59:59.999Z",
        &[event("track", "m1", "10:00", r#""event":"A","userId":"u""#)],
    );
    rig.append_on("2026-11-03T00:00:00Z", &[event("track", "m2", "10:00", r#""event":"A","userId":"u""#)]);
    rig.load();
    for (date, files) in [("2026-11-02", 1), ("2026-11-03", 1), ("2026-11-01", 0)] {
        let folder = rig.data().join("tables/events").join(format!("date={date}"));
        assert_eq!(std::fs::read_dir(folder).map_or(0, Iterator::count), files, "{date}");
    }
}

#[test]
fn a_second_load_adds_only_what_is_new() {
    let rig = Rig::new(&[event("track", "m1", "10:00", r#""event":"A","userId":"u""#)]);
    let first = rig.load();
    assert_eq!(rig.load(), Loaded { next_offset: first.next_offset, ..Loaded::default() });
    rig.append(&[
        event("track", "m2", "10:01", r#""event":"B","userId":"u""#),
        event("track", "m1", "10:00", r#""event":"A","userId":"u""#),
        event("track", "m2", "10:01", r#""event":"B","userId":"u""#),
    ]);
    let second = rig.load();
    assert_eq!((second.read, second.added, second.duplicate), (3, 1, 2));
    assert_eq!(rig.rows(Table::Events, &["message_id", "event"]), ["m1 A", "m2 B"]);
}

#[test]
fn a_session_and_a_profile_have_the_columns_of_the_design() {
    let page = |message: &str, clock: &str, path: &str| {
        event(
            "page",
            message,
            clock,
            &format!(r#""anonymousId":"a1","context":{{"page":{{"path":"{path}"}}}}"#),
        )
    };
    let rig = Rig::new(&[
        page("m1", "10:00", "/"),
        page("m2", "10:00:20", "/a"),
        event("track", "m3", "10:01", r#""event":"Buy","anonymousId":"a1""#),
        event("identify", "m4", "10:02", r#""anonymousId":"a1","userId":"u1","traits":{"plan":"pro"}"#),
        page("m5", "11:00", "/a"),
    ]);
    let summary = rig.derive();
    assert_eq!((summary.events, summary.people, summary.sessions, summary.profiles), (5, 1, 2, 1));
    assert_eq!(
        rig.rows(
            Table::Sessions,
            &[
                "started_at",
                "ended_at",
                "duration_ms",
                "events",
                "page_views",
                "distinct_pages",
                "entry_page",
                "exit_page",
                "channel",
                "bounced"
            ]
        ),
        ["10:00:00 10:02:00 120000 4 2 2 / /a Direct false", "11:00:00 11:00:00 0 1 1 1 /a /a Direct true"]
    );
    assert_eq!(
        rig.rows(
            Table::Profiles,
            &[
                "user_id",
                "first_seen",
                "last_seen",
                "events",
                "sessions",
                "days_active",
                "first_touch_channel",
                "event_counts",
                "daily_counts",
                "traits"
            ]
        ),
        // 1 November 2026 is day 20,758 since 1970.
        [
            r#"u1 10:00:00 11:00:00 5 2 1 Direct {Buy=1,identify=1,page=3} [20758/Buy/1,20758/identify/1,20758/page/3] {"plan":"pro"}"#
        ]
    );
}

#[test]
fn the_timeline_is_in_order_of_time_sequence_and_message() {
    let step = |message: &str, clock: &str, sequence: u32| {
        event(
            "track",
            message,
            clock,
            &format!(r#""event":"A","userId":"u","context":{{"session":{{"eventIndex":{sequence}}}}}"#),
        )
    };
    let rig = Rig::new(&[
        step("m9", "10:00", 1),
        step("0190163d-8694-739b-aea5-966c26f8ad91", "10:00", 1),
        step("m1", "10:00", 2),
        step("m0", "10:01", 0),
    ]);
    rig.derive();
    assert_eq!(
        rig.rows(Table::Timeline, &["timestamp", "sequence", "message_id"]),
        [
            "10:00:00 1 0190163d-8694-739b-aea5-966c26f8ad91",
            "10:00:00 1 m9",
            "10:00:00 2 m1",
            "10:01:00 0 m0"
        ]
    );
    assert_eq!(at("10:00"), "2026-11-01T10:00:00Z");
}

#[test]
fn options_change_sessions_and_days() {
    let track = |message: &str, clock: &str, device: &str| {
        event("track", message, clock, &format!(r#""event":"A","userId":"u","anonymousId":"{device}""#))
    };
    let rig = Rig::new(&[track("m1", "23:00", "a1"), track("m2", "23:20", "a2"), track("m3", "23:40", "a1")]);
    let sessions = |options: &DeriveOptions| rig.derive_with(options).sessions;
    let usual = DeriveOptions::default();
    assert_eq!(sessions(&usual), 1);
    let short = DeriveOptions { session_timeout: Duration::from_mins(19), ..usual.clone() };
    assert_eq!(sessions(&short), 3);
    let exact = DeriveOptions { session_timeout: Duration::from_mins(20), ..usual.clone() };
    assert_eq!(sessions(&exact), 1, "a gap of exactly the timeout goes on");
    let device = DeriveOptions { scope: SessionScope::Device, ..usual.clone() };
    assert_eq!(sessions(&device), 3, "40 minutes on one device are two sessions of it, beside the other's");
    let berlin = DeriveOptions { timezone: "Europe/Berlin".to_owned(), ..usual };
    rig.derive_with(&berlin);
    // 23:00 UTC is midnight in Berlin, of day 20,759.
    assert_eq!(rig.rows(Table::Profiles, &["daily_counts", "days_active"]), ["[20759/A/3] 1"]);
}

#[test]
fn an_event_whose_ids_are_all_blocked_is_nobody() {
    let rig = Rig::new(&[
        event("track", "m1", "10:00", r#""event":"A","userId":"undefined","anonymousId":"null""#),
        event("track", "m2", "10:00", r#""event":"A","userId":"undefined","anonymousId":"a1""#),
    ]);
    let summary = rig.derive();
    assert_eq!((summary.events, summary.people, summary.unattributed_events), (2, 1, 1));
    assert_eq!(rig.rows(Table::Timeline, &["message_id", "user_id"]), ["m2 undefined"]);
    assert_eq!(rig.rows(Table::Profiles, &["user_id"]), ["-"]);
}

#[test]
fn a_declared_email_joins_two_devices() {
    let identify = |message: &str, device: &str, email: &str| {
        let rest = format!(r#""anonymousId":"{device}","traits":{{"email":"{email}"}}"#);
        event("identify", message, "10:00", &rest)
    };
    let rig = Rig::new(&[identify("m1", "a1", "Ann@Example.com"), identify("m2", "a2", "ann@example.com")]);
    assert_eq!(rig.derive().people, 1);
    let emails = rig.rows(Table::Identities, &["kind", "id"]);
    assert!(
        emails[0].starts_with("email ") && !emails[0].contains('@'),
        "no address in the clear: {emails:?}"
    );
}
