//! Group commit: one thread owns the intake; requests that come while a sync is under way share the next one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use holloway_rawlog::Storage;
use holloway_wire::Timestamp;
use tokio::sync::oneshot;

use crate::{Intake, admission::Admission, fate::Mark, losses::LossBook, metrics::Metrics};

/// Bytes after which a group is synced, however many requests wait.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A request's events, and what its client said it lost.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) admission: Admission,
    pub(crate) losses: Losses,
    pub(crate) reply: oneshot::Sender<Result<Settled, Unstored>>,
}

/// Losses as a client reports them.
#[derive(Debug)]
pub(crate) struct Losses {
    pub(crate) received_at: Timestamp,
    pub(crate) write_key: String,
    pub(crate) by_reason: Vec<(String, u64)>,
}

/// The events of a job, all on disk, with their marks in the same order.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) admission: Admission,
    pub(crate) marks: Vec<Mark>,
}

/// Nothing of the job is stored, as far as anybody may be told.
#[derive(Debug)]
pub(crate) struct Unstored;

#[derive(Debug)]
enum Order {
    Store(Job),
    /// Asks whether events could be stored now.
    Probe(oneshot::Sender<bool>),
    Stop,
}

/// Where requests go.
#[derive(Clone, Debug)]
pub(crate) struct Committer {
    orders: mpsc::Sender<Order>,
    failing: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

impl Committer {
    /// Starts the thread. It ends, with everything committed, after [`Committer::stop`].
    pub(crate) fn start<S>(
        intake: Intake<S>,
        losses: LossBook,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<(Self, JoinHandle<()>)>
    where
        S: Storage + Send + 'static,
        S::File: Send,
        S::Lock: Send,
    {
        let (orders, queue) = mpsc::channel();
        let failing = Arc::new(AtomicBool::new(false));
        let mut thread = Thread { intake, losses, metrics, failing: Arc::clone(&failing) };
        let run = move || thread.run(&queue);
        let thread = std::thread::Builder::new().name("holloway-commit".to_owned()).spawn(run)?;
        Ok((Self { orders, failing, ended: Arc::default() }, thread))
    }

    /// Stores events; the answer comes when they are on disk.
    pub(crate) async fn store(&self, admission: Admission, losses: Losses) -> Result<Settled, Unstored> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Store(Job { admission, losses, reply })).map_err(|_| Unstored)?;
        answer.await.unwrap_or(Err(Unstored))
    }

    /// Whether events can be stored: the last commit was one, or another would be.
    pub(crate) async fn is_ready(&self) -> bool {
        if !self.failing.load(Ordering::Relaxed) {
            return true;
        }
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Probe(reply)).is_ok() && answer.await.unwrap_or(false)
    }

    /// Whether nothing can be stored any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Ends the thread after what was handed over before.
    pub(crate) fn stop(&self) {
        self.ended.store(true, Ordering::Relaxed);
        // It has ended already when nobody listens.
        let _ = self.orders.send(Order::Stop);
    }
}

struct Thread<S: Storage> {
    intake: Intake<S>,
    losses: LossBook,
    metrics: Arc<Metrics>,
    failing: Arc<AtomicBool>,
}

impl<S: Storage> Thread<S> {
    fn run(&mut self, queue: &mpsc::Receiver<Order>) {
        let mut group = Vec::new();
        let mut stopped = false;
        while !stopped && let Ok(first) = queue.recv() {
            let mut order = Some(first);
            while let Some(next) = order.take() {
                match next {
                    Order::Store(job) => group.push((self.intake.take(&job.admission), job)),
                    Order::Probe(reply) => {
                        let is_ready = self.intake.probe().is_ok();
                        self.failing.store(!is_ready, Ordering::Relaxed);
                        // Whoever asked may have gone away.
                        let _ = reply.send(is_ready);
                    }
                    Order::Stop => stopped = true,
                }
                if !stopped && self.intake.pending_bytes() < GROUP_BYTES_MAX {
                    order = queue.try_recv().ok();
                }
            }
            if !group.is_empty() {
                self.commit(&mut group);
            }
        }
    }

    fn commit(&mut self, group: &mut Vec<(Vec<Mark>, Job)>) {
        let committed = self.intake.commit();
        self.failing.store(committed.is_err(), Ordering::Relaxed);
        self.metrics.committed(committed.is_ok(), self.intake.ledger());
        match committed {
            Ok(()) => {
                // A batch of which everything was here before was sent again, and so were its losses.
                let reports = group
                    .iter()
                    .filter(|(marks, _)| {
                        marks.is_empty() || marks.iter().any(|mark| *mark != Mark::Duplicate)
                    })
                    .map(|(_, job)| &job.losses)
                    .filter(|losses| !losses.by_reason.is_empty());
                if let Err(error) = self.losses.add(reports) {
                    tracing::warn!(%error, "what clients said they lost is counted until the next restart only");
                }
                self.metrics.set_losses(self.losses.totals());
                for (marks, job) in group.drain(..) {
                    // A sender that has gone away gets no answer; its events are stored all the same.
                    let _ = job.reply.send(Ok(Settled { admission: job.admission, marks }));
                }
            }
            Err(error) => {
                tracing::error!(%error, "nothing of this group is stored; its senders are told to try again");
                for (_, job) in group.drain(..) {
                    let _ = job.reply.send(Err(Unstored));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use holloway_rawlog::Memory;
    use tokio::runtime::{Builder, Runtime};

    use super::*;
    use crate::{IntakeOptions, Source};

    const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

    fn events(ids: &[&str]) -> Admission {
        let mut admission = Admission::default();
        for id in ids {
            let raw = format!(r#"{{"type":"track","event":"E","userId":"u","messageId":"{id}"}}"#);
            admission.event(&raw, &Source::new("K", NOW));
        }
        admission
    }

    fn lost(events: u64) -> Losses {
        let by_reason = if events == 0 { Vec::new() } else { vec![("queue_full".to_owned(), events)] };
        Losses { received_at: NOW, write_key: "K".to_owned(), by_reason }
    }

    fn marks(runtime: &Runtime, committer: &Committer, ids: &[&str], losses: u64) -> Option<Vec<Mark>> {
        runtime.block_on(committer.store(events(ids), lost(losses))).ok().map(|settled| settled.marks)
    }

    #[test]
    fn a_full_disk_refuses_and_heals() {
        let runtime = Builder::new_current_thread().build().expect("runs");
        let data = tempfile::tempdir().expect("a folder");
        let (log, quarantine) = (Memory::new(), Memory::new());
        let (intake, _) =
            Intake::with_storage(&log, &quarantine, IntakeOptions::default(), NOW).expect("opens");
        let metrics = Arc::new(Metrics::default());
        let losses = LossBook::open(data.path()).expect("opens");
        let (committer, thread) = Committer::start(intake, losses, Arc::clone(&metrics)).expect("starts");

        assert_eq!(marks(&runtime, &committer, &["a"], 0), Some(vec![Mark::Stored]));
        log.fail_syncs(true);
        assert_eq!(marks(&runtime, &committer, &["b"], 3), None);
        assert!(!runtime.block_on(committer.is_ready()));
        log.fail_syncs(false);
        assert!(runtime.block_on(committer.is_ready()), "asking is enough: nobody has to send events");
        log.fill_after(Some(0));
        assert_eq!(marks(&runtime, &committer, &["b"], 3), None);
        log.fill_after(None);
        assert_eq!(marks(&runtime, &committer, &["a", "b"], 3), Some(vec![Mark::Duplicate, Mark::Stored]));
        assert_eq!(marks(&runtime, &committer, &["a", "b"], 3), Some(vec![Mark::Duplicate, Mark::Duplicate]));

        committer.stop();
        thread.join().expect("ends in order");
        assert_eq!(marks(&runtime, &committer, &["c"], 0), None, "after the end nothing is promised");
        let text = metrics.text(0);
        for line in [
            "holloway_events_received_total 7\n",
            "holloway_events_total{fate=\"stored\"} 2\n",
            "holloway_events_total{fate=\"duplicate\"} 3\n",
            "holloway_events_total{fate=\"rejected\"} 2\n",
            "holloway_client_losses_total{reason=\"queue_full\"} 3\n",
            "holloway_failed_commits_total 2\n",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        let again = LossBook::open(data.path()).expect("opens");
        assert_eq!(again.totals().get("queue_full"), Some(&3), "losses outlive a restart");
    }
}
