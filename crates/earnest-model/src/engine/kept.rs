//! Buffers that an engine keeps from pass to pass, so that a pass after the first allocates next
//! to nothing.

use std::sync::{Mutex, PoisonError};

/// Sets of buffers kept for predictions: as many can run beside each other without allocating.
/// More are allowed, and what the others used is given back to the system.
const MOST: usize = 8;

/// Sets of buffers that wait for a pass, and that of a training pass whose backward pass is still
/// to come. A clone starts with none.
#[derive(Debug)]
pub(crate) struct Kept<B> {
    waiting: Mutex<Vec<B>>,
    training: Option<B>,
}

impl<B> Default for Kept<B> {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(Vec::new()),
            training: None,
        }
    }
}

impl<B> Clone for Kept<B> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<B: Default> Kept<B> {
    /// Does something with a set of buffers of its own. The lock is not held meanwhile, so any
    /// number of threads do so at once.
    pub fn with<R>(&self, work: impl FnOnce(&mut B) -> R) -> R {
        let mut buffers = self.take();
        let result = work(&mut buffers);
        self.give(buffers);
        result
    }

    /// A set of buffers for a training pass. Those of an earlier one that no backward pass used
    /// are the first to be taken.
    pub fn begin(&mut self) -> B {
        self.training.take().unwrap_or_else(|| self.take())
    }

    /// Keeps what a training pass left for its backward pass.
    pub fn hold(&mut self, buffers: B) {
        self.training = Some(buffers);
    }

    /// What the last training pass left; none if a backward pass has used it up.
    pub fn held(&mut self) -> Option<B> {
        self.training.take()
    }

    /// Puts buffers back that are no longer needed.
    pub fn give(&self, buffers: B) {
        // A panic while the lock was held cannot have left the list in pieces.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.push(buffers);
        }
    }

    fn take(&self) -> B {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop().unwrap_or_default()
    }
}
