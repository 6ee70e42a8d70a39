//! `holloway collect`.

use std::net::SocketAddr;

use anyhow::Result;
use holloway_collector::{Config, Server};

use crate::{
    Done,
    arguments::Collect,
    draw::{grouped, say},
};

pub(crate) fn run(options: &Collect) -> Result<Done> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let config = Config {
            listen: options.listen,
            open: options.open,
            cookie: options.cookie.clone(),
            ..Config::new(&options.data.data)
        };
        let server = bind(config, options.data.json).await?;
        server.run(asked_to_stop()).await?;
        Ok(Done::Well)
    })
}

/// Starts listening. Prints the address as the first line, then what recovery found and which keys are accepted.
pub(crate) async fn bind(config: Config, json: bool) -> Result<Server> {
    let server = Server::bind(config).await?;
    let address: SocketAddr = server.local_addr()?;
    if json {
        say!("{}", serde_json::json!({ "listening": format!("http://{address}") }));
    } else {
        say!("collector listening on http://{address}");
    }
    let recovered = server.recovered();
    for (name, log) in [("log", &recovered.log), ("quarantine", &recovered.quarantine)] {
        if let Some(torn) = &log.torn {
            eprintln!(
                "{name}: cut off {} bytes of a record that a crash left in part ({}, offset {})",
                torn.bytes, torn.file, torn.offset
            );
        }
        if let Some(damage) = &log.damage {
            eprintln!("{name}: {damage}; run `holloway doctor`");
        }
    }
    if recovered.keys > 0 {
        eprintln!(
            "{} recent events are remembered, so that a repeated one is recognised",
            grouped(recovered.keys as u64)
        );
    }
    if server.accepts_every_key() {
        eprintln!(
            "warning: every write key is accepted; add yours to keys.toml of the data folder ([keys.WRITE_KEY])"
        );
    }
    Ok(server)
}

/// Ends on Ctrl-C, and when the system asks the process to end.
pub(crate) async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
