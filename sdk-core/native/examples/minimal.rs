//! Ten lines: `cargo run -p holloway --example minimal` with a collector on 127.0.0.1:8787.

use std::{error::Error, time::Duration};

use holloway::Client;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let hw = Client::builder("KEY").host("http://127.0.0.1:8787").store_dir("holloway-events").build()?;
    hw.identify("u1", json!({ "plan": "pro" }));
    hw.track("Signed Up", json!({ "source": "ad" }));
    hw.flush(Duration::from_secs(10))?;
    hw.shutdown(Duration::from_secs(10))?;
    Ok(())
}
