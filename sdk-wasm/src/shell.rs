//! The loop between the core and a page.

use core::array;

use holloway_core::{
    ChunkId, Client, Config, Consent, Diagnostic, Effect, EventOptions, Now, Records, Registration,
    ResetOptions, RestoredChunk, StoredOutcome, Token,
    wire::{EventKind, json::Sink, next_field, scrubbed},
};

use crate::host::{Act, Host, SEND_BEACONED, SEND_PENDING, SEND_REFUSED};

/// A chunk is one request. Browsers allow 64 KiB of keepalive bodies and beacons at a time; the frame around the
/// events and a neighbour's small request must fit too.
const CHUNK_BYTES_MAX: usize = 56 * 1024;
/// Browsers give an origin about 5 million characters; the app needs most of them.
const OUTBOX_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Who speaks: the npm package, or this crate in a front end of Rust.
const LIBRARY: &str = if cfg!(feature = "web") { "holloway-wasm" } else { "@holloway/browser" };
/// Between the fields of a text. JSON has none; a name comes last and may have some.
const FIELD_END: u8 = 0;

/// The core and its page.
#[derive(Debug)]
pub(crate) struct Shell<H> {
    client: Client,
    host: H,
    /// The running session's number, as the page was told it.
    told_session: u64,
}

/// Both clocks of the page, cut to whole milliseconds.
pub(crate) const fn now(unix_ms: f64, mono_ms: f64) -> Now {
    Now { unix_ms: unix_ms as u64, mono_ms: mono_ms as u64 }
}

impl<H: Host> Shell<H> {
    /// A client that goes on from its stored state. The text's fields, empty ones absent: write key; consent (`unknown`,
    /// `granted` or `denied`); the anonymous id where the state has none; the context, a JSON object; state; its copy.
    pub(crate) fn new(host: H, text: &str, flush_at: u32, flush_interval_ms: f64, now: Now) -> Self {
        let mut fields = Fields(text);
        let [write_key, consent_word, anonymous_id, context, state, state_copy] =
            array::from_fn(|_| fields.next());
        let configure = |config: &mut Config| {
            config.write_key.put(write_key);
            config.flush_at = flush_at as usize;
            config.flush_interval_ms = flush_interval_ms as u64;
            config.chunk_bytes_max = CHUNK_BYTES_MAX;
            config.outbox_bytes_max = OUTBOX_BYTES_MAX;
            config.consent = consent(consent_word);
            config.anonymous_id.put(anonymous_id);
            config.saves_in_background = true;
            config.library = (LIBRARY, env!("CARGO_PKG_VERSION"));
        };
        let mut seed = [0; 32];
        for word in seed.chunks_exact_mut(4) {
            word.copy_from_slice(&host.act(Act::Random, 0.0, 0.0, b"").to_le_bytes());
        }
        let client = Client::from_texts(configure, seed, [state, state_copy], &[], now);
        let mut shell = Self { client, host, told_session: 0 };
        shell.client.set_context(context);
        shell.pump(now);
        shell.tell_identity();
        shell
    }

    /// Carries out a call of the app, or takes what the page noticed.
    ///
    /// | kind | call | `name` | `body` |
    /// |---|---|---|---|
    /// | 0, 1, 2 | track, page, screen | event or page name | properties |
    /// | 3 | identify | user id | traits |
    /// | 4 | group | group id | traits |
    /// | 5 | alias | new user id | former id |
    /// | 6 | reset | | |
    /// | 7 | register | empty, `once` or `session` | properties |
    /// | 8 | unregister | | an object with its key; the `web` feature's key in the name's place and as it is |
    /// | 9 | consent | `unknown`, `granted` or `denied` | |
    /// | 10 | start a session | | |
    /// | 11 | consent by purpose | | purposes |
    ///
    /// Their `first` is the time of the call, and the fields of their text are body, context, integrations, message id
    /// and name; 16 more than the kind is a call that a feature made. Scrubbed are such a call's body, a page's, and every
    /// context: nobody chose what URLs and titles say.
    ///
    /// | kind | noticed | `first` | `second` | text |
    /// |---|---|---|---|---|
    /// | 32 | visible | | | |
    /// | 33 | hidden, or left | | | |
    /// | 34 | online | | | |
    /// | 35 | time passed | | | |
    /// | 36 | flush was asked for | | | |
    /// | 37 | a closed tab left a chunk | its id | | its records, one a line |
    /// | 38 | a chunk was read | token | | its records, one a line; none when another tab took them over |
    /// | 39 | a request ended | token | status, 0 for none, 1 for a beacon in its place; 1,000 for each millisecond and one more that it asked to wait | a digit an event: its verdict's place in `Verdict::ALL` |
    /// | 40 | another tab wrote the state | | | the state |
    /// | 41 | this tab tells losses and deletions | 1, or 0 when another does | | |
    /// | 42 | the cookie changed | | | as `Act::Identity` tells it |
    /// | 43 | the browser said more of itself | | | the context, a JSON object |
    pub(crate) fn call(&mut self, kind: u32, first: f64, second: f64, text: &str, now: Now) {
        let client = &mut self.client;
        match kind {
            0..32 => self.app_call(kind, first, text, now),
            32 => client.foreground(now),
            33 => client.background(now),
            34 => client.online(now),
            35 => client.tick(now),
            36 => client.flush(now),
            37 => {
                let events = 1 + text.bytes().filter(|byte| *byte == b'\n').count() as u32;
                let chunk = RestoredChunk { id: ChunkId(first as u64), bytes: text.len() as u64, events };
                client.adopt(chunk, now);
            }
            38 => {
                let (mut records, mut rest) = (Records::default(), text);
                while !rest.is_empty() {
                    let line = next_field(&mut rest, b'\n');
                    if !line.is_empty() {
                        records.push(line.as_bytes());
                    }
                }
                client.records_read(Token(first as u64), records, 0, !text.is_empty(), now);
            }
            39 => {
                let (answer, verdicts) = (second as u64, text.as_bytes());
                let asked_ms = (answer / 1_000).saturating_sub(1);
                client.http_ended(Token(first as u64), (answer % 1_000) as u16, asked_ms, verdicts, now);
            }
            40 => client.sync(text, now),
            41 => client.set_follower(first == 0.0, now),
            42 => client.meet(text, now),
            43 => client.set_context(text),
            _ => {}
        }
        // First the effects: a wipe must not take the identity that is told after it.
        self.pump(now);
        if (40..43).contains(&kind)
            // Whoever comes next must know when the visitor was last active.
            || kind == 33
            || self.client.session_index() != self.told_session
            || matches!(kind & !16, 3 | 5 | 6 | 9..16)
        {
            self.tell_identity();
        }
    }

    /// 0 when all is delivered.
    pub(crate) fn waiting(&self) -> u32 {
        (self.client.queued_events() as u32).max(u32::from(!self.client.is_idle()))
    }

    fn app_call(&mut self, kind: u32, unix_ms: f64, text: &str, now: Now) {
        let mut fields = Fields(text);
        let [body, context, integrations, message_id] = array::from_fn(|_| fields.next());
        let body = if kind > 15 || kind == 1 { scrubbed(body) } else { body.into() };
        let context = scrubbed(context);
        let name = fields.0;
        let options = EventOptions {
            message_id: Some(message_id),
            timestamp_unix_ms: Some(unix_ms as u64),
            context: present(&context),
            integrations: present(integrations),
        };
        let (client, object) = (&mut self.client, present(&body));
        match kind & 15 {
            kind @ 0..6 => {
                client.event(EventKind::ALL[kind as usize], name, object, &options, now);
            }
            6 => client.reset(ResetOptions::default(), now),
            7 => {
                let registration = match name.as_bytes().first() {
                    Some(b'o') => Registration::Once,
                    Some(b's') => Registration::Session,
                    _ => Registration::Always,
                };
                client.register(&body, registration, now);
            }
            8 if cfg!(feature = "web") => client.unregister(name, now),
            // One writer made this text and those that were registered.
            8 => client.unregister_like(&body, now),
            10 => client.start_session(now),
            11 => client.set_purposes(&body, now),
            9 => client.set_consent(consent(name), now),
            // A later version's, left in the store.
            _ => {}
        }
    }

    /// The visitor, as the core tells it.
    fn tell_identity(&mut self) {
        self.told_session = self.client.session_index();
        let consent = self.client.consent() as u8;
        self.host.act(Act::Identity, f64::from(consent), 0.0, self.client.visitor().as_bytes());
    }

    /// Carries out every effect that there is.
    fn pump(&mut self, now: Now) {
        loop {
            let effects = self.client.take_effects();
            if effects.is_empty() {
                return;
            }
            for effect in &effects {
                self.carry_out(effect, now);
            }
        }
    }

    fn carry_out(&mut self, effect: &Effect, now: Now) {
        let (mut first, mut second, mut text) = (0, 0, &b""[..]);
        let act = match effect {
            Effect::Append { token, chunk, payload } => {
                self.store(*token, Act::Append, *chunk, payload, now);
                return;
            }
            // Each record is a key of its own: there is no file to close.
            Effect::Seal { token, .. } => {
                self.client.stored(*token, StoredOutcome::Ok, now);
                return;
            }
            Effect::SaveState { token, bytes } => {
                self.store(*token, Act::Save, ChunkId(0), bytes, now);
                return;
            }
            Effect::Send { token, request } => {
                let leaving = f64::from(u8::from(request.leaving));
                let answer = self.host.act(Act::Send, token.0 as f64, leaving, &request.body);
                debug_assert!(answer <= SEND_REFUSED);
                if answer != SEND_PENDING {
                    // A beacon's number is the status that stands for it; a refusal is no answer.
                    self.client.http_ended(*token, (answer & SEND_BEACONED) as u16, 0, b"", now);
                }
                return;
            }
            Effect::Read { token, chunk } => {
                (first, second) = (token.0, chunk.0);
                Act::Read
            }
            Effect::Remove { chunk } => {
                first = chunk.0;
                Act::Remove
            }
            Effect::Wipe => Act::Wipe,
            Effect::WakeAt { mono_ms } => {
                first = mono_ms.saturating_sub(now.mono_ms);
                Act::Wake
            }
            Effect::Diagnostic(diagnostic) => {
                (text, first, second) = numbers(diagnostic);
                Act::Diagnose
            }
        };
        // A clock's difference may be below zero; nothing else is beyond the half of what there is.
        self.host.act(act, first as i64 as f64, second as f64, text);
    }

    #[inline(never)] // two callers, and bytes count more than a call
    fn store(&mut self, token: Token, act: Act, chunk: ChunkId, bytes: &[u8], now: Now) {
        let is_kept = self.host.act(act, chunk.0 as f64, 0.0, bytes) != 0;
        let outcome = if is_kept { StoredOutcome::Ok } else { StoredOutcome::Failed };
        self.client.stored(token, outcome, now);
    }
}

/// A diagnostic as it crosses into the page. The text is its kind, one character from `0`: 0 bad JSON (position) · 1 name
/// missing · 3 state damaged (1 when its copy was used) · 4 storage failed · 5 paused (status) · 6 retrying (status, wait in
/// milliseconds) · 8 unreachable (wait in milliseconds) · 9 clock skew (milliseconds). Of a loss it is the reason's word on
/// the wire, and the number is how many events.
fn numbers(diagnostic: &Diagnostic) -> (&'static [u8], u64, u64) {
    match *diagnostic {
        Diagnostic::BadJson { at } => (b"0", at as u64, 0),
        Diagnostic::MissingName => (b"1", 0, 0),
        Diagnostic::Lost { reason, events } => (reason.as_str().as_bytes(), events, 0),
        Diagnostic::StateDamaged { copy_used } => (b"3", copy_used.into(), 0),
        Diagnostic::StorageFailed => (b"4", 0, 0),
        Diagnostic::Paused { status } => (b"5", status.into(), 0),
        Diagnostic::Retrying { status, wait_ms } => (b"6", status.into(), wait_ms),
        Diagnostic::Unreachable { wait_ms } => (b"8", wait_ms, 0),
        Diagnostic::ClockSkew { skew_ms } => (b"9", skew_ms as u64, 0),
    }
}

/// What is still to be read of a text.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn next(&mut self) -> &'a str {
        next_field(&mut self.0, FIELD_END)
    }
}

#[inline(never)] // two callers, and bytes count more than a call
fn consent(word: &str) -> Consent {
    match word.as_bytes().first() {
        Some(b'g') => Consent::Granted,
        Some(b'u') => Consent::Unknown,
        _ => Consent::Denied,
    }
}

fn present(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeMap};

    use holloway_core::wire::LossReason;

    use super::*;

    /// A page whose storage is a map, and whose requests are answered by the test.
    #[derive(Debug, Default)]
    struct Page {
        chunks: RefCell<BTreeMap<u64, Vec<String>>>,
        state: RefCell<[String; 2]>,
        reads: RefCell<Vec<(f64, f64)>>,
        sends: RefCell<Vec<(f64, String, bool)>>,
        told: RefCell<Vec<(String, f64, f64)>>,
        identity: RefCell<Vec<String>>,
        is_full: bool,
    }

    impl Host for &Page {
        fn act(&self, act: Act, first: f64, second: f64, text: &[u8]) -> u32 {
            let text = std::str::from_utf8(text).expect("a text");
            match act {
                Act::Random => return 7,
                Act::Append if self.is_full => return 0,
                Act::Append => {
                    self.chunks.borrow_mut().entry(first as u64).or_default().push(text.to_owned());
                }
                Act::Read => self.reads.borrow_mut().push((first, second)),
                Act::Remove => drop(self.chunks.borrow_mut().remove(&(first as u64))),
                Act::Save => {
                    let [now, copy] = &mut *self.state.borrow_mut();
                    *copy = std::mem::replace(now, text.to_owned());
                }
                Act::Wipe => {
                    self.chunks.borrow_mut().clear();
                    self.state.borrow_mut()[1].clear();
                }
                Act::Send => {
                    self.sends.borrow_mut().push((first, text.to_owned(), second > 0.0));
                    return if second > 0.0 { SEND_BEACONED } else { SEND_PENDING };
                }
                Act::Wake => {}
                Act::Diagnose => self.told.borrow_mut().push((text.to_owned(), first, second)),
                Act::Identity => {
                    *self.identity.borrow_mut() = text.lines().map(str::to_owned).collect();
                }
            }
            1
        }
    }

    const NOON: Now = Now { unix_ms: 1_780_000_000_000, mono_ms: 10 };

    fn open<'a>(page: &'a Page, anonymous_id: &str) -> Shell<&'a Page> {
        let [state, state_copy] = page.state.borrow().clone();
        let text = ["web", "granted", anonymous_id, r#"{"locale":"de"}"#, &state, &state_copy].join("\0");
        Shell::new(page, &text, 20, 30_000.0, NOON)
    }

    fn call(shell: &mut Shell<&Page>, kind: u32, name: &str, body: &str) {
        let text = [body, "", "", "m1", name].join("\0");
        shell.call(kind, NOON.unix_ms as f64, 0.0, &text, NOON);
    }

    const HIDDEN: u32 = 33;
    const TICK: u32 = 35;
    const FLUSH: u32 = 36;

    fn input(shell: &mut Shell<&Page>, kind: u32, now: Now) {
        shell.call(kind, 0.0, 0.0, "", now);
    }

    fn answer(shell: &mut Shell<&Page>, token: f64, answer: f64) {
        shell.call(39, token, answer, "", NOON);
    }

    #[test]
    fn an_event_is_stored_before_the_call_returns_and_forgotten_after_its_receipt() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Signed Up", r#"{"plan":"pro"}"#);
        let stored: Vec<String> = page.chunks.borrow().values().flatten().cloned().collect();
        assert!(
            stored.len() == 1 && stored[0].contains(r#""event":"Signed Up","properties":{"plan":"pro"}"#)
        );
        assert!(stored[0].contains(r#""locale":"de""#));
        input(&mut shell, FLUSH, NOON);
        let (token, body, leaving) = page.sends.borrow_mut().remove(0);
        assert!(!leaving && body.contains(&stored[0]));
        answer(&mut shell, token, 200.0);
        assert!(page.chunks.borrow().is_empty());
        assert_eq!(shell.waiting(), 0);
    }

    #[test]
    fn a_beacon_is_no_receipt() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Left", "");
        input(&mut shell, HIDDEN, NOON);
        assert!(page.sends.borrow()[0].2, "sent as a beacon");
        assert_eq!(page.chunks.borrow().len(), 1, "and kept");
        assert_eq!(shell.waiting(), 1);
    }

    #[test]
    fn the_next_page_takes_over_what_was_left_and_is_the_same_visitor() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 3, "u1", "");
        let identity = page.identity.borrow()[..2].to_vec();
        drop(shell);
        let (chunk, records) = page.chunks.borrow().first_key_value().map(|(k, v)| (*k, v.clone())).unwrap();
        let mut shell = open(&page, "");
        assert_eq!(page.identity.borrow()[..2], identity);
        shell.call(37, chunk as f64, 0.0, &records.join("\n"), NOON);
        let (token, asked) = page.reads.borrow_mut().remove(0);
        assert_eq!(asked as u64, chunk, "chunk ids survive as numbers of JavaScript");
        shell.call(38, token, 0.0, &records.join("\n"), NOON);
        assert!(page.sends.borrow()[0].1.contains(&records[0]));
    }

    #[test]
    fn an_id_that_was_given_before_the_core_was_ready_stays() {
        let page = Page::default();
        open(&page, "early");
        assert_eq!(page.identity.borrow()[0], "early");
        open(&page, "other");
        assert_eq!(page.identity.borrow()[0], "early", "the stored state wins");
    }

    #[test]
    fn full_storage_is_told_and_costs_no_event() {
        let page = Page { is_full: true, ..Page::default() };
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Kept", "");
        assert!(page.told.borrow().contains(&("4".to_owned(), 0.0, 0.0)));
        input(&mut shell, FLUSH, NOON);
        assert!(page.sends.borrow()[0].1.contains("Kept"));
    }

    #[test]
    fn a_wipe_comes_before_what_is_told_after_it() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Gone", "");
        call(&mut shell, 9, "denied", "");
        assert!(page.chunks.borrow().is_empty());
        assert_eq!(shell.waiting(), 0);
        call(&mut shell, 0, "Ignored", "");
        assert!(page.chunks.borrow().is_empty());
    }

    #[test]
    fn a_call_of_a_later_version_is_no_decision() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Kept", "");
        for kind in [12, 15, 28, 31] {
            call(&mut shell, kind, "", "");
        }
        assert_eq!(shell.waiting(), 1);
        assert_eq!(page.chunks.borrow().len(), 1);
    }

    #[test]
    fn what_another_tab_took_over_is_no_loss() {
        let page = Page::default();
        call(&mut open(&page, ""), 0, "Left", "");
        let (chunk, records) = page.chunks.borrow().first_key_value().map(|(k, v)| (*k, v.clone())).unwrap();
        let mut shell = open(&page, "");
        shell.call(37, chunk as f64, 0.0, &records.join("\n"), NOON);
        let (token, _) = page.reads.borrow_mut().remove(0);
        shell.call(38, token, 0.0, "", NOON);
        assert_eq!(shell.waiting(), 0);
        let is_loss = |kind: &str| LossReason::parse(kind).is_some();
        assert!(!page.told.borrow().iter().any(|(kind, ..)| is_loss(kind)), "{:?}", page.told.borrow());
    }

    #[test]
    fn whoever_never_agreed_gets_no_id_that_lasts() {
        let page = Page::default();
        let text = ["web", "denied", "", "{}", "", ""].join("\0");
        let mut shell = Shell::new(&page, &text, 20, 30_000.0, NOON);
        call(&mut shell, 0, "Unheard", "");
        assert_eq!(*page.state.borrow(), [String::new(), String::new()]);
    }

    #[test]
    fn what_nobody_chose_is_scrubbed() {
        let page = Page::default();
        let mut shell = open(&page, "");
        let address = r#"{"it":"ann@example.com"}"#;
        for (kind, event) in [(16, "Automatic"), (1, "Viewed"), (0, "Chosen")] {
            let text = [address, r#"{"page":{"title":"bob@example.com"}}"#, "", "", event].join("\0");
            shell.call(kind, NOON.unix_ms as f64, 0.0, &text, NOON);
        }
        let stored: Vec<String> = page.chunks.borrow().values().flatten().cloned().collect();
        let has = |text: &str| [0, 1, 2].map(|at: usize| stored[at].contains(text));
        assert_eq!(has("ann@example.com"), [false, false, true], "the app's own texts are its own");
        assert_eq!(has("[email]"), [true; 3]);
        assert_eq!(has("bob@example.com"), [false; 3]);
    }

    #[cfg(not(feature = "web"))]
    #[test]
    fn a_super_property_is_taken_away_by_an_object_with_its_key() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 7, "", r#"{"a\"b":1,"\f":2,"c":3}"#);
        for keys in [r#"{"a\"b":0}"#, r#"{"\f":0}"#, r#"{"":0}"#, r#""c""#, ""] {
            call(&mut shell, 8, "", keys);
        }
        call(&mut shell, 0, "Bought", "");
        let stored: Vec<String> = page.chunks.borrow().values().flatten().cloned().collect();
        assert!(stored[0].contains(r#""properties":{"c":3}"#), "{stored:?}");
    }

    #[test]
    fn retry_after_of_the_collector_is_obeyed() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Shed", "");
        input(&mut shell, FLUSH, NOON);
        let (token, ..) = page.sends.borrow_mut().remove(0);
        answer(&mut shell, token, 8_001_429.0);
        assert!(page.told.borrow().contains(&("6".to_owned(), 429.0, 8_000.0)));
        input(&mut shell, TICK, Now { mono_ms: NOON.mono_ms + 7_999, ..NOON });
        assert!(page.sends.borrow().is_empty());
        input(&mut shell, TICK, Now { mono_ms: NOON.mono_ms + 8_000, ..NOON });
        assert_eq!(page.sends.borrow().len(), 1);
    }
}
