//! Log lines of the client, as reports for its host.

use std::fmt::{Debug, Write as _};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::host::{HostQueue, Reports, Severity};

/// Hands the warnings and errors of one client's thread to its host's queue. Lines of less weight repeat what the facades
/// say of each request themselves.
#[derive(Debug)]
pub(crate) struct Reporter {
    reports: Reports,
}

impl Reporter {
    pub(crate) fn new(host: &HostQueue) -> Self {
        Self { reports: host.reports() }
    }
}

impl Subscriber for Reporter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let severity =
            if *event.metadata().level() == Level::ERROR { Severity::Error } else { Severity::Warning };
        let mut line = Line::default();
        event.record(&mut line);
        self.reports.add(severity, line.message + &line.fields);
    }

    // The client opens no spans.

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// A line as people read it: the message, then the fields in brackets.
#[derive(Debug, Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a String fails only where a value's own Debug does; the line goes on without it then.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " ({name} {value:?})"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::HostTask;

    #[test]
    fn warnings_and_errors_become_reports_with_their_fields() {
        let queue = HostQueue::new();
        let log = tracing::Dispatch::new(Reporter::new(&queue));
        tracing::dispatcher::with_default(&log, || {
            tracing::info!("of no interest");
            tracing::warn!(reason = "serialize", events = 2, "events are lost");
            tracing::error!("stopped");
        });
        drop(queue.transport(String::new()));
        let tasks: Vec<_> = std::iter::from_fn(|| queue.next_task()).collect();
        let report = |severity, message: &str| HostTask::Report { severity, message: message.into() };
        assert_eq!(
            tasks,
            [
                report(Severity::Warning, "events are lost (reason serialize) (events 2)"),
                report(Severity::Error, "stopped")
            ]
        );
    }
}
