//! A script without an SDK, whose events are broken.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use super::{composition::BROKEN, truth::Truth};

/// Posts each broken event by itself.
pub(super) fn send(host: &str, truth: &mut Truth) -> Result<()> {
    let address = host.strip_prefix("http://").unwrap_or(host);
    for event in BROKEN {
        post(address, event).context("cannot post a broken event of the demo")?;
        truth.broken += 1;
    }
    Ok(())
}

fn post(address: &str, event: &str) -> Result<()> {
    let body = format!(r#"{{"batch":[{event}],"writeKey":"demo"}}"#);
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let length = body.len();
    write!(
        stream,
        "POST /v1/batch HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if !answer.starts_with("HTTP/1.1 200 ") || !answer.contains(r#""verdict":"#) {
        bail!("expected a receipt, found {answer:?}");
    }
    Ok(())
}
