//! Threads to work on, which survive a fork of the process.
//!
//! Python forks (PyTorch's loaders, `multiprocessing`), and threads do not come along: whoever asks a pool of
//! the parent waits for ever. So nothing here uses Rayon's global pool; pools belong to a process and a number of threads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::PyResult;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::refused;

/// The most threads that can be asked for.
const MOST: usize = 1024;

/// By process and number of threads. What a parent had is never dropped in its child: its threads
/// are not there to be waited for.
static POOLS: Mutex<Option<HashMap<(u32, usize), Arc<ThreadPool>>>> = Mutex::new(None);

/// Threads that this machine has for us.
pub fn all() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A pool of so many threads; of as many as the machine has without.
pub fn of(threads: Option<usize>) -> PyResult<Arc<ThreadPool>> {
    let threads = threads.unwrap_or_else(all);
    if !(1..=MOST).contains(&threads) {
        return Err(refused(format!(
            "{threads} threads were asked for; num_workers is 1 to {MOST}, or None for one a core"
        )));
    }
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (std::process::id(), threads);
    let pools = pools.get_or_insert_default();
    if let Some(pool) = pools.get(&key) {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("earnest-{i}"))
        .build()
        .map_err(|e| refused(format!("cannot start {threads} threads: {e}")))?;
    let pool = Arc::new(pool);
    pools.insert(key, Arc::clone(&pool));
    Ok(pool)
}
