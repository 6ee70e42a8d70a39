//! `track` of the client, with a collector that takes everything at once.

use std::time::Duration;

use holloway::{Delivery, FsyncPolicy, Response, Transport, TransportError};
use tempfile::TempDir;

use crate::{
    Subject,
    event::{NAME, properties},
};

const LONG: Duration = Duration::from_mins(1);

/// Whether the disk is waited for when a chunk is complete.
#[derive(Clone, Copy, Debug)]
pub enum Fsync {
    /// The client's default.
    OnSeal,
    /// What is left when the disk's own time is taken away.
    Never,
}

/// A client on a folder of its own.
#[derive(Debug)]
pub struct Client {
    client: holloway::Client,
    _folder: TempDir,
}

impl Client {
    /// Builds it. `flush_at`: calls after which the worker sends on its own.
    pub fn new(fsync: Fsync, flush_at: usize) -> Self {
        let folder = tempfile::tempdir().expect("the system's folder for temporary files can be written to");
        let policy = match fsync {
            Fsync::OnSeal => FsyncPolicy::OnSeal,
            Fsync::Never => FsyncPolicy::Never,
        };
        let client = holloway::Client::builder("KEY")
            .store_dir(folder.path())
            .transport(Nowhere)
            .fsync(policy)
            .flush_at(flush_at)
            .flush_interval(LONG)
            .build()
            .expect("a fresh folder and a transport are all that a client needs");
        Self { client, _folder: folder }
    }
}

impl Subject for Client {
    fn call(&mut self) {
        self.client.track(NAME, properties());
    }

    fn drain(&mut self) {
        self.client.flush(LONG).expect("the transport acknowledges everything, and nothing was lost");
    }
}

/// Acknowledges without a look.
struct Nowhere;

impl Transport for Nowhere {
    fn send(&mut self, _delivery: &Delivery<'_>) -> Result<Response, TransportError> {
        Ok(Response { status: 200, ..Response::default() })
    }
}
