//! The one place of this crate that starts threads: an ordered, bounded parallel map.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Runs `work` over `tasks` on `threads` threads and hands the answers to `sink` in the order of the tasks.
///
/// At most `threads + 1` tasks are in flight, so memory is bounded by the size of a task, whatever their number. The
/// first error ends the job; what was in flight is finished and dropped.
pub(crate) fn map_ordered<T: Send, R: Send, E: Send>(
    threads: usize,
    tasks: impl IntoIterator<Item = Result<T, E>>,
    work: impl Fn(T) -> Result<R, E> + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    if threads <= 1 {
        return tasks.into_iter().try_for_each(|task| sink(work(task?)?));
    }
    let (task_in, task_out) = mpsc::channel::<(u64, T)>();
    let (answer_in, answer_out) = mpsc::channel::<(u64, Result<R, E>)>();
    let task_out = Mutex::new(task_out);
    thread::scope(|scope| {
        // Owned in here, so that leaving early hangs up on the workers.
        let (task_in, answer_out) = (task_in, answer_out);
        for _ in 0..threads {
            let (task_out, answer_in, work) = (&task_out, answer_in.clone(), &work);
            scope.spawn(move || {
                loop {
                    let next = task_out.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, task)) = next else { return };
                    if answer_in.send((number, work(task))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(answer_in);
        let mut tasks = tasks.into_iter();
        let (mut given, mut taken) = (0_u64, 0_u64);
        let mut waiting = BTreeMap::new();
        let mut dry = false;
        loop {
            while !dry && given - taken <= threads as u64 {
                match tasks.next() {
                    Some(task) => {
                        // The workers hold the other end until `task_in` is dropped.
                        let _ = task_in.send((given, task?));
                        given += 1;
                    }
                    None => dry = true,
                }
            }
            if taken == given {
                return Ok(());
            }
            // A worker that panicked sends nothing; the scope then raises its panic here.
            let Ok((number, answer)) = answer_out.recv() else { return Ok(()) };
            waiting.insert(number, answer);
            while let Some(answer) = waiting.remove(&taken) {
                sink(answer?)?;
                taken += 1;
            }
        }
    })
}

/// As many threads as the machine has, unless a number is asked for.
pub(crate) fn threads_or_all(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(threads: usize, count: u32) -> Result<Vec<u32>, String> {
        let mut seen = Vec::new();
        map_ordered(
            threads,
            (0..count).map(Ok),
            |n| if n == 77 { Err(format!("no {n}")) } else { Ok(n * n) },
            |square| {
                seen.push(square);
                Ok(())
            },
        )
        .map(|()| seen)
    }

    #[test]
    fn answers_come_in_the_order_of_the_tasks_for_any_number_of_threads() {
        for threads in [1, 2, 7] {
            assert_eq!(squares(threads, 50), Ok((0..50).map(|n| n * n).collect()), "{threads} threads");
        }
    }

    #[test]
    fn the_first_error_ends_the_job() {
        for threads in [1, 3] {
            assert_eq!(squares(threads, 100), Err("no 77".to_owned()), "{threads} threads");
        }
    }
}
