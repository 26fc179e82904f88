//! The local executor: units side by side, each on its share of the cores.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::error::ExperimentError;
use crate::experiment::Unit;
use crate::observer::{Notice, Observer};
use crate::running::unit_runner::{Attempt, Runner, is_done};

/// Threads from which on one training gains little: its products are too small to share out
/// further.
const THREADS_FOR_A_UNIT: usize = 4;

/// Memory that a unit may need beside the corpus, MiB: a batch of long utterances in an RNN,
/// weights and their moments, presentations made ahead.
const MEMORY_FOR_A_UNIT_MIB: u64 = 1024;

/// How long to wait before looking again whether another process has finished a unit.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How many units are trained at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers(pub usize);

/// Memory that is free for more, MiB: of the machine, or of the control group that a batch system
/// or a container has put this process into. `None` where the system does not say.
fn free_memory_mib() -> Option<u64> {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let machine = system.available_memory();
    let group = system.cgroup_limits().map(|limits| limits.free_memory);
    let free = group.map_or(machine, |group| group.min(machine));
    (free > 0).then_some(free >> 20)
}

impl Workers {
    /// As many as were asked for; else one for each four threads, as memory permits. Never
    /// more than units.
    #[must_use]
    pub fn suited(asked: Option<usize>, units: usize) -> Self {
        let by_threads = rayon::current_num_threads() / THREADS_FOR_A_UNIT;
        let by_memory = free_memory_mib().map_or(usize::MAX, |free| {
            usize::try_from(free / MEMORY_FOR_A_UNIT_MIB).unwrap_or(usize::MAX)
        });
        let count = asked.unwrap_or_else(|| by_threads.min(by_memory));
        Self(count.clamp(1, units.max(1)))
    }
}

/// Also stops when another worker has failed.
struct Together<'a> {
    inner: &'a dyn Observer,
    failed: &'a AtomicBool,
}

impl Observer for Together<'_> {
    fn event(&self, event: Notice<'_>) {
        self.inner.event(event);
    }

    fn stopping(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.inner.stopping()
    }
}

/// Runs units until all are finished, here or by other processes.
pub(crate) fn run(
    runner: &Runner<'_>,
    units: &[(usize, &Unit)],
    workers: Workers,
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    let pending: Vec<String> = units
        .iter()
        .filter(|(_, unit)| !is_done(runner.folder, unit))
        .map(|(_, unit)| unit.id())
        .collect();
    observer.event(Notice::RunStarted {
        pending: &pending,
        workers: workers.0,
    });
    let queue = Mutex::new(units.iter().copied().collect::<VecDeque<_>>());
    let failed = AtomicBool::new(false);
    let failure = Mutex::new(None);
    let watch = Together {
        inner: observer,
        failed: &failed,
    };
    let work = || {
        if let Err(error) = work(runner, &queue, &watch) {
            failed.store(true, Ordering::Relaxed);
            if let Ok(mut first) = failure.lock() {
                // Who stops because another failed has nothing to say.
                first.get_or_insert(error);
            }
        }
    };
    if workers.0 == 1 {
        work();
    } else {
        let threads = (rayon::current_num_threads() / workers.0).max(1);
        let pools = (0..workers.0)
            .map(|_| rayon::ThreadPoolBuilder::new().num_threads(threads).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| ExperimentError::Setup(format!("cannot start threads: {e}")))?;
        std::thread::scope(|scope| {
            for pool in &pools {
                scope.spawn(|| pool.install(work));
            }
        });
    }
    match failure.into_inner() {
        Ok(Some(error)) => Err(error),
        _ => Ok(()),
    }
}

/// What one worker does: the next unit, until none is left. Units of other processes are put
/// back, and looked at again.
fn work(
    runner: &Runner<'_>,
    queue: &Mutex<VecDeque<(usize, &Unit)>>,
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
    let mut told = false;
    let mut in_vain = 0;
    while let Some((at, unit)) = next() {
        if observer.stopping() {
            return Err(ExperimentError::Stopped);
        }
        match runner.attempt(unit, at + 1, observer)? {
            Attempt::Finished => in_vain = 0,
            Attempt::Elsewhere => {
                let waiting = queue.lock().map_or(0, |mut queue| {
                    queue.push_back((at, unit));
                    queue.len()
                });
                in_vain += 1;
                if in_vain >= waiting {
                    // All that is left is with others.
                    if !told {
                        observer.event(Notice::Waiting { units: waiting });
                        told = true;
                    }
                    wait(runner, unit, observer);
                    in_vain = 0;
                }
            }
        }
    }
    Ok(())
}

/// Until it is worth looking again.
fn wait(runner: &Runner<'_>, unit: &Unit, observer: &dyn Observer) {
    for _ in 0..4 {
        if is_done(runner.folder, unit) || observer.stopping() {
            return;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
