//! The recordings of all conditions of an experiment, looked at before anything is trained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use earnest_corpus::{ContentIndex, Corpus, FileContent, Utterance};
use earnest_scene::recording_of;
use earnest_scene::simulate::Scene;

use crate::condition_spec::ConditionSpec;
use crate::error::ExperimentError;
use crate::experiment::Experiment;
use crate::observer::Observer;
use crate::sources::recordings::{Recordings, Unusable};
use crate::sources::robot_folders::RobotFolders;

/// A folder of recordings that a condition is heard from.
#[derive(Clone, Debug)]
pub struct RecordedFolder {
    /// What the condition is called.
    pub condition: String,
    /// Where they lie.
    pub folder: PathBuf,
    /// The scene that they are, if they are one.
    pub scene: Option<Scene>,
}

/// What was found of the recordings of all conditions.
#[derive(Default)]
pub(crate) struct Recorded {
    /// Folders, in the order of the conditions.
    pub scenes: Vec<RecordedFolder>,
    /// By condition, what stands for what its recordings hold.
    pub fingerprints: BTreeMap<String, String>,
    /// Utterances of which a recording cannot be scored in one of the conditions, each once.
    pub unusable: Vec<Unusable>,
}

/// Names the condition that an error is about; the robot needs no name.
fn naming(condition: &ConditionSpec) -> impl Fn(ExperimentError) -> ExperimentError + '_ {
    move |error| match condition.is_robot() {
        true => error,
        false => ExperimentError::Setup(format!("condition {:?}: {error}", condition.name)),
    }
}

impl Recorded {
    /// Looks at the recordings of the test utterances, each with its length in seconds; `contents`
    /// are those of all utterances.
    ///
    /// # Errors
    /// [`ExperimentError`] with the condition: a folder that is not there, a scene of another corpus,
    /// recordings that cannot be scored, the same recordings in two conditions.
    pub fn look(
        experiment: &Experiment,
        corpus: &Corpus,
        contents: &[FileContent],
        tests: &[(&Utterance, f64)],
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<Self, ExperimentError> {
        let mut all = Self::default();
        for condition in &experiment.heard_in() {
            if condition.heard.is_simulated() {
                continue;
            }
            let named = naming(condition);
            let folders = RobotFolders::new(condition.heard.folders(), corpus).map_err(&named)?;
            for of in folders.each(contents) {
                let scene = scene_of(of.folder, of.corpus, of.contents).map_err(&named)?;
                all.scenes.push(RecordedFolder {
                    condition: condition.name.clone(),
                    folder: of.folder.to_owned(),
                    scene,
                });
            }
            let stage = match condition.is_robot() {
                true => "looking at the robot's recordings".to_owned(),
                false => format!("looking at the recordings of {}", condition.name),
            };
            let found = folders
                .inspect(tests, &stage, index, observer)
                .map_err(&named)?;
            if !experiment.leave_out_unusable {
                found
                    .require_usable(
                        tests.len(),
                        "of the test in every condition with --leave-out-unusable; the report then says so",
                    )
                    .map_err(&named)?;
            }
            all.add(condition, found)?;
        }
        Ok(all)
    }

    fn add(&mut self, condition: &ConditionSpec, found: Recordings) -> Result<(), ExperimentError> {
        let mut others = self.fingerprints.iter();
        if let Some((other, _)) = others.find(|(_, print)| **print == found.fingerprint) {
            return Err(ExperimentError::Setup(format!(
                "the conditions {other:?} and {:?} have the same recordings, so they are one; name the folder that is meant, or take one of them out",
                condition.name
            )));
        }
        for unusable in found.unusable {
            let is_known = self.unusable.iter().any(|known| known.id == unusable.id);
            if is_known {
                continue;
            }
            self.unusable.push(match condition.is_robot() {
                true => unusable,
                false => Unusable {
                    reason: format!("in {}: {}", condition.name, unusable.reason),
                    id: unusable.id,
                },
            });
        }
        self.fingerprints
            .insert(condition.name.clone(), found.fingerprint);
        Ok(())
    }
}

/// The scene that a folder of recordings is, if it is one.
///
/// # Errors
/// It cannot be read, or it was made from another corpus.
pub fn scene_of(
    folder: &Path,
    corpus: &Corpus,
    contents: &[FileContent],
) -> Result<Option<Scene>, ExperimentError> {
    let Some(scene) = Scene::of_folder(folder)? else {
        return Ok(None);
    };
    let now = corpus.audio_fingerprint(contents);
    if scene.corpus != now {
        return Err(ExperimentError::Setup(format!(
            "the scene in {} was made from another corpus than {} (fingerprint {}, not {now}): its recordings are not of these utterances as they are now. Simulate the scene again from this corpus",
            folder.display(),
            corpus.place(),
            scene.corpus
        )));
    }
    refuse_other_entries(folder, corpus)?;
    Ok(Some(scene))
}

/// Refuses a scene whose manifest does not say of each utterance that is there what was heard in
/// it, or speaks of others.
fn refuse_other_entries(folder: &Path, corpus: &Corpus) -> Result<(), ExperimentError> {
    let mut entries = BTreeMap::new();
    let fault = |what: String| {
        Err(ExperimentError::Setup(format!(
            "{} {what}, so what was heard in the scene is not known; put it back as `earnest scene simulate` wrote it, or remove it and give that command again, which writes it anew",
            folder.join("scene.jsonl").display()
        )))
    };
    for entry in Scene::entries(folder)? {
        if let Some(twice) = entries.insert(entry.id, entry.path) {
            return fault(format!("has two lines for {twice}"));
        }
    }
    for utterance in &corpus.utterances {
        let place = utterance.path.with_extension("wav");
        match entries.remove(&utterance.id) {
            Some(path) if path == place => {}
            Some(path) => {
                return fault(format!(
                    "says that {} lies at {path}, and it lies at {place}",
                    utterance.id
                ));
            }
            None if recording_of(folder, utterance).is_none() => {}
            None => return fault(format!("has no line for {}, which is there", utterance.id)),
        }
    }
    match entries.first_key_value() {
        None => Ok(()),
        Some((id, _)) => fault(format!(
            "has a line for {id}, which is no utterance of the corpus"
        )),
    }
}
