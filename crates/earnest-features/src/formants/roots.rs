//! All roots of a small polynomial at once, by the method of Ehrlich (1967) and Aberth
//! (1973), in f64.

use realfft::num_complex::Complex;

const DEGREE: usize = super::lpc::ORDER;
const ITERATIONS: usize = 100;

/// Roots of `c[0] z^n + ... + c[n]`, c[0] = 1.
pub(crate) fn find(c: &[f64; DEGREE + 1]) -> [Complex<f64>; DEGREE] {
    // Start on a circle whose radius is the geometric mean of the roots' moduli.
    let radius = c[DEGREE].abs().powf(1.0 / DEGREE as f64).clamp(0.2, 2.0);
    let mut z: [Complex<f64>; DEGREE] = std::array::from_fn(|i| {
        Complex::from_polar(
            radius,
            std::f64::consts::TAU * i as f64 / DEGREE as f64 + 0.4,
        )
    });
    let mut settled = [false; DEGREE];
    for _ in 0..ITERATIONS {
        let mut moving = false;
        for i in 0..DEGREE {
            if settled[i] {
                continue;
            }
            let (mut p, mut dp) = (Complex::new(c[0], 0.0), Complex::new(0.0, 0.0));
            for a in &c[1..] {
                dp = dp * z[i] + p;
                p = p * z[i] + a;
            }
            if p.norm_sqr() == 0.0 {
                settled[i] = true;
                continue;
            }
            let newton = p / dp;
            let mut repulsion = Complex::new(0.0, 0.0);
            for (j, other) in z.iter().enumerate() {
                if j != i {
                    let d = z[i] - other;
                    repulsion += d.conj() / d.norm_sqr().max(f64::MIN_POSITIVE);
                }
            }
            let step = newton / (Complex::new(1.0, 0.0) - newton * repulsion);
            if !step.re.is_finite() || !step.im.is_finite() {
                settled[i] = true;
                continue;
            }
            z[i] -= step;
            if step.norm_sqr() <= 1e-30 * z[i].norm_sqr() {
                settled[i] = true;
            } else {
                moving = true;
            }
        }
        if !moving {
            break;
        }
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_polynomial_made_from_roots_gives_them_back(
            pairs in prop::collection::vec((0.05..1.3_f64, 0.1..3.0_f64), 5),
            real in -1.2..1.2_f64,
        ) {
            let mut roots = vec![Complex::new(real, 0.0)];
            for (r, angle) in pairs {
                roots.push(Complex::from_polar(r, angle));
                roots.push(Complex::from_polar(r, -angle));
            }
            let mut c = vec![Complex::new(1.0, 0.0)];
            for z in &roots {
                c.push(Complex::new(0.0, 0.0));
                for k in (1..c.len()).rev() {
                    let before = c[k - 1];
                    c[k] -= z * before;
                }
            }
            let real: [f64; DEGREE + 1] = std::array::from_fn(|i| c[i].re);
            let found = find(&real);
            for z in found {
                // Backward error: the polynomial is small there against its terms.
                let mut p = Complex::new(0.0, 0.0);
                let mut size = 0.0;
                for a in &real {
                    p = p * z + a;
                    size = size * z.norm() + a.abs();
                }
                prop_assert!(p.norm() <= 1e-11 * size, "|p| = {} of {}", p.norm(), size);
            }
        }
    }
}
