//! Calling a reader that may panic: a library that asserts what a stranger's file does not keep.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// How many contained calls this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

static HOOK: Once = Once::new();

/// Does something, and gives what it panicked with as an error. Nothing is printed of such a
/// panic; all others are printed as before. What was being changed when it panicked must not be
/// used again.
///
/// It is for calls of other people's decoders only: a panic of our own is a fault to be seen.
///
/// # Errors
/// The message of the panic.
pub fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if DEPTH.with(Cell::get) == 0 {
                others(panic);
            }
        }));
    });
    DEPTH.with(|d| d.set(d.get() + 1));
    let result = catch_unwind(AssertUnwindSafe(work));
    DEPTH.with(|d| d.set(d.get() - 1));
    result.map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        // A payload's own drop may panic, too.
        std::mem::forget(panic);
        text.unwrap_or_else(|| "no message".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message_and_the_next_call_works() {
        assert_eq!(contained(|| 3), Ok(3));
        let none: Vec<u8> = Vec::new();
        let error = contained(|| none[3]).unwrap_err();
        assert!(error.contains("index out of bounds"), "{error}");
        assert_eq!(contained(|| panic!("{}", 5)), Err::<(), _>("5".to_owned()));
        let nested = contained(|| contained(|| panic!("inner")));
        assert_eq!(nested, Ok(Err::<(), _>("inner".to_owned())));
        assert_eq!(contained(|| 4), Ok(4));
    }
}
