//! Any target, as `EARNEST_TARGET` says: one program for all, so that it is built once.
#![no_main]

use std::sync::OnceLock;

use earnest_fuzz::{Limited, Target, seeds};
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static MEMORY: Limited = Limited::new();

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("EARNEST_TARGET").expect("EARNEST_TARGET names a target");
        let target = Target::by_name(&name).expect("EARNEST_TARGET is one of the targets");
        // What a target makes once is not what a file costs, in time or in memory.
        (target.run)(&seeds(target)[0]);
        MEMORY.allow(target.memory);
        let _ = TARGET.set(target);
    },
    |bytes: &[u8]| {
        if let Some(target) = TARGET.get() {
            (target.run)(bytes);
        }
    }
);
