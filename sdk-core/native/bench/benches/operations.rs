//! The clock beside each operation. Medians are what `cargo xtask bench` prints.

use std::time::{Duration, Instant};

use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main, measurement::WallTime,
};
use holloway_bench::{BATCH, Chunk, Client, Encoder, Fsync, OpenTelemetry, Posthog, Record, Sentry, Subject};

/// Calls from the queue to the acknowledgement.
const DRAINED_CALLS: usize = 1_000;

criterion_group!(operations, track, encode, append, drain);
criterion_main!(operations);

/// What the caller waits for.
fn track(criterion: &mut Criterion) {
    let mut group = group(criterion, "track");
    calls(&mut group, "holloway", &mut Client::new(Fsync::OnSeal, DRAINED_CALLS));
    calls(&mut group, "posthog", &mut Posthog::default());
    calls(&mut group, "sentry", &mut Sentry::default());
    calls(&mut group, "opentelemetry", &mut OpenTelemetry::default());
}

/// The state machine: identity, session, JSON, and its share of batches that are sealed, sent and acknowledged.
fn encode(criterion: &mut Criterion) {
    calls(&mut group(criterion, "encode"), "core", &mut Encoder::default());
}

/// What the worker does to a record on its way to the disk.
fn append(criterion: &mut Criterion) {
    let mut group = group(criterion, "append");
    calls(&mut group, "record", &mut Record::default());
    calls(&mut group, "file", &mut Chunk::default());
}

/// From calls that wait to their acknowledgement, in batches of the default size.
fn drain(criterion: &mut Criterion) {
    let mut group = group(criterion, "drain");
    group.sample_size(20);
    for (name, fsync) in [("fsync", Fsync::OnSeal), ("no-fsync", Fsync::Never)] {
        let mut client = Client::new(fsync, 20);
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let rounds = (0..times).map(|_| {
                    (0..DRAINED_CALLS).for_each(|_| client.call());
                    time(|| client.drain())
                });
                rounds.sum()
            });
        });
    }
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    // Drains are not measured, and take longer than the calls: a short time of calls is a long time of waiting.
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(100)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    group
}

fn calls(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, subject: &mut impl Subject) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let mut measured = Duration::ZERO;
            let mut left = times;
            while left > 0 {
                let batch = BATCH.min(left);
                measured += time(|| (0..batch).for_each(|_| subject.call()));
                subject.drain();
                left -= batch;
            }
            measured
        });
    });
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}
