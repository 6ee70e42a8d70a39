//! What the core says about itself, for the app's log.

use holloway_core::{
    Diagnostic,
    wire::{LossReason, limits::EVENT_BYTES_MAX},
};

use crate::{call::Call, flush::is_on_the_way};

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
        // The wish of the app or of its user: a line for each call would fill the log.
        Diagnostic::Lost {
            reason: reason @ (LossReason::BeforeSend | LossReason::Sampled | LossReason::OptedOut),
            events,
        } => {
            let label = call.map_or_else(|| "an event".to_owned(), Call::label);
            tracing::debug!(reason = reason.as_str(), events, "{label} is not sent");
        }
        Diagnostic::Lost { reason, events } => {
            // Events of earlier calls may be lost meanwhile, such as by a full outbox.
            let is_of_call = call.is_some() && !is_on_the_way(reason);
            let reason = reason.as_str();
            if is_of_call {
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

#[cfg(test)]
mod tests {
    use std::{
        fmt::Debug,
        sync::{Arc, Mutex},
    };

    use tracing::{
        Dispatch, Event, Level, Metadata, Subscriber,
        field::{Field, Visit},
        span,
    };

    use super::*;
    use crate::call::{Kind, Stamp, Words};
    use holloway_core::wire::EventKind;

    /// Keeps warnings.
    #[derive(Clone, Debug, Default)]
    struct Warnings(Arc<Mutex<Vec<String>>>);

    impl Visit for Warnings {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            if field.name() == "message" {
                self.0.lock().expect("no test panics").push(format!("{value:?}"));
            }
        }
    }

    impl Subscriber for Warnings {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() <= Level::WARN
        }

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn a_loss_names_the_call_that_it_is_of_and_a_wish_is_no_warning() {
        #[track_caller]
        fn check(reason: LossReason, expected: &[&str]) {
            let call = Call {
                kind: Kind::Event(EventKind::Track),
                stamp: Stamp { unix_ms: 0, random: [0; 10] },
                words: Words { name: Some("Signed Up"), ..Words::default() },
                object: None,
                context: None,
            };
            let warnings = Warnings::default();
            tracing::dispatcher::with_default(&Dispatch::new(warnings.clone()), || {
                write(Diagnostic::Lost { reason, events: 1 }, Some(&call));
            });
            assert_eq!(*warnings.0.lock().expect("no test panics"), expected, "{reason:?}");
        }
        check(LossReason::TooLarge, &["event \"Signed Up\" is lost, and counted"]);
        check(LossReason::Serialize, &["event \"Signed Up\" is lost, and counted"]);
        check(LossReason::QueueFull, &["events are lost, and counted"]);
        check(LossReason::Expired, &["events are lost, and counted"]);
        check(LossReason::OptedOut, &[]);
        check(LossReason::BeforeSend, &[]);
        check(LossReason::Sampled, &[]);
    }
}
