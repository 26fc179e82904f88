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
    /// Each utterance's own: with the mean m and the deviation d of column j over the utterance's rows,
    /// and the training set's deviation D,
    ///
    /// ```text
    /// z_tj = (x_tj - m_j) / max(d_j, D_j / 10)
    /// ```
    ///
    /// (cepstral mean and variance normalisation, Viikki and Laurila 1998, with a floor: a column that
    /// hardly changes in an utterance is not blown up). It needs nobody else's utterances, and takes
    /// with a channel's offset whatever the utterance as a whole differs in. A window of a stream is
    /// normalised by its own rows, an answer before the end by the rows so far.
    Segment,
    /// As [`Normalisation::Segment`], but only the mean is the utterance's own, the deviation is the
    /// training set's: `z_tj = (x_tj - m_j) / D_j`, which is z by the training set with its own mean
    /// over the utterance subtracted (cepstral mean subtraction, Furui 1981).
    SegmentMean,
}

/// By whose statistics features are normalised, and how far from 0 they may lie then.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FeatureNormalisation {
    /// Whose mean and deviation.
    pub by: Normalisation,
    /// The most that a normalised value may be, either way: `min(max(z, -clip), clip)`.
    pub clip: Option<f64>,
}

/// The least deviation of [`Normalisation::Segment`], in those of the training set.
const LEAST_OF_SEGMENT: f32 = 0.1;

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

    /// True if an utterance is normalised by others of its speaker or corpus, too: then it counts
    /// who speaks, and in which order they are heard.
    #[must_use]
    pub fn heeds_others(self) -> bool {
        matches!(self, Self::Speaker | Self::EachCorpus | Self::Adaptive)
    }

    /// True if an utterance's own mean is subtracted: nothing is left then of one that is a single
    /// row.
    #[must_use]
    pub fn is_of_segment(self) -> bool {
        matches!(self, Self::Segment | Self::SegmentMean)
    }

    /// As files have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Corpus => "corpus",
            Self::Speaker => "speaker",
            Self::Adaptive => "adaptive",
            Self::EachCorpus => "each_corpus",
            Self::Segment => "segment",
            Self::SegmentMean => "segment_mean",
        }
    }

    /// Whose statistics are meant where a speaker's are asked for: those of the speaker, or of the
    /// corpus.
    #[must_use]
    pub fn group<'a>(self, speaker: &'a str, corpus: &'a str) -> &'a str {
        match self {
            Self::EachCorpus => corpus,
            _ => speaker,
        }
    }

    /// The normaliser of an utterance whose speaker was heard in `speaker`: in all
    /// utterances, or in those up to this one. Where an utterance's own statistics count, it is the
    /// training set's, and [`FeatureNormalisation::normalise`] does the rest.
    #[must_use]
    pub fn normaliser<'a>(
        self,
        corpus: &Normaliser,
        speaker: impl Iterator<Item = &'a Moments>,
    ) -> Normaliser {
        let mut moments = match self {
            Self::Corpus | Self::Segment | Self::SegmentMean => return corpus.clone(),
            Self::Speaker | Self::EachCorpus => Moments::of_no_row(corpus.columns()),
            Self::Adaptive => Moments::assumed(corpus, ASSUMED_FRAMES),
        };
        for part in speaker {
            moments.add(part);
        }
        moments.normaliser()
    }
}

impl FeatureNormalisation {
    /// Normalises one utterance (or what there is of it) in place, by the normaliser that is its own
    /// ([`Normalisation::normaliser`], [`Listener::next`]).
    pub fn normalise(self, by: &Normaliser, features: &mut Features) {
        match self.by {
            Normalisation::Segment | Normalisation::SegmentMean => {
                let mut own = Moments::of(features).normaliser();
                for (d, training) in own.deviation.iter_mut().zip(&by.deviation) {
                    *d = match self.by {
                        Normalisation::Segment => d.max(LEAST_OF_SEGMENT * training),
                        _ => *training,
                    };
                }
                own.apply(features);
            }
            _ => by.apply(features),
        }
        if let Some(clip) = self.clip {
            let most = clip as f32;
            for x in features.rows_mut().flatten() {
                // Written so that a NaN stays one.
                *x = if *x > most { most } else { *x };
                *x = if *x < -most { -most } else { *x };
            }
        }
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
        let mut listener = Listener::new(self.by, corpus.clone());
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
                let by = listener.next(&features, speaker);
                self.normalise(&by, &mut features);
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

    /// The normaliser of the next utterance, for [`FeatureNormalisation::normalise`].
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

    fn of(by: Normalisation) -> FeatureNormalisation {
        FeatureNormalisation { by, clip: None }
    }

    #[test]
    fn by_segment_a_channels_offset_is_gone_and_with_the_deviation_its_gain() {
        let corpus = Normaliser {
            mean: vec![7.0; descriptor::COUNT],
            deviation: vec![2.0; descriptor::COUNT],
        };
        let given = utterance(130, 0.0);
        let mut values = given.values().to_vec();
        for x in &mut values {
            *x = *x * 3.0 + 100.0;
        }
        let heard_elsewhere = Features::from_values(descriptor::COUNT, values);
        let by = |n, features: &Features| of(n).apply(&corpus, &[features], &["s"]).remove(0);
        let apart = |a: &Features, b: &Features, times: f32| {
            let both = a.values().iter().zip(b.values());
            both.map(|(a, b)| (a * times - b).abs()).fold(0.0, f32::max)
        };
        let (one, other) = (
            by(Normalisation::SegmentMean, &given),
            by(Normalisation::SegmentMean, &heard_elsewhere),
        );
        assert!(mean(&one).abs() < 1e-4 && mean(&other).abs() < 1e-4);
        assert!(apart(&one, &other, 3.0) < 1e-4);
        let (one, other) = (
            by(Normalisation::Segment, &given),
            by(Normalisation::Segment, &heard_elsewhere),
        );
        assert!(mean(&one).abs() < 1e-4 && apart(&one, &other, 1.0) < 1e-4);
        // z by the training set, less its own mean.
        let by_corpus = by(Normalisation::Corpus, &given);
        let column = |f: &Features, j: usize| f.rows().map(|r| f64::from(r[j])).collect::<Vec<_>>();
        let z = column(&by_corpus, 3);
        let own = z.iter().sum::<f64>() / z.len() as f64;
        let subtracted = column(&by(Normalisation::SegmentMean, &given), 3);
        for (z, s) in z.iter().zip(subtracted) {
            assert!((z - own - s).abs() < 1e-5);
        }
        // What does not change in an utterance is 0.
        let still = Features::from_values(descriptor::COUNT, vec![5.0; 3 * descriptor::COUNT]);
        assert!(
            by(Normalisation::Segment, &still)
                .values()
                .iter()
                .all(|x| *x == 0.0)
        );
    }

    #[test]
    fn clipped_features_lie_within_the_limit_and_the_others_are_as_they_were() {
        let corpus = Normaliser {
            mean: vec![5.0; descriptor::COUNT],
            deviation: vec![1.0; descriptor::COUNT],
        };
        let given = utterance(40, 0.0);
        for by in [
            Normalisation::Corpus,
            Normalisation::Speaker,
            Normalisation::Adaptive,
            Normalisation::Segment,
        ] {
            let whole = of(by).apply(&corpus, &[&given], &["s"]).remove(0);
            let clipped = FeatureNormalisation {
                by,
                clip: Some(1.5),
            };
            let clipped = clipped.apply(&corpus, &[&given], &["s"]).remove(0);
            let mut beyond = 0;
            for (z, c) in whole.values().iter().zip(clipped.values()) {
                assert_eq!(*c, z.clamp(-1.5, 1.5));
                beyond += usize::from(z != c);
            }
            assert!(beyond > 0, "{by:?}");
        }
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
        let heard = of(each).apply(&corpus, &references, &groups);
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
            of(n).apply(&corpus, &references[..count], &speakers[..count])
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
