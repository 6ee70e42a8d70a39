//! The nearest same job of other libraries, each set up so that nothing leaves the process.

mod opentelemetry;
mod posthog;
mod sentry;

pub use opentelemetry::OpenTelemetry;
pub use posthog::Posthog;
pub use sentry::Sentry;
