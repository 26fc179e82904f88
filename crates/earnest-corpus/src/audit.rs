//! Decoding every file of a corpus to find what is wrong with the audio.

use rayon::prelude::*;

use crate::corpus::{Corpus, Utterance};
use crate::problem::{Problem, ProblemKind};

/// Below this peak a recording is silent (-80 dB).
pub const SILENT_PEAK: f32 = 1e-4;
/// A sample at or above this counts as being at full scale.
const FULL_SCALE: f32 = 0.999;
/// Share of samples at full scale above which a recording is clipped.
const CLIPPED_SHARE: f64 = 0.001;
/// Shorter than this there is no 60 ms frame.
const SHORTEST_S: f64 = 0.060;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AudioFacts {
    /// Length, seconds.
    pub duration_s: f64,
    /// Rate in the file, Hz.
    pub sample_rate: u32,
    /// Channels in the file.
    pub channels: usize,
}

/// Facts and problems of all files.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// For each utterance, in order; `None` if it cannot be decoded.
    pub facts: Vec<Option<AudioFacts>>,
    /// What is wrong with the audio.
    pub problems: Vec<Problem>,
}

/// Decodes all audio of a corpus, on all cores. `progress` is called once for each file.
pub fn audit(corpus: &Corpus, progress: impl Fn() + Sync) -> Audit {
    let results: Vec<(Option<AudioFacts>, Vec<Problem>)> = corpus
        .utterances
        .par_iter()
        .map(|utterance| {
            let result = examine(corpus, utterance);
            progress();
            result
        })
        .collect();
    let mut audit = Audit::default();
    for (facts, problems) in results {
        audit.facts.push(facts);
        audit.problems.extend(problems);
    }
    audit
}

fn examine(corpus: &Corpus, utterance: &Utterance) -> (Option<AudioFacts>, Vec<Problem>) {
    let path = corpus.audio_path(utterance);
    let problem = |kind, detail: String| Problem {
        kind,
        file: path.clone(),
        line: None,
        detail,
    };
    let recording = match earnest_audio::decode(&path) {
        Ok(recording) => recording,
        Err(error) => {
            let problem = problem(ProblemKind::BadAudio, error.to_string());
            return (None, vec![problem]);
        }
    };
    let facts = AudioFacts {
        sample_rate: recording.sample_rate,
        channels: recording.channels.len(),
        duration_s: recording.channels.first().map_or(0, Vec::len) as f64
            / f64::from(recording.sample_rate),
    };
    let mut problems = Vec::new();
    let full = recording
        .channels
        .iter()
        .flatten()
        .filter(|x| x.abs() >= FULL_SCALE)
        .count();
    let samples: usize = recording.channels.iter().map(Vec::len).sum();
    let share = full as f64 / samples.max(1) as f64;
    let wave = recording.mix_down();
    if facts.duration_s < SHORTEST_S {
        problems.push(problem(
            ProblemKind::TooShort,
            format!(
                "{:.0} ms, less than one 60 ms frame",
                facts.duration_s * 1e3
            ),
        ));
    }
    if wave.peak() < SILENT_PEAK {
        problems.push(problem(
            ProblemKind::Silent,
            format!("its largest sample is {:.1e} of full scale", wave.peak()),
        ));
    } else if share > CLIPPED_SHARE {
        problems.push(problem(
            ProblemKind::Clipped,
            format!("{:.1} % of its samples are at full scale", share * 100.0),
        ));
    }
    (Some(facts), problems)
}
