//! What a further client on the same folder left behind when its process was gone.

use std::{fs, io};

use holloway_core::{Client as Core, Config, RestoredChunk};

use crate::{
    clock::Clock,
    disk::Disk,
    files::{Files, FsyncPolicy},
    folder::Folder,
    handoff::Handoff,
};

/// Takes over what every writer of the folder left that is gone.
pub(crate) fn inherit_all(
    heir: &Files,
    config: &Config,
    clock: Clock,
    mut seed: impl FnMut() -> [u8; 32],
) -> Vec<RestoredChunk> {
    let mut moved = Vec::new();
    for orphan in heir.folder().orphans() {
        let path = orphan.path().to_owned();
        match inherit(heir, orphan, config, seed(), clock) {
            Ok(chunks) => moved.extend(chunks),
            Err(error) => {
                tracing::warn!(%error, folder = %path.display(), "another client's events stay where they are for now");
            }
        }
    }
    moved
}

/// Deletes what clients that are gone knew of the user, who has said no.
pub(crate) fn forget_all(heir: &Files) {
    for orphan in heir.folder().orphans() {
        for name in ["ring", "state", "state.copy", "state.new"] {
            match fs::remove_file(orphan.path().join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, folder = %orphan.path().display(), "could not forget another client's {name}");
                }
                _ => {}
            }
        }
    }
}

/// Takes over another writer's events: the calls it left on their way are played into its own outbox, as its own
/// subject, and then its chunks move.
fn inherit(
    heir: &Files,
    orphan: Folder,
    config: &Config,
    seed: [u8; 32],
    clock: Clock,
) -> io::Result<Vec<RestoredChunk>> {
    let files = Files::new(orphan, FsyncPolicy::Never)?;
    let handoff = Handoff::open(files.folder().path(), 0)?;
    let mut left = handoff.drain();
    if left.is_empty() {
        return heir.inherit(files.folder());
    }
    let kept = files.restore(true)?;
    left.skip_known(&kept.message_ids);
    let mut core = Core::new(config.clone(), seed, &kept.restored, clock.now());
    if let Some(record) = &kept.last_record {
        core.recover(record);
    }
    let mut disk = Disk::new(files, &kept.restored);
    for call in left.calls() {
        call.apply(&mut core, clock.now());
    }
    core.background(clock.now());
    disk.carry_out(&mut core, clock, &mut |_, _, _| {});
    if disk.is_behind() {
        return Err(io::Error::other("the disk refused their records"));
    }
    handoff.release(left.upto());
    heir.inherit(disk.files().folder())
}
