//! A trained tensor and its gradient.

use earnest_random::Key;

use crate::real::Real;

/// How tensors are called that hold variances.
pub(crate) const RUNNING_VARIANCE: &str = "running_variance";

/// A named tensor that training changes.
#[derive(Clone, Debug)]
pub struct Param<T> {
    /// Unique in its network, for example `gru.0.forward.w_ih`.
    pub name: String,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub value: Vec<T>,
    /// Gradient of the loss, same layout.
    pub grad: Vec<T>,
}

impl<T: Real> Param<T> {
    /// Drawn uniformly from [-bound, bound]; the name takes part in the key, so adding a
    /// layer does not change another's start.
    pub(crate) fn uniform(name: String, shape: &[usize], bound: f64, key: &Key) -> Self {
        let mut generator = key.with(name.as_str()).generator();
        let count = shape.iter().product();
        let value = (0..count)
            .map(|_| T::from_f64(generator.uniform(-bound, bound)))
            .collect();
        Self::with_value(name, shape, value)
    }

    /// All the same value.
    pub(crate) fn constant(name: String, shape: &[usize], x: f64) -> Self {
        let count: usize = shape.iter().product();
        Self::with_value(name, shape, vec![T::from_f64(x); count])
    }

    /// Refuses values that this tensor cannot have: a variance below 0.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    pub(crate) fn check_value(&self, value: &[T]) -> Result<(), String> {
        if !self.name.ends_with(RUNNING_VARIANCE) {
            return Ok(());
        }
        match value.iter().position(|x| *x < T::ZERO) {
            None => Ok(()),
            Some(i) => Err(format!(
                "tensor {} is {} at {i}; a variance is not below 0",
                self.name,
                value[i].to_f64()
            )),
        }
    }

    fn with_value(name: String, shape: &[usize], value: Vec<T>) -> Self {
        Self {
            name,
            shape: shape.to_vec(),
            grad: vec![T::ZERO; value.len()],
            value,
        }
    }
}
