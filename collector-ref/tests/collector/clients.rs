//! Unmodified Segment SDKs deliver through the collector when only their host is changed.

use std::{path::Path, process::Command};

use holloway_collector::{Config, Server};
use holloway_rawlog::{FileStorage, Offset, Reader};
use holloway_wire::{Envelope, EventKind};

#[test]
fn segment_sdks_for_node_and_python_deliver() {
    let data = tempfile::tempdir().expect("a folder");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runs");
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::new(data.path()) };
    let server = runtime.block_on(Server::bind(config)).expect("binds");
    let url = format!("http://{}", server.local_addr().expect("an address"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let done = runtime.spawn(server.run(async move {
        let _ = stopped.await;
    }));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/run.sh");
    let ran = Command::new("bash").arg(script).arg(&url).output().expect("bash is there");
    assert!(
        ran.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
    drop(stop);
    runtime.block_on(done).expect("joins").expect("stops in order");

    let mut reader = Reader::open(FileStorage::at(data.path().join("log")), Offset::START).expect("opens");
    let mut found = Vec::new();
    while let Some((_, record)) = reader.read().expect("reads") {
        let envelope = Envelope::parse(record.payload).expect("an envelope");
        found.push((envelope.write_key.into_owned(), envelope.kind));
    }
    found.sort_unstable();
    let kinds = [
        EventKind::Track,
        EventKind::Page,
        EventKind::Screen,
        EventKind::Identify,
        EventKind::Group,
        EventKind::Alias,
    ];
    let mut expected: Vec<(String, EventKind)> = ["NODE", "PYTHON"]
        .iter()
        .flat_map(|key| kinds.iter().map(|kind| ((*key).to_owned(), *kind)))
        .collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(
        Reader::open(FileStorage::at(data.path().join("quarantine")), Offset::START)
            .expect("opens")
            .read()
            .expect("reads")
            .is_none()
    );
}
