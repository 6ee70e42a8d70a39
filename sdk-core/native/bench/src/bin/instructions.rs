//! Runs an operation so many times, for callgrind to count: `instructions OPERATION TIMES`.
//!
//! Only what runs inside `measured_calls` is meant, with `--toggle-collect`; that is the caller's thread alone. The
//! count for 2,000 times less the count for 1,000, over 1,000, is what one operation costs: what is done once drops out.

use std::process::ExitCode;

use holloway_bench::{BATCH, Chunk, Client, Encoder, Fsync, OpenTelemetry, Posthog, Record, Sentry, Subject};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let operation = arguments.next().unwrap_or_default();
    let Some(times) = arguments.next().and_then(|times| times.parse().ok()) else {
        eprintln!("expected an operation and a number of times");
        return ExitCode::from(2);
    };
    let mut subject: Box<dyn Subject> = match operation.as_str() {
        "track/holloway" => Box::new(Client::new(Fsync::OnSeal, 1_000)),
        "track/posthog" => Box::new(Posthog::default()),
        "track/sentry" => Box::new(Sentry::default()),
        "track/opentelemetry" => Box::new(OpenTelemetry::default()),
        "encode/core" => Box::new(Encoder::default()),
        "append/record" => Box::new(Record::default()),
        "append/file" => Box::new(Chunk::default()),
        other => {
            eprintln!("expected an operation such as track/holloway, found {other:?}");
            return ExitCode::from(2);
        }
    };
    let mut left = times;
    while left > 0 {
        let batch = BATCH.min(left);
        measured_calls(&mut *subject, batch);
        subject.drain();
        left -= batch;
    }
    ExitCode::SUCCESS
}

/// Callgrind finds it by its name.
#[inline(never)]
fn measured_calls(subject: &mut dyn Subject, times: u64) {
    for _ in 0..times {
        subject.call();
    }
}
