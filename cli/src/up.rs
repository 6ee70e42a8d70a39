//! `holloway up`: collector and pipeline in one process.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use holloway_collector::{Config, Window};
use holloway_pipeline::{DeriveOptions, Quiet, derive};

use crate::{
    Done,
    arguments::Up,
    collect::{asked_to_stop, bind},
    demo,
    draw::{grouped, say},
    progress::Bars,
    report::{print_overview, print_summary},
};

pub(crate) fn run(options: &Up) -> Result<Done> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut config =
            Config { listen: options.listen, open: options.open, ..Config::new(&options.data.data) };
        // The same demo twice adds nothing.
        if options.demo {
            config.intake.dedupe = Window::All;
        }
        let server = bind(config, options.data.json).await?;
        let host = format!("http://{}", server.local_addr()?);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let collecting = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        let worked = work(options, &host).await;
        drop(stop);
        collecting.await.context("the collector panicked")??;
        worked
    })
}

async fn work(options: &Up, host: &str) -> Result<Done> {
    let data = options.data.data.clone();
    if options.demo {
        let visitors =
            demo::Options { visitors: options.visitors, seed: options.seed, host: host.to_owned() };
        let sent = tokio::task::spawn_blocking(move || demo::run(&visitors))
            .await
            .context("the demo panicked")??;
        say!(
            "simulated {} visitors: {} events, {} of them sent twice",
            grouped(u64::from(options.visitors)),
            grouped(sent.events),
            grouped(sent.twice)
        );
    }
    let shown = data.clone();
    tokio::task::spawn_blocking(move || show(&shown)).await.context("the pipeline panicked")??;
    if options.once {
        return Ok(Done::Well);
    }
    say!("\nrunning: send events to {host}/v1/batch, or open another terminal for");
    say!("  holloway report sessions --data {}", data.display());
    say!("stop with Ctrl-C");
    let stop = asked_to_stop();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(Done::Well),
            () = tokio::time::sleep(Duration::from_secs(options.every.max(1))) => {
                let data = data.clone();
                let derived = tokio::task::spawn_blocking(move || derive(&data, &DeriveOptions::default(), &Quiet));
                match derived.await.context("the pipeline panicked")? {
                    Ok(summary) if summary.dirty_people > 0 => print_summary(&summary),
                    Ok(_) => {}
                    Err(error) => eprintln!("derive: {error}; trying again in {} s", options.every.max(1)),
                }
            }
        }
    }
}

/// Derives, and prints what there is.
fn show(data: &Path) -> Result<()> {
    let summary = derive(data, &DeriveOptions::default(), &Bars::default())?;
    print_summary(&summary);
    if summary.events == 0 {
        return Ok(());
    }
    print_overview(data, &demo::FUNNEL)?;
    if let Ok(person) = holloway_pipeline::person(data, demo::EXAMPLE_USER) {
        say!("\nOne person of them (holloway person {} --data {})", demo::EXAMPLE_USER, data.display());
        say!(
            "  {} ids, {} sessions, {} events, last seen {}",
            person.ids.len(),
            person.sessions.len(),
            person.profile["events"],
            person.profile["last_seen"].as_str().unwrap_or("never"),
        );
    }
    Ok(())
}
