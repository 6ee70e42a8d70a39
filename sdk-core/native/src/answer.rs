//! One answer of the worker, for a caller that blocks or awaits.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

/// Makes both ends of an answer.
pub(crate) fn answer<T>() -> (Reply<T>, Answer<T>) {
    let slot = Arc::new(Slot { state: Mutex::new(State::default()), changed: Condvar::new() });
    (Reply(Arc::clone(&slot)), Answer(slot))
}

/// The worker's end. Dropped without an answer, it ends the wait all the same.
#[derive(Debug)]
pub(crate) struct Reply<T>(Arc<Slot<T>>);

/// The caller's end, a future of any runtime: `None` when the worker ended without an answer.
#[derive(Debug)]
pub(crate) struct Answer<T>(Arc<Slot<T>>);

#[derive(Debug)]
struct Slot<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    answer: Option<T>,
    is_over: bool,
    waker: Option<Waker>,
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self { answer: None, is_over: false, waker: None }
    }
}

impl<T> Slot<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Reply<T> {
    /// Whether the caller still waits.
    pub(crate) fn is_awaited(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Gives the answer.
    pub(crate) fn send(self, answer: T) {
        self.0.state().answer = Some(answer);
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_over = true;
        let waker = state.waker.take();
        drop(state);
        self.0.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Answer<T> {
    /// Blocks until the answer is there; `Err` when the time is over first.
    pub(crate) fn wait(self, timeout: Duration) -> Result<Option<T>, ()> {
        let waited = self.0.changed.wait_timeout_while(self.0.state(), timeout, |state| !state.is_over);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_over { Ok(state.answer.take()) } else { Err(()) }
    }
}

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.state();
        if state.is_over {
            return Poll::Ready(state.answer.take());
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    #[test]
    fn an_answer_ends_a_wait_and_so_does_a_worker_that_is_gone() {
        let (reply, waiting) = answer();
        assert!(reply.is_awaited());
        reply.send(7);
        assert_eq!(waiting.wait(Duration::ZERO), Ok(Some(7)));
        let (reply, waiting) = answer::<u8>();
        assert_eq!(waiting.wait(Duration::from_millis(1)), Err(()));
        assert!(!reply.is_awaited(), "the caller has given up");
        let (reply, waiting) = answer::<u8>();
        drop(reply);
        assert_eq!(waiting.wait(Duration::ZERO), Ok(None));
    }

    #[test]
    fn a_future_is_woken_on_another_thread() {
        for given in [Some(7), None] {
            let (reply, waiting) = answer();
            std::thread::scope(|scope| {
                let awaiting = scope.spawn(|| block_on(waiting));
                if let Some(answer) = given {
                    reply.send(answer);
                } else {
                    drop(reply);
                }
                assert_eq!(awaiting.join().expect("does not panic"), given);
            });
        }
    }
}
