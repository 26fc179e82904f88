//! Eight frames side by side.
//!
//! Every stage of a frame works on plain arrays of eight values, one for each of eight
//! frames, so that each frame's sums run in the order the definition gives while the
//! processor still does eight of them at once. No value ever crosses from one lane to
//! another here, so a frame's result does not depend on its neighbours, on how many lanes
//! are filled, or on the width of the processor's vectors. Rust neither reorders float
//! sums nor contracts `a * b + c`, so the bits are the same on every processor.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// Frames worked on together.
pub(crate) const LANES: usize = 8;

/// Eight f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(32))]
pub(crate) struct F32s(pub [f32; LANES]);

/// Eight f64.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(32))]
pub(crate) struct F64s(pub [f64; LANES]);

macro_rules! lanes {
    ($name:ident, $scalar:ty) => {
        impl $name {
            pub const ZERO: Self = Self([0.0; LANES]);

            #[inline(always)]
            pub fn splat(x: $scalar) -> Self {
                Self([x; LANES])
            }

            #[inline(always)]
            pub fn map(self, f: impl Fn($scalar) -> $scalar) -> Self {
                Self(std::array::from_fn(|l| f(self.0[l])))
            }

            #[inline(always)]
            pub fn max(self, other: Self) -> Self {
                Self(std::array::from_fn(|l| {
                    if self.0[l] > other.0[l] { self.0[l] } else { other.0[l] }
                }))
            }

            #[inline(always)]
            pub fn sqrt(self) -> Self {
                Self(std::array::from_fn(|l| self.0[l].sqrt()))
            }
        }

        lanes!(@operator $name, $scalar, Add, add, +);
        lanes!(@operator $name, $scalar, Sub, sub, -);
        lanes!(@operator $name, $scalar, Mul, mul, *);
        lanes!(@operator $name, $scalar, Div, div, /);

        impl AddAssign for $name {
            #[inline(always)]
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl Neg for $name {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                self.map(|x| -x)
            }
        }
    };
    (@operator $name:ident, $scalar:ty, $operator:ident, $method:ident, $sign:tt) => {
        impl $operator for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(std::array::from_fn(|l| self.0[l] $sign other.0[l]))
            }
        }

        impl $operator<$scalar> for $name {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: $scalar) -> Self {
                Self(std::array::from_fn(|l| self.0[l] $sign other))
            }
        }
    };
}

lanes!(F32s, f32);
lanes!(F64s, f64);

/// For each mask of eight bits: 1 where a bit is set, else 0.
static SET_BITS: [F32s; 256] = {
    let mut table = [F32s::ZERO; 256];
    let mut mask = 0;
    while mask < 256 {
        let mut lane = 0;
        while lane < LANES {
            table[mask].0[lane] = (mask >> lane & 1) as f32;
            lane += 1;
        }
        mask += 1;
    }
    table
};

impl F32s {
    /// Zero in the lanes whose bit is not set. Values must be finite.
    #[inline(always)]
    pub fn keep(self, lanes: u8) -> Self {
        self * SET_BITS[lanes as usize]
    }

    /// One bit for each lane: set where this is greater.
    #[inline(always)]
    pub fn above(self, other: Self) -> u32 {
        // Compilers do not find the instruction that gathers comparisons into bits.
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{__m128, _mm_cmpgt_ps, _mm_movemask_ps};
            let [a, b]: [__m128; 2] = bytemuck::cast(self.0);
            let [c, d]: [__m128; 2] = bytemuck::cast(other.0);
            // SAFETY: these need SSE, which every x86-64 processor has; they touch no memory.
            unsafe {
                let (low, high) = (_mm_cmpgt_ps(a, c), _mm_cmpgt_ps(b, d));
                (_mm_movemask_ps(low) | (_mm_movemask_ps(high) << 4)) as u32
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        self.above_one_by_one(other)
    }

    /// The same without instructions of a kind of processor.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    #[inline(always)]
    fn above_one_by_one(self, other: Self) -> u32 {
        let mut mask = 0;
        for lane in 0..LANES {
            mask |= u32::from(self.0[lane] > other.0[lane]) << lane;
        }
        mask
    }

    #[inline(always)]
    pub fn wide(self) -> F64s {
        F64s(std::array::from_fn(|l| f64::from(self.0[l])))
    }
}

impl F64s {
    #[inline(always)]
    pub fn narrow(self) -> F32s {
        F32s(std::array::from_fn(|l| self.0[l] as f32))
    }
}

/// Rows of eight as one run of numbers, for what is done to each number alike.
#[inline(always)]
pub(crate) fn flat(rows: &[F32s]) -> &[f32] {
    bytemuck::cast_slice(rows)
}

/// The same, to change.
#[inline(always)]
pub(crate) fn flat_mut(rows: &mut [F32s]) -> &mut [f32] {
    bytemuck::cast_slice_mut(rows)
}

/// One lane of rows of eight: a frame's own values.
#[derive(Clone, Copy)]
pub(crate) struct Column<'a> {
    rows: &'a [F32s],
    lane: usize,
}

impl<'a> Column<'a> {
    pub fn new(rows: &'a [F32s], lane: usize) -> Self {
        Self { rows, lane }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[inline(always)]
    pub fn at(&self, row: usize) -> f32 {
        self.rows[row].0[self.lane]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_gathered_alike_on_every_processor() {
        let values = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            f32::MIN_POSITIVE,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ];
        for a in values {
            for shift in 0..LANES {
                let x = F32s(std::array::from_fn(|l| values[(l + shift) % LANES]));
                let y = F32s([a; LANES]);
                assert_eq!(x.above(y), x.above_one_by_one(y), "{x:?} {y:?}");
                assert_eq!(y.above(x), y.above_one_by_one(x), "{y:?} {x:?}");
            }
        }
    }
}
