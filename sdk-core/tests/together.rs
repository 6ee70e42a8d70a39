//! Several clients of one visitor on one state, as the tabs of a browser.

use std::{cell::RefCell, rc::Rc};

use holloway_core::{
    Client, Config, Consent, Effect, EventOptions, HttpOutcome, Now, Restored, StoredOutcome, Token,
    wire::LossReason,
};

const NOON: Now = Now { unix_ms: 1_780_000_000_000, mono_ms: 1_000 };

const fn at(ms: u64) -> Now {
    Now { unix_ms: NOON.unix_ms + ms, mono_ms: NOON.mono_ms + ms }
}

/// A tab: it reads the common state before each call when another one wrote it.
struct Tab {
    client: Client,
    common: Rc<RefCell<Vec<u8>>>,
    known: Vec<u8>,
    sent: Vec<(Token, String)>,
    wiped: bool,
}

impl Tab {
    fn open(common: &Rc<RefCell<Vec<u8>>>, seed: u8, consent: Consent) -> Self {
        let known = common.borrow().clone();
        let state = (!known.is_empty()).then(|| known.clone());
        let mut config = Config::new("KEY");
        config.consent = consent;
        let restored = Restored { state, ..Restored::default() };
        let client = Client::new(config, [seed; 32], &restored, NOON);
        let mut tab = Self { client, common: Rc::clone(common), known, sent: Vec::new(), wiped: false };
        tab.pump(NOON);
        tab
    }

    fn act(&mut self, now: Now, act: impl FnOnce(&mut Client)) {
        let common = self.common.borrow().clone();
        if common != self.known {
            self.known.clone_from(&common);
            self.client.sync(str::from_utf8(&common).expect("a text"), now);
            self.pump(now);
        }
        act(&mut self.client);
        self.pump(now);
    }

    fn track(&mut self, now: Now) {
        self.act(now, |client| {
            let _ = client.track("A", None, &EventOptions::default(), now);
        });
    }

    fn pump(&mut self, now: Now) {
        while let Some(effect) = self.client.poll_effect() {
            match effect {
                Effect::Append { token, .. } | Effect::Seal { token, .. } => {
                    self.client.stored(token, StoredOutcome::Ok, now);
                }
                Effect::SaveState { token, bytes } => {
                    self.known.clone_from(&bytes);
                    *self.common.borrow_mut() = bytes;
                    self.client.stored(token, StoredOutcome::Ok, now);
                }
                Effect::Send { token, request } => {
                    self.sent.push((token, String::from_utf8(request.body).expect("UTF-8")));
                }
                Effect::Wipe => self.wiped = true,
                _ => {}
            }
        }
    }

    fn session(&self) -> String {
        self.client.session().expect("a session").id.to_owned()
    }
}

fn tabs(consent: Consent) -> [Tab; 2] {
    let common = Rc::default();
    [1, 2].map(|seed| Tab::open(&common, seed, consent))
}

#[test]
fn tabs_are_one_visitor_in_one_session() {
    let [mut one, mut two] = tabs(Consent::Granted);
    assert_eq!(one.client.anonymous_id(), two.client.anonymous_id());
    one.track(at(0));
    two.track(at(1));
    assert_eq!(one.session(), two.session());
    // Idle for one, not for the visitor.
    let minutes = |minutes: u64| at(minutes * 60_000);
    two.track(minutes(20));
    one.track(minutes(40));
    assert_eq!(one.session(), two.session());
    one.track(minutes(80));
    two.track(minutes(81));
    assert_eq!(one.session(), two.session());
    assert_eq!(one.client.session().unwrap().index, 2);
}

#[test]
fn who_logs_in_or_out_in_one_tab_does_in_all() {
    let [mut one, mut two] = tabs(Consent::Granted);
    one.act(at(0), |client| {
        let _ = client.identify("u1", None, &EventOptions::default(), at(0));
    });
    two.track(at(1));
    assert_eq!(two.client.user_id(), Some("u1"));
    two.act(at(2), |client| client.reset(holloway_core::ResetOptions::default(), at(2)));
    one.track(at(3));
    assert_eq!(one.client.user_id(), None);
    assert_eq!(one.client.anonymous_id(), two.client.anonymous_id());
}

#[test]
fn a_pause_is_everybodys() {
    let [mut one, mut two] = tabs(Consent::Granted);
    one.track(at(0));
    one.act(at(0), |client| client.flush(at(0)));
    let (token, _) = one.sent.remove(0);
    let shed = HttpOutcome::Response { status: 429, retry_after_ms: Some(8_000), verdicts: &[] };
    one.act(at(10), |client| client.http_done(token, shed, at(10)));
    two.track(at(20));
    two.act(at(20), |client| client.flush(at(20)));
    assert!(two.sent.is_empty(), "the collector asked for 8 s");
    two.act(at(8_011), |client| client.tick(at(8_011)));
    assert_eq!(two.sent.len(), 1);
}

#[test]
fn a_denial_in_one_tab_empties_all_and_is_told_once() {
    let [mut one, mut two] = tabs(Consent::Granted);
    one.track(at(0));
    one.act(at(0), |client| client.flush(at(0)));
    let (token, _) = one.sent.remove(0);
    let done = || HttpOutcome::Response { status: 200, retry_after_ms: None, verdicts: &[] };
    one.act(at(1), |client| client.http_done(token, done(), at(1)));
    two.act(at(2), |client| client.set_follower(true, at(2)));
    two.track(at(2));
    one.act(at(3), |client| client.set_consent(Consent::Denied, at(3)));
    assert!(one.wiped);
    two.act(at(4), |client| client.tick(at(4)));
    assert_eq!(two.client.consent(), Consent::Denied);
    assert_eq!(two.client.queued_events(), 0);
    two.act(at(5), |client| client.set_consent(Consent::Granted, at(5)));
    two.track(at(6));
    two.act(at(6), |client| client.flush(at(6)));
    let anew = two.sent.pop().expect("a request of the visitor who agreed again");
    assert!(anew.1.contains("\"sequence\":1}") || anew.1.contains("\"sequence\":1,"), "{}", anew.1);
    assert!(two.sent.is_empty(), "the leader asks for the deletion");
    assert!(one.sent[0].1.contains("Deletion Requested"), "{}", one.sent[0].1);
}

#[test]
fn a_grant_in_one_tab_sends_what_another_held() {
    let [mut one, mut two] = tabs(Consent::Unknown);
    two.act(at(0), |client| {
        let _ = client.identify("u1", None, &EventOptions::default(), at(0));
    });
    two.track(at(0));
    one.act(at(1), |client| client.set_consent(Consent::Granted, at(1)));
    two.act(at(2), |client| client.flush(at(2)));
    two.act(at(3), |client| client.flush(at(3)));
    assert!(two.sent[0].1.contains("\"event\":\"A\""));
    assert_eq!(two.client.user_id(), Some("u1"), "who was never written is not forgotten");
}

#[test]
fn losses_are_told_by_the_leader_alone() {
    let [mut one, mut two] = tabs(Consent::Granted);
    two.act(at(0), |client| client.set_follower(true, at(0)));
    one.act(at(1), |client| {
        let _ = client.track("", None, &EventOptions::default(), at(1));
    });
    for tab in [&mut two, &mut one] {
        tab.track(at(2));
        tab.act(at(2), |client| client.flush(at(2)));
    }
    assert!(!two.sent[0].1.contains("losses"), "{}", two.sent[0].1);
    assert!(one.sent[0].1.contains("\"losses\":{\"serialize\":1}"), "{}", one.sent[0].1);
}

#[test]
fn what_was_lost_before_a_grant_elsewhere_is_told_once() {
    let [mut one, mut two] = tabs(Consent::Unknown);
    let nameless = |client: &mut Client, now| {
        let _ = client.track("", None, &EventOptions::default(), now);
    };
    two.act(at(0), |client| nameless(client, at(0)));
    one.act(at(1), |client| nameless(client, at(1)));
    one.act(at(2), |client| client.set_consent(Consent::Granted, at(2)));
    for ms in 3..6 {
        two.act(at(ms), |client| client.tick(at(ms)));
        one.act(at(ms), |client| client.tick(at(ms)));
    }
    let told: Vec<_> = one.client.losses().collect();
    assert_eq!(told, [(LossReason::Serialize, 2)]);
}

#[test]
fn what_was_lost_before_a_decision_is_told_besides_what_a_former_visit_lost() {
    let common = Rc::default();
    let nameless = |client: &mut Client, now| {
        let _ = client.track("", None, &EventOptions::default(), now);
    };
    Tab::open(&common, 1, Consent::Granted).act(at(0), |client| nameless(client, at(0)));
    // The site asks now, and this visitor has not decided.
    let [mut one, mut two] = [2, 3].map(|seed| Tab::open(&common, seed, Consent::Unknown));
    two.act(at(1), |client| nameless(client, at(1)));
    one.act(at(2), |client| client.set_consent(Consent::Granted, at(2)));
    for ms in 3..6 {
        two.act(at(ms), |client| client.tick(at(ms)));
        one.act(at(ms), |client| client.tick(at(ms)));
    }
    assert_eq!(one.client.losses().collect::<Vec<_>>(), [(LossReason::Serialize, 2)]);
}

#[test]
fn a_state_that_cannot_be_read_changes_nothing() {
    let [mut one, _] = tabs(Consent::Granted);
    one.track(at(0));
    let before = (one.client.anonymous_id().to_owned(), one.session());
    one.act(at(1), |client| client.sync("00000000nonsense", at(1)));
    assert_eq!((one.client.anonymous_id().to_owned(), one.session()), before);
}

/// Lines of a record, what they make of a fresh client, and the session that the next event then has.
fn check(record: &[&str], subject: (&str, Option<&str>), session: Option<&str>) {
    let [mut tab, _] = tabs(Consent::Granted);
    tab.act(at(0), |client| client.meet(&record.join("\n"), at(0)));
    assert_eq!((tab.client.anonymous_id(), tab.client.user_id()), subject, "{record:?}");
    tab.track(at(1));
    if let Some(session) = session {
        assert_eq!(tab.session(), session, "{record:?}");
    }
}

#[test]
fn a_record_of_a_sub_domain_makes_the_same_visitor() {
    let start = NOON.unix_ms.to_string();
    check(&["anon"], ("anon", None), None);
    check(&["anon", "u1"], ("anon", Some("u1")), None);
    check(&["anon", "u1", "s1", &start, &start, "3", "5"], ("anon", Some("u1")), Some("s1"));
    let [mut own, _] = tabs(Consent::Granted);
    let anonymous_id = own.client.anonymous_id().to_owned();
    own.act(at(0), |client| {
        let _ = client.identify("u1", None, &EventOptions::default(), at(0));
        client.meet(&anonymous_id, at(1));
    });
    assert_eq!(own.client.user_id(), Some("u1"), "nothing was said of a user");
    own.act(at(2), |client| client.meet(&format!("{anonymous_id}\n"), at(2)));
    assert_eq!(own.client.user_id(), None, "nobody is logged in there");
    check(&[""], (own.client.anonymous_id(), None), None);
}
