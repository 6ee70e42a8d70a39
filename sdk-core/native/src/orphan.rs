//! What a further client on the same folder left behind when its process was gone.

use std::{io, sync::mpsc::channel};

use holloway_core::{Client as Core, Config};

use crate::{
    clock::Clock,
    disk::Disk,
    files::{Files, FsyncPolicy},
    folder::Folder,
    handoff::Handoff,
    journal,
};

/// Takes over another writer's events: its journal is played into its own outbox, as its own subject, and then its
/// chunks move.
pub(crate) fn inherit(
    heir: &Files,
    orphan: Folder,
    config: &Config,
    seed: [u8; 32],
    clock: Clock,
) -> io::Result<()> {
    let files = Files::new(orphan, FsyncPolicy::Never)?;
    // Nobody listens, and nobody calls.
    let (bell, _) = channel();
    let (handoff, left) = Handoff::open(files.folder().path(), bell, 0)?;
    if left.is_empty() {
        handoff.end();
        return heir.inherit(files.folder());
    }
    let restored = files.restore(true)?;
    let mut core = Core::new(config.clone(), seed, &restored, clock.now());
    let mut disk = Disk::new(files, &restored);
    for call in left.calls() {
        call.apply(&mut core, clock.now());
    }
    core.background(clock.now());
    disk.carry_out(&mut core, clock, &mut |_, _, _| {});
    if disk.take_refused() {
        return Err(io::Error::other("the disk refused their records"));
    }
    journal::remove(&handoff.release(left, 0));
    handoff.end();
    heir.inherit(disk.files().folder())
}
