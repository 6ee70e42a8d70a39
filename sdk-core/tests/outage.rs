//! Ten minutes without a collector and 50,000 events, in virtual time: caps hold at every step, and the losses add up.

use holloway_core::{
    Client, Config, Effect, EventOptions, HttpOutcome, Now, Request, Restored, StoredOutcome, Token, Tracked,
    wire::{LossReason, limits},
};
use serde_json::Value;

const OUTAGE_MS: u64 = 600_000;
const EVENTS: u64 = 50_000;
/// Some 420 bytes an event: bytes (5 MiB) would hold 12,500 of them, so that the count (10,000) is the cap that bites.
const SMALL: usize = 40;
/// Some 1,400 bytes an event: the bytes hold 3,700.
const LARGE: usize = 1_000;

/// A disk that never fails; what was sent and has no answer yet.
#[derive(Default)]
struct Host {
    sent: Vec<(Token, Request)>,
    requests: usize,
}

impl Host {
    fn drive(&mut self, client: &mut Client, now: Now) {
        while let Some(effect) = client.poll_effect() {
            match effect {
                Effect::Append { token, .. }
                | Effect::Seal { token, .. }
                | Effect::SaveState { token, .. } => {
                    client.stored(token, StoredOutcome::Ok, now);
                }
                Effect::Send { token, request } => {
                    self.requests += 1;
                    self.sent.push((token, request));
                }
                _ => {}
            }
        }
    }
}

fn lost(client: &Client) -> u64 {
    client.losses().map(|(_, events)| events).sum()
}

#[test]
fn ten_minutes_of_outage_cost_what_the_caps_say_and_no_event_more() {
    let check = |text_bytes: usize, answer: HttpOutcome<'static>| {
        let start = Now { unix_ms: 1_780_000_000_000, mono_ms: 0 };
        let config = Config::new("KEY");
        let mut client = Client::new(config.clone(), [7; 32], &Restored::default(), start);
        let mut host = Host::default();
        let properties = format!(r#"{{"text":"{}"}}"#, "x".repeat(text_bytes));
        let mut bytes_each = 0;
        for n in 0..EVENTS {
            let at_ms = n * OUTAGE_MS / EVENTS;
            let now = Now { unix_ms: start.unix_ms + at_ms, mono_ms: at_ms };
            while client.next_deadline().is_some_and(|due| due <= at_ms) {
                client.tick(now);
                host.drive(&mut client, now);
            }
            let tracked = client.track("Viewed", Some(&properties), &EventOptions::default(), now);
            assert!(matches!(tracked, Tracked::Queued(_)));
            host.drive(&mut client, now);
            for (token, request) in std::mem::take(&mut host.sent) {
                bytes_each = request.body.len() / request.events as usize;
                client.http_done(token, answer, now);
                host.drive(&mut client, now);
            }
            let queued = client.queued_events();
            assert!(queued <= config.outbox_events_max, "{queued} events at {at_ms} ms");
            assert!(
                queued * bytes_each <= config.outbox_bytes_max * 11 / 10,
                "{queued} events at {at_ms} ms"
            );
            assert_eq!(queued as u64 + lost(&client), n + 1, "every event waits or is counted");
        }
        // Backoff with full jitter: far from one try a batch.
        assert!(host.requests < 60, "{} requests without an answer", host.requests);
        let (queued, dropped) = (client.queued_events() as u64, lost(&client));
        // What makes room is a chunk of 1,000 events or 256 KiB, so at least nine tenths of a cap stay.
        let fits = (config.outbox_bytes_max / bytes_each).min(config.outbox_events_max) as u64;
        assert!(queued >= fits * 85 / 100, "{queued} of {fits} are kept");

        let mut now = Now { unix_ms: start.unix_ms + OUTAGE_MS, mono_ms: OUTAGE_MS };
        client.online(now);
        client.flush(now);
        let (mut delivered, mut told) = (0, 0);
        host.requests = 0;
        host.drive(&mut client, now);
        while !client.is_idle() {
            for (token, request) in std::mem::take(&mut host.sent) {
                assert!(request.body.len() <= limits::BATCH_BYTES_MAX);
                assert!(request.events as usize <= limits::BATCH_EVENTS_MAX);
                let body: Value = serde_json::from_slice(&request.body).expect("a batch is JSON");
                delivered += u64::from(request.events);
                told += body["losses"][LossReason::QueueFull.as_str()].as_u64().unwrap_or_default();
                let ok = HttpOutcome::Response { status: 200, retry_after_ms: None, verdicts: &[] };
                client.http_done(token, ok, now);
                host.drive(&mut client, now);
            }
            if host.sent.is_empty() && !client.is_idle() {
                now.mono_ms = client.next_deadline().expect("there is work, so there is a time for it");
                client.tick(now);
                host.drive(&mut client, now);
            }
        }
        assert_eq!(delivered + told, EVENTS, "delivered + losses = called");
        assert_eq!((delivered, told), (queued, dropped), "what waited came, what was dropped was told, once");
        assert!(host.requests <= 40, "{} requests for all of it", host.requests);
        assert_eq!(lost(&client), 0, "acknowledged");
    };
    let busy = HttpOutcome::Response { status: 503, retry_after_ms: None, verdicts: &[] };
    let shed = HttpOutcome::Response { status: 429, retry_after_ms: Some(30_000), verdicts: &[] };
    for answer in [HttpOutcome::NetworkError, busy, shed] {
        check(SMALL, answer);
        check(LARGE, answer);
    }
}
