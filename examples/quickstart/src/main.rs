//! Sends numbered events: `holloway-quickstart [HOST] [FOLDER] [EVENTS] [FROM]`.
//!
//! It prints `tracked N` after each call has returned. Kill it at any moment and start it again with the number after
//! the last one printed: the collector ends with every event exactly once.

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, Result};
use holloway::{Client, Options};
use serde_json::json;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next().unwrap_or_else(|| "http://127.0.0.1:8787".to_owned());
    let folder = arguments.next().unwrap_or_else(|| "holloway-quickstart-events".to_owned());
    let mut number = |otherwise: u32| arguments.next().map_or(Ok(otherwise), |text| text.parse());
    let events = number(1_000).context("expected the number of events as third argument")?;
    let from = number(0).context("expected the first number as fourth argument")?;

    let hw = Client::builder("quickstart").host(host).store_dir(folder).build()?;
    let mut out = std::io::stdout().lock();
    for n in from..events {
        // An id that follows from the event: should the kill hit between the call and the print, the event is sent
        // twice under one id, and stored once.
        let options = Options { message_id: Some(format!("quickstart-{n}")), ..Options::default() };
        hw.track_with("Counted", json!({ "n": n }), options);
        writeln!(out, "tracked {n}")?;
        out.flush()?;
    }
    hw.shutdown(Duration::from_secs(30))?;
    writeln!(out, "delivered")?;
    Ok(())
}
