//! Numbers for Prometheus.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use crate::fate::Ledger;

/// What the server counts.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    ledger: Mutex<Ledger>,
    client_losses: Mutex<BTreeMap<String, u64>>,
    pub(crate) requests: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) failed_commits: AtomicU64,
    /// Bytes of requests that wait for a commit.
    pub(crate) waiting_bytes: AtomicUsize,
}

impl Metrics {
    pub(crate) fn set_ledger(&self, ledger: Ledger) {
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = ledger;
    }

    pub(crate) fn add_loss(&self, reason: &str, events: u64) {
        let mut losses = self.client_losses.lock().unwrap_or_else(PoisonError::into_inner);
        // A sender cannot grow the list without end.
        let reason = if losses.len() < 64 || losses.contains_key(reason) { reason } else { "other" };
        *losses.entry(reason.to_owned()).or_default() += events;
    }

    /// The text exposition format. The fates are one family, and their sum is what was received.
    pub(crate) fn text(&self) -> String {
        let ledger = *self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        let mut family = |name: &str, help: &str, kind: &str, rows: &[(String, u64)]| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in rows {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        };
        let one = |value: u64| [(String::new(), value)];
        family("holloway_events_received_total", "Events that came in.", "counter", &one(ledger.received));
        let fates = [
            ("stored", ledger.stored),
            ("quarantined", ledger.quarantined),
            ("suppressed", ledger.suppressed),
            ("duplicate", ledger.duplicate),
            ("rejected", ledger.rejected),
        ];
        let fates = fates.map(|(fate, count)| (format!("{{fate=\"{fate}\"}}"), count));
        family(
            "holloway_events_total",
            "Events by what became of them; the sum is all received.",
            "counter",
            &fates,
        );
        let losses = self.client_losses.lock().unwrap_or_else(PoisonError::into_inner);
        let losses: Vec<_> = losses
            .iter()
            .map(|(reason, count)| {
                (format!("{{reason=\"{}\"}}", reason.replace(['"', '\\', '\n'], "_")), *count)
            })
            .collect();
        family("holloway_client_losses_total", "Events that clients said they lost.", "counter", &losses);
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        family("holloway_requests_total", "Requests.", "counter", &one(load(&self.requests)));
        family(
            "holloway_commits_total",
            "Syncs that requests waited for.",
            "counter",
            &one(load(&self.commits)),
        );
        family(
            "holloway_failed_commits_total",
            "Syncs that failed.",
            "counter",
            &one(load(&self.failed_commits)),
        );
        let waiting = self.waiting_bytes.load(Ordering::Relaxed) as u64;
        family("holloway_waiting_bytes", "Bytes of requests that wait for a sync.", "gauge", &one(waiting));
        out
    }
}
