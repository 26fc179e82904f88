//! A laboratory. What is read has a room and a head.
#![no_main]
use earnest_scene::lab::Lab;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Lab::from_toml(text);
});
