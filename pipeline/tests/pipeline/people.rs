//! Ids become people; `identities` and `merges` say how.

use crate::rig::{Rig, event};
use holloway_pipeline::{PersonError, Table, person};

fn track(message: &str, clock: &str, ids: &str) -> String {
    event("track", message, clock, &format!(r#""event":"A",{ids}"#))
}

fn identify(message: &str, clock: &str, anonymous: &str, user: &str) -> String {
    event("identify", message, clock, &format!(r#""anonymousId":"{anonymous}","userId":"{user}""#))
}

/// Message id and the label of the person, in the order of messages.
fn owners(rig: &Rig) -> Vec<String> {
    let users: Vec<(String, String)> = rig
        .rows(Table::Profiles, &["person_id", "user_id"])
        .iter()
        .map(|line| line.split_once(' ').map(|(id, user)| (id.to_owned(), user.to_owned())).unwrap())
        .collect();
    let mut owners: Vec<String> = rig
        .rows(Table::Timeline, &["message_id", "person_id"])
        .iter()
        .map(|line| {
            let (message, person) = line.split_once(' ').unwrap();
            let user = &users.iter().find(|(id, _)| id == person).unwrap().1;
            format!("{message} {user}")
        })
        .collect();
    owners.sort();
    owners
}

#[test]
fn a_late_identify_relabels_history() {
    let rig = Rig::new(&[track("m1", "10:00", r#""anonymousId":"a1""#)]);
    rig.derive();
    assert_eq!(owners(&rig), ["m1 -"]);
    let before = rig.rows(Table::Profiles, &["person_id"]);
    let events = rig.rows(Table::Events, &["message_id", "user_id"]);
    rig.append(&[identify("m2", "10:05", "a1", "u1")]);
    rig.derive();
    assert_eq!(owners(&rig), ["m1 u1", "m2 u1"]);
    assert_eq!(
        rig.rows(Table::Profiles, &["person_id"]),
        before,
        "the person stays the same through the login"
    );
    assert_eq!(rig.rows(Table::Events, &["message_id", "user_id"])[0], events[0], "and no fact is rewritten");
}

#[test]
fn a_shared_device_belongs_to_one_user_at_a_time() {
    let rig = Rig::new(&[
        track("m1", "09:00", r#""anonymousId":"tablet""#),
        identify("m2", "10:00", "tablet", "ann"),
        track("m3", "10:30", r#""anonymousId":"tablet""#),
        identify("m4", "11:00", "tablet", "bob"),
        track("m5", "11:30", r#""anonymousId":"tablet""#),
    ]);
    let summary = rig.derive();
    assert_eq!(summary.people, 2);
    assert_eq!(owners(&rig), ["m1 ann", "m2 ann", "m3 ann", "m4 bob", "m5 bob"]);
    let tablet: Vec<String> = rig
        .rows(Table::Identities, &["kind", "id", "valid_from", "valid_to"])
        .into_iter()
        .filter(|line| line.contains("tablet"))
        .collect();
    assert_eq!(tablet, ["anonymous tablet - 11:00:00", "anonymous tablet 11:00:00 -"]);
}

#[test]
fn two_users_never_merge_and_the_refusal_is_recorded() {
    let rig = Rig::new(&[
        identify("m1", "10:00", "a1", "ann"),
        identify("m2", "10:00", "a2", "bob"),
        event("alias", "m3", "11:00", r#""previousId":"ann","userId":"bob""#),
    ]);
    let summary = rig.derive();
    assert_eq!((summary.people, summary.refused_merges), (2, 1));
    let refused: Vec<String> = rig
        .rows(Table::Merges, &["at", "message_id", "left_id", "right_id", "verdict"])
        .into_iter()
        .filter(|line| line.ends_with("refused"))
        .collect();
    assert_eq!(refused, ["11:00:00 m3 ann bob refused"]);
}

#[test]
fn a_person_is_found_by_any_id() {
    let rig = Rig::new(&[track("m1", "10:00", r#""anonymousId":"a1""#), identify("m2", "10:05", "a1", "u1")]);
    rig.derive();
    let by_user = person(rig.data(), "u1").unwrap();
    assert_eq!(by_user, person(rig.data(), "a1").unwrap());
    assert_eq!(by_user, person(rig.data(), &by_user.person_id).unwrap());
    assert_eq!(by_user.sessions.len(), 1);
    assert_eq!(by_user.sessions[0]["events"], 2);
    assert_eq!(by_user.profile["user_id"], "u1");
    assert_eq!(by_user.profile["event_counts"]["A"], 1);
    assert_eq!(by_user.profile["daily_counts"][0]["day"], "2026-11-01");
    let ids: Vec<String> =
        by_user.ids.iter().map(|row| format!("{} {}", row["kind"], row["id"]).replace('"', "")).collect();
    assert_eq!(ids, ["user u1", "anonymous a1"]);
    assert!(matches!(person(rig.data(), "nobody"), Err(PersonError::Unknown { .. })));
}
