//! Threads to work on, which survive a fork of the process.
//!
//! Python forks (PyTorch's loaders, `multiprocessing`), and threads do not come along: whoever asks a pool of
//! the parent waits for ever. So nothing here uses Rayon's global pool; pools belong to a process. Each caller has one
//! for itself while it works, so threads of Python do not wait for each other's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::{PyResult, Python};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::refused;

/// How often a thread that waits for others looks whether it should go on.
const LOOK: Duration = Duration::from_millis(100);

/// The most threads that can be asked for.
pub const MOST: usize = 1024;

/// A process, and a number of threads.
type Kind = (u32, usize);

/// Pools that nobody uses now. What a parent had is never taken in its child, nor dropped: its threads are not there to
/// be waited for.
static FREE: Mutex<Option<HashMap<Kind, Vec<ThreadPool>>>> = Mutex::new(None);

/// A pool for one caller; it is given back when this is dropped.
pub struct Lease {
    pool: Option<ThreadPool>,
    kind: Kind,
}

impl Lease {
    /// Does something on the pool's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Does something on the pool's threads, while this one looks whether a person has pressed Ctrl-C; then the
    /// work is told to stop, and waited for.
    pub fn interruptible<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&AtomicBool) -> T + Send,
    ) -> PyResult<T> {
        let stop = AtomicBool::new(false);
        let Some(pool) = &self.pool else {
            return Ok(py.detach(|| work(&stop)));
        };
        py.detach(|| {
            pool.in_place_scope(|scope| {
                let (done, waits) = mpsc::channel();
                let stop = &stop;
                // If nobody waits for what it came to, this one has stopped it.
                scope.spawn(move |_| drop(done.send(work(stop))));
                loop {
                    match waits.recv_timeout(LOOK) {
                        Ok(made) => return Ok(made),
                        Err(RecvTimeoutError::Timeout) => {
                            if let Err(interrupted) = Python::attach(|py| py.check_signals()) {
                                stop.store(true, Ordering::Relaxed);
                                return Err(interrupted);
                            }
                        }
                        Err(RecvTimeoutError::Disconnected) => {
                            return Err(refused("the work ended without a result"));
                        }
                    }
                }
            })
        })
    }

    /// How many threads it has.
    pub fn threads(&self) -> usize {
        self.kind.1
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(pool) = self.pool.take() else {
            return;
        };
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.get_or_insert_default()
            .entry(self.kind)
            .or_default()
            .push(pool);
    }
}

/// A pool of so many threads; of as many as the machine has without.
pub fn of(threads: Option<usize>) -> PyResult<Lease> {
    let threads =
        threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    if !(1..=MOST).contains(&threads) {
        return Err(refused(format!(
            "{threads} threads were asked for; num_workers is 1 to {MOST}, or None for one a core"
        )));
    }
    let kind = (std::process::id(), threads);
    let free = {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.get_or_insert_default()
            .get_mut(&kind)
            .and_then(Vec::pop)
    };
    let pool = match free {
        Some(pool) => pool,
        None => ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("earnest-{i}"))
            .build()
            .map_err(|e| refused(format!("cannot start {threads} threads: {e}")))?,
    };
    Ok(Lease {
        pool: Some(pool),
        kind,
    })
}
