//! What the core says about itself, for the app's log.

use holloway_core::Diagnostic;

/// Tells a diagnostic through `tracing`.
pub(crate) fn tell(diagnostic: Diagnostic) {
    match diagnostic {
        Diagnostic::BadJson { at } => {
            tracing::warn!(
                at,
                "expected a JSON object, found something else, or more than there is room for"
            );
        }
        Diagnostic::MissingName => {
            tracing::warn!("expected a name or an id, found an empty text");
        }
        Diagnostic::Lost { reason, events } => {
            tracing::warn!(reason = reason.as_str(), events, "events are lost");
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
                "nothing answers; tried again now and then, and at once when the app says online"
            );
        }
        Diagnostic::ClockSkew { skew_ms } => {
            tracing::info!(skew_ms, "this device's clock is off; the collector corrects the events' times");
        }
        Diagnostic::Retrying { status, wait_ms } => {
            tracing::info!(status, wait_ms, "a batch is tried again later");
        }
    }
}
