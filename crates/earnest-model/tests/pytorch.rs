//! Outputs, gradients, running statistics and optimiser steps of every layer, held to
//! PyTorch's float64 autograd. `tests/reference/pytorch.py` wrote the numbers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeMap;

use earnest_model::{Adam, Architecture, Network, Real, Targets, Task, loss};
use earnest_random::Key;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    architecture: Architecture,
    lengths: Vec<usize>,
    inputs: usize,
    outputs: usize,
    task: Task,
    losses: Vec<f64>,
    y: Vec<f64>,
    gradients: BTreeMap<String, Vec<f64>>,
    running: BTreeMap<String, Vec<f64>>,
    prediction: Vec<f64>,
}

/// Every engine and both tasks, each pooling, with and without batch norm and stride.
const CASES: usize = 17;

fn cases() -> Vec<Case> {
    let text = include_str!("reference/pytorch.json");
    let cases = serde_json::from_str::<Reference>(text).unwrap().cases;
    assert_eq!(cases.len(), CASES);
    assert!(cases.iter().all(|c| c.losses.len() == 5));
    assert!(cases.iter().any(|c| !c.running.is_empty()));
    cases
}

impl Case {
    fn engine<T: Real>(&self) -> Box<dyn Network<T>> {
        let key = Key::new(0);
        let mut engine = self
            .architecture
            .build(self.inputs, self.outputs, &key)
            .unwrap();
        for (k, param) in engine.params_mut().into_iter().enumerate() {
            for (i, x) in param.value.iter_mut().enumerate() {
                let (i, k) = (i as f64, k as f64);
                *x = T::from_f64(0.4 * (0.7 * i * i + 1.3 * k + 0.5).sin());
            }
        }
        engine
    }

    fn batch(&self) -> Vec<Vec<f32>> {
        let value = |s: usize, t: usize, c: usize| {
            let phase = 0.37 * (t * self.inputs + c) as f64 + s as f64;
            (1.5 * phase.sin() + 0.2 * c as f64) as f32
        };
        let columns = self.inputs;
        self.lengths
            .iter()
            .enumerate()
            .map(|(s, n)| {
                (0..n * columns)
                    .map(|i| value(s, i / columns, i % columns))
                    .collect()
            })
            .collect()
    }

    fn targets(&self) -> Targets {
        let n = self.lengths.len();
        match self.task {
            Task::Categorical => {
                Targets::Classes((0..n).map(|i| (3 * i + 1) % self.outputs).collect())
            }
            Task::Dimensional => Targets::Values(
                (0..n * self.outputs)
                    .map(|i| (i as f64).sin() as f32)
                    .collect(),
            ),
        }
    }

    /// Compares all that the first `steps` steps and, after all five, prediction come to; returns the largest error of a gradient over the largest
    /// gradient of the engine.
    fn check<T: Real>(&self, steps: usize, tolerance: f64) -> f64 {
        let mut engine = self.engine::<T>();
        let batch = self.batch();
        let sequences: Vec<&[f32]> = batch.iter().map(Vec::as_slice).collect();
        let targets = self.targets();
        let close = |what: &str, ours: &[T], theirs: &[f64]| {
            assert_eq!(ours.len(), theirs.len(), "{}: {what}", self.name);
            let scale = theirs.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
            for (a, b) in ours.iter().zip(theirs) {
                let error = (a.to_f64() - b).abs() / scale;
                assert!(error <= tolerance, "{}: {what}: {a:?} for {b}", self.name);
            }
        };
        let mut adam = Adam::default();
        let mut worst = 0.0_f64;
        for (step, expected) in self.losses.iter().take(steps).enumerate() {
            let y = engine.forward(&sequences, &Key::new(1));
            let (value, gradient) = loss(&y, self.outputs, &targets);
            let error = (value - expected).abs();
            assert!(
                error <= tolerance * 10.0,
                "{}: loss of step {step}: {value} for {expected}",
                self.name
            );
            engine.backward(&gradient);
            if step == 0 {
                close("outputs", &y, &self.y);
                let largest = self.gradients.values().flatten();
                let largest = largest.fold(0.0_f64, |m, g| m.max(g.abs()));
                for param in engine.params_mut() {
                    let theirs = &self.gradients[&param.name];
                    assert_eq!(param.grad.len(), theirs.len(), "{}", param.name);
                    for (a, b) in param.grad.iter().zip(theirs) {
                        let error = (a.to_f64() - b).abs() / largest;
                        assert!(
                            error <= 1e-5,
                            "{}: {}: {a:?} for {b}",
                            self.name,
                            param.name
                        );
                        worst = worst.max(error);
                    }
                }
                let mut running = 0;
                for param in engine.tensors() {
                    if let Some(theirs) = self.running.get(&param.name) {
                        close(&param.name, &param.value, theirs);
                        running += 1;
                    }
                }
                assert_eq!(running, self.running.len(), "{}", self.name);
            }
            adam.step(engine.params_mut().into_iter(), 0.01, 0.05);
        }
        if steps < self.losses.len() {
            return worst;
        }
        let y = engine.predict(&sequences);
        close("outputs after five steps", &y, &self.prediction);
        worst
    }
}

#[test]
fn in_double_precision_every_layer_is_pytorchs() {
    for case in cases() {
        // The frames are f32 here and f64 there, hence not to the last digits.
        let worst = case.check::<f64>(5, 1e-6);
        assert!(worst < 1e-6, "{}: {worst}", case.name);
    }
}

#[test]
fn in_single_precision_no_gradient_is_off_by_more_than_a_hundred_thousandth_of_the_largest() {
    for case in cases() {
        // One step: Adam turns the rounding errors of a gradient that is 0, such as that of a
        // bias before batch norm, into steps of full size.
        let worst = case.check::<f32>(1, 1e-5);
        println!(
            "{}: largest error {worst:.1e} of the largest gradient",
            case.name
        );
    }
}
