//! The promise of a 200: a collector is killed with SIGKILL under load, again and again, and every event that it
//! acknowledged is in the log.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use holloway_collector::{Config, Server};
use holloway_rawlog::{FileStorage, Offset, Reader};
use holloway_wire::{Envelope, Receipt, Verdict};

/// Tells the child which data folder to serve.
const CHILD: &str = "HOLLOWAY_TEST_SERVE";
const SENDERS: u64 = 4;
const BATCH_EVENTS: u64 = 5;

/// Serves until it is killed when this process is a child; no test otherwise.
#[test]
fn serve_in_a_child() {
    let Ok(data) = std::env::var(CHILD) else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runs");
    runtime.block_on(async {
        // Small chunks, so that some kills meet a chunk that is being begun.
        let mut config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::new(data) };
        config.intake.chunk_bytes = 64 * 1024;
        let server = Server::bind(config).await.expect("binds");
        println!("\nlistening {}", server.local_addr().expect("an address"));
        server.run(std::future::pending()).await.expect("runs");
    });
}

fn start(data: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "sigkill::serve_in_a_child", "--nocapture"])
        .env(CHILD, data)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let mut lines = output.lines().map_while(Result::ok);
    let url = lines.find_map(|line| Some(format!("http://{}/v1/batch", line.strip_prefix("listening ")?)));
    let url = url.expect("says where it listens");
    // The pipe stays open: a child that writes to a closed one would end in another way than we want.
    std::mem::forget(lines);
    (child, url)
}

#[test]
fn what_was_acknowledged_survives_sigkill() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let kills: u64 = std::env::var("HOLLOWAY_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(5);
    let data = tempfile::tempdir().expect("a folder");
    let acknowledged = Mutex::new(BTreeSet::new());
    let next = AtomicU64::new(0);
    for kill in 0..kills {
        let (mut child, url) = start(data.path());
        let (stop, batches) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| {
                    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
                    while !stop.load(Ordering::Relaxed) {
                        let first = next.fetch_add(BATCH_EVENTS, Ordering::Relaxed);
                        let events: Vec<String> = (first..first + BATCH_EVENTS)
                            .map(|id| format!(r#"{{"type":"page","userId":"u","messageId":"{id}"}}"#))
                            .collect();
                        let body = format!(r#"{{"writeKey":"K","batch":[{}]}}"#, events.join(","));
                        // The kill may come at any time: no answer is no acknowledgement.
                        let Ok(answer) = client.post(&url).body(body).send() else { continue };
                        let Ok(text) = answer.error_for_status().and_then(reqwest::blocking::Response::text)
                        else {
                            continue;
                        };
                        let receipt = Receipt::parse(&text).expect("a receipt");
                        let ids = receipt.results.iter().map(|line| {
                            assert_eq!(line.verdict, Verdict::Ok);
                            line.message_id.clone().into_owned()
                        });
                        acknowledged.lock().expect("no panic").extend(ids);
                        batches.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            // Killed under load: after a number of batches, another one each time.
            while batches.load(Ordering::Relaxed) < 20 + 7 * kill {
                std::thread::yield_now();
            }
            child.kill().expect("kills");
            stop.store(true, Ordering::Relaxed);
        });
        child.wait().expect("is gone");
    }
    // Opening recovers what the last kill left.
    let (mut child, _) = start(data.path());
    let mut reader = Reader::open(FileStorage::at(data.path().join("log")), Offset::START).expect("opens");
    let mut found = BTreeSet::new();
    let mut records = 0;
    while let Some((_, record)) = reader.read().expect("no damage") {
        found.insert(Envelope::parse(record.payload).expect("an envelope").message_id.into_owned());
        records += 1;
    }
    child.kill().expect("kills");
    child.wait().expect("is gone");
    let acknowledged = acknowledged.into_inner().expect("no panic");
    let lost: Vec<&String> = acknowledged.difference(&found).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged events are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    assert_eq!(records, found.len(), "and none is there twice");
    println!(
        "{kills} kills, {} events acknowledged, {} in the log, none lost",
        acknowledged.len(),
        found.len()
    );
}
