//! `capture` of posthog-rs: an event in memory, sent by a thread. A kill loses what was not sent.

use posthog_rs::{ClientOptionsBuilder, Event};

use crate::{
    Subject,
    event::{CURRENCY, IS_GIFT, ITEMS, NAME, ORDER_ID, TOTAL, USER},
};

/// A blocking client whose worker drops what it would send.
pub struct Posthog(posthog_rs::Client);

impl std::fmt::Debug for Posthog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Posthog").finish_non_exhaustive()
    }
}

impl Default for Posthog {
    fn default() -> Self {
        let options = ClientOptionsBuilder::default()
            .api_key("KEY".to_owned())
            // The discard port: nothing may leave the machine, should the hook below ever not be asked.
            .host("http://127.0.0.1:9")
            // Later than the drain between batches, so that the worker does nothing beside the calls.
            .flush_at(10_000_usize)
            .flush_interval_ms(60_000_u64)
            // Asked by the worker, not by the caller: the last step before an event becomes bytes.
            .before_send(|_| None)
            .build()
            .expect("every option without a default is set");
        Self(posthog_rs::client(options))
    }
}

impl Subject for Posthog {
    fn call(&mut self) {
        let mut event = Event::new(NAME, USER);
        let fits = "a text, a number or a flag is JSON";
        event.insert_prop("order_id", ORDER_ID).expect(fits);
        event.insert_prop("total", TOTAL).expect(fits);
        event.insert_prop("currency", CURRENCY).expect(fits);
        event.insert_prop("items", ITEMS).expect(fits);
        event.insert_prop("is_gift", IS_GIFT).expect(fits);
        self.0.capture(event);
    }

    fn drain(&mut self) {
        self.0.flush();
    }
}
