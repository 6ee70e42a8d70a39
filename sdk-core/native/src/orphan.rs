//! What a further client on the same folder left behind when its process was gone.

use std::{fs, io};

use holloway_core::{Client as Core, Config, Consent, RestoredChunk, wire::LossReason};

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

/// Takes over what every writer of the folder left that is gone: its events, its losses, its deletion requests. What the
/// heir's core was told is still in the folders that are answered: they are to be cleared when the heir's state is on the
/// disk, and a kill before tells it again.
#[must_use]
pub(crate) fn inherit_all(
    heir: &mut Core,
    disk: &mut Disk,
    config: &Config,
    clock: Clock,
    mut seed: impl FnMut() -> [u8; 32],
) -> Vec<Folder> {
    let mut told = Vec::new();
    // Nothing may be written before the user's word, and what is in memory only would not outlive the files it is from.
    if heir.consent() == Consent::Unknown {
        return told;
    }
    for orphan in disk.files().folder().orphans() {
        let has_left = OWN_FILES.iter().any(|name| orphan.path().join(name).exists())
            || fs::read_dir(orphan.path().join("chunks")).is_ok_and(|mut chunks| chunks.next().is_some());
        if !has_left {
            continue;
        }
        let path = orphan.path().to_owned();
        let mut moved = Vec::new();
        match inherit(heir, disk.files(), orphan, config, seed(), clock, &mut moved) {
            Ok(orphan) => told.extend(orphan),
            Err(error) => {
                tracing::warn!(%error, folder = %path.display(), "another client's events stay where they are for now");
            }
        }
        for chunk in moved {
            disk.note(chunk.id);
            heir.adopt(chunk, clock.now());
        }
    }
    told
}

/// Removes what these knew of themselves. One where that cannot be done stays, and stays locked with it, so that nobody
/// tells it a second time.
pub(crate) fn clear_all(told: &mut Vec<Folder>) {
    told.retain(|orphan| match clear(orphan) {
        Ok(()) => false,
        Err(error) => {
            tracing::warn!(%error, folder = %orphan.path().display(), "what another client left could not be removed");
            true
        }
    });
}

/// The calls that it left on their way are played into its own outbox, as its own subject; then its chunks move. `None`:
/// it is left for a later round.
fn inherit(
    heir: &mut Core,
    heirs_files: &Files,
    orphan: Folder,
    config: &Config,
    seed: [u8; 32],
    clock: Clock,
    moved: &mut Vec<RestoredChunk>,
) -> io::Result<Option<Folder>> {
    let files = Files::new(orphan, FsyncPolicy::Never)?;
    let handoff = Handoff::open_left(files.folder().path())?;
    let mut left = handoff.drain();
    let kept = files.restore(!left.is_empty())?;
    let mut core = Core::new(config.clone(), seed, &kept.restored, clock.now());
    if kept.is_copy {
        core.begin_apart(clock.now());
    }
    if let Some(record) = &kept.last_record {
        core.recover(record);
    }
    let [ring_id, mut done_upto, mut full, mut large] = core.host_mark();
    if ring_id != handoff.ring_id() {
        [done_upto, full, large] = [0; 3];
    }
    left.skip_known(done_upto, &kept.message_ids);
    let mut disk = Disk::new(files, &kept.restored);
    if let Some(consent) = decision::read(heirs_files.folder().store())
        && consent != core.consent()
    {
        core.set_consent(consent, clock.now());
    }
    // The heir may not have heard yet that the decision was taken back.
    if core.consent() == Consent::Unknown {
        return Ok(None);
    }
    // As its own worker does: its state says how far its calls and counts are dealt with, should this be done again.
    let mut mark = [handoff.ring_id(), done_upto, full, large];
    // Its events go through the same plugins as if it had lived.
    heir.lend(&mut core);
    for (call, end) in left.calls() {
        mark[1] = end;
        core.set_host_mark(mark);
        match call {
            Some(call) => drop(call.apply(&mut core, clock.now())),
            None => core.lost(LossReason::Corrupt, 1, clock.now()),
        }
    }
    heir.lend(&mut core);
    if handoff.is_damaged() {
        core.lost(LossReason::Corrupt, 1, clock.now());
    }
    let lost = handoff.lost();
    let told = Lost { disk: [full, large], ..Lost::default() };
    for (counter, (reason, events)) in lost.since(&told).into_iter().enumerate() {
        mark[2 + counter] = lost.disk[counter];
        core.set_host_mark(mark);
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
    Ok(Some(disk.into_folder()))
}

fn clear(orphan: &Folder) -> io::Result<()> {
    for name in OWN_FILES {
        match fs::remove_file(orphan.path().join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use holloway_core::wire::EventKind;

    use super::*;
    use crate::call::{Kind, Scratch, Stamp, Words, write};

    const SEED: [u8; 32] = [7; 32];

    /// A client on the folder: its core and disk, with what is there.
    fn client(store: &Path) -> (Core, Disk) {
        let files = Files::new(Folder::claim(store).expect("claims"), FsyncPolicy::Never).expect("opens");
        let restored = files.restore(false).expect("reads").restored;
        let core = Core::new(Config::new("KEY"), SEED, &restored, Clock::start().now());
        (core, Disk::new(files, &restored))
    }

    fn carry_out(core: &mut Core, disk: &mut Disk) {
        disk.carry_out(core, Clock::start(), &mut |_, _, _| {});
    }

    fn inherit(core: &mut Core, disk: &mut Disk) -> Vec<Folder> {
        inherit_all(core, disk, &Config::new("KEY"), Clock::start(), || SEED)
    }

    /// Leaves one call on its way, one that found no room, and one counted loss.
    fn leave_an_orphan(store: &Path) {
        let (mut core, mut disk) = client(store);
        core.lost(LossReason::BeforeSend, 1, Clock::start().now());
        carry_out(&mut core, &mut disk);
        let handoff = Handoff::open(disk.files().folder().path(), 0, 9).expect("opens");
        handoff.follow(Consent::Granted).expect("room");
        for name in ["Left", &"too large ".repeat(30_000)] {
            let mut record = Scratch::new();
            let words = Words { name: Some(name), ..Words::default() };
            let stamp = Stamp { unix_ms: Clock::start().now().unix_ms, random: [0; 10] };
            write(&mut record, Kind::Event(EventKind::Track), stamp, &words, None::<&()>, None::<&()>);
            let _ = handoff.push(&record);
        }
    }

    #[test]
    fn what_an_orphan_counted_stays_until_the_heirs_state_is_on_the_disk() {
        let store = tempfile::tempdir().expect("a folder");
        let main = client(store.path());
        leave_an_orphan(store.path());
        drop(main);
        let check = |is_saved: bool| {
            let (mut core, mut disk) = client(store.path());
            let mut told = inherit(&mut core, &mut disk);
            assert_eq!(told.len(), 1);
            let losses: Vec<_> = core.losses().collect();
            assert_eq!(losses, [(LossReason::TooLarge, 1), (LossReason::BeforeSend, 1)]);
            assert_eq!(core.queued_events(), 1);
            if is_saved {
                carry_out(&mut core, &mut disk);
                assert!(inherit(&mut core, &mut disk).is_empty(), "no second time while it is locked");
                clear_all(&mut told);
            }
        };
        // Killed before, as often as it likes.
        check(false);
        check(false);
        check(true);
        let (mut core, mut disk) = client(store.path());
        assert!(inherit(&mut core, &mut disk).is_empty());
        assert_eq!((core.losses().count(), core.queued_events()), (2, 1));
    }

    #[test]
    fn what_became_of_an_orphans_hand_off_is_counted_also_when_no_call_is_left_in_it() {
        let check = |spoil: fn(&Path), reason: LossReason| {
            let store = tempfile::tempdir().expect("a folder");
            let (mut core, mut disk) = client(store.path());
            let (_, gone) = client(store.path());
            let folder = gone.files().folder().path();
            // Of another size than the smallest.
            let handoff = Handoff::open(folder, 1 << 16, 9).expect("opens");
            handoff.follow(Consent::Granted).expect("room");
            handoff.push(&vec![0; 300_000]).expect_err("too large");
            spoil(&folder.join("ring"));
            drop((handoff, gone));
            assert_eq!(inherit(&mut core, &mut disk).len(), 1);
            assert_eq!(core.losses().collect::<Vec<_>>(), [(reason, 1)]);
        };
        check(|_| {}, LossReason::TooLarge);
        check(|ring| fs::write(ring, vec![7; (1 << 16) + 512]).expect("writes"), LossReason::Corrupt);
        check(|ring| fs::write(ring, "no ring").expect("writes"), LossReason::Corrupt);
    }

    #[test]
    fn an_orphan_waits_with_its_calls_for_the_users_word() {
        let store = tempfile::tempdir().expect("a folder");
        let main = client(store.path());
        leave_an_orphan(store.path());
        drop(main);
        let (mut core, mut disk) = client(store.path());
        let mut decide = |consent: Consent| {
            decision::write(store.path(), consent).expect("writes");
            core.set_consent(consent, Clock::start().now());
            let mut told = inherit(&mut core, &mut disk);
            carry_out(&mut core, &mut disk);
            clear_all(&mut told);
            (core.queued_events(), core.losses().count())
        };
        assert_eq!(decide(Consent::Unknown), (0, 0));
        assert_eq!(decide(Consent::Granted), (1, 2));
    }
}
