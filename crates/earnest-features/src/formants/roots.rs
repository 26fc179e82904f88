//! All roots of eight small polynomials at once, by the method of Ehrlich (1967) and
//! Aberth (1973), in f64.

use crate::complex::Complex;
use crate::lanes::{F64s, LANES};

const DEGREE: usize = super::lpc::ORDER;
const ITERATIONS: usize = 60;
/// Convergence is of third order: a step this small leaves an error of its cube.
const SMALL_STEP: f64 = 1e-5;

/// Eight complex numbers.
pub(crate) type Complexes = Complex<F64s>;

impl Complexes {
    #[inline(always)]
    fn times(self, o: Self) -> Self {
        Self {
            re: self.re * o.re - self.im * o.im,
            im: self.re * o.im + self.im * o.re,
        }
    }

    #[inline(always)]
    fn norm_sqr(self) -> F64s {
        self.re * self.re + self.im * self.im
    }

    #[inline(always)]
    fn inverse(self) -> Self {
        let scale = F64s::splat(1.0) / self.norm_sqr().max(F64s::splat(f64::MIN_POSITIVE));
        Self {
            re: self.re * scale,
            im: -(self.im * scale),
        }
    }
}

const _: () = assert!(DEGREE % 2 == 1); // the others of each root make pairs

/// Roots of `z^n + c[0] z^(n-1) + ... + c[n-1]` in each lane. A lane stops when its own
/// roots have settled, so its result does not depend on the other lanes.
#[inline(always)]
pub(crate) fn find(c: &[F64s; DEGREE]) -> [Complexes; DEGREE] {
    // Start on a circle whose radius is the geometric mean of the roots' moduli, with
    // points off the real axis and its mirror image.
    let radius =
        c[DEGREE - 1].map(|x| x.abs().max(1e-12).powf(1.0 / DEGREE as f64).clamp(0.2, 2.0));
    let mut z: [Complexes; DEGREE] = std::array::from_fn(|i| {
        let angle = std::f64::consts::TAU * i as f64 / DEGREE as f64 + 0.4;
        Complexes {
            re: radius * angle.cos(),
            im: radius * angle.sin(),
        }
    });
    let mut moving = [true; LANES];
    for _ in 0..ITERATIONS {
        let mut largest = F64s::ZERO;
        for i in 0..DEGREE {
            let here = z[i];
            let mut p = Complexes {
                re: F64s::splat(1.0),
                im: F64s::ZERO,
            };
            let mut dp = Complexes::default();
            for a in c {
                dp = dp.times(here).plus(p);
                p = p.times(here);
                p.re += *a;
            }
            // 1/a + 1/b = (a + b) / ab: half the divisions.
            let mut repulsion = Complexes::default();
            let mut others = (0..DEGREE).filter(|j| *j != i);
            while let (Some(j), Some(k)) = (others.next(), others.next()) {
                let (a, b) = (here.minus(z[j]), here.minus(z[k]));
                repulsion = repulsion.plus(a.plus(b).times(a.times(b).inverse()));
            }
            // step = (p/p') / (1 - (p/p') repulsion) = p / (p' - p repulsion)
            let step = p.times(dp.minus(p.times(repulsion)).inverse());
            let size = step.norm_sqr() / here.norm_sqr().max(F64s::splat(f64::MIN_POSITIVE));
            for l in 0..LANES {
                let usable = moving[l] & (step.re.0[l] + step.im.0[l]).is_finite();
                z[i].re.0[l] -= if usable { step.re.0[l] } else { 0.0 };
                z[i].im.0[l] -= if usable { step.im.0[l] } else { 0.0 };
            }
            largest = largest.max(size);
        }
        let mut any = false;
        for l in 0..LANES {
            moving[l] &= largest.0[l] > SMALL_STEP * SMALL_STEP;
            any |= moving[l];
        }
        if !any {
            break;
        }
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use realfft::num_complex::Complex64;

    proptest! {
        #[test]
        fn the_polynomial_made_from_roots_gives_them_back(
            pairs in prop::collection::vec((0.05..1.3_f64, 0.1..3.0_f64), 5),
            real in -1.2..1.2_f64,
        ) {
            let mut roots = vec![Complex64::new(real, 0.0)];
            for (r, angle) in pairs {
                roots.push(Complex64::from_polar(r, angle));
                roots.push(Complex64::from_polar(r, -angle));
            }
            let mut c = vec![Complex64::new(1.0, 0.0)];
            for z in &roots {
                c.push(Complex64::new(0.0, 0.0));
                for k in (1..c.len()).rev() {
                    let before = c[k - 1];
                    c[k] -= z * before;
                }
            }
            let coefficients = std::array::from_fn(|i| F64s::splat(c[i + 1].re));
            for found in find(&coefficients) {
                let z = Complex64::new(found.re.0[5], found.im.0[5]);
                // Backward error: the polynomial is small there against its terms.
                let mut p = Complex64::new(0.0, 0.0);
                let mut size = 0.0;
                for a in &c {
                    p = p * z + a.re;
                    size = size * z.norm() + a.re.abs();
                }
                prop_assert!(p.norm() <= 1e-11 * size, "|p| = {} of {}", p.norm(), size);
            }
        }
    }
}
