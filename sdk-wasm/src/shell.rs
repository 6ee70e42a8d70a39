//! The loop between the core and a page.

use alloc::vec::Vec;

use holloway_core::{
    ChunkId, Client, Config, Consent, Diagnostic, Effect, EventOptions, HttpOutcome, Now, ReadOutcome,
    Registration, ResetOptions, Restored, RestoredChunk, StoredOutcome, Token,
};

use crate::host::{Host, SEND_BEACONED, SEND_PENDING, SEND_REFUSED};

/// A chunk is one request. Browsers allow 64 KiB of keepalive bodies and beacons at a time; the frame around the
/// events and a neighbour's small request must fit too.
const CHUNK_BYTES_MAX: usize = 56 * 1024;
/// Browsers give an origin about 5 million characters; the app needs most of them.
const OUTBOX_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What a client is told once; empty texts are absent.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) write_key: &'a str,
    pub(crate) flush_at: u32,
    pub(crate) flush_interval_ms: f64,
    pub(crate) consent: u32,
    pub(crate) anonymous_id: &'a str,
    pub(crate) state: &'a str,
    pub(crate) state_copy: &'a str,
    pub(crate) context: &'a str,
}

/// A call of the app, as it was when the app made it. Empty texts are absent.
///
/// | kind | call | `name` | `body` |
/// |---|---|---|---|
/// | 0, 1, 2 | track, page, screen | event or page name | properties |
/// | 3 | identify | user id | traits |
/// | 4 | group | group id | traits |
/// | 5 | alias | new user id | former id |
/// | 6 | reset | | |
/// | 7 | register | empty, `once` or `session` | properties |
/// | 8 | unregister | key | |
/// | 9 | consent | `unknown`, `granted` or `denied` | |
/// | 10 | start a session | | |
/// | 11 | consent by purpose | | purposes |
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) kind: u32,
    pub(crate) name: &'a str,
    pub(crate) body: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) timestamp_unix_ms: f64,
    pub(crate) context: &'a str,
    pub(crate) integrations: &'a str,
}

/// The core and its page.
#[derive(Debug)]
pub(crate) struct Shell<H> {
    client: Client,
    host: H,
}

/// Both clocks of the page, cut to whole milliseconds.
pub(crate) const fn now(unix_ms: f64, mono_ms: f64) -> Now {
    Now { unix_ms: unix_ms as u64, mono_ms: mono_ms as u64 }
}

impl<H: Host> Shell<H> {
    /// A client that goes on from its stored state.
    pub(crate) fn new(host: H, setup: &Setup<'_>, now: Now) -> Self {
        let mut config = Config::new(setup.write_key);
        config.flush_at = setup.flush_at as usize;
        config.flush_interval_ms = setup.flush_interval_ms as u64;
        config.chunk_bytes_max = CHUNK_BYTES_MAX;
        config.outbox_bytes_max = OUTBOX_BYTES_MAX;
        config.consent = [Consent::Unknown, Consent::Granted, Consent::Denied]
            .get(setup.consent as usize)
            .copied()
            .unwrap_or(Consent::Denied);
        config.anonymous_id = present(setup.anonymous_id).map(Into::into);
        config.library = ("@holloway/browser", env!("CARGO_PKG_VERSION"));
        let mut seed = [0; 32];
        for word in seed.chunks_exact_mut(4) {
            word.copy_from_slice(&host.random().to_le_bytes());
        }
        let bytes = |text| present(text).map(|text| text.as_bytes().to_vec());
        let restored =
            Restored { state: bytes(setup.state), state_copy: bytes(setup.state_copy), chunks: Vec::new() };
        let mut client = Client::new(config, seed, &restored, now);
        client.set_context(setup.context);
        let mut shell = Self { client, host };
        shell.tell_identity();
        shell.pump(now);
        shell
    }

    /// Carries out a call of the app.
    pub(crate) fn call(&mut self, call: &Call<'_>, now: Now) {
        let options = EventOptions {
            message_id: present(call.message_id),
            timestamp_unix_ms: Some(call.timestamp_unix_ms as u64),
            context: present(call.context),
            integrations: present(call.integrations),
        };
        let (client, body) = (&mut self.client, present(call.body));
        match call.kind & 15 {
            0 => {
                client.track(call.name, body, &options, now);
            }
            1 => {
                client.page(present(call.name), body, &options, now);
            }
            2 => {
                client.screen(present(call.name), body, &options, now);
            }
            3 => {
                client.identify(call.name, body, &options, now);
            }
            4 => {
                client.group(call.name, body, &options, now);
            }
            5 => {
                client.alias(call.name, body, &options, now);
            }
            6 => client.reset(ResetOptions::default(), now),
            7 => {
                let registration = match call.name {
                    "once" => Registration::Once,
                    "session" => Registration::Session,
                    _ => Registration::Always,
                };
                client.register(call.body, registration, now);
            }
            8 => client.unregister(call.name, now),
            10 => client.start_session(now),
            11 => client.set_purposes(call.body, now),
            _ => client.set_consent(
                match call.name {
                    "granted" => Consent::Granted,
                    "unknown" => Consent::Unknown,
                    _ => Consent::Denied,
                },
                now,
            ),
        }
        // First the effects: a wipe must not take the identity that is told after it.
        self.pump(now);
        if matches!(call.kind & 15, 3 | 5 | 6 | 9..) {
            self.tell_identity();
        }
    }

    /// Tells the core what the page noticed.
    pub(crate) fn input(&mut self, kind: u32, now: Now) {
        match kind {
            0 => self.client.foreground(now),
            1 => self.client.background(now),
            2 => self.client.online(now),
            3 => self.client.tick(now),
            _ => self.client.flush(now),
        }
        self.pump(now);
    }

    /// Takes over a chunk that a closed tab left behind.
    pub(crate) fn adopt(&mut self, chunk: f64, bytes: u32, events: u32, now: Now) {
        self.client.adopt(RestoredChunk { id: ChunkId(chunk as u64), bytes: bytes.into(), events }, now);
        self.pump(now);
    }

    /// Hands over the records of a chunk, one a line.
    pub(crate) fn read_done(&mut self, token: f64, records: &str, now: Now) {
        let payloads: Vec<Vec<u8>> = records
            .split('\n')
            .filter(|line| !line.is_empty())
            .map(|line| line.as_bytes().to_vec())
            .collect();
        self.client.read_done(Token(token as u64), ReadOutcome::Records { payloads, torn: 0 }, now);
        self.pump(now);
    }

    /// Hands over the answer to a request; status 0 when none came.
    pub(crate) fn http_done(&mut self, token: f64, status: u32, retry_after: &str, body: &str, now: Now) {
        let outcome = match status {
            0 => HttpOutcome::NetworkError,
            _ => HttpOutcome::Response {
                status: status as u16,
                retry_after: present(retry_after),
                date: None,
                body: body.as_bytes(),
            },
        };
        self.client.http_done(Token(token as u64), outcome, now);
        self.pump(now);
    }

    /// 0 when all is delivered.
    pub(crate) fn waiting(&self) -> u32 {
        (self.client.queued_events() as u32).max(u32::from(!self.client.is_idle()))
    }

    fn tell_identity(&self) {
        self.host.identity(self.client.anonymous_id(), self.client.user_id().unwrap_or_default());
    }

    /// Carries out every effect that there is.
    fn pump(&mut self, now: Now) {
        while let Some(effect) = self.client.poll_effect() {
            match effect {
                Effect::Append { token, chunk, payload } => {
                    let is_kept = self.host.append(chunk.0 as f64, text(&payload));
                    self.client.stored(token, outcome(is_kept), now);
                }
                // Each record is a key of its own: there is no file to close.
                Effect::Seal { token, .. } => self.client.stored(token, StoredOutcome::Ok, now),
                Effect::Read { token, chunk } => self.host.read(token.0 as f64, chunk.0 as f64),
                Effect::Remove { chunk } => self.host.remove(chunk.0 as f64),
                Effect::SaveState { token, bytes } => {
                    let is_kept = self.host.save(text(&bytes));
                    self.client.stored(token, outcome(is_kept), now);
                }
                Effect::Wipe => self.host.wipe(),
                Effect::Send { token, request } => {
                    let bytes = request.body.len() as u32;
                    match self.host.send(token.0 as f64, text(&request.body), bytes, request.leaving) {
                        SEND_BEACONED => self.client.http_done(token, HttpOutcome::Beaconed, now),
                        SEND_REFUSED => self.client.http_done(token, HttpOutcome::NetworkError, now),
                        answer => debug_assert_eq!(answer, SEND_PENDING),
                    }
                }
                Effect::WakeAt { mono_ms } => self.host.wake(mono_ms.saturating_sub(now.mono_ms) as f64),
                Effect::Diagnostic(diagnostic) => diagnose(&self.host, diagnostic),
            }
        }
    }
}

/// 0 bad JSON (position) · 1 name missing · 2 lost (index of the reason, events) · 3 state damaged (1 when its
/// copy was used) · 4 storage failed · 5 paused (status) · 6 retrying (status, wait in milliseconds) ·
/// 8 unreachable (wait in milliseconds) · 9 clock skew (milliseconds); 7 is the page's own.
fn diagnose(host: &impl Host, diagnostic: Diagnostic) {
    let (kind, first, second) = match diagnostic {
        Diagnostic::BadJson { at } => (0, at as f64, 0.0),
        Diagnostic::MissingName => (1, 0.0, 0.0),
        Diagnostic::Lost { reason, events } => (2, reason.index() as f64, events as f64),
        Diagnostic::StateDamaged { copy_used } => (3, f64::from(u8::from(copy_used)), 0.0),
        Diagnostic::StorageFailed => (4, 0.0, 0.0),
        Diagnostic::Paused { status } => (5, f64::from(status), 0.0),
        Diagnostic::Retrying { status, wait_ms } => (6, f64::from(status), wait_ms as f64),
        Diagnostic::Unreachable { wait_ms } => (8, wait_ms as f64, 0.0),
        Diagnostic::ClockSkew { skew_ms } => (9, skew_ms as f64, 0.0),
    };
    host.diagnose(kind, first, second);
}

fn present(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn outcome(is_kept: bool) -> StoredOutcome {
    if is_kept { StoredOutcome::Ok } else { StoredOutcome::Failed }
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeMap};

    use super::*;

    /// A page whose storage is a map, and whose requests are answered by the test.
    #[derive(Debug, Default)]
    struct Page {
        chunks: RefCell<BTreeMap<u64, Vec<String>>>,
        state: RefCell<[String; 2]>,
        reads: RefCell<Vec<(f64, f64)>>,
        sends: RefCell<Vec<(f64, String, bool)>>,
        told: RefCell<Vec<(u32, f64, f64)>>,
        identity: RefCell<[String; 2]>,
        is_full: bool,
    }

    impl Host for &Page {
        fn random(&self) -> u32 {
            7
        }
        fn append(&self, chunk: f64, record: &str) -> bool {
            if !self.is_full {
                self.chunks.borrow_mut().entry(chunk as u64).or_default().push(record.to_owned());
            }
            !self.is_full
        }
        fn read(&self, token: f64, chunk: f64) {
            self.reads.borrow_mut().push((token, chunk));
        }
        fn remove(&self, chunk: f64) {
            self.chunks.borrow_mut().remove(&(chunk as u64));
        }
        fn save(&self, state: &str) -> bool {
            let [now, copy] = &mut *self.state.borrow_mut();
            *copy = std::mem::replace(now, state.to_owned());
            true
        }
        fn wipe(&self) {
            self.chunks.borrow_mut().clear();
            self.state.borrow_mut()[1].clear();
        }
        fn send(&self, token: f64, body: &str, bytes: u32, leaving: bool) -> u32 {
            assert_eq!(bytes as usize, body.len());
            self.sends.borrow_mut().push((token, body.to_owned(), leaving));
            if leaving { SEND_BEACONED } else { SEND_PENDING }
        }
        fn wake(&self, _: f64) {}
        fn diagnose(&self, kind: u32, first: f64, second: f64) {
            self.told.borrow_mut().push((kind, first, second));
        }
        fn identity(&self, anonymous_id: &str, user_id: &str) {
            *self.identity.borrow_mut() = [anonymous_id.to_owned(), user_id.to_owned()];
        }
    }

    const NOON: Now = Now { unix_ms: 1_780_000_000_000, mono_ms: 10 };

    fn open<'a>(page: &'a Page, anonymous_id: &str) -> Shell<&'a Page> {
        let [state, state_copy] = page.state.borrow().clone();
        let setup = Setup {
            write_key: "web",
            flush_at: 20,
            flush_interval_ms: 30_000.0,
            consent: 1,
            anonymous_id,
            state: &state,
            state_copy: &state_copy,
            context: r#"{"locale":"de"}"#,
        };
        Shell::new(page, &setup, NOON)
    }

    fn call(shell: &mut Shell<&Page>, kind: u32, name: &str, body: &str) {
        let timestamp_unix_ms = NOON.unix_ms as f64;
        let call =
            Call { kind, name, body, message_id: "m1", timestamp_unix_ms, context: "", integrations: "" };
        shell.call(&call, NOON);
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
        shell.input(4, NOON);
        let (token, body, leaving) = page.sends.borrow_mut().remove(0);
        assert!(!leaving && body.contains(&stored[0]));
        shell.http_done(token, 200, "", "", NOON);
        assert!(page.chunks.borrow().is_empty());
        assert_eq!(shell.waiting(), 0);
    }

    #[test]
    fn a_beacon_is_no_receipt() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Left", "");
        shell.input(1, NOON);
        assert!(page.sends.borrow()[0].2, "sent as a beacon");
        assert_eq!(page.chunks.borrow().len(), 1, "and kept");
        assert_eq!(shell.waiting(), 1);
    }

    #[test]
    fn the_next_page_takes_over_what_was_left_and_is_the_same_visitor() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 3, "u1", "");
        let identity = page.identity.borrow().clone();
        drop(shell);
        let (chunk, records) = page.chunks.borrow().first_key_value().map(|(k, v)| (*k, v.clone())).unwrap();
        let mut shell = open(&page, "");
        assert_eq!(*page.identity.borrow(), identity);
        shell.adopt(chunk as f64, records[0].len() as u32, 1, NOON);
        let (token, asked) = page.reads.borrow_mut().remove(0);
        assert_eq!(asked as u64, chunk, "chunk ids survive as numbers of JavaScript");
        shell.read_done(token, &records.join("\n"), NOON);
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
        assert!(page.told.borrow().contains(&(4, 0.0, 0.0)));
        shell.input(4, NOON);
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
    fn retry_after_of_the_collector_is_obeyed() {
        let page = Page::default();
        let mut shell = open(&page, "");
        call(&mut shell, 0, "Shed", "");
        shell.input(4, NOON);
        let (token, ..) = page.sends.borrow_mut().remove(0);
        shell.http_done(token, 429, "8", "", NOON);
        assert!(page.told.borrow().contains(&(6, 429.0, 8_000.0)));
        shell.input(3, Now { mono_ms: NOON.mono_ms + 7_999, ..NOON });
        assert!(page.sends.borrow().is_empty());
        shell.input(3, Now { mono_ms: NOON.mono_ms + 8_000, ..NOON });
        assert_eq!(page.sends.borrow().len(), 1);
    }
}
