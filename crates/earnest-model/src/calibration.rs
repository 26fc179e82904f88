//! How sure a model of classes is: a temperature that makes its probabilities honest, and the least
//! probability below which an answer is uncertain. Both are chosen on the utterances that validate,
//! after training, and change neither weights nor answers.
//!
//! More in `docs/calibration.md`, sections 1 and 2.
//!
//! * Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural
//!   networks", section 4.2): p = softmax(z / T) of the network's outputs z, with the one T > 0 that
//!   minimises the mean log loss -ln p(truth) over the utterances that validate. T > 1 makes a model
//!   less sure, T < 1 more; which class is the most probable stays the same.
//! * Coverage (El-Yaniv and Wiener 2010; of networks by their largest probability: Geifman and
//!   El-Yaniv 2017, "Selective classification for deep neural networks"): the threshold is the largest
//!   one that at least this share of the utterances that validate reach. What is less probable is
//!   uncertain.
//!
//! In b = 1 / T the loss is convex: its derivative, the mean of sum_k p_k z_k - z_truth, never falls.
//! So its only root is found by halving, in double precision and in the utterances' order.

use serde::{Deserialize, Serialize};

use crate::calibrate::Calibrate;
use crate::loss::softmax;
use crate::recipe::Recipe;

/// The greatest temperature, and one over the least: beyond, validation says nothing (all of it
/// right, or nothing learnt).
const MOST: f64 = 20.0;

/// Halvings of the interval of ln(1 / T), which is then narrower than a double's precision.
const HALVINGS: usize = 64;

/// What was chosen on the utterances that validated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// What outputs are divided by before the softmax, .05 to 20; none was fitted without `calibrate`
    /// in the recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// An answer whose largest probability is below this is uncertain, 0 to 1; none was chosen without
    /// `coverage` in the recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertain_below: Option<f32>,
    /// Utterances that validated.
    pub utterances: usize,
    /// Their mean log loss as the network was trained.
    pub log_loss_before: f64,
    /// The same with the temperature.
    pub log_loss: f64,
}

/// Outputs of utterances that validate, and what these are.
pub struct Validated<'a> {
    /// A row of outputs (logits) for each utterance.
    pub rows: &'a [Vec<f32>],
    /// The class of each.
    pub classes: &'a [usize],
    /// How much each counts, above 0.
    pub weights: &'a [f64],
}

impl Calibration {
    /// What the recipe asks for; `None` if it asks for nothing, or nobody validates.
    #[must_use]
    pub fn fit(recipe: &Recipe, validated: &Validated<'_>) -> Option<Self> {
        let asked = recipe.calibrate.is_some() || recipe.coverage.is_some();
        if !asked || validated.rows.is_empty() {
            return None;
        }
        let temperature = recipe.calibrate.map(|calibrate| match calibrate {
            Calibrate::Temperature => temperature(validated),
        });
        let mut fitted = Self {
            temperature,
            uncertain_below: None,
            utterances: validated.rows.len(),
            log_loss_before: log_loss(validated, 1.0),
            log_loss: log_loss(validated, f64::from(temperature.unwrap_or(1.0))),
        };
        fitted.uncertain_below = recipe
            .coverage
            .map(|coverage| fitted.threshold(validated, coverage));
        Some(fitted)
    }

    /// The probabilities of classes that these outputs of a network stand for.
    #[must_use]
    pub fn probabilities(&self, row: &[f32]) -> Vec<f32> {
        match self.temperature {
            None => softmax(row),
            Some(temperature) => {
                let scaled: Vec<f32> = row.iter().map(|z| z / temperature).collect();
                softmax(&scaled)
            }
        }
    }

    /// The largest value that at least this share of the utterances' largest probabilities reach.
    fn threshold(&self, validated: &Validated<'_>, coverage: f64) -> f32 {
        let mut sure: Vec<(f32, f64)> = validated
            .rows
            .iter()
            .zip(validated.weights)
            .map(|(row, weight)| (largest(&self.probabilities(row)), *weight))
            .collect();
        sure.sort_by(|a, b| b.0.total_cmp(&a.0));
        let all: f64 = sure.iter().map(|(_, weight)| weight).sum();
        // Sums of weights that are equal but for rounding count as equal.
        let wanted = coverage * all * (1.0 - 1e-12);
        let mut covered = 0.0;
        let reached = sure.iter().find(|(_, weight)| {
            covered += weight;
            covered >= wanted
        });
        reached.or(sure.last()).map_or(0.0, |(p, _)| *p)
    }

    /// Refuses what the recipe did not ask for, and numbers that no fit gives.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub(crate) fn check(&self, recipe: &Recipe) -> Result<(), String> {
        let least = 1.0 / MOST;
        if let Some(t) = self.temperature
            && !(least..=MOST).contains(&f64::from(t))
        {
            return Err(format!("temperature must be {least} to {MOST}, not {t}"));
        }
        if let Some(p) = self.uncertain_below
            && !(0.0..=1.0).contains(&p)
        {
            return Err(format!("uncertain_below must be 0 to 1, not {p}"));
        }
        if self.utterances == 0 {
            return Err("utterances must be 1 or more, not 0".to_owned());
        }
        for (key, loss) in [
            ("log_loss_before", self.log_loss_before),
            ("log_loss", self.log_loss),
        ] {
            if !(loss.is_finite() && loss >= 0.0) {
                return Err(format!("{key} must be 0 or more, not {loss}"));
            }
        }
        for (key, asked, there) in [
            (
                "temperature",
                recipe.calibrate.is_some(),
                self.temperature.is_some(),
            ),
            (
                "uncertain_below",
                recipe.coverage.is_some(),
                self.uncertain_below.is_some(),
            ),
        ] {
            if asked != there {
                return Err(match there {
                    true => format!("{key} is there, and the recipe does not ask for it"),
                    false => format!("{key} is missing, and the recipe asks for it"),
                });
            }
        }
        Ok(())
    }
}

/// The largest of some probabilities; 0 of none.
fn largest(probabilities: &[f32]) -> f32 {
    probabilities.iter().copied().fold(0.0, f32::max)
}

/// The temperature of the least mean log loss.
fn temperature(validated: &Validated<'_>) -> f32 {
    // ln(1 / T).
    let (mut low, mut high) = (-MOST.ln(), MOST.ln());
    let (first, last) = (slope(validated, low.exp()), slope(validated, high.exp()));
    let found = if first == 0.0 && last == 0.0 {
        // Outputs that are all alike: every temperature gives the same.
        0.0
    } else if first >= 0.0 {
        low
    } else if last <= 0.0 {
        high
    } else {
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            match slope(validated, middle.exp()) < 0.0 {
                true => low = middle,
                false => high = middle,
            }
        }
        f64::midpoint(low, high)
    };
    // Neither bound is rounded to what lies beyond it.
    (-found).exp().clamp(1.0 / MOST, MOST) as f32
}

/// Sums over classes of one utterance's outputs times b: exp of each less the largest.
struct Exponentials {
    top: f64,
    sum: f64,
    sum_of_outputs: f64,
}

impl Exponentials {
    fn of(row: &[f32], b: f64) -> Self {
        let top = row
            .iter()
            .map(|z| f64::from(*z))
            .fold(f64::NEG_INFINITY, f64::max);
        let (mut sum, mut sum_of_outputs) = (0.0, 0.0);
        for z in row.iter().map(|z| f64::from(*z)) {
            let e = ((z - top) * b).exp();
            sum += e;
            sum_of_outputs += e * z;
        }
        Self {
            top,
            sum,
            sum_of_outputs,
        }
    }
}

/// The weighted sum of what `of` says of each utterance, over the sum of the weights.
fn mean(validated: &Validated<'_>, of: impl Fn(&[f32], f64) -> f64) -> f64 {
    let (mut total, mut weights) = (0.0, 0.0);
    let utterances = validated.rows.iter().zip(validated.classes);
    for ((row, class), weight) in utterances.zip(validated.weights) {
        let truth = row.get(*class).map_or(f64::NAN, |z| f64::from(*z));
        total += weight * of(row, truth);
        weights += weight;
    }
    total / weights
}

/// The derivative of the mean log loss in b = 1 / T.
fn slope(validated: &Validated<'_>, b: f64) -> f64 {
    mean(validated, |row, truth| {
        let of = Exponentials::of(row, b);
        of.sum_of_outputs / of.sum - truth
    })
}

/// The mean log loss at a temperature.
fn log_loss(validated: &Validated<'_>, temperature: f64) -> f64 {
    let b = 1.0 / temperature;
    let loss = mean(validated, |row, truth| {
        let of = Exponentials::of(row, b);
        of.sum.ln() - (truth - of.top) * b
    });
    // Rounding may leave it below 0.
    loss.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Architecture;

    #[derive(Deserialize)]
    struct Reference {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        outputs: Vec<Vec<f32>>,
        classes: Vec<usize>,
        weights: Vec<f64>,
        temperature: f64,
        log_loss_before: f64,
        log_loss: f64,
    }

    fn asking(calibrate: bool, coverage: Option<f64>) -> Recipe {
        Recipe {
            calibrate: calibrate.then_some(Calibrate::Temperature),
            coverage,
            ..Recipe::paper(Architecture::paper_cnn())
        }
    }

    /// `tests/reference/temperature.py` wrote the cases and what scipy's `minimize_scalar` finds.
    #[test]
    fn the_temperature_is_the_one_that_scipy_finds() {
        let text = include_str!("../tests/reference/temperature.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        assert!(reference.cases.len() >= 5);
        for case in &reference.cases {
            let validated = Validated {
                rows: &case.outputs,
                classes: &case.classes,
                weights: &case.weights,
            };
            let fitted = Calibration::fit(&asking(true, None), &validated).unwrap();
            let found = f64::from(fitted.temperature.unwrap());
            let name = &case.name;
            assert!(
                (found / case.temperature - 1.0).abs() < 1e-5,
                "{name}: {found} {}",
                case.temperature
            );
            assert!((fitted.log_loss - case.log_loss).abs() < 1e-9, "{name}");
            assert!((fitted.log_loss_before - case.log_loss_before).abs() < 1e-9);
            assert!(fitted.log_loss <= fitted.log_loss_before + 1e-12);
            assert_eq!(fitted.check(&asking(true, None)), Ok(()));
        }
    }

    fn example() -> (Vec<Vec<f32>>, Vec<usize>) {
        let rows = vec![
            vec![2.0, 0.0, 0.0],
            vec![0.0, 1.0, 0.0],
            vec![0.0, 0.0, 3.0],
            vec![0.5, 0.0, 0.0],
        ];
        (rows, vec![0, 1, 2, 1])
    }

    #[test]
    fn validation_that_is_all_right_or_all_alike_gives_a_temperature_within_bounds() {
        let weights = [1.0; 3];
        let rows = vec![
            vec![2.0, 0.0, 0.0],
            vec![0.0, 1.0, 0.0],
            vec![0.0, 0.0, 3.0],
        ];
        for (classes, temperature) in [([0, 1, 2], 0.05), ([1, 2, 0], 20.0)] {
            let validated = Validated {
                rows: &rows,
                classes: &classes,
                weights: &weights,
            };
            let fitted = Calibration::fit(&asking(true, None), &validated).unwrap();
            assert!((fitted.temperature.unwrap() - temperature).abs() < 1e-6);
            assert_eq!(fitted.check(&asking(true, None)), Ok(()));
        }
        let alike = vec![vec![0.5, 0.5, 0.5]; 3];
        let validated = Validated {
            rows: &alike,
            classes: &[0, 1, 2],
            weights: &weights,
        };
        let fitted = Calibration::fit(&asking(true, None), &validated).unwrap();
        assert_eq!(fitted.temperature, Some(1.0));
    }

    #[test]
    fn the_threshold_is_the_largest_that_the_share_asked_for_reaches() {
        let (rows, classes) = example();
        let weights = [1.0; 4];
        let validated = Validated {
            rows: &rows,
            classes: &classes,
            weights: &weights,
        };
        for calibrated in [false, true] {
            for (coverage, place) in [(0.25, 2), (0.5, 0), (0.51, 1), (0.75, 1), (1.0, 3)] {
                let recipe = asking(calibrated, Some(coverage));
                let fitted = Calibration::fit(&recipe, &validated).unwrap();
                let p = |i: usize| largest(&fitted.probabilities(&rows[i]));
                assert_eq!(fitted.uncertain_below, Some(p(place)), "{coverage}");
                let reaching = (0..4).filter(|i| p(*i) >= p(place)).count();
                assert!(reaching as f64 >= coverage * 4.0);
                assert_eq!(fitted.temperature.is_some(), calibrated);
            }
        }
        // One that counts as three is three quarters of six.
        let weights = [1.0, 1.0, 3.0, 1.0];
        let validated = Validated {
            rows: &rows,
            classes: &classes,
            weights: &weights,
        };
        let fitted = Calibration::fit(&asking(false, Some(0.5)), &validated).unwrap();
        assert_eq!(fitted.uncertain_below, Some(largest(&softmax(&rows[2]))));
        assert_eq!(Calibration::fit(&asking(false, None), &validated), None);
    }

    #[test]
    fn a_temperature_changes_no_class_and_one_of_1_no_bit() {
        let of = |temperature: Option<f32>| Calibration {
            temperature,
            uncertain_below: None,
            utterances: 1,
            log_loss_before: 1.0,
            log_loss: 1.0,
        };
        let row = [0.3_f32, -1.7, 2.2, 0.9];
        assert_eq!(of(Some(1.0)).probabilities(&row), softmax(&row));
        assert_eq!(of(None).probabilities(&row), softmax(&row));
        for temperature in [0.05, 0.7, 3.0, 20.0] {
            let p = of(Some(temperature)).probabilities(&row);
            assert_eq!(p.iter().position(|x| *x == largest(&p)), Some(2));
            assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn what_no_fit_gives_is_refused_with_its_key() {
        let recipe = asking(true, Some(0.8));
        let good = Calibration {
            temperature: Some(1.5),
            uncertain_below: Some(0.6),
            utterances: 10,
            log_loss_before: 1.2,
            log_loss: 1.0,
        };
        assert_eq!(good.check(&recipe), Ok(()));
        let with = |change: fn(&mut Calibration)| {
            let mut changed = good.clone();
            change(&mut changed);
            changed.check(&recipe).unwrap_err()
        };
        for bad in [0.0, -1.0, f32::NAN, f32::INFINITY, 21.0] {
            let mut changed = good.clone();
            changed.temperature = Some(bad);
            assert!(
                changed
                    .check(&recipe)
                    .unwrap_err()
                    .starts_with("temperature")
            );
        }
        assert!(with(|c| c.temperature = None).contains("missing"));
        assert!(with(|c| c.uncertain_below = Some(1.1)).starts_with("uncertain_below"));
        assert!(with(|c| c.uncertain_below = None).contains("missing"));
        assert!(with(|c| c.utterances = 0).starts_with("utterances"));
        assert!(with(|c| c.log_loss = f64::NAN).starts_with("log_loss"));
        assert!(
            good.check(&asking(false, Some(0.8)))
                .unwrap_err()
                .contains("does not ask")
        );
    }
}
