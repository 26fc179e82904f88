//! Loops compiled for the processor at hand.
//!
//! A kernel is plain Rust over slices, written so that the compiler vectorises it: no branches on
//! values, no sums across elements. [`vectorised`] holds it compiled for AVX2, NEON or WASM SIMD
//! and for the baseline, and chooses at run time, so every platform runs it and no kernel needs
//! `unsafe` for its vectors. (The one exception is not a loop: on x86-64 `lanes.rs` gathers eight
//! comparisons into bits by two SSE instructions that every such processor has.) An element's result does not depend on its neighbours or on the width of the vectors:
//! the bits are the same either way, which is tested.

use std::sync::OnceLock;

/// The environment variable that, set to `baseline`, has every kernel run as it is compiled for
/// the oldest processor of its kind: to compare, or where a processor's vectors are in doubt.
pub const VARIABLE: &str = "EARNEST_VECTORS";

/// True if vectors beyond the baseline are not wanted.
fn only_baseline() -> bool {
    static ONLY: OnceLock<bool> = OnceLock::new();
    *ONLY.get_or_init(|| std::env::var_os(VARIABLE).is_some_and(|value| value == "baseline"))
}

/// Runs a kernel with the widest vectors that this processor has.
///
/// The closure and what it calls must be `#[inline(always)]`, or they are compiled for the
/// baseline.
#[inline(always)]
pub fn vectorised<R>(kernel: impl FnOnce() -> R) -> R {
    if only_baseline() {
        return kernel();
    }
    pulp::Arch::new().dispatch(kernel)
}
