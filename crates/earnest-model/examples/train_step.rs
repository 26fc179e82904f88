#![allow(clippy::print_stdout)]
//! tmp
use earnest_model::{Adam, Architecture, Network, Pass, Targets, loss};
use earnest_random::Key;
use std::time::Instant;
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
    let key = Key::new(1);
    let mut parts = [0.0f64; 3];
    let mut times: Vec<f64> = (0..steps)
        .map(|_| {
            let start = Instant::now();
            let y = network.forward(&sequences, Pass::Training(&key));
            let t1 = start.elapsed().as_secs_f64();
            let (_, gradient) = loss(&y, 4, &targets);
            network.backward(&gradient);
            let t2 = start.elapsed().as_secs_f64();
            adam.step(network.params_mut().into_iter(), 3e-4, 1.0);
            let t3 = start.elapsed().as_secs_f64();
            parts[0] += t1;
            parts[1] += t2 - t1;
            parts[2] += t3 - t2;
            t3 * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{}: median {:.1} ms, least {:.1} ms a step; fwd {:.1} bwd {:.1} adam {:.1}",
        architecture.name(),
        times[steps / 2],
        times[0],
        parts[0] * 1e3 / steps as f64,
        parts[1] * 1e3 / steps as f64,
        parts[2] * 1e3 / steps as f64
    );
    let one = [&batch[0][..]];
    let mut t: Vec<f64> = (0..20)
        .map(|_| {
            let s = Instant::now();
            network.forward(&one, Pass::Inference);
            s.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    t.sort_by(f64::total_cmp);
    println!("infer one {:.2} ms", t[10]);
}
