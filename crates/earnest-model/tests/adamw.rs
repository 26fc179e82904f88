//! Decoupled weight decay and the schedule of the learning rate are PyTorch's.
//! `tests/reference/adamw.py` wrote the numbers.
#![allow(clippy::unwrap_used)]

use earnest_model::{Adam, Architecture, Param, Recipe, Schedule};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    /// After each step, a weight of two dimensions and a bias.
    steps: Vec<[Vec<f64>; 2]>,
    schedules: Vec<Rates>,
}

#[derive(Deserialize)]
struct Rates {
    warmup_epochs: usize,
    max_epochs: usize,
    rates: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/adamw.json")).unwrap()
}

fn param(k: usize, shape: &[usize]) -> Param<f64> {
    let n: usize = shape.iter().product();
    let value = |i: usize| 0.9 * (1.7 * i as f64 + 0.6 * k as f64 + 0.4).sin();
    Param {
        name: format!("p{k}"),
        shape: shape.to_vec(),
        value: (0..n).map(value).collect(),
        grad: vec![0.0; n],
    }
}

#[test]
fn weights_decay_as_in_pytorchs_adamw_and_biases_do_not() {
    let mut params = [param(0, &[3, 2]), param(1, &[3])];
    let mut adam = Adam {
        weight_decay: 0.3,
        ..Adam::default()
    };
    for (step, expected) in reference().steps.iter().enumerate() {
        for (k, param) in params.iter_mut().enumerate() {
            for (i, g) in param.grad.iter_mut().enumerate() {
                *g = 0.8 * (0.9 * (i * (step + 1)) as f64 + k as f64).cos();
            }
        }
        adam.step(params.iter_mut(), 0.02, 0.5);
        for (param, expected) in params.iter().zip(expected) {
            for (x, y) in param.value.iter().zip(expected) {
                assert!(
                    (x - y).abs() < 1e-12,
                    "step {step}, {}: {x} for {y}",
                    param.name
                );
            }
        }
    }
}

#[test]
fn the_learning_rate_follows_pytorchs_linear_and_cosine_schedulers() {
    let schedules = reference().schedules;
    assert_eq!(schedules.len(), 4);
    for of in schedules {
        let recipe = Recipe {
            learning_rate: 0.02,
            schedule: Schedule::Cosine,
            warmup_epochs: of.warmup_epochs,
            max_epochs: of.max_epochs,
            ..Recipe::paper(Architecture::paper_cnn())
        };
        assert_eq!(recipe.check(), Ok(()));
        for (epoch, expected) in of.rates.iter().enumerate() {
            let rate = recipe.scheduled_rate(epoch).unwrap();
            assert!(
                (rate - expected).abs() < 1e-15,
                "epoch {epoch}: {rate} for {expected}"
            );
        }
    }
}
