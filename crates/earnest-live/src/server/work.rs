//! Work that computes, on the threads that are there for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The work panicked; what it was given is gone.
#[derive(Debug)]
pub struct Fallen;

/// Runs this on a thread that computes.
pub async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fallen> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Fallen)
}

/// Runs this on a thread of its own: what takes seconds is not to keep a thread from sessions. Whoever calls bounds how many there are.
pub async fn compute_apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fallen> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("file".to_owned());
    // Who waits may have gone; a panic drops the sender.
    let spawned = thread.spawn(move || drop(sender.send(work())));
    spawned.map_err(|_| Fallen)?;
    receiver.await.map_err(|_| Fallen)
}

/// True once nobody wants the result any more.
#[derive(Clone, Default)]
pub struct Unwanted(Arc<AtomicBool>);

impl Unwanted {
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Says that a result is unwanted when it is dropped: when whoever asked has gone.
pub struct Wanting(pub Unwanted);

impl Drop for Wanting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
