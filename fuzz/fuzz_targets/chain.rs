//! A chain of augmentations. One that is read can be used.
#![no_main]
use earnest_augment::{Augmenter, Chain, Sources};
use earnest_random::Key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(mut chain) = Chain::from_toml(text) {
        chain.steps.truncate(8);
        let sources = Sources::default();
        let mut augmenter = Augmenter::new(chain.without_missing(&sources), sources);
        let speech: Vec<f32> = (0..1600).map(|i| (i as f32 * 0.2).sin() * 0.3).collect();
        let (samples, _) = augmenter.apply(&speech, &Key::new(1)).expect("it is done");
        assert!(samples.iter().all(|x| x.is_finite()));
    }
});
