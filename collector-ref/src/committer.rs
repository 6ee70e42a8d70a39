//! Group commit: one thread owns the intake; requests that come while a sync is under way share the next one.

use std::{
    sync::{Arc, atomic::Ordering, mpsc},
    thread::JoinHandle,
};

use bytes::Bytes;
use holloway_wire::{
    EventKind, RawJson, Verdict, decode,
    limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX},
    write_receipt,
};
use tokio::sync::oneshot;

use crate::{
    Fate, Intake, Keys, Source, access::Claims, body::BodyError, clock::now, metrics::Metrics,
    refusal::Refusal,
};

/// Bytes after which a group is synced, however many requests wait.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A request for the committer.
pub(crate) struct Job {
    /// The body's JSON text, or why there is none, with the bytes as they came.
    pub(crate) body: Result<Bytes, (BodyError, Bytes)>,
    pub(crate) route: decode::Route,
    pub(crate) import: bool,
    pub(crate) claims: Claims,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) reply: oneshot::Sender<Result<Vec<u8>, Refusal>>,
}

/// Where requests go.
#[derive(Clone, Debug)]
pub(crate) struct Committer {
    jobs: mpsc::Sender<Job>,
}

impl Committer {
    /// Starts the thread. It ends, with everything committed, when every [`Committer`] is gone.
    pub(crate) fn start(
        intake: Intake,
        keys: Keys,
        metrics: Arc<Metrics>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, queue) = mpsc::channel();
        let run = move || run(intake, keys, &metrics, &queue);
        let thread = std::thread::Builder::new().name("holloway-commit".to_owned()).spawn(run)?;
        Ok((Self { jobs }, thread))
    }

    /// Hands a request over; `false` when the committer has ended.
    pub(crate) fn submit(&self, job: Job) -> bool {
        self.jobs.send(job).is_ok()
    }
}

type Answer = (oneshot::Sender<Result<Vec<u8>, Refusal>>, Result<Vec<u8>, Refusal>);

fn run(mut intake: Intake, mut keys: Keys, metrics: &Metrics, queue: &mpsc::Receiver<Job>) {
    let mut answers: Vec<Answer> = Vec::new();
    while let Ok(first) = queue.recv() {
        let mut job = Some(first);
        while let Some(next) = job {
            let answer = handle(&mut intake, &mut keys, metrics, &next);
            answers.push((next.reply, answer));
            job = if intake.pending_bytes() < GROUP_BYTES_MAX { queue.try_recv().ok() } else { None };
        }
        let committed = intake.commit();
        metrics.commits.fetch_add(1, Ordering::Relaxed);
        metrics.set_ledger(intake.ledger());
        if let Err(error) = &committed {
            metrics.failed_commits.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%error, "nothing of this group is stored; its senders are told to try again");
        }
        for (reply, answer) in answers.drain(..) {
            let answer = if committed.is_ok() { answer } else { answer.and(Err(Refusal::Storage)) };
            // A sender that has gone away gets no answer; its events are stored all the same.
            let _ = reply.send(answer);
        }
    }
}

/// Admits a request's events. The answer holds if the commit that follows succeeds.
fn handle(intake: &mut Intake, keys: &mut Keys, metrics: &Metrics, job: &Job) -> Result<Vec<u8>, Refusal> {
    let received_at = now();
    let bytes = match &job.body {
        Ok(bytes) => bytes,
        Err((error, raw)) => {
            let write_key =
                authorise(keys, &job.claims, None, received_at).inspect_err(|_| intake.reject(1))?;
            return Err(spoilt(intake, &source(job, &write_key, received_at), raw, error));
        }
    };
    let body = match decode::body(bytes, job.route) {
        Ok(body) => body,
        Err(error) => {
            let write_key =
                authorise(keys, &job.claims, None, received_at).inspect_err(|_| intake.reject(1))?;
            let source = source(job, &write_key, received_at);
            intake.quarantine(bytes, &source, "malformed_body", &error.to_string());
            return Err(error.into());
        }
    };
    let events = body.events.len();
    let turn_away = |intake: &mut Intake| intake.reject(events.max(1) as u64);
    let write_key = authorise(keys, &job.claims, body.write_key.as_deref(), received_at)
        .inspect_err(|_| turn_away(intake))?;
    if !job.import && job.route == decode::Route::Batch {
        if bytes.len() > BATCH_BYTES_MAX {
            turn_away(intake);
            return Err(Refusal::BatchTooLarge(bytes.len()));
        }
        if events > BATCH_EVENTS_MAX {
            turn_away(intake);
            return Err(Refusal::TooManyEvents(events));
        }
    }
    for (reason, count) in &body.losses {
        metrics.add_loss(reason, *count);
    }
    let source = Source {
        sent_at: body.sent_at,
        batch_context: body.context.map(RawJson::text),
        ..source(job, &write_key, received_at)
    };
    let lines: Vec<(String, Verdict, Option<String>)> = body
        .events
        .iter()
        .map(|event| {
            let (message_id, fate) = intake.admit(event, &source);
            let (verdict, reason) = verdict(fate);
            (message_id, verdict, reason)
        })
        .collect();
    let mut receipt = Vec::new();
    let results = lines.iter().map(|(id, verdict, reason)| (id.as_str(), *verdict, reason.as_deref()));
    write_receipt(&mut receipt, results, None);
    Ok(receipt)
}

fn authorise(
    keys: &mut Keys,
    claims: &Claims,
    body: Option<&str>,
    now: holloway_wire::Timestamp,
) -> Result<String, Refusal> {
    match claims.write_key(body) {
        Some(key) if keys.accepts(key, now) => Ok(key.to_owned()),
        Some(key) => Err(Refusal::UnknownKey(key.chars().take(64).collect())),
        None => Err(Refusal::NoKey),
    }
}

/// A body that could not be decompressed: kept when it is small enough to be kept, else left with its sender.
fn spoilt(intake: &mut Intake, source: &Source<'_>, raw: &[u8], error: &BodyError) -> Refusal {
    match error {
        BodyError::TooLarge => {
            intake.reject(1);
            Refusal::Body(BodyError::TooLarge)
        }
        BodyError::Encoding(name) => {
            intake.reject(1);
            Refusal::Body(BodyError::Encoding(name.clone()))
        }
        BodyError::Damaged { encoding, source: why } => {
            intake.quarantine(raw, source, "damaged_encoding", &error.to_string());
            Refusal::Body(BodyError::Damaged {
                encoding,
                source: std::io::Error::new(why.kind(), why.to_string()),
            })
        }
    }
}

fn source<'a>(job: &'a Job, write_key: &'a str, received_at: holloway_wire::Timestamp) -> Source<'a> {
    let default_kind: Option<EventKind> = match job.route {
        decode::Route::Single(kind) => Some(kind),
        decode::Route::Batch => None,
    };
    Source {
        ip: job.ip.as_deref(),
        user_agent: job.user_agent.as_deref(),
        default_kind,
        ..Source::new(write_key, received_at)
    }
}

fn verdict(fate: Fate) -> (Verdict, Option<String>) {
    match fate {
        Fate::Stored => (Verdict::Ok, None),
        Fate::Duplicate => (Verdict::Duplicate, None),
        Fate::Quarantined { reason, detail } => (Verdict::Invalid, Some(format!("{reason}: {detail}"))),
        Fate::Suppressed => (Verdict::Dropped, Some("suppressed".to_owned())),
        Fate::Rejected => (Verdict::Retry, None),
    }
}
