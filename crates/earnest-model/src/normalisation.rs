//! By whose statistics descriptors are normalised.

use std::collections::BTreeMap;

use earnest_features::{Features, Moments, Normaliser};
use serde::{Deserialize, Serialize};

/// Whose mean and standard deviation each descriptor is normalised with.
///
/// Speakers differ in pitch, level and spectrum more than emotions do, and a robot shifts
/// all of them. `Speaker` needs all utterances of a test speaker at once (it sees no
/// labels, but it is no longer a prediction of one utterance); `Adaptive` needs only those
/// that came before, so it can be used live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Those of the training set (PAPER.md section 3).
    #[default]
    Corpus,
    /// Those of all utterances of the speaker, as heard.
    Speaker,
    /// At first those of the training set, then more and more those of the speaker's
    /// utterances so far, this one included.
    Adaptive,
}

/// Frames that the training set's statistics count for in [`Normalisation::Adaptive`]:
/// 10 s of speech.
const ASSUMED_FRAMES: f64 = 1000.0;

impl Normalisation {
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
            Self::Speaker => Moments::default(),
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
        let mut out: Vec<Features> = utterances.iter().map(|f| (*f).clone()).collect();
        if self == Self::Corpus {
            for features in &mut out {
                corpus.apply(features);
            }
            return out;
        }
        let mut heard: BTreeMap<&str, Moments> = BTreeMap::new();
        let own: Vec<Moments> = utterances.iter().map(|f| Moments::of(f)).collect();
        if self == Self::Speaker {
            for (speaker, moments) in speakers.iter().zip(&own) {
                heard.entry(speaker).or_default().add(moments);
            }
        }
        for ((features, speaker), moments) in out.iter_mut().zip(speakers).zip(&own) {
            let so_far = heard.entry(speaker).or_default();
            if self == Self::Adaptive {
                so_far.add(moments);
            }
            self.normaliser(corpus, std::iter::once(&*so_far))
                .apply(features);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_features::descriptor;

    fn utterance(frames: usize, offset: f32) -> Features {
        let n = frames * descriptor::COUNT;
        Features::from_values((0..n).map(|i| offset + ((i * 7) % 13) as f32).collect())
    }

    fn mean(features: &Features) -> f32 {
        features.values().iter().sum::<f32>() / features.values().len() as f32
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
