//! Decoding every file of a corpus to find what is wrong with the audio.

use std::collections::HashMap;
use std::ops::ControlFlow;

pub use earnest_audio::SILENT_PEAK;
use earnest_audio::{ContentHash, ContentHasher, mono};
use rayon::prelude::*;

use crate::corpus::Corpus;
use crate::problem::{Problem, ProblemKind};
use crate::utterance::Utterance;

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

/// What one file turned out to be.
struct Examined {
    facts: Option<AudioFacts>,
    problems: Vec<Problem>,
    /// A hash of its samples, whatever container they came in.
    samples: Option<ContentHash>,
}

/// Decodes all audio of a corpus, on all cores. `progress` is called once for each utterance.
pub fn audit(corpus: &Corpus, progress: impl Fn() + Sync) -> Audit {
    let results: Vec<Examined> = corpus
        .utterances
        .par_iter()
        .map(|utterance| {
            let result = examine(corpus, utterance);
            progress();
            result
        })
        .collect();
    let mut audit = Audit::default();
    let mut first: HashMap<ContentHash, &Utterance> = HashMap::new();
    for (utterance, examined) in corpus.utterances.iter().zip(results) {
        audit.facts.push(examined.facts);
        audit.problems.extend(examined.problems);
        let Some(samples) = examined.samples else {
            continue;
        };
        let first = *first.entry(samples).or_insert(utterance);
        if first.id != utterance.id {
            let detail = format!("{} has the same samples as {}", utterance.id, first.id);
            let problem = problem(corpus, utterance, ProblemKind::SameAudio, detail);
            audit.problems.push(problem);
        }
    }
    audit
}

/// A problem with an utterance's audio: in its file, or, where that holds more, in the line
/// that says which stretch of it is meant.
fn problem(corpus: &Corpus, utterance: &Utterance, kind: ProblemKind, detail: String) -> Problem {
    let (file, line) = match utterance.stretch {
        Some(_) => utterance.origin.clone(),
        None => (corpus.audio_path(utterance), None),
    };
    Problem {
        kind,
        file,
        line,
        detail,
    }
}

fn examine(corpus: &Corpus, utterance: &Utterance) -> Examined {
    let (mut sample_rate, mut channels, mut length) = (0, 0, 0_usize);
    let (mut full, mut peak) = (0_usize, 0.0_f32);
    let mut hasher: Option<ContentHasher> = None;
    let decoded = earnest_audio::decode_blocks(
        corpus.audio_path(utterance),
        utterance.stretch,
        |planes, rate| {
            (sample_rate, channels) = (rate, planes.len());
            length += planes.first().map_or(0, |p| p.len());
            full += planes
                .iter()
                .flat_map(|p| *p)
                .filter(|x| x.abs() >= FULL_SCALE)
                .count();
            hasher
                .get_or_insert_with(|| ContentHasher::new(rate, planes.len()))
                .add(planes);
            peak = mono(planes).fold(peak, |peak, x| peak.max(x.abs()));
            ControlFlow::Continue(())
        },
    );
    let problem = |kind, detail| problem(corpus, utterance, kind, detail);
    if let Err(error) = decoded {
        return Examined {
            facts: None,
            problems: vec![problem(ProblemKind::BadAudio, error.to_string())],
            samples: None,
        };
    }
    let facts = AudioFacts {
        sample_rate,
        channels,
        duration_s: length as f64 / f64::from(sample_rate.max(1)),
    };
    let share = full as f64 / (length * channels).max(1) as f64;
    let mut problems = Vec::new();
    if facts.duration_s < SHORTEST_S {
        problems.push(problem(
            ProblemKind::TooShort,
            format!(
                "{:.0} ms, less than one 60 ms frame",
                facts.duration_s * 1e3
            ),
        ));
    }
    let silent = peak < SILENT_PEAK;
    if silent {
        problems.push(problem(
            ProblemKind::Silent,
            format!("its largest sample is {peak:.1e} of full scale"),
        ));
    } else if share > CLIPPED_SHARE {
        problems.push(problem(
            ProblemKind::Clipped,
            format!("{:.1} % of its samples are at full scale", share * 100.0),
        ));
    }
    Examined {
        facts: Some(facts),
        problems,
        // Silence is like any other silence of its length, and is named for what it is.
        samples: hasher.filter(|_| !silent).map(ContentHasher::finish),
    }
}
