//! A layer to learn from, compiled in tests only: it scales each value of a row,
//!
//! ```text
//! y_tj = s_j x_tj      dx_tj = s_j dy_tj      ds_j = sum_t x_tj dy_tj
//! ```

use super::gradient_check;
use crate::param::Param;
use crate::real::Real;
use earnest_features::vectorised::vectorised;

/// A scale for each value of a row.
#[derive(Clone, Debug)]
pub(crate) struct Scale<T> {
    scale: Param<T>,
}

impl<T: Real> Scale<T> {
    pub fn new(name: &str, width: usize) -> Self {
        Self {
            scale: Param::constant(format!("{name}.scale"), &[width], 1.0),
        }
    }

    /// In place, `[rows, width]`.
    pub fn forward(&self, x: &mut [T]) {
        let scale = &self.scale.value;
        vectorised(
            #[inline(always)]
            || {
                for row in x.chunks_exact_mut(scale.len()) {
                    for (x, s) in row.iter_mut().zip(scale) {
                        *x *= *s;
                    }
                }
            },
        );
    }

    /// Adds to the gradients; `d` is the gradient of y and becomes that of x.
    pub fn backward(&mut self, x: &[T], d: &mut [T]) {
        let Param { value, grad, .. } = &mut self.scale;
        let width = value.len();
        vectorised(
            #[inline(always)]
            || {
                for (x, d) in x.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
                    let row = x.iter().zip(d).zip(value.iter()).zip(&mut *grad);
                    for (((x, d), s), g) in row {
                        *g += *x * *d;
                        *d *= *s;
                    }
                }
            },
        );
    }

    pub fn params_mut(&mut self) -> [&mut Param<T>; 1] {
        [&mut self.scale]
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let x: Vec<f64> = (0..15).map(|i| f64::from(i).sin()).collect();
    let mut layer = Scale::<f64>::new("example", 5);
    layer.params_mut()[0].value = (0..5).map(|j| 0.5 + f64::from(j)).collect();
    let loss = |(layer, x): &mut (Scale<f64>, Vec<f64>)| {
        let mut y = x.clone();
        layer.forward(&mut y);
        y.iter().map(|y| 0.5 * y * y).sum::<f64>()
    };
    let mut state = (layer, x.clone());
    // The gradient of that loss with respect to y is y.
    let mut d = x.clone();
    state.0.forward(&mut d);
    state.0.backward(&x, &mut d);
    let ds = state.0.scale.grad.clone();
    assert!(gradient_check::worst(&mut state, &d, 99, |s, i| &mut s.1[i], loss) < 1e-7);
    assert!(
        gradient_check::worst(&mut state, &ds, 99, |s, i| &mut s.0.scale.value[i], loss) < 1e-7
    );
}
