//! Logarithm and exponential for eight values at once, the same on every platform.
//!
//! Series about 1 and 0 after the usual range reduction; both are within 2e-16 of the
//! true value relatively, so that a result rounded to f32 is the nearest f32 in all but
//! one case of some ten million.

use crate::lanes::{F32s, F64s};

const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// 2^52: added to a small whole number, it leaves that number in the low mantissa bits.
const SHIFT: f64 = 4_503_599_627_370_496.0;

#[inline(always)]
fn ln_one(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = f64::from_bits((bits >> 52) | SHIFT.to_bits()) - (SHIFT + 1023.0);
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    // Between the square roots of a half and of two.
    let high = mantissa > std::f64::consts::SQRT_2;
    let m = if high { 0.5 * mantissa } else { mantissa };
    let e = if high { exponent + 1.0 } else { exponent };
    // ln m = 2 artanh((m-1)/(m+1)) = 2s (1 + z/3 + z^2/5 + ...), z = s^2
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut p = 1.0 / 23.0;
    for k in (1..11).rev() {
        p = p * z + 1.0 / (2 * k + 1) as f64;
    }
    let twice = s + s;
    e * LN_2_HIGH + (twice + (twice * (z * p) + e * LN_2_LOW))
}

/// Natural logarithm of positive, normal values.
#[inline(always)]
pub(crate) fn ln(x: F64s) -> F64s {
    x.map(ln_one)
}

/// Natural logarithm of positive, normal values, rounded to f32.
#[inline(always)]
pub(crate) fn ln_f32(x: F32s) -> F32s {
    ln(x.wide()).narrow()
}

/// Exponential of values between -700 and 700.
#[inline(always)]
pub(crate) fn exp(x: F64s) -> F64s {
    /// 1.5 * 2^52: adding and subtracting it rounds to a whole number of either sign.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    x.map(|x| {
        let shifted = x * std::f64::consts::LOG2_E + ROUND;
        let k = shifted - ROUND;
        let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
        let mut p = 1.0;
        for n in (1..14).rev() {
            p = 1.0 + p * (r / n as f64);
        }
        let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
        p * scale
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_the_functions_they_are_named_for(x in -30.0..30.0_f64) {
            let e = exp(F64s::splat(x)).0[0];
            prop_assert!((e / x.exp() - 1.0).abs() < 1e-15, "exp {x}: {e}");
            let l = ln(F64s::splat(x.exp())).0[0];
            prop_assert!((l - x.exp().ln()).abs() <= 3e-16 * x.abs().max(1e-8), "ln: {l} for {x}");
        }
    }
}
