//! The smallest app that measures itself: it sends numbered events and prints `tracked N` after each call has returned.
//!
//! Kill it at any moment and start it again with `--from` one past the last number printed: the collector ends with
//! every event exactly once.

use std::{io::Write as _, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use clap::Parser;
use holloway::{Client, Options};
use serde_json::json;

/// Sends numbered events to a collector.
#[derive(Parser)]
struct Arguments {
    /// The collector's origin.
    #[arg(long, default_value = "http://127.0.0.1:8787")]
    host: String,
    /// The write key.
    #[arg(long, default_value = "quickstart")]
    key: String,
    /// Where events wait until the collector has them.
    #[arg(long, default_value = "holloway-quickstart")]
    dir: PathBuf,
    /// Send the events below this number.
    #[arg(long, default_value_t = 1_000)]
    events: u32,
    /// Begin with this number.
    #[arg(long, default_value_t = 0)]
    from: u32,
    /// Names a series of events: the same number of the same series is the same event.
    #[arg(long, default_value = "quickstart")]
    run: String,
}

fn main() -> Result<()> {
    let Arguments { host, key, dir, events, from, run } = Arguments::parse();
    let hw = Client::builder(key).host(host).store_dir(dir).build()?;
    // A pipe would gather the lines; whoever reads them decides by them what was promised.
    let mut out = std::io::stdout().lock();
    for n in from..events {
        // An id that follows from the event: should a kill hit between the call and its line, the event is sent twice
        // under one id, and stored once.
        let options = Options { message_id: Some(format!("{run}-{n}")), ..Options::default() };
        hw.track_with("Counted", json!({ "n": n }), options);
        writeln!(out, "tracked {n}")?;
        out.flush()?;
    }
    let waiting = hw.queued_events();
    hw.shutdown(Duration::from_secs(30))
        .context("not everything was delivered; start again to send the rest")?;
    writeln!(
        out,
        "delivered all: {} tracked, {waiting} of them after the last call",
        events.saturating_sub(from)
    )?;
    Ok(())
}
