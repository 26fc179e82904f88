//! Dropout (Srivastava et al. 2014), inverted: in training each value is kept with
//! probability `1 - p` and scaled by `1 / (1 - p)`, otherwise it is 0; at other times
//! nothing is done. The gradient takes the same way.

use earnest_random::Key;

use crate::real::Real;

/// What each value of a layer is multiplied with; empty where dropout does nothing.
#[derive(Debug, Default)]
pub(crate) struct Dropout<T> {
    mask: Vec<T>,
}

impl<T: Real> Dropout<T> {
    /// Draws a mask for `n` values, or none if nothing is dropped.
    pub fn draw(&mut self, n: usize, probability: f64, key: Option<&Key>) {
        self.mask.clear();
        let Some(key) = key.filter(|_| probability > 0.0) else {
            return;
        };
        let mut generator = key.generator();
        let kept = T::from_f64(1.0 / (1.0 - probability));
        self.mask.extend((0..n).map(|_| {
            if generator.chance(probability) {
                T::ZERO
            } else {
                kept
            }
        }));
    }

    /// True if [`Dropout::apply`] changes something.
    pub fn drops(&self) -> bool {
        !self.mask.is_empty()
    }

    /// Forwards the values, backwards the gradient, in place.
    pub fn apply(&self, values: &mut [T]) {
        for (x, m) in values.iter_mut().zip(&self.mask) {
            *x *= *m;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_kept_values_and_gradients_are_dropped_alike_and_prediction_drops_nothing() {
        let key = Key::new(3);
        let mut dropout = Dropout::<f64>::default();
        dropout.draw(20_000, 0.3, Some(&key));
        let mut x = vec![2.0; 20_000];
        dropout.apply(&mut x);
        assert!(
            x.iter()
                .all(|x| *x == 0.0 || (*x - 2.0 / 0.7).abs() < 1e-12)
        );
        let mean = x.iter().sum::<f64>() / 20_000.0;
        assert!((mean - 2.0).abs() < 0.04, "{mean}");
        let mut d = vec![1.0; 20_000];
        dropout.apply(&mut d);
        assert!(d.iter().zip(&x).all(|(d, x)| (*d == 0.0) == (*x == 0.0)));
        dropout.draw(20_000, 0.3, None);
        assert!(!dropout.drops());
        dropout.draw(20_000, 0.0, Some(&key));
        assert!(!dropout.drops());
    }
}
