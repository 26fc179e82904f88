//! What people write in TOML, and what tables and logs of ours say to be done again.

use std::sync::OnceLock;

use earnest_augment::{Augmenter, Chain, Drawn, Sources};
use earnest_experiment::Experiment;
use earnest_model::Recipe;
use earnest_random::Key;
use earnest_scene::lab::Lab;
use earnest_scene::rerecord::read_part;
use earnest_scene::simulate::Scene;

use crate::whole::{Folder, broken, tone};

const EVERY: &str = include_str!("../../earnest-augment/examples/every_transform.toml");

fn speech() -> Vec<f32> {
    (0..1600).map(|i| (i as f32 * 0.2).sin() * 0.3).collect()
}

/// A chain of augmentations. One that is read can be used.
pub fn chain(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(mut chain) = Chain::from_toml(text) {
        chain.steps.truncate(8);
        let sources = Sources::default();
        let mut augmenter = Augmenter::new(chain.without_missing(&sources), sources);
        let done = augmenter.apply(&speech(), &Key::new(1));
        let (samples, _) = done.expect("a chain that was read is done");
        assert!(samples.iter().all(|x| x.is_finite()));
    }
}

/// A draw of every transform that needs no recording.
pub(crate) fn log() -> &'static [u8] {
    static LOG: OnceLock<Vec<u8>> = OnceLock::new();
    LOG.get_or_init(|| {
        let sources = Sources::default();
        let mut chain = Chain::from_toml(EVERY)
            .expect("an example")
            .without_missing(&sources);
        for step in &mut chain.steps {
            step.probability = 1.0;
        }
        let (_, drawn) = Augmenter::new(chain, sources)
            .apply(&speech(), &Key::new(1))
            .expect("it is done");
        serde_json::to_vec(&drawn).expect("it can be written")
    })
}

/// What a log of draws says was done, done again.
pub fn replay(bytes: &[u8]) {
    if let Ok(drawn) = serde_json::from_slice::<Vec<Drawn>>(&broken(log(), bytes)) {
        let mut augmenter = Augmenter::new(Chain::default(), Sources::default());
        let _ = augmenter.replay(&speech(), &drawn[..drawn.len().min(16)]);
    }
}

/// A laboratory. What is read has a room and a head.
pub fn lab(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Lab::from_toml(text);
    }
}

/// An experiment. What is read can be written and read again.
pub fn experiment(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(experiment) = Experiment::from_toml(text) {
        let again = experiment.to_toml().expect("it can be written");
        assert_eq!(Experiment::from_toml(&again), Ok(experiment));
    }
}

/// A recipe. What is read can be written and read again.
pub fn recipe(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(recipe) = Recipe::from_toml(text) {
        let again = toml::to_string(&recipe).expect("it can be written");
        assert_eq!(Recipe::from_toml(&again), Ok(recipe));
    }
}

/// The description and the list of a simulated scene.
pub fn scene(bytes: &[u8]) {
    let folder = Folder::default();
    folder.write("scene.jsonl", bytes);
    let _ = Scene::entries(folder.path());
    folder.write("scene.toml", bytes);
    let _ = Scene::of_folder(folder.path());
}

/// The table beside a file of a playlist.
pub fn playlist(bytes: &[u8]) {
    /// Audio with room for two sweeps and something between them.
    static WAV: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = Folder::default();
    let path = folder.write("part.wav", WAV.get_or_init(|| tone(24_000)));
    folder.write("part.csv", bytes);
    if let Ok(part) = read_part(&path) {
        let here = |range: std::ops::Range<usize>| part.samples.get(range).is_some();
        assert!(part.slots.iter().all(|s| here(s.start..s.start + s.length)));
        assert!(part.sweeps.iter().all(|s| here(s.clone())));
    }
}
