//! The number type of the networks: f32 for work, f64 for checking gradients.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A floating-point type that layers can compute in.
pub trait Real:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Sum
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Rounds from f64.
    fn from_f64(x: f64) -> Self;
    /// Widens to f64.
    fn to_f64(self) -> f64;
    /// e^x.
    fn exp(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// 1 / (1 + e^-x).
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp())
    }
    /// Hyperbolic tangent.
    fn tanh(self) -> Self {
        Self::from_f64(2.0) * (self + self).sigmoid() - Self::ONE
    }
}

impl Real for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    fn from_f64(x: f64) -> Self {
        x as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    /// Without branches, so that loops over it vectorise; relative error below 3e-7.
    /// Beyond +-87 it saturates.
    #[inline(always)]
    fn exp(self) -> Self {
        const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to an integer
        let x = self.clamp(-87.0, 87.0);
        let k = x * std::f32::consts::LOG2_E + ROUND;
        let whole = k - ROUND;
        // ln 2 in two parts, the first exact in few bits.
        let r = x - whole * 0.693_359_4 - whole * -2.121_944_4e-4;
        let p = 1.0
            + r * (1.0
                + r * (0.5
                    + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
        let scale = f32::from_bits((k.to_bits() << 23).wrapping_add(0x3f80_0000));
        p * scale
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    fn from_f64(x: f64) -> Self {
        x
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn exp(self) -> Self {
        self.exp()
    }
    fn sqrt(self) -> Self {
        self.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_exponential_keeps_single_precision() {
        // By `total_cmp`, a NaN is the worst of all.
        let worst = (-86_000..86_000)
            .map(|i| {
                let x = i as f32 / 1000.0;
                let exact = f64::from(x).exp();
                (f64::from(Real::exp(x)) - exact).abs() / exact
            })
            .max_by(f64::total_cmp)
            .unwrap();
        assert!(worst < 3e-7, "{worst}");
        assert!((Real::tanh(0.3_f32) - 0.3_f32.tanh()).abs() < 3e-7);
        assert_eq!(Real::tanh(50.0_f32), 1.0);
        assert_eq!(Real::tanh(-50.0_f32), -1.0);
    }
}
