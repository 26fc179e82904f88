//! `earnest evaluate`.

use std::path::PathBuf;

use clap::Args;
use earnest_experiment::metrics::METRICS;
use earnest_experiment::number::number;
use earnest_experiment::{Evaluation, OnShared, TestedIn, confusion};
use earnest_model::{Channels, Description, Task};
use serde_json::json;

use super::confusion_table::confusion_table;
use super::of_classes::OfClasses;
use super::options::{CorpusOptions, LabelOptions, RobotOptions, SoundOptions, no_effect, sources};
use super::{must_exist, must_hold_model};
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
    #[command(flatten)]
    labels: LabelOptions,
    /// Test speakers [default: all]
    #[arg(long, value_name = "SPEAKER,…", value_delimiter = ',')]
    speakers: Vec<String>,
    /// `clean`; `recordings:DIR`, the corpus as a robot recorded it; or `robot`, a simulated
    /// one (or those of --recordings)
    #[arg(long, default_value = "clean", value_name = "WHICH", value_parser = which)]
    condition: Which,
    /// What is heard of recordings with several channels: their `mean`, or `each` by itself, whose
    /// log-probabilities (values) are averaged [default: what the model's recipe says, mean]
    #[arg(long, value_name = "HOW")]
    channels: Option<Channels>,
    #[command(flatten)]
    sounds: SoundOptions,
    #[command(flatten)]
    robot: RobotOptions,
    /// Leave out of the test what the model heard in training, instead of refusing the test
    #[arg(long)]
    leave_out_shared: bool,
    /// Test on what the model heard in training, or on a model that does not say what it heard;
    /// the metrics then flatter it, and the output says so
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

impl Arguments {
    /// Refuses flags that the condition does not look at.
    fn check(&self) -> Result<(), Failure> {
        let has_recordings = !self.robot.recordings.is_empty();
        let robot = has_recordings.then_some("--recordings").into_iter();
        let sounds = self.sounds.given().into_iter();
        let simulation = self.robot.given_of_simulation().into_iter();
        let recorded = match (&self.condition, has_recordings) {
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
            (Which::Robot, true) => {
                let idle: Vec<&str> = sounds.chain(simulation).collect();
                no_effect(
                    &idle,
                    "a simulated robot, and --recordings names a folder of them",
                )?;
                true
            }
            (Which::Robot, false) => {
                sources(&self.sounds, &self.robot)?;
                false
            }
        };
        if !recorded {
            let given = [
                ("--leave-out-unusable", self.leave_out_unusable),
                ("--channels", self.channels.is_some()),
            ];
            let idle: Vec<&str> = given.iter().filter(|f| f.1).map(|f| f.0).collect();
            no_effect(&idle, "a robot's recordings")?;
        }
        Ok(())
    }
}

/// Runs the verb.
pub fn run(a: Arguments) -> Result<(), Failure> {
    let corpora = a.corpus.spec()?;
    a.check()?;
    must_hold_model("--model", &a.model)?;
    let simulated = matches!(a.condition, Which::Robot) && a.robot.recordings.is_empty();
    if a.seed.is_some()
        && !simulated
        && !Description::read(&a.model)?.recipe.normalise.heeds_others()
    {
        no_effect(
            &["--seed"],
            "a simulated robot, or a model that was trained with --normalise speaker, adaptive or each_corpus",
        )?;
    }
    let recordings: Vec<PathBuf> = match &a.condition {
        Which::Recordings(path) => vec![path.clone()],
        Which::Robot => a.robot.recordings.clone(),
        Which::Clean => Vec::new(),
    };
    for path in &recordings {
        must_exist("the recordings", path)?;
    }
    let (condition, robot) = match (&a.condition, recordings.is_empty()) {
        (_, false) => {
            let places = recordings.iter().map(|p| p.display().to_string());
            let places = places.collect::<Vec<_>>().join(" and ");
            (
                TestedIn::Recordings(recordings),
                Some(format!("recordings in {places}")),
            )
        }
        (Which::Robot, true) => (
            TestedIn::Robot {
                sources: sources(&a.sounds, &a.robot)?,
                snr_db: a.robot.snr_db(),
            },
            Some(a.robot.in_words(&a.sounds)),
        ),
        _ => (TestedIn::Clean, None),
    };
    let evaluation = Evaluation {
        model: a.model.clone(),
        corpus: corpora,
        map: a.labels.map,
        speakers: a.speakers,
        condition,
        channels: a.channels,
        on_shared: match (a.leave_out_shared, a.allow_shared) {
            (true, _) => OnShared::LeaveOut,
            (_, true) => OnShared::Allow,
            _ => OnShared::Refuse,
        },
        other_speakers: a.other_speakers,
        leave_out_unusable: a.leave_out_unusable,
        seed: a.seed.unwrap_or(1),
    };
    let evaluated = evaluation.run(&Progress::new())?;
    let (description, predictions) = (&evaluated.description, &evaluated.predictions);
    let of_classes = OfClasses::of(&evaluated);
    if a.json {
        let value = json!({
            "model": a.model.to_string_lossy(), "corpus": evaluated.corpus, "condition": evaluated.condition, "robot": robot,
            "utterances": predictions.len(), "metrics": evaluated.metrics, "notes": evaluated.notes,
            "calibration": of_classes.as_ref().map(OfClasses::calibration_json),
            "groups": of_classes.as_ref().map(OfClasses::groups_json).transpose()?,
        });
        crate::say::data(&serde_json::to_string_pretty(&value)?);
        return Ok(());
    }
    say!(
        "{} model ({} training) on {}, {} condition: {} utterances",
        match description.recipe.is_ensemble() {
            true => description.recipe.title().to_owned(),
            false => description.recipe.architecture.name().to_uppercase(),
        },
        description.training,
        evaluated.corpus,
        evaluated.condition,
        predictions.len()
    );
    if let Some(robot) = robot {
        say!("robot: {robot}");
    }
    for ((name, _), value) in METRICS.iter().zip(evaluated.metrics.list()) {
        if value.is_some() {
            say!("  {name:<6} {}", number(value));
        }
    }
    if description.task == Task::Categorical {
        let counts = confusion(predictions.iter());
        say!("{}", confusion_table(&description.outputs, &counts));
    }
    if let Some(of_classes) = &of_classes {
        of_classes.print();
    }
    for note in &evaluated.notes {
        say!("note: {note}");
    }
    Ok(())
}
