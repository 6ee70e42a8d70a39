//! Waiting for delivery, and the end of a client: for threads, and for async code of any runtime.

use std::{
    future::Future,
    sync::{Arc, PoisonError},
    thread::current,
    time::Duration,
};

use crate::{
    Client, FlushError,
    answer::{Answer, answer},
    client::Shared,
    flush::{Flush, Flushed, timed_out},
    message::Message,
};

impl Client {
    /// Sends everything that was called before, and blocks until the collector has acknowledged it. In async code use
    /// [`Self::flush_async`].
    ///
    /// # Errors
    ///
    /// [`FlushError`] says what still waits, or was lost since the last flush, and why.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.shared().flush(timeout, false)
    }

    /// Sends everything that was called before, and completes when the collector has acknowledged it: [`Self::flush`] as a
    /// future.
    ///
    /// The future needs no runtime of its own: it works under tokio, async-std, smol or any other executor, and the timeout
    /// is kept by the client's own thread. Nothing happens before it is polled. It may be dropped at any time: the events
    /// are sent all the same.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use holloway::{Client, FlushError, Recorder};
    /// # use serde_json::json;
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// let collector = Recorder::new();
    /// let hw = Client::builder("KEY").store_dir(folder.path()).transport(collector.clone()).build()?;
    /// hw.for_user("ada").track("Ordered", json!({ "total": 12.5 }));
    /// hw.flush_async(Duration::from_secs(5)).await?;
    ///
    /// collector.answer_with(503);
    /// hw.for_user("bob").track("Ordered", json!({ "total": 8 }));
    /// let error = hw.flush_async(Duration::from_millis(50)).await.unwrap_err();
    /// assert!(matches!(error, FlushError::TimedOut { queued: 1, .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Self::flush`].
    pub fn flush_async(
        &self,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), FlushError>> + Send + use<> {
        let shared = Arc::clone(self.shared());
        async move { shared.flush_async(timeout, false).await }
    }

    /// Flushes, then stops the client. What could not be sent in time is kept for the next client on the same folder.
    ///
    /// The error is the last word on this client and fits a log line: what still waits, and every event lost since the last
    /// flush, by reason, also those that the app itself spoilt. Blocks; in async code use [`Self::shutdown_async`].
    ///
    /// # Errors
    ///
    /// [`FlushError`]; the client is stopped in any case.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), FlushError> {
        let flushed = self.shared().flush(timeout, true);
        self.shared().stop();
        flushed
    }

    /// Flushes, then stops the client: [`Self::shutdown`] as a future, which is of any runtime like
    /// [`Self::flush_async`]. Dropped before its end, it may leave the client running; the last clone's drop stops it.
    ///
    /// # Errors
    ///
    /// As [`Self::shutdown`].
    pub fn shutdown_async(
        &self,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), FlushError>> + Send + use<> {
        let shared = Arc::clone(self.shared());
        async move {
            let flushed = shared.flush_async(timeout, true).await;
            let (ended, end) = answer();
            // Completes when the worker is gone and has freed the folder.
            if shared.is_here() && shared.messages.send(Message::Stop(Some(ended))).is_ok() {
                let _: Option<()> = end.await;
            }
            flushed
        }
    }
}

impl Shared {
    fn flush(&self, timeout: Duration, is_last: bool) -> Flushed {
        let answer = self.ask_to_flush(timeout, is_last)?;
        // Beyond the worker's own deadline, should a disk hold the worker up.
        match answer.wait(timeout) {
            Ok(Some(flushed)) => flushed,
            Ok(None) => Err(FlushError::Stopped),
            Err(()) => Err(timed_out(&self.gauges, &self.handoff, timeout.as_millis())),
        }
    }

    async fn flush_async(&self, timeout: Duration, is_last: bool) -> Flushed {
        let answer = self.ask_to_flush(timeout, is_last)?;
        answer.await.unwrap_or(Err(FlushError::Stopped))
    }

    fn ask_to_flush(&self, timeout: Duration, is_last: bool) -> Result<Answer<Flushed>, FlushError> {
        if !self.is_here() {
            return Err(FlushError::Forked);
        }
        let (reply, answer) = answer();
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let deadline_mono_ms = self.clock.now().mono_ms.saturating_add(timeout_ms);
        let flush = Flush { reply, timeout_ms, deadline_mono_ms, is_last };
        self.messages.send(Message::Flush(flush)).map_err(|_| FlushError::Stopped)?;
        Ok(answer)
    }

    /// Ends the worker and waits until it is gone, and the folder free with it. No network is waited for.
    pub(crate) fn stop(&self) {
        if !self.is_here() {
            return;
        }
        let _ = self.messages.send(Message::Stop(None));
        // Held to the end, so that a second caller finds the folder free as well.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        // The worker itself may drop the last clone, in a plugin that holds one.
        if let Some(thread) = thread.take().filter(|thread| thread.thread().id() != current().id()) {
            // A worker that panicked has said so itself.
            let _ = thread.join();
        }
    }

    /// Whether this is the process that built the client; a fork has none of its threads.
    pub(crate) fn is_here(&self) -> bool {
        std::process::id() == self.process
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.is_here() {
            self.stop();
            return;
        }
        // In a forked process these stand for threads of another one, and their locks may be held for good.
        std::mem::forget(self.messages.clone());
        std::mem::forget(self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}
