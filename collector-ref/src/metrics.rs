//! Numbers for Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{Recovered, fate::Ledger};

/// What the server counts.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Of the intake.
    ledger: Mutex<Ledger>,
    /// Events that were turned away before the intake saw them.
    turned_away: AtomicU64,
    losses: Mutex<BTreeMap<String, u64>>,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    requests: AtomicU64,
    commits: AtomicU64,
    failed_commits: AtomicU64,
    torn_bytes: AtomicU64,
    damaged_bytes: AtomicU64,
}

impl Metrics {
    /// Counts a request.
    pub(crate) fn requested(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that was refused, and the events that went back with it.
    pub(crate) fn refused(&self, reason: &'static str, events: u64) {
        self.turned_away.fetch_add(events, Ordering::Relaxed);
        *lock(&self.refused).entry(reason).or_default() += 1;
    }

    /// Counts a commit, and takes over what the intake has counted so far.
    pub(crate) fn committed(&self, done: bool, ledger: Ledger) {
        let counter = if done { &self.commits } else { &self.failed_commits };
        counter.fetch_add(1, Ordering::Relaxed);
        *lock(&self.ledger) = ledger;
    }

    /// Takes over what clients said they lost.
    pub(crate) fn set_losses(&self, totals: &BTreeMap<String, u64>) {
        let mut losses = lock(&self.losses);
        if *losses != *totals {
            losses.clone_from(totals);
        }
    }

    /// Takes over what opening the data folder found.
    pub(crate) fn set_recovered(&self, recovered: &Recovered) {
        let logs = [&recovered.log, &recovered.quarantine];
        let torn = logs.into_iter().filter_map(|log| log.torn.as_ref()).map(|torn| torn.bytes);
        self.torn_bytes.store(torn.sum(), Ordering::Relaxed);
        self.damaged_bytes.store(recovered.damaged_bytes, Ordering::Relaxed);
    }

    /// The text exposition format. The fates are one family, and their sum is what was received.
    pub(crate) fn text(&self, waiting_bytes: usize) -> String {
        let mut ledger = *lock(&self.ledger);
        ledger.reject(self.turned_away.load(Ordering::Relaxed));
        let fates = [
            ("stored", ledger.stored),
            ("quarantined", ledger.quarantined),
            ("suppressed", ledger.suppressed),
            ("duplicate", ledger.duplicate),
            ("rejected", ledger.rejected),
        ];
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut out = String::new();
        let counters = [
            ("events_received_total", "Events that came in.", ledger.received),
            ("requests_total", "Requests.", load(&self.requests)),
            ("commits_total", "Syncs that requests waited for.", load(&self.commits)),
            ("failed_commits_total", "Syncs that failed.", load(&self.failed_commits)),
        ];
        for (name, help, value) in counters {
            family(&mut out, name, help, "counter", [("", "", value)]);
        }
        let gauges = [
            ("waiting_bytes", "Bytes of requests that wait for a sync.", waiting_bytes as u64),
            ("log_torn_bytes", "Bytes of a torn tail that the last start cut off.", load(&self.torn_bytes)),
            ("log_damaged_bytes", "Damaged bytes that the last start met.", load(&self.damaged_bytes)),
        ];
        for (name, help, value) in gauges {
            family(&mut out, name, help, "gauge", [("", "", value)]);
        }
        let help = "Events by what became of them; the sum is all received.";
        family(&mut out, "events_total", help, "counter", fates.map(|(fate, count)| ("fate", fate, count)));
        let losses = lock(&self.losses);
        let losses = losses.iter().map(|(reason, count)| ("reason", reason.as_str(), *count));
        family(&mut out, "client_losses_total", "Events that clients said they lost.", "counter", losses);
        let refused = lock(&self.refused);
        let refused = refused.iter().map(|(reason, count)| ("reason", *reason, *count));
        family(&mut out, "refused_requests_total", "Requests that were refused.", "counter", refused);
        out
    }
}

fn family<'a>(
    out: &mut String,
    name: &str,
    help: &str,
    kind: &str,
    rows: impl IntoIterator<Item = (&'a str, &'a str, u64)>,
) {
    let _ = writeln!(out, "# HELP holloway_{name} {help}\n# TYPE holloway_{name} {kind}");
    for (label, word, value) in rows {
        let _ = if label.is_empty() {
            writeln!(out, "holloway_{name} {value}")
        } else {
            // What would end the label is replaced: a reason comes from a client.
            writeln!(out, "holloway_{name}{{{label}=\"{}\"}} {value}", word.replace(['"', '\\', '\n'], "_"))
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
