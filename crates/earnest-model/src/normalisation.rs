//! By whose statistics descriptors are normalised.

use std::collections::BTreeMap;

use earnest_features::{Features, Moments, Normaliser};
use serde::{Deserialize, Serialize};

/// Whose mean and standard deviation each descriptor is normalised with.
///
/// Speakers differ in pitch, level and spectrum more than emotions do, and a robot shifts
/// all of them; so do corpora, each with a microphone and rooms of its own. `Speaker` needs all
/// utterances of a test speaker at once, `EachCorpus` all of the tested corpus (they see no
/// labels, but it is no longer a prediction of one utterance); `Adaptive` needs only those
/// that came before, so it can be used live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Those of the training set (docs/paper.md, section 3).
    #[default]
    Corpus,
    /// Those of all utterances of the speaker, as heard.
    Speaker,
    /// At first those of the training set, then more and more those of the speaker's
    /// utterances so far, this one included.
    Adaptive,
    /// Those of all utterances of the corpus, as heard: of training utterances their corpus's as they
    /// are presented first, of others those of all that is heard of their corpus together.
    EachCorpus,
}

/// Frames that the training set's statistics count for in [`Normalisation::Adaptive`]:
/// 10 s of speech.
const ASSUMED_FRAMES: f64 = 1000.0;

impl Normalisation {
    /// True if all utterances that are normalised alike must be heard before the first of them is
    /// normalised.
    #[must_use]
    pub fn needs_all(self) -> bool {
        matches!(self, Self::Speaker | Self::EachCorpus)
    }

    /// Whose statistics are meant where a speaker's are asked for: those of the speaker, or of the
    /// corpus.
    #[must_use]
    pub fn group<'a>(self, speaker: &'a str, corpus: &'a str) -> &'a str {
        match self {
            Self::EachCorpus => corpus,
            Self::Corpus | Self::Speaker | Self::Adaptive => speaker,
        }
    }

    /// The normaliser of an utterance whose speaker was heard in `speaker`: in all
    /// utterances, or in those up to this one.
    #[must_use]
    pub fn normaliser<'a>(
        self,
        corpus: &Normaliser,
        speaker: impl Iterator<Item = &'a Moments>,
    ) -> Normaliser {
        let mut moments = match self {
            Self::Corpus => return corpus.clone(),
            Self::Speaker | Self::EachCorpus => Moments::of_no_row(corpus.columns()),
            Self::Adaptive => Moments::assumed(corpus, ASSUMED_FRAMES),
        };
        for part in speaker {
            moments.add(part);
        }
        moments.normaliser()
    }

    /// Normalises utterances, each spoken by the speaker beside it, in the order in which
    /// they are heard.
    #[must_use]
    pub fn apply(
        self,
        corpus: &Normaliser,
        utterances: &[&Features],
        speakers: &[&str],
    ) -> Vec<Features> {
        let mut listener = Listener::new(self, corpus.clone());
        if listener.needs_all() {
            for (features, speaker) in utterances.iter().zip(speakers) {
                listener.hear_of(features, speaker);
            }
        }
        utterances
            .iter()
            .zip(speakers)
            .map(|(features, speaker)| {
                let mut features = (*features).clone();
                listener.next(&features, speaker).apply(&mut features);
                features
            })
            .collect()
    }
}

/// Normalises utterances one after the other, and keeps what it must of their speakers: some
/// numbers each, whatever was heard of them.
#[derive(Clone, Debug)]
pub struct Listener {
    normalisation: Normalisation,
    corpus: Normaliser,
    heard: BTreeMap<String, Moments>,
}

impl Listener {
    /// That has heard nobody yet. `corpus` has the training set's statistics.
    #[must_use]
    pub fn new(normalisation: Normalisation, corpus: Normaliser) -> Self {
        Self {
            normalisation,
            corpus,
            heard: BTreeMap::new(),
        }
    }

    /// True if all utterances of a speaker (or of a corpus, which then stands in the speaker's place:
    /// [`Normalisation::group`]) must be told of ([`Listener::hear_of`]) before the
    /// first of them is normalised.
    #[must_use]
    pub fn needs_all(&self) -> bool {
        self.normalisation.needs_all()
    }

    /// Tells of an utterance that is normalised later; nothing to those that need it not.
    pub fn hear_of(&mut self, features: &Features, speaker: &str) {
        if self.needs_all() {
            self.remember(features, speaker);
        }
    }

    fn remember(&mut self, features: &Features, speaker: &str) {
        let moments = Moments::of(features);
        self.heard
            .entry(speaker.to_owned())
            .or_insert_with(|| Moments::of_no_row(features.columns()))
            .add(&moments);
    }

    /// The normaliser of the next utterance.
    #[must_use]
    pub fn next(&mut self, features: &Features, speaker: &str) -> Normaliser {
        if self.normalisation == Normalisation::Adaptive {
            self.remember(features, speaker);
        }
        self.normalisation
            .normaliser(&self.corpus, self.heard.get(speaker).into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_features::descriptor;

    fn utterance(frames: usize, offset: f32) -> Features {
        let n = frames * descriptor::COUNT;
        Features::from_values(
            descriptor::COUNT,
            (0..n).map(|i| offset + ((i * 7) % 13) as f32).collect(),
        )
    }

    fn mean(features: &Features) -> f32 {
        features.values().iter().sum::<f32>() / features.values().len() as f32
    }

    #[test]
    fn by_each_corpus_its_speakers_stay_apart_and_the_corpora_meet() {
        let corpus = Normaliser {
            mean: vec![0.0; descriptor::COUNT],
            deviation: vec![1.0; descriptor::COUNT],
        };
        // Two speakers of each of two corpora, which lie far apart.
        let given: Vec<Features> = [48.0, 52.0, -22.0, -18.0].map(|o| utterance(130, o)).into();
        let references: Vec<&Features> = given.iter().collect();
        let each = Normalisation::EachCorpus;
        let spoken = [("x/1", "x"), ("x/2", "x"), ("y/1", "y"), ("y/2", "y")];
        let groups = spoken.map(|(speaker, corpus)| each.group(speaker, corpus));
        let heard = each.apply(&corpus, &references, &groups);
        let means: Vec<f32> = heard.iter().map(mean).collect();
        assert!(
            (means[0] + means[1]).abs() < 1e-3 && means[0] < -0.3,
            "{means:?}"
        );
        assert!((means[0] - means[2]).abs() < 1e-3 && (means[1] - means[3]).abs() < 1e-3);
    }

    #[test]
    fn by_speaker_every_speaker_ends_at_mean_0_and_adaptively_gets_there_without_looking_ahead() {
        let corpus = Normaliser {
            mean: vec![0.0; descriptor::COUNT],
            deviation: vec![1.0; descriptor::COUNT],
        };
        let given: Vec<Features> = (0..30)
            .map(|i| utterance(130, if i % 2 == 0 { 50.0 } else { -20.0 }))
            .collect();
        let references: Vec<&Features> = given.iter().collect();
        let speakers: Vec<&str> = (0..30).map(|i| ["a", "b"][i % 2]).collect();
        let by = |n: Normalisation, count: usize| {
            n.apply(&corpus, &references[..count], &speakers[..count])
        };
        assert!(mean(&by(Normalisation::Corpus, 30)[0]) > 50.0);
        assert!(
            by(Normalisation::Speaker, 30)
                .iter()
                .all(|f| mean(f).abs() < 1e-3)
        );
        let adaptive = by(Normalisation::Adaptive, 30);
        let away: Vec<f32> = adaptive.iter().map(|f| mean(f).abs()).collect();
        assert!(
            away[28] < 0.5 * away[0] && away[29] < 0.5 * away[1],
            "{away:?}"
        );
        assert_eq!(
            by(Normalisation::Adaptive, 7),
            adaptive[..7],
            "later ones do not count"
        );
    }
}
