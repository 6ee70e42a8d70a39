//! `holloway up`: collector and pipeline in one process.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use holloway_collector::{Config, Quickstart, Window};
use holloway_pipeline::{DeriveOptions, Quiet, derive};

use crate::{
    Done,
    arguments::Up,
    collect::{asked_to_stop, bind},
    demo::{self, Counts},
    draw::{grouped, program, say},
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
        let collector = Collector {
            origin: format!("http://{}", server.local_addr()?),
            accepts_every_key: server.accepts_every_key(),
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let collecting = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        let worked = work(options, &collector).await;
        drop(stop);
        collecting.await.context("the collector panicked")??;
        worked
    })
}

/// The collector of this process, as a developer addresses it.
#[derive(Clone, Debug)]
struct Collector {
    origin: String,
    accepts_every_key: bool,
}

async fn work(options: &Up, collector: &Collector) -> Result<Done> {
    let data = options.data.data.clone();
    let first = {
        let (data, collector) = (data.clone(), collector.clone());
        let demo = options.demo.then_some((options.visitors, options.seed));
        tokio::task::spawn_blocking(move || match demo {
            Some((visitors, seed)) => show_demo(&data, &collector.origin, visitors, seed),
            None => show(&data, &collector),
        })
    };
    first.await.context("the pipeline panicked")??;
    if options.once {
        return Ok(Done::Well);
    }
    say!("\nrunning: open {} for the first lines of code, or in another terminal run", collector.origin);
    say!("  {} report sessions --data {}", program(), data.display());
    say!("new events are derived every {} s; stop with Ctrl-C", options.every.max(1));
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

/// Derives, and prints the folder's own events; for a folder without any, how the first one is sent.
fn show(data: &Path, collector: &Collector) -> Result<()> {
    let summary = derive(data, &DeriveOptions::default(), &Bars::default())?;
    if summary.events == 0 {
        // Any key will do, or one of the file, which is not for the screen.
        let write_key = if collector.accepts_every_key { "my-app" } else { "WRITE_KEY" };
        say!("\nno events yet; send the first one:\n");
        say!("{}", Quickstart { origin: &collector.origin, write_key });
        say!("or look at simulated visitors: {} up --demo --data holloway-demo", program());
        return Ok(());
    }
    print_summary(&summary);
    print_overview(data, &[])
}

/// Runs the simulation through the collector, and prints what it did beside what the pipeline found.
fn show_demo(data: &Path, host: &str, visitors: u32, seed: u64) -> Result<()> {
    let derived = || derive(data, &DeriveOptions::default(), &Bars::default());
    let memory = match demo::Memory::read(data, visitors, seed) {
        Some(memory) => memory,
        None => demo::Memory::begin(data, visitors, seed, Counts::found(data, &derived()?)?)?,
    };
    let simulation = demo::Simulation { visitors, seed, host: host.to_owned(), end_ms: memory.end_ms };
    say!("simulating {} visitors with the Rust SDK", grouped(u64::from(visitors)));
    let mut truth = simulation.send()?;
    print_summary(&derived()?);
    let late = simulation.send_late(&mut truth)?;
    say!("{} devices that had no network have sent their old events now:", grouped(late));
    let summary = derived()?;
    print_summary(&summary);
    let sent = truth.counts().events;
    say!(
        "simulated {} visitors: {} events, {} of them sent twice",
        grouped(u64::from(visitors)),
        grouped(sent),
        grouped(truth.sent_twice())
    );
    demo::check::print(&truth, memory.before, Counts::found(data, &summary)?);
    print_overview(data, &demo::FUNNEL)?;
    if let Ok(person) = holloway_pipeline::person(data, demo::EXAMPLE_USER) {
        say!("\nOne of the people ({} person {} --data {})", program(), demo::EXAMPLE_USER, data.display());
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
