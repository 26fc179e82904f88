#![allow(clippy::print_stdout)]
//! Times one training step: forward, backward, value clip, Adam.
//!
//! `cargo run --release -p earnest-model --example train_step -- rnn 20`

use std::time::Instant;

use earnest_model::{Adam, Architecture, Network, Targets, loss};
use earnest_random::Key;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let architecture = match arguments.next().as_deref() {
        Some("cnn") => Architecture::paper_cnn(),
        _ => Architecture::paper_rnn(),
    };
    let steps: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(20);
    let mut draws = Key::new(1).draws();
    let batch: Vec<Vec<f32>> = (0..32)
        .map(|i| {
            (0..(450 - i * 8) * 32)
                .map(|_| draws.normal() as f32)
                .collect()
        })
        .collect();
    let sequences: Vec<&[f32]> = batch.iter().map(Vec::as_slice).collect();
    let targets = Targets::Classes((0..32).map(|i| i % 4).collect());
    let mut network = Network::<f32>::new(&architecture, 32, 4, &Key::new(2));
    let mut adam = Adam::default();
    let mut times: Vec<f64> = (0..steps)
        .map(|_| {
            let start = Instant::now();
            let (y, tape) = network.forward(&sequences, true);
            let (_, gradient) = loss(&y, 4, &targets);
            network.backward(&tape, &gradient);
            adam.step(network.params_mut().into_iter(), 3e-4, 1.0);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    let least = times.first().copied().unwrap_or(f64::NAN);
    println!(
        "{}: median {median:.0} ms, least {least:.0} ms a step",
        architecture.name()
    );
}
