//! What the core says about itself, for the app's log.

use holloway_core::{
    Diagnostic,
    wire::{LossReason, limits::EVENT_BYTES_MAX},
};

use crate::call::Call;

/// Writes a diagnostic to `tracing`, with the call that it is about where there is one.
pub(crate) fn write(diagnostic: Diagnostic, call: Option<&Call<'_>>) {
    let label = call.map_or_else(|| "a JSON text".to_owned(), Call::label);
    match diagnostic {
        Diagnostic::BadJson { at: EVENT_BYTES_MAX.. } => {
            tracing::warn!(
                "{label}: its JSON is larger than the 32 KiB that an event may have; it is dropped"
            );
        }
        Diagnostic::BadJson { at } => {
            if let Some(error) = call.and_then(Call::json_error) {
                tracing::warn!(
                    "{label}: its properties, traits or context cannot be written as JSON ({error}); it is dropped"
                );
            } else {
                tracing::warn!(
                    at,
                    "{label}: expected JSON objects as properties, traits and context, found something else; it is dropped"
                );
            }
        }
        Diagnostic::MissingName => match call {
            Some(call) if call.is_for_another() => tracing::warn!(
                "{label}: expected a name, and a user id or anonymous id that is not blank, found an empty text; it is dropped"
            ),
            _ => tracing::warn!("{label}: expected a name or an id, found an empty text; it is dropped"),
        },
        // The app's own wish.
        Diagnostic::Lost { reason: reason @ (LossReason::BeforeSend | LossReason::Sampled), events } => {
            tracing::debug!(reason = reason.as_str(), events, "{label} is not sent");
        }
        Diagnostic::Lost { reason, events } => {
            let reason = reason.as_str();
            if call.is_some() {
                tracing::warn!(reason, events, "{label} is lost, and counted");
            } else {
                tracing::warn!(reason, events, "events are lost, and counted");
            }
        }
        Diagnostic::StateDamaged { copy_used } => {
            tracing::warn!(copy_used, "the state file was damaged");
        }
        Diagnostic::StorageFailed => {
            tracing::warn!("the disk refused a write; the event is in memory");
        }
        Diagnostic::Paused { status } => {
            tracing::warn!(status, "the collector refuses the write key; sending is paused");
        }
        Diagnostic::Unreachable { wait_ms } => {
            tracing::warn!(
                wait_ms,
                "nothing answers; it is tried again now and then, and at once after Client::online"
            );
        }
        Diagnostic::ClockSkew { skew_ms } => {
            tracing::info!(skew_ms, "this device's clock is off; the collector corrects the events' times");
        }
        Diagnostic::Retrying { status: status @ (404 | 405 | 410), wait_ms } => {
            tracing::warn!(
                status,
                wait_ms,
                "no collector answers under the host's /v1/batch; events are kept and tried again: check the host and its proxy"
            );
        }
        Diagnostic::Retrying { status, wait_ms } => {
            tracing::info!(status, wait_ms, "a batch is tried again later");
        }
    }
}
