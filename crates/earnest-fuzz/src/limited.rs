//! An allocator that has a limit, so that a reader which asks for more is found.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator with a limit on what the process holds at a time. Who asks for more gets
/// nothing, which ends a Rust program with the size that was asked for.
pub struct Limited {
    limit: AtomicUsize,
    held: AtomicUsize,
    most: AtomicUsize,
}

impl Default for Limited {
    fn default() -> Self {
        Self::new()
    }
}

impl Limited {
    /// Without a limit yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            limit: AtomicUsize::new(usize::MAX),
            held: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }

    /// Allows so many bytes more than are held now, and begins to look for the most.
    pub fn allow(&self, bytes: usize) {
        let held = self.held.load(Relaxed);
        self.most.store(held, Relaxed);
        self.limit.store(held.saturating_add(bytes), Relaxed);
    }

    /// The most bytes that were held since [`allow`](Self::allow).
    pub fn most(&self) -> usize {
        self.most.load(Relaxed)
    }

    fn admit(&self, bytes: usize) -> bool {
        let held = self.held.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if held > self.limit.load(Relaxed) {
            self.held.fetch_sub(bytes, Relaxed);
            return false;
        }
        self.most.fetch_max(held, Relaxed);
        true
    }
}

// SAFETY: all memory is the system allocator's; what is refused is null, as the trait has it.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match self.admit(layout.size()) {
            // SAFETY: the caller's promise about `layout` is the one that this needs.
            true => unsafe { System.alloc(layout) },
            false => std::ptr::null_mut(),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match self.admit(layout.size()) {
            // SAFETY: as above.
            true => unsafe { System.alloc_zeroed(layout) },
            false => std::ptr::null_mut(),
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may exist while one is copied to the other.
        if !self.admit(size) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        let new = unsafe { System.realloc(memory, layout, size) };
        let gone = if new.is_null() { size } else { layout.size() };
        self.held.fetch_sub(gone, Relaxed);
        new
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        self.held.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}
