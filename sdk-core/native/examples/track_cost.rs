//! What `track` costs its caller: `cargo run --release -p holloway --example track_cost`.
//!
//! Percentiles of single calls, each with three properties, in bursts of 100 with the worker caught up between them
//! (as an app calls), and in one go (as nobody should). Beside them what the call would cost without any disk, and what
//! one plain `write` of the same size costs.

use std::{
    error::Error,
    fs::File,
    hint::black_box,
    io::Write as _,
    time::{Duration, Instant},
};

use holloway::{Client, Recorder};
use serde_json::json;

const CALLS: usize = 20_000;
const BURST: usize = 100;
/// Below what the outbox may hold.
const OUTBOX: usize = 9_000;
const LONG: Duration = Duration::from_mins(1);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let recorder = Recorder::new();
    let client = |name: &str| {
        Client::builder("KEY")
            .store_dir(folder.path().join(name))
            .transport(recorder.clone())
            .flush_at(1_000)
            .build()
    };
    let track = |hw: &Client| {
        hw.track("Product Viewed", json!({ "sku": "G-32", "price": 18.5, "category": "games" }));
    };

    let hw = client("bursts")?;
    let mut times = Vec::with_capacity(CALLS);
    for call in 0..CALLS {
        if call % BURST == 0 {
            hw.flush(LONG)?;
        }
        times.push(time(|| track(&hw)));
    }
    print("track, bursts of 100", &mut times);
    hw.shutdown(LONG)?;

    let hw = client("at once")?;
    let mut times: Vec<Duration> = (0..OUTBOX).map(|_| time(|| track(&hw))).collect();
    print("track, at once", &mut times);
    hw.shutdown(LONG)?;

    let properties = json!({ "sku": "G-32", "price": 18.5, "category": "games" });
    let mut times: Vec<Duration> =
        (0..CALLS).map(|_| time(|| drop(black_box(serde_json::to_vec(black_box(&properties)))))).collect();
    print("properties to JSON", &mut times);

    let mut file = File::create(folder.path().join("plain"))?;
    let record = [7; 120];
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let mut written = Ok(());
        times.push(time(|| written = file.write_all(black_box(&record))));
        written?;
    }
    print("plain write, 120 bytes", &mut times);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1_000].as_nanos();
    println!("{what:24} median {:6} ns   p90 {:6} ns   p99 {:7} ns", at(500), at(900), at(990));
}
