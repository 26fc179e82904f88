//! Writes the seeds of every target, a folder for each, for a fuzzer to begin with, and prints
//! what each target is called and reads.
//!
//! `cargo run -p earnest-fuzz --example seeds -- FOLDER`
#![allow(clippy::expect_used, clippy::print_stdout)]

use std::path::PathBuf;

use earnest_fuzz::{TARGETS, seeds};

fn main() {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.expect("give the folder to write them to");
    for target in TARGETS {
        println!("{}\t{}", target.name, target.reads);
        let own = folder.join(target.name);
        std::fs::create_dir_all(&own).expect("a folder can be made");
        for (i, seed) in seeds(target).into_iter().enumerate() {
            std::fs::write(own.join(format!("seed-{i}")), seed).expect("a seed can be written");
        }
    }
}
