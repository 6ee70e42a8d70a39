//! `emit` of `OpenTelemetry`'s logs: a record in memory, exported by a thread. A kill loses what was not exported.

use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    logs::{BatchConfigBuilder, BatchLogProcessor, LogBatch, LogExporter, SdkLogger, SdkLoggerProvider},
};

use crate::{
    Subject,
    event::{CURRENCY, IS_GIFT, ITEMS, NAME, ORDER_ID, TOTAL},
};

/// A logger with the batch processor and an exporter that drops what it is given.
#[derive(Debug)]
pub struct OpenTelemetry {
    provider: SdkLoggerProvider,
    logger: SdkLogger,
}

impl Default for OpenTelemetry {
    fn default() -> Self {
        // Later than the drain between batches, so that the exporter's thread does nothing beside the calls.
        let config = BatchConfigBuilder::default().with_scheduled_delay(Duration::from_mins(1)).build();
        let processor = BatchLogProcessor::builder(Nowhere).with_batch_config(config).build();
        let provider = SdkLoggerProvider::builder().with_log_processor(processor).build();
        let logger = provider.logger("bench");
        Self { provider, logger }
    }
}

impl Subject for OpenTelemetry {
    fn call(&mut self) {
        let mut record = self.logger.create_log_record();
        record.set_event_name(NAME);
        record.set_severity_number(Severity::Info);
        record.add_attributes([
            ("order_id", AnyValue::from(ORDER_ID)),
            ("total", AnyValue::from(TOTAL)),
            ("currency", AnyValue::from(CURRENCY)),
            ("items", AnyValue::from(ITEMS)),
            ("is_gift", AnyValue::from(IS_GIFT)),
        ]);
        self.logger.emit(record);
    }

    fn drain(&mut self) {
        self.provider.force_flush().expect("the exporter takes everything");
    }
}

#[derive(Debug)]
struct Nowhere;

impl LogExporter for Nowhere {
    async fn export(&self, _batch: LogBatch<'_>) -> OTelSdkResult {
        Ok(())
    }
}
