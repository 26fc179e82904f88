//! No file of a stranger does more harm than to be refused.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::time::{Duration, Instant};

use earnest_fuzz::{Limited, TARGETS, crashers, mutated, seeds};
use earnest_random::Key;

#[global_allocator]
static MEMORY: Limited = Limited::new();

/// Some thousands of inputs for each target, always the same ones: as many as take less than
/// a second each in the gate. `EARNEST_FUZZ_RUNS` asks for another number.
#[test]
fn mutated_files_give_a_value_or_an_error_within_the_memory_that_is_stated() {
    let runs = std::env::var("EARNEST_FUZZ_RUNS").ok();
    let runs: Option<u64> = runs.map(|n| n.parse().expect("EARNEST_FUZZ_RUNS is a number"));
    for target in TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        // What a target makes once is not what a file costs.
        (target.run)(&seeds[0]);
        let key = Key::new(16).with(target.name);
        let (began, mut slowest) = (Instant::now(), Duration::ZERO);
        MEMORY.allow(target.memory);
        let number = runs.unwrap_or(2_000);
        for i in 0..number {
            let file = mutated(&seeds, &mut key.with(i).generator());
            let before = Instant::now();
            (target.run)(&file);
            slowest = slowest.max(before.elapsed());
        }
        let most = MEMORY.most() >> 20;
        MEMORY.allow(usize::MAX);
        println!(
            "{}: {number} inputs in {:.1} s, the slowest {:.0} ms, {most} MB held at most",
            target.name,
            began.elapsed().as_secs_f64(),
            slowest.as_secs_f64() * 1e3
        );
    }
}

#[test]
fn every_file_that_once_did_harm_is_harmless() {
    for target in TARGETS {
        for (path, bytes) in crashers(target) {
            println!("{}", path.display());
            (target.run)(&bytes);
        }
    }
}
