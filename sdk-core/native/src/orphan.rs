//! What a further client on the same folder left behind when its process was gone.

use std::{fs, io};

use holloway_core::{Client as Core, Config, RestoredChunk, wire::LossReason};

use crate::{
    clock::Clock,
    decision,
    disk::Disk,
    files::{Files, FsyncPolicy},
    folder::Folder,
    handoff::{Handoff, Lost},
};

/// What a client knows of itself, kept or on its way.
const OWN_FILES: [&str; 4] = ["ring", "state", "state.copy", "state.new"];

/// Takes over what every writer of the folder left that is gone: its events, its losses, its deletion requests.
pub(crate) fn inherit_all(
    heir: &mut Core,
    disk: &mut Disk,
    config: &Config,
    clock: Clock,
    mut seed: impl FnMut() -> [u8; 32],
) {
    for orphan in disk.files().folder().orphans() {
        let has_left = OWN_FILES.iter().any(|name| orphan.path().join(name).exists())
            || fs::read_dir(orphan.path().join("chunks")).is_ok_and(|mut chunks| chunks.next().is_some());
        if !has_left {
            continue;
        }
        let path = orphan.path().to_owned();
        let mut moved = Vec::new();
        if let Err(error) = inherit(heir, disk.files(), orphan, config, seed(), clock, &mut moved) {
            tracing::warn!(%error, folder = %path.display(), "another client's events stay where they are for now");
        }
        for chunk in moved {
            disk.note(chunk.id);
            heir.adopt(chunk, clock.now());
        }
    }
}

/// The calls that it left on their way are played into its own outbox, as its own subject; then its chunks move.
fn inherit(
    heir: &mut Core,
    heirs_files: &Files,
    orphan: Folder,
    config: &Config,
    seed: [u8; 32],
    clock: Clock,
    moved: &mut Vec<RestoredChunk>,
) -> io::Result<()> {
    let files = Files::new(orphan, FsyncPolicy::Never)?;
    let handoff = Handoff::open(files.folder().path(), 0, 0)?;
    let mut left = handoff.drain();
    let kept = files.restore(!left.is_empty())?;
    let mut core = Core::new(config.clone(), seed, &kept.restored, clock.now());
    if kept.is_copy {
        core.begin_apart(clock.now());
    }
    if let Some(record) = &kept.last_record {
        core.recover(record);
    }
    let [ring_id, done_upto, lost @ ..] = core.host_mark();
    let is_known = ring_id == handoff.ring_id();
    left.skip_known(if is_known { done_upto } else { 0 }, &kept.message_ids);
    let mut disk = Disk::new(files, &kept.restored);
    if let Some(consent) = decision::read(heirs_files.folder().store())
        && consent != core.consent()
    {
        core.set_consent(consent, clock.now());
    }
    // Its events go through the same plugins as if it had lived.
    heir.lend(&mut core);
    for (call, _) in left.calls() {
        match call {
            Some(call) => call.apply(&mut core, clock.now()),
            None => core.lost(LossReason::Corrupt, 1, clock.now()),
        }
    }
    heir.lend(&mut core);
    let told = Lost { disk: if is_known { lost } else { [0; 2] }, ..Lost::default() };
    for (reason, events) in handoff.lost().since(&told) {
        if events > 0 {
            core.lost(reason, events as usize, clock.now());
        }
    }
    core.background(clock.now());
    disk.carry_out(&mut core, clock, &mut |_, _, _| {});
    if disk.is_behind() {
        return Err(io::Error::other("the disk refused their records"));
    }
    handoff.release(left.upto());
    heirs_files.inherit(disk.files().folder(), moved)?;
    heir.inherit(&core, clock.now());
    for name in OWN_FILES {
        match fs::remove_file(disk.files().folder().path().join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
