//! What a log of draws says was done, done again.
#![no_main]
use std::sync::OnceLock;

use earnest_augment::{Augmenter, Chain, Drawn, Sources};
use earnest_fuzz::broken;
use earnest_random::Key;
use libfuzzer_sys::fuzz_target;

const EVERY: &str = include_str!("../../crates/earnest-augment/examples/every_transform.toml");

fn speech() -> Vec<f32> {
    (0..1600).map(|i| (i as f32 * 0.2).sin() * 0.3).collect()
}

/// A draw of every transform that needs no recording.
fn log() -> &'static [u8] {
    static LOG: OnceLock<Vec<u8>> = OnceLock::new();
    LOG.get_or_init(|| {
        let sources = Sources::default();
        let mut chain = Chain::from_toml(EVERY)
            .expect("an example")
            .without_missing(&sources);
        chain
            .steps
            .iter_mut()
            .for_each(|step| step.probability = 1.0);
        let (_, drawn) = Augmenter::new(chain, sources)
            .apply(&speech(), &Key::new(1))
            .expect("it is done");
        serde_json::to_vec(&drawn).expect("it can be written")
    })
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(drawn) = serde_json::from_slice::<Vec<Drawn>>(&broken(log(), bytes)) {
        let mut augmenter = Augmenter::new(Chain::default(), Sources::default());
        let _ = augmenter.replay(&speech(), &drawn[..drawn.len().min(16)]);
    }
});
