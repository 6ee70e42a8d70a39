//! A client that begins with any two texts as its state and the state's copy.

use holloway_core::{
    ChunkId, Client, Config, Consent, Diagnostic, Effect, EventOptions, Now, Registration, ResetOptions,
    Restored, RestoredChunk,
    frame::Scan,
    wire::{LossReason, MessageId},
};

use super::{UNIX_MS, host::Host, seed};

/// Bytes of a state's checksum, in hex digits.
const CRC_DIGITS: usize = 8;

/// An input: one byte of choices, two with the state's length, the state, its copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    /// Bits: see the methods.
    pub(crate) choices: u8,
    pub(crate) state: Vec<u8>,
    pub(crate) copy: Vec<u8>,
}

impl Stored {
    pub(crate) const WITHOUT_STATE: u8 = 1;
    pub(crate) const WITHOUT_COPY: u8 = 2;
    pub(crate) const REPAIRED_STATE: u8 = 4;
    pub(crate) const REPAIRED_COPY: u8 = 8;
    pub(crate) const WITH_CHUNKS: u8 = 16;
    pub(crate) const FULL_DISK: u8 = 32;
    pub(crate) const UNASKED: u8 = 64;

    /// The reverse of `read`.
    pub(crate) fn write(&self) -> Vec<u8> {
        let length = (self.state.len() as u16).to_le_bytes();
        [&[self.choices][..], &length, &self.state, &self.copy].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let [choices, low, high, rest @ ..] = bytes else { return None };
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (state, copy) = rest.split_at(length);
        let mut stored = Self { choices: *choices, state: state.to_vec(), copy: copy.to_vec() };
        if stored.has(Self::REPAIRED_STATE) {
            repair(&mut stored.state);
        }
        if stored.has(Self::REPAIRED_COPY) {
            repair(&mut stored.copy);
        }
        Some(stored)
    }

    fn has(&self, choice: u8) -> bool {
        self.choices & choice != 0
    }

    fn restored(&self) -> Restored {
        let chunk = RestoredChunk { id: ChunkId(UNIX_MS << 12), bytes: 20, events: 2 };
        Restored {
            state: (!self.has(Self::WITHOUT_STATE)).then(|| self.state.clone()),
            state_copy: (!self.has(Self::WITHOUT_COPY)).then(|| self.copy.clone()),
            chunks: if self.has(Self::WITH_CHUNKS) { vec![chunk] } else { Vec::new() },
        }
    }

    fn config(&self) -> Config {
        let consent = if self.has(Self::UNASKED) { Consent::Unknown } else { Consent::Granted };
        Config { consent, ..Config::new("KEY") }
    }
}

/// Lets the bytes past the checksum.
fn repair(state: &mut [u8]) {
    if let Some((digits, rest)) = state.split_at_mut_checked(CRC_DIGITS) {
        digits.copy_from_slice(format!("{:08x}", crc32c::crc32c(rest)).as_bytes());
    }
}

fn is_whole(state: &[u8]) -> bool {
    let Some((digits, rest)) = state.split_at_checked(CRC_DIGITS) else { return false };
    let digits = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
    digits == Some(crc32c::crc32c(rest))
}

/// What a restart must not change.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    /// Empty under a denial, where none is kept.
    anonymous_id: String,
    group_id: Option<String>,
    user_id: Option<String>,
    consent: Consent,
    session: Option<String>,
    losses: Vec<(LossReason, u64)>,
}

impl Facts {
    fn of(client: &Client) -> Self {
        Self {
            anonymous_id: if client.consent() == Consent::Denied {
                String::new()
            } else {
                client.anonymous_id().to_owned()
            },
            group_id: client.group_id().map(str::to_owned),
            user_id: client.user_id().map(str::to_owned),
            consent: client.consent(),
            session: client.session().map(|session| format!("{session:?}")),
            losses: client.losses().collect(),
        }
    }
}

/// Panics when a client breaks a promise over what it was left: it takes up whole states only, tells damage, and
/// saves nothing that the next run could not read.
pub(crate) fn check_state(bytes: &[u8]) {
    let Some(stored) = Stored::read(bytes) else { return };
    let (restored, config) = (stored.restored(), stored.config());
    let now = Now { unix_ms: UNIX_MS, mono_ms: 0 };
    let mut client = Client::new(config.clone(), seed(bytes), &restored, now);
    let begun = Facts::of(&client);
    let mut host = Host { is_full: stored.has(Stored::FULL_DISK), ..Host::default() };
    let events = [br#"{"messageId":"a"}"#, br#"{"messageId":"b"}"#].map(|event| event.to_vec());
    for chunk in &restored.chunks {
        host.chunks.insert(chunk.id, Scan { payloads: events.iter().collect(), ..Scan::default() });
    }
    host.drain(&mut client, now);

    let whole_state = restored.state.as_deref().is_some_and(is_whole);
    let whole_copy = restored.state_copy.as_deref().is_some_and(is_whole);
    match damage(&host) {
        None if restored.state.is_some() => assert!(whole_state, "a flipped bit is told"),
        None => assert!(restored.state_copy.is_none(), "a state that is not there is told when its copy is"),
        Some(true) => assert!(whole_copy, "a damaged copy is not used"),
        Some(false) => {
            let fresh = Restored { chunks: restored.chunks.clone(), ..Restored::default() };
            let mut fresh = Facts::of(&Client::new(config.clone(), seed(bytes), &fresh, now));
            fresh.losses.push((LossReason::StateDamaged, 1));
            assert_eq!(begun, fresh, "nothing of a damaged state is used, and it is counted");
            assert!(MessageId::parse(client.anonymous_id()).is_ok(), "the id is a new one");
        }
    }
    live(&mut client, &mut host, &config);
}

/// Whether damage was told, and if so whether the copy was used.
fn damage(host: &Host) -> Option<bool> {
    host.diagnostics.iter().find_map(|diagnostic| match diagnostic {
        Diagnostic::StateDamaged { copy_used } => Some(*copy_used),
        _ => None,
    })
}

/// A short life with every kind of call, clocks at both ends, and a look at what a restart would find after each part.
fn live(client: &mut Client, host: &mut Host, config: &Config) {
    let times =
        [(UNIX_MS, 1, 503), (UNIX_MS + 700_000, 700_000, 200), (0, 0, 413), (u64::MAX, u64::MAX, 200)];
    for (unix_ms, mono_ms, status) in times {
        let now = Now { unix_ms, mono_ms };
        let options = EventOptions { timestamp_unix_ms: Some(unix_ms), ..EventOptions::default() };
        let _ = client.track("A", Some(r#"{"a":1}"#), &options, now);
        client.register(r#"{"b":[2]}"#, Registration::Session, now);
        client.unregister("a", now);
        let _ = client.page(None, None, &options, now);
        host.drain(client, now);
        look(client, host, config, now);
        let _ = client.identify("u", Some("{}"), &options, now);
        let _ = client.group("g", None, &options, now);
        client.tick(now);
        client.foreground(now);
        client.online(now);
        host.answer(client, status, now, |_, _| {});
        let _ = client.alias("v", None, &options, now);
        look(client, host, config, now);
        client.reset(ResetOptions::default(), now);
        let _ = client.track("B", None, &options, now);
        host.answer(client, 200, now, |_, _| {});
        for consent in [Consent::Denied, Consent::Unknown, Consent::Granted] {
            client.set_consent(consent, now);
            let _ = client.screen(Some("C"), None, &options, now);
            host.answer(client, status, now, |_, _| {});
            look(client, host, config, now);
        }
    }
    let state = host.state.clone().expect("a state was saved");
    let torn = state[..state.len() / 2].to_vec();
    let now = Now::default();
    let (_, facts) = next(config, state.clone(), None, now);
    assert_eq!(next(config, torn, Some(state), now), (Some(true), facts), "the copy stands in");
}

/// Goes to the background, where the state is saved, and compares this client with one that reads it.
fn look(client: &mut Client, host: &mut Host, config: &Config, now: Now) {
    client.background(now);
    let facts = Facts::of(client);
    let mut last = None;
    // All before the first answer: what an answer changes is saved later.
    let effects: Vec<Effect> = std::iter::from_fn(|| client.poll_effect()).collect();
    for effect in effects {
        if let Effect::SaveState { bytes, .. } = &effect {
            last = Some(bytes.clone());
        }
        host.carry_out(client, effect, now);
    }
    let Some(saved) = last else {
        assert_eq!(facts.consent, Consent::Unknown, "nothing is kept of somebody who was not asked");
        return;
    };
    assert_ne!(facts.consent, Consent::Unknown, "who was not asked is not written down");
    assert_eq!(next(config, saved, None, now), (None, facts), "a restart changes nothing");
}

/// What the next client tells and knows.
fn next(config: &Config, state: Vec<u8>, copy: Option<Vec<u8>>, now: Now) -> (Option<bool>, Facts) {
    let restored = Restored { state: Some(state), state_copy: copy, chunks: Vec::new() };
    let mut client = Client::new(config.clone(), [9; 32], &restored, now);
    let mut host = Host::default();
    host.drain(&mut client, now);
    (damage(&host), Facts::of(&client))
}
