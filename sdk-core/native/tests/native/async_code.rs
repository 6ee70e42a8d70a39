//! The client inside async runtimes, where nothing may block for long, and no runtime may be dropped.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use holloway::{BuildError, Client, FlushError, LossReason, Recorder, ReqwestTransport};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::server::{Answer, Server};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(30);

fn runtimes() -> [Runtime; 2] {
    let mut one = Builder::new_current_thread();
    let mut many = Builder::new_multi_thread();
    [one.enable_all().build().expect("runs"), many.worker_threads(2).enable_all().build().expect("runs")]
}

/// Runs it inside `block_on`, and in a task of its own.
fn in_async_code(run: impl Fn() + Clone + Send + 'static) {
    for runtime in runtimes() {
        runtime.block_on(async { run() });
        let run = run.clone();
        let task = runtime.spawn(async move { run() });
        runtime.block_on(task).expect("does not panic");
    }
}

fn recorded(folder: &Path, recorder: &Recorder) -> Client {
    Client::builder("KEY").store_dir(folder).transport(recorder.clone()).build().expect("builds")
}

#[test]
fn a_build_that_fails_does_not_panic_in_async_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("writes");
    in_async_code(move || {
        let build =
            |store: PathBuf| Client::builder("KEY").host("http://127.0.0.1:9").store_dir(store).build();
        assert!(matches!(build(file.clone()), Err(BuildError::Store { .. })));
        assert!(matches!(build(file.join("below")), Err(BuildError::Store { .. })));
        let given = Client::builder("KEY").transport(ReqwestTransport::new().expect("starts"));
        assert!(matches!(given.flush_at(0).build(), Err(BuildError::Setting { .. })));
        drop(Client::builder("KEY").transport(ReqwestTransport::new().expect("starts")));
        drop(ReqwestTransport::new().expect("starts"));
    });
}

#[test]
fn a_client_is_built_used_and_dropped_in_async_code() {
    in_async_code(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::start(&[]);
        let hw = Client::builder("KEY").host(&server.url).store_dir(folder.path()).build().expect("builds");
        hw.track("Sent", json!({}));
        hw.flush(LONG).expect("delivers");
        assert_eq!(server.request().names(), ["Sent"]);
        drop(hw);
    });
}

#[test]
fn a_client_that_a_stopping_runtime_drops_frees_its_folder() {
    for runtime in runtimes() {
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = Recorder::new();
        let hw = recorded(folder.path(), &recorder);
        hw.track("Kept", json!({}));
        runtime.spawn(async move {
            let _hw = hw;
            std::future::pending::<()>().await;
        });
        // The task begins, and ends in the middle with its runtime.
        runtime.block_on(async { tokio::task::yield_now().await });
        drop(runtime);
        let hw = recorded(folder.path(), &recorder);
        hw.flush(LONG).expect("delivers");
        assert_eq!(recorder.event_names(), ["Kept"]);
    }
}

#[test]
fn a_client_that_a_panic_drops_keeps_its_events() {
    in_async_code(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = Recorder::new();
        let store = folder.path().to_owned();
        let given = recorder.clone();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let hw = recorded(&store, &given);
            hw.track("Kept", json!({}));
            panic!("expected by this test");
        }));
        panicked.expect_err("panics");
        let hw = recorded(folder.path(), &recorder);
        hw.flush(LONG).expect("delivers");
        assert_eq!(recorder.event_names(), ["Kept"]);
    });
}

#[test]
fn async_forms_deliver_and_leave_the_thread_to_others() {
    for runtime in runtimes() {
        let (server, folder) = (Server::start(&[Answer(503, "")]), tempfile::tempdir().expect("a folder"));
        let hw = Client::builder("KEY").host(&server.url).store_dir(folder.path()).build().expect("builds");
        runtime.block_on(async {
            hw.for_user("ada").track("Ordered", json!({}));
            // On a runtime of one thread both make progress only if neither blocks it.
            let flush = tokio::spawn(hw.flush_async(LONG));
            let other = tokio::spawn(async { tokio::task::yield_now().await });
            other.await.expect("runs beside the flush");
            flush.await.expect("does not panic").expect("delivers after one failure");
            hw.for_user("bob").track("Ordered", json!({}));
            hw.shutdown_async(LONG).await.expect("delivers");
            assert_eq!(hw.flush_async(LONG).await, Err(FlushError::Stopped));
            assert_eq!(hw.shutdown_async(LONG).await, Err(FlushError::Stopped), "a second one harms nothing");
        });
        // The folder is free.
        let next = recorded(folder.path(), &Recorder::new());
        assert_eq!((next.anonymous_id(), next.queued_events()), (hw.anonymous_id(), 0));
    }
}

#[test]
fn a_future_needs_no_runtime_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = recorded(folder.path(), &recorder);
    hw.track("One", json!({}));
    futures::executor::block_on(hw.flush_async(LONG)).expect("delivers");
    hw.track("Two", json!({}));
    futures::executor::block_on(hw.shutdown_async(LONG)).expect("delivers");
    assert_eq!(recorder.event_names(), ["One", "Two"]);
}

#[test]
fn an_awaited_flush_keeps_its_own_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    recorder.answer_with(503);
    let hw = recorded(folder.path(), &recorder);
    hw.track("Kept", json!({}));
    let error = futures::executor::block_on(hw.flush_async(SHORT)).expect_err("the collector is away");
    assert!(matches!(error, FlushError::TimedOut { queued: 1, waited_ms: 30, .. }), "{error}");
    let error = futures::executor::block_on(hw.shutdown_async(SHORT)).expect_err("the collector is away");
    assert!(matches!(error, FlushError::TimedOut { queued: 1, .. }), "{error}");
    recorder.answer_with(200);
    let next = recorded(folder.path(), &recorder);
    next.online();
    next.flush(LONG).expect("delivers");
    assert_eq!(recorder.event_names(), ["Kept"]);
}

#[test]
fn a_flush_that_is_cancelled_takes_no_loss_away_from_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    recorder.answer_next(400);
    let hw = recorded(folder.path(), &recorder);
    hw.track("Bad", json!({}));
    {
        let mut flush = pin!(hw.flush_async(LONG));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(flush.as_mut().poll(&mut context), Poll::Pending);
    }
    assert!(recorder.wait_for_requests(1, LONG), "it is sent all the same");
    let losses = vec![(LossReason::Rejected, 1)];
    assert_eq!(hw.flush(LONG), Err(FlushError::Lost { losses }));
    hw.flush(LONG).expect("is reported once");
}

#[test]
fn a_future_that_is_never_polled_does_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = Recorder::new();
    let hw = recorded(folder.path(), &recorder);
    drop(hw.shutdown_async(LONG));
    hw.track("Sent", json!({}));
    hw.flush(LONG).expect("runs on");
    assert_eq!(recorder.event_names(), ["Sent"]);
}
