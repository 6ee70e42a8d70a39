//! The promise of the client under random histories: a host that delays, reorders and refuses, a server that
//! answers in every way, and crashes between any two effects.
//!
//! Within a run, at every step: `accepted = delivered + queued + Σ losses`. Over crashes: an event whose record
//! reached the disk is delivered, on the disk still, or counted as lost; and nothing is counted twice unless the
//! server or the disk left the client in doubt. `PROPTEST_CASES=100000` runs that many histories of each kind.

mod host;

use holloway_core::{Client, Registration, ResetOptions};
use proptest::prelude::*;

use self::host::{Answer, Host};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Track,
    TrackTooLarge,
    TrackBadJson,
    Identify,
    Reset,
    OtherUser,
    StartSession,
    Register,
    Purposes(bool),
    Flush,
    Background,
    Foreground,
    Online,
    Resume,
    /// Time passes; the host's timer rings.
    Advance(u64),
    /// The host carries out so many effects.
    CarryOut(usize),
    /// The host reports one of the writes and reads that it has done.
    Report(usize),
    /// The disk refuses writes from now on, or no more.
    DiskFull(bool),
    /// The server answers one of the requests.
    Http(usize, Answer),
    Deny,
    Grant,
    /// The process dies and starts again; the append that came next may be torn.
    Crash {
        torn: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let index = || 0_usize..64;
    prop_oneof![
        30 => Just(Step::Track),
        1 => Just(Step::TrackTooLarge),
        1 => Just(Step::TrackBadJson),
        1 => Just(Step::Identify),
        1 => Just(Step::Reset),
        1 => Just(Step::OtherUser),
        1 => Just(Step::StartSession),
        1 => Just(Step::Register),
        1 => any::<bool>().prop_map(Step::Purposes),
        3 => Just(Step::Flush),
        1 => Just(Step::Background),
        1 => Just(Step::Foreground),
        1 => Just(Step::Online),
        1 => Just(Step::Resume),
        5 => prop_oneof![0_u64..3_000, 20_000_u64..400_000, Just(2_000_000)].prop_map(Step::Advance),
        30 => (1_usize..8).prop_map(Step::CarryOut),
        20 => index().prop_map(Step::Report),
        1 => any::<bool>().prop_map(Step::DiskFull),
        12 => (index(), answer()).prop_map(|(at, answer)| Step::Http(at, answer)),
        1 => Just(Step::Deny),
        1 => Just(Step::Grant),
        2 => any::<bool>().prop_map(|torn| Step::Crash { torn }),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => Just(Answer::Ok),
        4 => any::<u64>().prop_map(Answer::Receipt),
        3 => prop_oneof![Just(400_u16), Just(401), Just(404), Just(413), Just(429), Just(503)].prop_map(Answer::Status),
        1 => Just(Answer::Lost { processed: false }),
        1 => Just(Answer::Lost { processed: true }),
    ]
}

fn play(steps: &[Step], may_crash: bool) {
    let mut host = Host::new();
    for step in steps {
        match step {
            Step::Track => host.track(r#"{"plan":"pro"}"#),
            Step::TrackTooLarge => host.track(&format!(r#"{{"p":"{}"}}"#, "x".repeat(40_000))),
            Step::TrackBadJson => host.track("{plan:1}"),
            Step::Identify => host.identify_as("u"),
            Step::Reset => host.command(|client, now| client.reset(ResetOptions::default(), now)),
            Step::OtherUser => host.identify_as("v"),
            Step::StartSession => host.command(Client::start_session),
            Step::Register => {
                host.command(|client, now| client.register(r#"{"s":1}"#, Registration::Session, now));
            }
            Step::Purposes(true) => {
                host.command(|client, now| client.set_purposes(r#"{"analytics":true,"ads":false}"#, now));
            }
            Step::Purposes(false) => host.deny_by_purpose(),
            Step::Flush => host.command(Client::flush),
            Step::Background => host.command(Client::background),
            Step::Foreground => host.command(Client::foreground),
            Step::Online => host.command(Client::online),
            Step::Resume => host.command(Client::resume),
            Step::Advance(ms) => host.advance(*ms),
            Step::CarryOut(count) => host.carry_out(*count),
            Step::Report(at) => host.report(*at),
            Step::DiskFull(full) => host.disk_is_full = *full,
            Step::Http(at, answer) => host.answer(*at, *answer),
            Step::Deny => host.deny(),
            Step::Grant => host.grant(),
            Step::Crash { torn } if may_crash => host.crash(*torn),
            Step::Crash { .. } => {}
        }
        host.check_run();
    }
    host.drain();
    host.check_run();
    host.check_all_told();
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn within_a_run_every_event_has_one_fate(steps in prop::collection::vec(step(), 1..250)) {
        play(&steps, false);
    }

    #[test]
    fn over_crashes_nothing_stored_is_lost(steps in prop::collection::vec(step(), 1..250)) {
        play(&steps, true);
    }
}

/// A short history, cut at every effect.
#[test]
fn every_crash_point_of_a_short_history_keeps_the_promise() {
    let tracks = |count: usize| (0..count).map(|_| Step::Track);
    for answer in [
        Answer::Ok,
        Answer::Receipt(0x1b),
        Answer::Receipt(0x39_c6),
        Answer::Status(400),
        Answer::Status(413),
        Answer::Status(503),
        Answer::Lost { processed: true },
    ] {
        for before in 0..24 {
            for after in 0..16 {
                let mut steps: Vec<Step> = tracks(9).collect();
                steps.push(Step::CarryOut(before));
                steps.extend((0..before).map(|_| Step::Report(0)));
                steps.push(Step::CarryOut(8));
                steps.push(Step::Http(0, answer));
                steps.push(Step::CarryOut(after));
                steps.push(Step::Crash { torn: false });
                steps.extend(tracks(2));
                play(&steps, true);
            }
        }
    }
}

/// Half a batch was refused for good, the rest moves to a chunk of its own, and the disk is full just then: the old chunk
/// may not go before the new one is written.
#[test]
fn what_is_left_of_a_batch_outlives_a_full_disk_and_a_kill() {
    let mut steps = vec![Step::Track; 8];
    steps.extend([Step::CarryOut(4), Step::CarryOut(6), Step::Track, Step::Background, Step::CarryOut(7)]);
    steps.extend([Step::DiskFull(true), Step::Http(0, Answer::Receipt(10_877_322_738_336_074_715))]);
    steps.extend([Step::CarryOut(3), Step::DiskFull(false), Step::CarryOut(3), Step::Crash { torn: false }]);
    play(&steps, true);
}
