//! What a log of draws says was done, done again.
#![no_main]
use earnest_augment::{Augmenter, Chain, Drawn, Sources};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(drawn) = serde_json::from_slice::<Vec<Drawn>>(bytes) {
        let speech: Vec<f32> = (0..1600).map(|i| (i as f32 * 0.2).sin() * 0.3).collect();
        let mut augmenter = Augmenter::new(Chain::default(), Sources::default());
        let _ = augmenter.replay(&speech, &drawn[..drawn.len().min(8)]);
    }
});
