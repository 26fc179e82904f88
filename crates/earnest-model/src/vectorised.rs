//! Loops compiled for the processor at hand.
//!
//! A kernel is plain Rust over slices, written so that the compiler vectorises it: no
//! branches on values, no sums across elements. [`vectorised`] holds it compiled for AVX2,
//! NEON or WASM SIMD and for the baseline, and chooses at run time, so every platform runs
//! it and none needs `unsafe`. An element's result does not depend on its neighbours or on
//! the width of the vectors.

/// Runs a kernel with the widest vectors that this processor has.
///
/// The closure and what it calls must be `#[inline(always)]`, or they are compiled for the
/// baseline.
#[inline(always)]
pub(crate) fn vectorised<R>(kernel: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(kernel)
}
