//! Work that is done ahead of the one who needs its results: utterances are presented for
//! the next batches while the network trains on this one.
//!
//! Presentations and the network's own pieces of work share the threads of one pool, so no
//! thread waits while there is something to do, and none are started beside it. The queue
//! is bounded: only the items of the next [`BATCHES`] batches are in work or waiting. What
//! an item comes to depends on nothing but the item, so neither the order in which they are
//! done nor the number of threads changes a result. An item whose making panics comes to an
//! error: who waits for it is not left waiting.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Batches that are presented ahead of the one in training.
const BATCHES: usize = 2;

/// The results of a batch as they come in.
struct Batch<R> {
    results: Mutex<Vec<Option<R>>>,
    whole: Condvar,
}

impl<R> Batch<R> {
    /// Nothing panics while it holds the lock, and what is there is whole in any case.
    fn lock(&self) -> MutexGuard<'_, Vec<Option<R>>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, i: usize, result: R) {
        let mut results = self.lock();
        results[i] = Some(result);
        if results.iter().all(Option::is_some) {
            self.whole.notify_all();
        }
    }

    /// All results, once they are there; meanwhile helps with whatever there is to do.
    fn take(&self) -> Vec<R> {
        loop {
            let mut results = self.lock();
            if results.iter().all(Option::is_some) {
                return std::mem::take(&mut *results)
                    .into_iter()
                    .flatten()
                    .collect();
            }
            drop(results);
            if rayon::yield_now() == Some(rayon::Yield::Executed) {
                continue;
            }
            // Others are at the last items. More work may yet come from elsewhere, so look
            // again soon.
            let results = self.lock();
            if !results.iter().all(Option::is_some) {
                let _ = self.whole.wait_timeout(results, Duration::from_millis(1));
            }
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "without a message",
    }
}

/// Runs `make` on every item of every batch, on all threads, and `consume` on each batch's
/// results in order, on this thread, while the next batches are made. A `make` that panics
/// comes to an error with the panic's message. The first error of `consume` ends it.
pub(crate) fn made_ahead<I, R, E>(
    batches: &[&[I]],
    make: impl Fn(&I) -> Result<R, String> + Sync,
    mut consume: impl FnMut(usize, Vec<Result<R, String>>) -> Result<(), E> + Send,
) -> Result<(), E>
where
    I: Sync,
    R: Send,
    E: Send,
{
    // The training ends with the error, so nobody looks at what a panic left half-done.
    let make = |item: &I| {
        catch_unwind(AssertUnwindSafe(|| make(item)))
            .unwrap_or_else(|panic| Err(format!("the program broke: {}", words(&*panic))))
    };
    let made: Vec<Batch<Result<R, String>>> = batches
        .iter()
        .map(|items| Batch {
            results: Mutex::new(items.iter().map(|_| None).collect()),
            whole: Condvar::new(),
        })
        .collect();
    let stopped = AtomicBool::new(false);
    let (make, stopped, made) = (&make, &stopped, &made);
    // First in, first out: the batch that is needed first is made first.
    rayon::scope_fifo(|scope| {
        let mut begun = 0;
        for number in 0..batches.len() {
            while begun < batches.len() && begun <= number + BATCHES {
                let batch = begun;
                for (i, item) in batches[batch].iter().enumerate() {
                    scope.spawn_fifo(move |_| {
                        if !stopped.load(Ordering::Relaxed) {
                            made[batch].put(i, make(item));
                        }
                    });
                }
                begun += 1;
            }
            if let Err(error) = consume(number, made[number].take()) {
                stopped.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn batches_come_in_order_and_whole_and_the_queue_stays_short() {
        let items: Vec<usize> = (0..103).collect();
        let batches: Vec<&[usize]> = items.chunks(8).collect();
        for threads in [1, 2, 4] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let begun = AtomicUsize::new(0);
            let mut seen = Vec::new();
            let work = || {
                made_ahead(
                    &batches,
                    |i| {
                        begun.fetch_add(1, Ordering::SeqCst);
                        Ok(i * i)
                    },
                    |number, results| {
                        assert!(begun.load(Ordering::SeqCst) <= (number + 1 + BATCHES) * 8);
                        // Work of its own on the same threads must not get stuck.
                        let (a, b) = rayon::join(|| results.len(), || number);
                        seen.push((b, a));
                        assert!(
                            results
                                .iter()
                                .zip(batches[number])
                                .all(|(r, i)| *r == Ok(i * i))
                        );
                        Ok::<(), ()>(())
                    },
                )
            };
            pool.install(work).unwrap();
            assert!(seen.iter().enumerate().all(|(i, (n, _))| i == *n));
            assert_eq!(seen.iter().map(|(_, n)| n).sum::<usize>(), 103);
        }
    }

    #[test]
    fn an_error_ends_it_at_once() {
        let items: Vec<usize> = (0..800).collect();
        let batches: Vec<&[usize]> = items.chunks(8).collect();
        let made = AtomicUsize::new(0);
        let result = made_ahead(
            &batches,
            |_| Ok(made.fetch_add(1, Ordering::SeqCst)),
            |number, _| if number == 3 { Err("enough") } else { Ok(()) },
        );
        assert_eq!(result, Err("enough"));
        assert!(made.load(Ordering::SeqCst) <= (3 + 1 + BATCHES) * 8);
    }
}
