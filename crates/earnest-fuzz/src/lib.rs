//! Every reader of files that strangers write, as a function of any bytes: it must give a value or
//! an error, within [`Target::memory`] and ten seconds for a megabyte, and never panic.
//!
//! `cargo test -p earnest-fuzz` gives each target some thousands of mutated seeds, and every file
//! that once did harm (`crashers/`). The fuzzer in `fuzz/` gives them millions: `.ci/long`.
#![allow(clippy::expect_used, clippy::missing_panics_doc)]

mod audio;
mod collections;
mod corpora;
mod descriptions;
mod feature_tables;
mod limited;
mod mutation;
mod rooms;
mod runs;
mod seeds;
mod whole;

pub use limited::Limited;
pub use mutation::mutated;
pub use seeds::{crashers, seeds};

/// A reader, and what it may cost.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is also that of its folder of seeds.
    pub name: &'static str,
    /// What it takes bytes for, in words.
    pub reads: &'static str,
    /// The most memory that the process may hold, bytes.
    pub memory: usize,
    /// Reads.
    pub run: fn(&[u8]),
}

const MEGABYTE: usize = 1 << 20;

/// All targets.
pub const TARGETS: &[Target] = &[
    target("audio", "any bytes as an audio file", 256, audio::audio),
    target("stream", "samples on standard input", 256, audio::stream),
    target("body", "audio in a request", 256, audio::body),
    target(
        "mat",
        "a room response in MATLAB's format",
        1024,
        rooms::mat,
    ),
    target(
        "sofa",
        "a room response in AES69's format",
        1024,
        rooms::sofa,
    ),
    target(
        "manifest",
        "a table of a user's corpus",
        256,
        corpora::manifest,
    ),
    target(
        "iemocap",
        "an evaluation file of IEMOCAP",
        256,
        corpora::iemocap,
    ),
    target(
        "file_names",
        "names of files in a layout",
        256,
        corpora::file_names,
    ),
    target("nemo", "the table of nEMO", 256, corpora::nemo),
    target("emotale", "the table of EmoTale", 256, corpora::emotale),
    target("meld", "a table of MELD", 256, corpora::meld),
    target(
        "msp_podcast",
        "the table of MSP-Podcast",
        256,
        corpora::msp_podcast,
    ),
    target(
        "audformat",
        "a database in audformat: its header and tables",
        256,
        corpora::audformat,
    ),
    target("kaldi", "a data directory of Kaldi", 256, corpora::kaldi),
    target(
        "emobox",
        "fold files as EmoBox publishes them",
        256,
        corpora::emobox,
    ),
    target("esc50", "the table of ESC-50", 256, collections::esc50),
    target(
        "urbansound8k",
        "the table of UrbanSound8K",
        256,
        collections::urbansound8k,
    ),
    target(
        "freesound",
        "the table of clips gathered from Freesound",
        256,
        collections::freesound,
    ),
    target(
        "freesound_answer",
        "what Freesound answers to a search",
        256,
        collections::freesound_answer,
    ),
    target(
        "chain",
        "a chain of augmentations, which is then used",
        256,
        descriptions::chain,
    ),
    target(
        "replay",
        "a log of draws, which are then done again",
        512,
        descriptions::replay,
    ),
    target("lab", "a laboratory", 256, descriptions::lab),
    target(
        "experiment",
        "an experiment, written and read again",
        256,
        descriptions::experiment,
    ),
    target(
        "recipe",
        "a recipe of training, and settings of a front end",
        256,
        descriptions::recipe,
    ),
    target(
        "feature_table",
        "a table of a user's own features",
        1024,
        feature_tables::feature_table,
    ),
    target(
        "scene",
        "the description and the list of a scene",
        256,
        descriptions::scene,
    ),
    target(
        "playlist",
        "the table beside a file of a playlist",
        256,
        descriptions::playlist,
    ),
    target("model", "a model, which then predicts", 512, runs::model),
    target(
        "finished_run",
        "a file of a finished run",
        512,
        runs::finished_run,
    ),
];

const fn target(
    name: &'static str,
    reads: &'static str,
    megabytes: usize,
    run: fn(&[u8]),
) -> Target {
    Target {
        name,
        reads,
        memory: megabytes * MEGABYTE,
        run,
    }
}

impl Target {
    /// By name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|t| t.name == name)
    }
}
