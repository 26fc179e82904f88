#![allow(clippy::print_stdout)]
//! Times one training step (forward, backward, clipping of each value, Adam) on a batch of
//! 32 sequences of 450, 442, .. 202 frames of 32 descriptors, beside the floor that the
//! matrix products of these frames set on this machine; and the prediction of one
//! utterance of 450 frames (4.5 s) on one thread.
//!
//! ```sh
//! cargo run --release --example train_step -- --network rnn --threads 2 --steps 30 --json
//! python3 crates/earnest-model/compare/train_step.py --network rnn --threads 2
//! ```

use std::time::Instant;

use clap::{Parser, ValueEnum};
use earnest_model::{Adam, Architecture, Targets, loss, product_rate};
use earnest_random::Key;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Name {
    Rnn,
    Cnn,
    Crnn,
}

/// Time one training step.
#[derive(Parser)]
struct Arguments {
    /// The engine, in the paper's sizes or its usual ones
    #[arg(long, value_enum, default_value = "rnn")]
    network: Name,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Steps timed; two more go before them
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const DESCRIPTORS: usize = 32;
const CLASSES: usize = 4;

fn lengths() -> impl Iterator<Item = usize> {
    (0..32).map(|i| 450 - 8 * i)
}

/// Multiplications and additions of a step's matrix products, valid frames only.
fn operations(network: Name) -> f64 {
    let frames: usize = lengths().sum();
    // Multiply-adds of a frame forwards; backwards as many for the weights, and as many
    // for the input but in the first layer.
    let (forward, no_input) = match network {
        Name::Rnn => {
            let layer = |inputs: usize| 2 * 3 * 128 * (inputs + 128);
            let first = layer(DESCRIPTORS);
            (first + layer(256), 2 * 3 * 128 * DESCRIPTORS)
        }
        Name::Cnn => {
            let layer = |inputs: usize| 5 * inputs * 128;
            let first = layer(DESCRIPTORS);
            (first + 2 * layer(128), first)
        }
        // A first layer on half of the frames; the others on a quarter.
        Name::Crnn => {
            let first = 5 * DESCRIPTORS * 64 / 2;
            let others = 5 * 64 * 64 + 2 * 3 * 128 * (64 + 128);
            (first + others / 4, first)
        }
    };
    2.0 * (frames * (3 * forward - no_input)) as f64
}

/// Median and least.
fn middle_and_least(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |i: usize| times.get(i).copied().unwrap_or(f64::NAN);
    (at(times.len() / 2), at(0))
}

fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

/// The most memory this process ever held, MB; Linux only.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

fn pool(threads: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a = Arguments::parse();
    let architecture = match a.network {
        Name::Rnn => Architecture::paper_rnn(),
        Name::Cnn => Architecture::paper_cnn(),
        Name::Crnn => Architecture::crnn(),
    };
    let key = Key::new(1);
    let mut generator = key.generator();
    let batch: Vec<Vec<f32>> = lengths()
        .map(|n| {
            (0..n * DESCRIPTORS)
                .map(|_| generator.normal() as f32)
                .collect()
        })
        .collect();
    let sequences: Vec<&[f32]> = batch.iter().map(Vec::as_slice).collect();
    let targets = Targets::Classes((0..32).map(|i| i % CLASSES).collect());
    let mut engine = architecture
        .build::<f32>(DESCRIPTORS, CLASSES, &key)
        .ok_or("it is no network")?;
    let mut adam = Adam::default();
    let (times, peak, rate) = pool(a.threads)?.install(|| {
        let mut step = || {
            let y = engine.forward(&sequences, &key);
            let (_, gradient) = loss(&y, CLASSES, &targets);
            engine.backward(&gradient);
            adam.step(engine.params_mut().into_iter(), 3e-4, 1.0);
        };
        step();
        step();
        let times = (0..a.steps.max(1))
            .map(|_| milliseconds(&mut step))
            .collect();
        (times, peak_megabytes(), product_rate())
    });
    let (median, least) = middle_and_least(times);
    let floor = operations(a.network) / rate * 1e3;
    let (inference, _) = pool(1)?.install(|| {
        let one = &sequences[..1];
        let once = || drop(engine.predict(one));
        once();
        middle_and_least((0..20).map(|_| milliseconds(once)).collect())
    });
    let name = architecture.name();
    if a.json {
        let value = serde_json::json!({
            "network": name,
            "threads": a.threads,
            "steps": a.steps,
            "median_ms": median,
            "least_ms": least,
            "product_rate_gflops": rate / 1e9,
            "floor_ms": floor,
            "multiple_of_floor": median / floor,
            "peak_mb": peak,
            "inference_ms": inference,
        });
        println!("{value}");
    } else {
        println!(
            "{name}: median {median:.1} ms, least {least:.1} ms a step on {} threads",
            a.threads
        );
        println!(
            "products run at {:.0} GFLOP/s, so the floor is {floor:.1} ms: {:.2} times the floor",
            rate / 1e9,
            median / floor
        );
        if let Some(peak) = peak {
            println!("peak memory {peak:.0} MB");
        }
        println!("prediction of one utterance of 4.5 s on one thread: {inference:.2} ms");
    }
    Ok(())
}
