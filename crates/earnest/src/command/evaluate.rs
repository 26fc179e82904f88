//! `earnest evaluate`.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use clap::Args;
use earnest_corpus::{ContentIndex, Emotion, Utterance};
use earnest_experiment::number::number;
use earnest_experiment::{
    ChosenSources, Dataset, KnownToModel, Prediction, Recordings, confusion, corpus_contents,
    figures, in_drawn_order, metrics::FIGURES, open_corpus, refuse_unlisted, scene_of,
    simulated_robot,
};
use earnest_features::Features;
use earnest_model::{Model, Normalisation, Task};
use earnest_random::Key;
use earnest_scene::Condition;
use serde_json::json;

use super::options::{CorpusOptions, RobotOptions, SoundOptions, no_effect, sources};
use super::{must_exist, must_hold_model, text_table};
use crate::failure::Failure;
use crate::progress::Progress;

/// Measure a model on a corpus.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  earnest evaluate --model my-model --corpus EmoDB --speakers 03\n  \
    earnest evaluate --model my-model --corpus EmoDB --speakers 03 --condition recordings:my-recordings\n  \
    earnest evaluate --model my-model --corpus EmoDB --leave-out-shared --condition robot --robot-noise DEMAND\n\n\
    A test on what the model heard in training flatters it. So speakers, noises and rooms that the model knows (by name, \
    by source, by their very samples) are refused; --leave-out-shared leaves them out. A manifest may list files of \
    any corpus, so where one is involved, whoever is called alike counts as the same person; --other-speakers says \
    that they are not."
)]
pub struct Arguments {
    /// Folder of the model
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    #[command(flatten)]
    corpus: CorpusOptions,
    /// Test speakers [default: all]
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    speakers: Vec<String>,
    /// `clean`; `recordings:DIR`, the corpus as a robot recorded it; or `robot`, a simulated
    /// one (or the recordings of --robot)
    #[arg(long, default_value = "clean", value_name = "WHICH", value_parser = which)]
    condition: Which,
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    robot: RobotOptions,
    /// Leave out of the test what the model heard in training, instead of refusing the test
    #[arg(long)]
    leave_out_shared: bool,
    /// Test on what the model heard in training, or on a model that does not say what it heard;
    /// the figures then flatter it, and the output says so
    #[arg(long, conflicts_with = "leave_out_shared")]
    allow_shared: bool,
    /// Speakers of a manifest who are called like some that the model was trained on are other
    /// people; the output says so
    #[arg(long)]
    other_speakers: bool,
    /// Leave utterances whose robot recording cannot be scored (missing, silent, clipped through,
    /// of another length) out of the test, instead of refusing the test
    #[arg(long)]
    leave_out_unusable: bool,
    /// All randomness: the simulated robot's, and the order in which utterances are heard by a
    /// model that adapts to speakers [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A condition as asked for.
#[derive(Clone, Debug)]
enum Which {
    Clean,
    Robot,
    Recordings(PathBuf),
}

fn which(text: &str) -> Result<Which, String> {
    match text.split_once(':') {
        None if text == "clean" => Ok(Which::Clean),
        None if text == "robot" => Ok(Which::Robot),
        Some(("recordings", folder)) if !folder.is_empty() => {
            Ok(Which::Recordings(PathBuf::from(folder)))
        }
        _ => Err("conditions are clean, robot, and recordings:DIR".into()),
    }
}

/// What a test says of itself beside its figures.
#[derive(Default)]
struct Notes(Vec<String>);

impl Arguments {
    /// Refuses flags that the condition does not look at.
    fn check(&self) -> Result<(), Failure> {
        let robot = self.robot.robot.iter().map(|_| "--robot");
        let sounds = self.sounds.given().into_iter();
        let simulation = self.robot.given_of_simulation().into_iter();
        let recorded = match (&self.condition, &self.robot.robot) {
            (Which::Recordings(_), _) => {
                let idle: Vec<&str> = robot.chain(sounds).chain(simulation).collect();
                no_effect(&idle, "--condition robot, not recordings")?;
                true
            }
            (Which::Clean, _) => {
                let idle: Vec<&str> = robot.chain(sounds).chain(simulation).collect();
                no_effect(&idle, "--condition robot")?;
                false
            }
            (Which::Robot, Some(_)) => {
                let idle: Vec<&str> = sounds.chain(simulation).collect();
                no_effect(&idle, "a simulated robot, and --robot names recordings")?;
                true
            }
            (Which::Robot, None) => {
                sources(&self.sounds, &self.robot)?;
                false
            }
        };
        if self.leave_out_unusable && !recorded {
            no_effect(&["--leave-out-unusable"], "a robot's recordings")?;
        }
        Ok(())
    }

    /// What to do about something that the model knows: an error, a note that it is left out, or
    /// a note that it is not.
    fn about_shared(&self, what: &str, first: &str, notes: &mut Notes) -> Result<(), Failure> {
        if self.leave_out_shared {
            notes.0.push(format!(
                "left out, since the model heard it in training: {what} ({first})"
            ));
            Ok(())
        } else if self.allow_shared {
            notes.0.push(format!(
                "the model heard in training: {what} ({first}); these figures flatter it"
            ));
            Ok(())
        } else {
            Err(Failure::asked(format!(
                "the model heard in training: {what} ({first}), so these figures would flatter it; name others, or leave those out with --leave-out-shared (--allow-shared measures even so)"
            )))
        }
    }
}

/// The first few of some names.
fn first_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => "",
        _ => ", …",
    };
    format!("{}{more}", shown.join(", "))
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    must_exist("--corpus", &a.corpus.corpus)?;
    a.check()?;
    must_hold_model("--model", &a.model)?;
    let mut model = Model::load(&a.model)?;
    let task = model.description.task;
    let description = model.description.clone();
    let simulated = matches!(a.condition, Which::Robot) && a.robot.robot.is_none();
    let in_order = description.recipe.normalise != Normalisation::Corpus;
    if a.seed.is_some() && !simulated && !in_order {
        no_effect(
            &["--seed"],
            "a simulated robot, or a model that was trained with --normalise speaker or adaptive",
        )?;
    }
    let seed = a.seed.unwrap_or(1);
    let known = KnownToModel::of(&description);
    let mut notes = Notes::default();
    if known.is_none() {
        if !a.allow_shared {
            return Err(Failure::asked(format!(
                "the model in {} does not say what it heard in training (its model.json has no `heard`, as those of earlier versions have none), so whether this test is honest cannot be told; train it again, or measure even so with --allow-shared",
                a.model.display()
            )));
        }
        notes.0.push("the model does not say what it heard in training: whether it knows this speech or these sounds cannot be told".to_owned());
    }
    let mut corpus = open_corpus(&a.corpus.reading.spec(a.corpus.corpus.clone()))?;
    refuse_unlisted(&corpus)?;
    for s in &a.speakers {
        if !corpus.utterances.iter().any(|u| &u.speaker == s) {
            let there: Vec<&str> = corpus.speakers().into_iter().collect();
            return Err(Failure::asked(format!(
                "the corpus has no speaker {s}; speakers are {}",
                there.join(", ")
            )));
        }
    }
    let recordings = match &a.condition {
        Which::Recordings(path) => Some(path),
        Which::Robot => a.robot.robot.as_ref(),
        Which::Clean => None,
    };
    if let Some(path) = recordings {
        must_exist("the recordings", path)?;
    }
    let progress = Progress::new();
    let index = ContentIndex::of_user();
    // Sounds first: what is wrong with them shows before the corpus is decoded.
    let chosen = match (&a.condition, recordings) {
        (Which::Robot, None) => {
            let chosen = sources(&a.sounds, &a.robot)?.choose(&index, &progress)?;
            Some(without_known_sounds(&a, known, chosen, &mut notes)?)
        }
        _ => None,
    };
    let contents = corpus_contents(&corpus, &index, &progress)?;
    let fingerprint = corpus.fingerprint(&contents);
    if let Some(folder) = recordings {
        scene_of(folder, &corpus, &contents)?;
    }
    let chosen_speaker = |u: &Utterance| a.speakers.is_empty() || a.speakers.contains(&u.speaker);
    let seconds: HashMap<String, f64> = corpus
        .utterances
        .iter()
        .zip(&contents)
        .filter(|(u, _)| u.emotion.is_some() && chosen_speaker(u))
        .filter_map(|(u, content)| Some((u.id.clone(), u.seconds_of(content.audio()?))))
        .collect();
    corpus.utterances.retain(chosen_speaker);
    let dataset = Dataset::load(&corpus, &progress)?;
    let mut indices: Vec<usize> = (0..dataset.items.len())
        .filter(|i| dataset.items[*i].serves(task))
        .collect();
    if indices.is_empty() {
        return Err(Failure::asked(format!(
            "no utterance has what the {} task needs",
            task.name()
        )));
    }
    if let Some(known) = known {
        let alike = known.speakers(&corpus, &fingerprint, &dataset, false);
        let speakers = known.speakers(&corpus, &fingerprint, &dataset, a.other_speakers);
        if a.other_speakers {
            let others: Vec<String> = alike.difference(&speakers).cloned().collect();
            if others.is_empty() {
                no_effect(
                    &["--other-speakers"],
                    "a manifest, and in it speakers who are called like some that the model was trained on and whose recordings it does not know",
                )?;
            }
            notes.0.push(format!(
                "{} speakers are called like some that the model was trained on, and are taken for other people, as --other-speakers says ({})",
                others.len(),
                first_of(&others)
            ));
        }
        let is_known = |i: &usize| speakers.contains(&dataset.items[*i].utterance.speaker);
        let count = indices.iter().filter(|i| is_known(i)).count();
        if count > 0 {
            let what = format!(
                "{count} of {} utterances, of {} speakers",
                indices.len(),
                speakers.len()
            );
            let names: Vec<String> = speakers.iter().cloned().collect();
            let certain = known.speakers(&corpus, &fingerprint, &dataset, true);
            let what = match speakers.difference(&certain).count() {
                0 => what,
                n => format!(
                    "{what}, {n} of them by their names in a manifest alone (if those are other people, say so with --other-speakers)"
                ),
            };
            a.about_shared(&what, &first_of(&names), &mut notes)?;
            if a.leave_out_shared {
                indices.retain(|i| !is_known(i));
            }
        }
    }
    if let (Some(folder), Some(known)) = (recordings, known) {
        let shared = known.in_scene(folder)?;
        if let Some(first) = shared.throughout.first() {
            let what = "the scene's own noise or its room, in every utterance";
            if a.leave_out_shared {
                return Err(Failure::asked(format!(
                    "the model heard in training: {what} ({first}), so no utterance of this scene can be left to test on; make the scene with other sounds"
                )));
            }
            a.about_shared(what, first, &mut notes)?;
        }
        let heard = |i: &usize| shared.utterances.contains(&dataset.items[*i].utterance.id);
        let count = indices.iter().filter(|i| heard(i)).count();
        if count > 0 {
            let what = format!(
                "events of the scene, during {count} of {} utterances",
                indices.len()
            );
            a.about_shared(&what, &first_of(&shared.events), &mut notes)?;
            if a.leave_out_shared {
                indices.retain(|i| !heard(i));
            }
        }
    }
    if let Some(folder) = recordings {
        let tests: Vec<(&Utterance, f64)> = indices
            .iter()
            .map(|i| &dataset.items[*i].utterance)
            .filter_map(|u| Some((u, *seconds.get(&u.id)?)))
            .collect();
        let found = Recordings::inspect(folder, &corpus, &tests, &index, &progress);
        found.require_a_robot(folder, tests.len())?;
        if !a.leave_out_unusable {
            found.require_usable(
                tests.len(),
                "of this test with --leave-out-unusable; its notes then name them",
            )?;
        }
        let bad: HashSet<&str> = found.unusable.iter().map(|u| u.id.as_str()).collect();
        indices.retain(|i| !bad.contains(dataset.items[*i].utterance.id.as_str()));
        notes.0.extend(found.unusable.iter().map(|u| {
            format!(
                "left out, since its recording cannot be scored: {}: {}",
                u.id, u.reason
            )
        }));
    }
    if indices.is_empty() {
        return Err(Failure::asked(format!(
            "nothing is left to test on: {}",
            notes.0.join("; ")
        )));
    }
    let condition = match (recordings, &chosen) {
        (Some(path), _) => Condition::Recordings(path.clone()),
        (None, Some(chosen)) => simulated_robot(&chosen.load(&progress)?, a.robot.snr_db(), seed),
        (None, None) => Condition::Clean,
    };
    let robot = match (recordings, &chosen) {
        (Some(folder), _) => Some(format!("recordings in {}", folder.display())),
        (None, Some(_)) => Some(a.robot.in_words(&a.sounds)),
        (None, None) => None,
    };
    let heard = dataset.hear(&indices, &condition, &progress)?;
    let references: Vec<&Features> = heard.iter().collect();
    let speakers: Vec<&str> = indices
        .iter()
        .map(|i| dataset.items[*i].utterance.speaker.as_str())
        .collect();
    // Whoever adapts to a speaker should not hear them sorted by emotion.
    let order = Key::new(seed).with("heard");
    let answers = in_drawn_order(indices.len(), &order, |order| {
        let heard: Vec<&Features> = order.iter().map(|i| references[*i]).collect();
        let speakers: Vec<&str> = order.iter().map(|i| speakers[*i]).collect();
        model.predict(&heard, &speakers)
    });
    let predictions: Vec<Prediction> = indices
        .iter()
        .zip(answers)
        .map(|(i, answer)| dataset.items[*i].prediction(condition.name(), task, answer))
        .collect();
    let all: Vec<&Prediction> = predictions.iter().collect();
    let measured = figures(task, &all);
    if a.json {
        let value = json!({
            "model": a.model, "corpus": corpus.name, "condition": condition.name(), "robot": robot,
            "utterances": predictions.len(), "figures": measured, "notes": notes.0,
        });
        crate::say::data(&serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    say!(
        "{} model ({} training) on {}, {} condition: {} utterances",
        model.description.recipe.architecture.name().to_uppercase(),
        model.description.training,
        corpus.name,
        condition.name(),
        predictions.len()
    );
    if let Some(robot) = robot {
        say!("robot: {robot}");
    }
    for ((name, _), value) in FIGURES.iter().zip(measured.list()) {
        if value.is_some() {
            say!("  {name:<6} {}", number(value));
        }
    }
    if task == Task::Categorical {
        let c = confusion(predictions.iter());
        let mut titles = vec!["truth \\ answer".to_owned()];
        titles.extend(Emotion::ALL.map(|e| e.name().to_owned()));
        let rows: Vec<Vec<String>> = Emotion::ALL
            .iter()
            .map(|t| {
                let mut row = vec![t.name().to_owned()];
                row.extend(Emotion::ALL.map(|e| c.count(t.index(), e.index()).to_string()));
                row
            })
            .collect();
        say!("{}", text_table(&titles, &rows, 1));
    }
    for note in &notes.0 {
        say!("note: {note}");
    }
    Ok(())
}

/// The simulated robot's sounds, of which the model knows none unless that was asked for.
fn without_known_sounds(
    a: &Arguments,
    known: Option<KnownToModel<'_>>,
    chosen: ChosenSources,
    notes: &mut Notes,
) -> Result<ChosenSources, Failure> {
    let Some(known) = known else {
        return Ok(chosen);
    };
    let (shared, rest) = known.sounds(&chosen);
    if shared.is_empty() {
        return Ok(chosen);
    }
    let what = format!("{} noises or rooms of the robot", shared.len());
    a.about_shared(&what, &first_of(&shared), notes)?;
    if !a.leave_out_shared {
        return Ok(chosen);
    }
    if rest.robot_lacks_all() {
        return Err(Failure::asked(format!(
            "the model heard all noises or all rooms of the robot in training ({what}: {}); give the robot others (--robot-noise, --robot-rooms)",
            first_of(&shared)
        )));
    }
    Ok(rest)
}
