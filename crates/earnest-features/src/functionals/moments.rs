//! Mean and standard deviation of values that come one by one.

/// What is known of the values so far. Sums are of differences from the first value, in f64: equal
/// values have a deviation of exactly 0, and nothing is lost where values are far from 0.
#[derive(Clone, Copy, Default)]
pub(crate) struct Moments {
    count: usize,
    first: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    pub fn add(&mut self, value: f32) {
        let value = f64::from(value);
        if self.count == 0 {
            self.first = value;
        }
        let d = value - self.first;
        self.count += 1;
        self.sum += d;
        self.squares += d * d;
    }

    /// Adds a value that is not 0: 0 says that there is none.
    pub fn add_present(&mut self, value: f32) {
        if value != 0.0 {
            self.add(value);
        }
    }

    /// The mean; 0 of nothing.
    pub fn mean(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        self.first + self.sum / self.count as f64
    }

    /// The standard deviation of the values themselves, not of what they are a sample of.
    pub fn deviation(&self) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let n = self.count as f64;
        let offset = self.sum / n;
        (self.squares / n - offset * offset).max(0.0).sqrt()
    }

    /// `stddevNorm`: the deviation over the mean with its sign; 0 where the mean is.
    pub fn relative_deviation(&self) -> f64 {
        match self.mean() {
            0.0 => 0.0,
            mean => self.deviation() / mean,
        }
    }

    /// Mean and `stddevNorm`.
    pub fn pair(&self) -> [f64; 2] {
        [self.mean(), self.relative_deviation()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_the_populations_and_carries_the_means_sign() {
        let mut moments = Moments::default();
        assert_eq!(moments.pair(), [0.0, 0.0]);
        for x in [-1.0, 0.0, -4.0, -1.0] {
            moments.add_present(x);
        }
        assert_eq!(moments.mean(), -2.0);
        assert!((moments.deviation() - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!((moments.relative_deviation() + 0.5_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn equal_values_deviate_by_nothing() {
        let mut moments = Moments::default();
        (0..1_000).for_each(|_| moments.add(0.1));
        assert_eq!(moments.pair(), [f64::from(0.1_f32), 0.0]);
    }
}
