//! What a machine's settings and its search have in common, whatever it learns.

use super::super::baseline::{check_grid, grid_words};
use super::{Kernel, KernelKind};

/// The search is solved to this, the model more exactly.
pub(in crate::engine) const SEARCH_TOLERANCE: f64 = 1e-3;
pub(in crate::engine) const TOLERANCE: f64 = 1e-9;
/// Steps for each variable after which a problem is given up.
pub(in crate::engine) const SEARCH_PATIENCE: usize = 100;
pub(in crate::engine) const PATIENCE: usize = 10_000;

/// What is said of a solver that was stopped early.
pub(in crate::engine) const GIVEN_UP: &str = "the support vector machine's solver was stopped before it had converged: its answers are near the best but not the best; smaller values of c converge sooner";

/// The kernels of a grid of widths, for so many columns.
pub(in crate::engine) fn kernels(kind: KernelKind, gamma: &[f64], columns: usize) -> Vec<Kernel> {
    match kind {
        KernelKind::Linear => vec![Kernel::Linear],
        KernelKind::Rbf => gamma
            .iter()
            .map(|g| Kernel::Rbf(g / columns.max(1) as f64))
            .collect(),
    }
}

/// A kernel's width, as a hyperparameter.
pub(in crate::engine) fn width_of(kernel: Kernel) -> Option<(String, f64)> {
    match kernel {
        Kernel::Rbf(gamma) => Some(("gamma".to_owned(), gamma)),
        Kernel::Linear => None,
    }
}

/// Refuses a grid of widths that does not go with a kernel.
pub(in crate::engine) fn check_kernel(kernel: KernelKind, gamma: &[f64]) -> Result<(), String> {
    match kernel {
        KernelKind::Rbf => check_grid("gamma", gamma),
        KernelKind::Linear if gamma.is_empty() => Ok(()),
        KernelKind::Linear => Err("gamma has no effect with kernel = \"linear\"".into()),
    }
}

/// A kernel and its grids in words.
pub(in crate::engine) fn kernel_words(kernel: KernelKind, c: &[f64], gamma: &[f64]) -> String {
    match kernel {
        KernelKind::Rbf => format!(
            "radial kernel, {}, {} / columns",
            grid_words("C", c),
            grid_words("gamma", gamma)
        ),
        KernelKind::Linear => format!("linear kernel, {}", grid_words("C", c)),
    }
}
