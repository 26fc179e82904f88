//! For whom a model of classes works: recall by the speakers' sex, by language, and speaker by speaker.
//!
//! More in `docs/calibration.md`, section 4.
//!
//! * UAR of a group: the mean over the classes that its utterances have of the share of them that were
//!   recognised, of all its utterances together; of several seeds the mean.
//! * Intervals: bootstrap over the group's speakers, as for all metrics; none below three.
//! * The gap between the sexes: UAR of women less UAR of men. For its interval the women and the men
//!   are drawn again each by themselves, so that a draw has as many of either.
//! * A speaker with fewer than ten utterances in a test is marked: a recall of so few is hardly one. The
//!   worst speaker is the one of the least UAR among those who are not, or among all if all are.

use std::collections::{BTreeMap, BTreeSet};

use earnest_corpus::Sex;
use serde::Serialize;

use super::{Interval, resampled, resampled_groups};
use crate::evaluation::metrics::Confusion;
use crate::evaluation::prediction::{Prediction, Truth, largest};
use crate::evaluation::tally::mean_of_some;
use crate::evaluation::traits::Traits;

/// Below so many utterances a speaker is marked.
pub const FEW: usize = 10;

/// `female` or `male`.
#[must_use]
pub fn sex_name(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
    }
}

/// What answers of a seed come to, by speaker.
type Counts = BTreeMap<String, Confusion>;

/// How well a group is recognised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recall {
    /// How many speak.
    pub speakers: usize,
    /// Their utterances in a test; of several seeds those of one.
    pub utterances: usize,
    /// Mean recall of the classes that they have.
    pub uar: Option<f64>,
    /// 95 % interval of it over the group's speakers; none below three.
    pub interval: Option<Interval>,
    /// Recall of each class; none of those that they do not have.
    pub recalls: Vec<Option<f64>>,
}

/// How well one speaker is recognised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfSpeaker {
    /// Who speaks.
    pub speaker: String,
    /// The speaker's sex, where known.
    pub sex: Option<&'static str>,
    /// The language, where known and one.
    pub language: Option<String>,
    /// Utterances in a test.
    pub utterances: usize,
    /// True if these are fewer than [`FEW`].
    pub few: bool,
    /// Mean recall of the classes that the speaker has.
    pub uar: Option<f64>,
    /// Recall of each class; none of those that the speaker does not have.
    pub recalls: Vec<Option<f64>>,
}

/// UAR of women less UAR of men.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// Above 0 where women are recognised better.
    pub difference: f64,
    /// 95 % interval of it over speakers; none below three of either sex.
    pub interval: Option<Interval>,
}

/// For whom a model works.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Groups {
    /// By sex: `female`, `male`, and `unknown` where some are known and others not; empty where nobody's
    /// is known.
    pub sex: BTreeMap<String, Recall>,
    /// The gap between the sexes, where there are both.
    pub sex_gap: Option<Gap>,
    /// By language, and `unknown`; empty where none is known.
    pub language: BTreeMap<String, Recall>,
    /// Speaker by speaker.
    pub speakers: Vec<OfSpeaker>,
    /// Who is recognised worst, if several speak: see the module.
    pub worst_speaker: Option<String>,
}

/// What is not known is a group of its own.
const UNKNOWN: &str = "unknown";

/// All of some speakers' answers together.
fn together<'a>(counts: impl Iterator<Item = &'a Confusion>) -> Confusion {
    let mut all = Confusion::default();
    counts.for_each(|of_speaker| all.merge(of_speaker));
    all
}

/// Mean recall, if there is an utterance.
fn uar(counts: &Confusion) -> Option<f64> {
    Some(counts.uar()).filter(|uar| uar.is_finite())
}

/// The UAR of what each seed has, the mean over seeds.
fn uar_of(seeds: &[Vec<&Confusion>]) -> Option<f64> {
    let of_seeds: Vec<[Option<f64>; 1]> = seeds
        .iter()
        .map(|of_seed| [uar(&together(of_seed.iter().copied()))])
        .collect();
    let [mean] = mean_of_some(&of_seeds);
    mean
}

/// The recall of each class, the mean over seeds.
fn recalls(seeds: &[Confusion], classes: usize) -> Vec<Option<f64>> {
    let of_class = |class| {
        let each: Vec<[Option<f64>; 1]> = seeds.iter().map(|seed| [seed.recall(class)]).collect();
        let [mean] = mean_of_some(&each);
        mean
    };
    (0..classes).map(of_class).collect()
}

impl Recall {
    fn of(seeds: &[Counts], classes: usize) -> Self {
        let all: Vec<Confusion> = seeds.iter().map(|seed| together(seed.values())).collect();
        let speakers: BTreeSet<&String> = seeds.iter().flat_map(BTreeMap::keys).collect();
        let [interval] = resampled(seeds, |drawn| [uar_of(drawn)]);
        let references: Vec<Vec<&Confusion>> = all.iter().map(|seed| vec![seed]).collect();
        Self {
            speakers: speakers.len(),
            utterances: all.iter().map(Confusion::total).max().unwrap_or(0),
            uar: uar_of(&references),
            interval,
            recalls: recalls(&all, classes),
        }
    }
}

/// Answers of each seed by the group that `group` puts them into.
fn grouped(
    seeds: &[Vec<&Prediction>],
    group: impl Fn(&Prediction) -> Option<String>,
) -> BTreeMap<String, Vec<Counts>> {
    let mut groups: BTreeMap<String, Vec<Counts>> = BTreeMap::new();
    let mut is_known = false;
    for (number, seed) in seeds.iter().enumerate() {
        for prediction in seed {
            let Truth::Class(truth) = prediction.truth else {
                continue;
            };
            let name = group(prediction);
            is_known |= name.is_some();
            let of_group = groups
                .entry(name.unwrap_or_else(|| UNKNOWN.to_owned()))
                .or_insert_with(|| vec![Counts::new(); seeds.len()]);
            if let Some(of_seed) = of_group.get_mut(number) {
                let of_speaker = of_seed.entry(prediction.speaker.clone()).or_default();
                of_speaker.add(truth, largest(&prediction.answer));
            }
        }
    }
    if !is_known {
        groups.clear();
    }
    groups
}

/// The gap between two groups, the first less the second.
fn gap(women: &[Counts], men: &[Counts]) -> Option<Gap> {
    let whole = |seeds: &[Counts]| {
        let each: Vec<Vec<&Confusion>> = seeds.iter().map(|seed| seed.values().collect()).collect();
        uar_of(&each)
    };
    let difference = whole(women)? - whole(men)?;
    let [interval] = resampled_groups(&[women, men], |drawn| match drawn {
        [women, men] => [uar_of(women).zip(uar_of(men)).map(|(a, b)| a - b)],
        _ => [None],
    });
    Some(Gap {
        difference,
        interval,
    })
}

impl Groups {
    /// Of answers of each seed, in one condition, of a model with so many classes.
    #[must_use]
    pub fn of(seeds: &[Vec<&Prediction>], classes: usize, traits: &Traits) -> Self {
        let sexes = grouped(seeds, |p| {
            traits
                .sex
                .get(&p.speaker)
                .map(|sex| sex_name(*sex).to_owned())
        });
        let languages = grouped(seeds, |p| traits.language(p).map(str::to_owned));
        let recall = |groups: &BTreeMap<String, Vec<Counts>>| {
            let of =
                |(name, seeds): (&String, &Vec<Counts>)| (name.clone(), Recall::of(seeds, classes));
            groups.iter().map(of).collect::<BTreeMap<String, Recall>>()
        };
        let of_sex = |sex| sexes.get(sex_name(sex)).map(Vec::as_slice);
        let sex_gap = of_sex(Sex::Female).zip(of_sex(Sex::Male));
        let speakers: Vec<OfSpeaker> = grouped(seeds, |p| Some(p.speaker.clone()))
            .into_iter()
            .map(|(speaker, seeds)| {
                let recall = Recall::of(&seeds, classes);
                OfSpeaker {
                    sex: traits.sex.get(&speaker).map(|sex| sex_name(*sex)),
                    language: traits.language.get(&speaker).cloned(),
                    utterances: recall.utterances,
                    few: recall.utterances < FEW,
                    uar: recall.uar,
                    recalls: recall.recalls,
                    speaker,
                }
            })
            .collect();
        Self {
            sex: recall(&sexes),
            sex_gap: sex_gap.and_then(|(women, men)| gap(women, men)),
            language: recall(&languages),
            worst_speaker: worst(&speakers).map(str::to_owned),
            speakers,
        }
    }

    /// The worst speaker, if several speak.
    #[must_use]
    pub fn worst(&self) -> Option<&OfSpeaker> {
        let name = self.worst_speaker.as_ref()?;
        self.speakers.iter().find(|of| of.speaker == *name)
    }
}

/// Of several speakers the one with the least UAR.
fn worst(speakers: &[OfSpeaker]) -> Option<&str> {
    let all_are_few = speakers.iter().all(|of| of.few);
    let judged = speakers.iter().filter(|of| all_are_few || !of.few);
    let least = judged
        .filter_map(|of| Some((of.uar?, of.speaker.as_str())))
        .min_by(|(a, _), (b, _)| a.total_cmp(b));
    least.filter(|_| speakers.len() > 1).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_corpus::{Language, Utterance};

    fn said(speaker: &str, id: &str, truth: usize, answer: usize) -> Prediction {
        let mut probabilities = vec![0.2; 2];
        probabilities[answer] = 0.8;
        Prediction {
            condition: "clean".into(),
            id: id.into(),
            speaker: speaker.into(),
            truth: Truth::Class(truth),
            answer: probabilities,
        }
    }

    /// Three women who are always understood, three men whose class 1 never is; twelve utterances each,
    /// but for the last man, who has two.
    fn example() -> (Vec<Prediction>, Traits) {
        let mut all = Vec::new();
        let mut traits = Traits::default();
        for (s, speaker) in ["f1", "f2", "f3", "m1", "m2", "m3"].into_iter().enumerate() {
            let is_woman = s < 3;
            let sex = if is_woman { Sex::Female } else { Sex::Male };
            traits.sex.insert(speaker.into(), sex);
            traits.language.insert(speaker.into(), "de".into());
            for i in 0..if speaker == "m3" { 2 } else { 12 } {
                let truth = i % 2;
                let answer = if is_woman { truth } else { 0 };
                all.push(said(speaker, &format!("{speaker}-{i}"), truth, answer));
            }
        }
        (all, traits)
    }

    #[test]
    fn recall_of_each_sex_and_the_gap_between_them_are_those_counted_by_hand() {
        let (all, traits) = example();
        let seed: Vec<&Prediction> = all.iter().collect();
        let groups = Groups::of(&[seed.clone(), seed], 2, &traits);
        let female = &groups.sex["female"];
        assert_eq!((female.speakers, female.utterances), (3, 36));
        assert_eq!(female.uar, Some(1.0));
        let male = &groups.sex["male"];
        assert_eq!(male.recalls, [Some(1.0), Some(0.0)]);
        assert_eq!(male.utterances, 26);
        let gap = groups.sex_gap.unwrap();
        assert_eq!(gap.difference, 0.5);
        // Every man is as every other, so however they are drawn the gap is the same.
        let interval = gap.interval.unwrap();
        assert_eq!((interval.low, interval.high), (0.5, 0.5));
        assert_eq!(groups.language["de"].speakers, 6);
        assert_eq!(groups.language["de"].uar, Some((1.0 + 18.0 / 31.0) / 2.0));
    }

    #[test]
    fn speakers_with_few_utterances_are_marked_and_are_not_called_the_worst() {
        let (mut all, traits) = example();
        // The one with few is never understood.
        all.retain(|p| p.speaker != "m3");
        all.push(said("m3", "m3-0", 1, 0));
        // And one man is worse than the other.
        all.push(said("m2", "m2-12", 0, 1));
        let groups = Groups::of(&[all.iter().collect()], 2, &traits);
        let few: Vec<&str> = groups
            .speakers
            .iter()
            .filter(|of| of.few)
            .map(|of| of.speaker.as_str())
            .collect();
        assert_eq!(few, ["m3"]);
        assert_eq!(groups.worst_speaker.as_deref(), Some("m2"));
        assert_eq!(groups.worst().unwrap().recalls[1], Some(0.0));
        let one: Vec<&Prediction> = all.iter().filter(|p| p.speaker == "f1").collect();
        assert_eq!(Groups::of(&[one], 2, &traits).worst_speaker, None);
    }

    #[test]
    fn what_nobody_knows_is_left_out_and_what_some_know_leaves_the_others_unknown() {
        let (all, mut traits) = example();
        let seed: Vec<&Prediction> = all.iter().collect();
        let groups = Groups::of(std::slice::from_ref(&seed), 2, &Traits::default());
        assert!(groups.sex.is_empty() && groups.language.is_empty());
        assert_eq!((groups.sex_gap, groups.speakers.len()), (None, 6));
        traits.sex.remove("m1");
        let groups = Groups::of(&[seed], 2, &traits);
        let names: Vec<&String> = groups.sex.keys().collect();
        assert_eq!(names, ["female", "male", "unknown"]);
        assert_eq!(groups.sex_gap.unwrap().interval, None);
    }

    #[test]
    fn a_speaker_of_two_languages_counts_in_both() {
        let utterance = |speaker: &str, id: &str, language: Option<&str>| Utterance {
            sex: Some(Sex::Male),
            language: language.and_then(Language::parse),
            ..Utterance::of_file(
                id,
                earnest_files::RelativePath::new(&format!("{id}.wav")).unwrap(),
                speaker,
                "angry",
            )
        };
        let all = [
            utterance("a", "a-1", Some("da")),
            utterance("a", "a-2", Some("en")),
            utterance("b", "b-1", Some("en")),
            utterance("c", "c-1", None),
        ];
        let traits = Traits::of(all.iter());
        assert_eq!(traits.language.get("b").unwrap(), "en");
        assert_eq!(traits.language.get("a"), None);
        assert_eq!(traits.sex.len(), 3);
        let answers = [
            said("a", "a-1", 0, 0),
            said("a", "a-2", 0, 1),
            said("b", "b-1", 1, 1),
            said("c", "c-1", 1, 1),
        ];
        let groups = Groups::of(&[answers.iter().collect()], 2, &traits);
        let counted = |name: &str| (groups.language[name].speakers, groups.language[name].uar);
        assert_eq!(counted("da"), (1, Some(1.0)));
        assert_eq!(counted("en"), (2, Some(0.5)));
        assert_eq!(counted("unknown"), (1, Some(1.0)));
        let json = serde_json::to_string(&traits).unwrap();
        assert_eq!(serde_json::from_str::<Traits>(&json).unwrap(), traits);
        assert_eq!(serde_json::to_string(&Traits::default()).unwrap(), "{}");
    }
}
