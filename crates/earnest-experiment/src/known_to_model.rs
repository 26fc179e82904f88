//! What a model heard in training and a test would let it hear again: such a test flatters it.

use std::collections::BTreeSet;
use std::path::Path;

use earnest_corpus::{Clip, ContentIndex, Corpus, Layout};
use earnest_model::{Description, Heard, SoundsHeard};

use crate::chosen::{ChosenSources, Kind, Known, Pick, Split, known};
use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::heard_in_scene::HeardInScene;
use crate::observer::Observer;

/// Sounds of a simulated scene that a model heard in training.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownInScene {
    /// Names of recordings of events.
    pub events: Vec<String>,
    /// Ids of the utterances during which one of them was heard.
    pub utterances: BTreeSet<String>,
    /// Names of what was heard in every utterance: the robot's own noise, measured responses.
    pub throughout: Vec<String>,
}

/// What a model knows from its training.
#[derive(Clone, Copy, Debug)]
pub struct KnownToModel<'a> {
    heard: &'a Heard,
    speakers: &'a [String],
}

impl<'a> KnownToModel<'a> {
    /// By the model's own record; `None` if it has none (models of format 1 and 2).
    #[must_use]
    pub fn of(description: &'a Description) -> Option<Self> {
        Some(Self {
            heard: description.heard.as_ref()?,
            speakers: &description.speakers,
        })
    }

    /// The speakers of a corpus whom the model was trained or validated on: of the corpus that it
    /// was trained on those of its names; of any corpus those of whom it heard an utterance,
    /// whatever the file or the speaker is called. Of the same collection of files in another
    /// state (a published corpus with fewer files, say) names count, too; a manifest's names say
    /// nothing about those of another manifest.
    #[must_use]
    pub fn speakers(
        &self,
        corpus: &Corpus,
        fingerprint: &str,
        dataset: &Dataset,
    ) -> BTreeSet<String> {
        let same_names = fingerprint == self.heard.fingerprint
            || (corpus.layout != Layout::Manifest && corpus.name == self.heard.corpus);
        dataset
            .items
            .iter()
            .filter(|item| {
                let by_name = same_names && self.speakers.contains(&item.utterance.speaker);
                let audio = item.content.to_string();
                by_name || self.heard.audio.binary_search(&audio).is_ok()
            })
            .map(|item| item.utterance.speaker.clone())
            .collect()
    }

    /// What of a simulated scene's sounds the model heard in training; nothing, of a folder that
    /// holds no scene.
    ///
    /// # Errors
    /// The scene, or a sound that went into it, cannot be read.
    pub fn in_scene(
        &self,
        folder: &Path,
        index: &ContentIndex,
        observer: &dyn Observer,
    ) -> Result<KnownInScene, ExperimentError> {
        let scene = HeardInScene::of(folder)?;
        let known_of = |kind: Kind, clips: Vec<Clip>| -> Result<Vec<Clip>, ExperimentError> {
            let heard = match kind {
                Kind::Noises => &self.heard.noises,
                Kind::Rooms => &self.heard.rooms,
            };
            let all = known(kind, clips, index, observer)?;
            let of = all.into_iter();
            Ok(of
                .filter(|k| heard.has(&k.clip.source, &k.content))
                .map(|k| k.clip)
                .collect())
        };
        let events = known_of(Kind::Noises, scene.events)?;
        let mut throughout = known_of(Kind::Noises, scene.own)?;
        throughout.extend(known_of(Kind::Rooms, scene.rooms)?);
        let names: BTreeSet<String> = events.into_iter().map(|clip| clip.name).collect();
        let utterances = scene
            .during
            .into_iter()
            .filter(|(_, heard)| !heard.is_disjoint(&names))
            .map(|(id, _)| id)
            .collect();
        Ok(KnownInScene {
            events: names.into_iter().collect(),
            utterances,
            throughout: throughout.into_iter().map(|clip| clip.name).collect(),
        })
    }

    /// Noises and rooms of a simulated robot that the model heard in training, each in words, and
    /// the sources without them.
    #[must_use]
    pub fn sounds(&self, sources: &ChosenSources) -> (Vec<String>, ChosenSources) {
        let mut shared = Vec::new();
        let mut apart = |split: &Split, heard: &SoundsHeard| -> Split {
            let mut rest = split.clone();
            if let Pick::Clips(clips) = &mut rest.robot {
                clips.retain(|known: &Known| {
                    let is_known = heard.has(&known.clip.source, &known.content);
                    if is_known {
                        shared.push(format!("{} (of {})", known.clip.name, known.clip.source));
                    }
                    !is_known
                });
            }
            rest
        };
        let rest = ChosenSources {
            noises: apart(&sources.noises, &self.heard.noises),
            rooms: apart(&sources.rooms, &self.heard.rooms),
            memory_mib: sources.memory_mib,
        };
        (shared, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::Silent;
    use earnest_audio::{SampleFormat, Waveform, write_wav};
    use earnest_scene::lab::Lab;
    use earnest_scene::simulate::Scene;

    #[test]
    fn utterances_of_a_scene_in_which_a_trained_on_noise_was_heard_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let (events, folder) = (dir.path().join("events"), dir.path().join("scene"));
        std::fs::create_dir_all(&events).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        for (name, step) in [("knock.wav", 3), ("phone.wav", 7)] {
            let samples = (0..800).map(|i| ((i * step) % 31) as f32 / 62.0).collect();
            let wave = Waveform::at_16k(samples);
            write_wav(events.join(name), &wave, SampleFormat::Int16).unwrap();
        }
        let scene = Scene {
            seed: 1,
            corpus: String::new(),
            events: Some(events.clone()),
            lab: Lab::from_toml(Lab::built_in("nao").unwrap()).unwrap(),
        };
        std::fs::write(folder.join("scene.toml"), toml::to_string(&scene).unwrap()).unwrap();
        let entry = |id: &str, recording: &str| {
            format!(
                r#"{{"id":"{id}","path":"{id}.wav","seconds":1.0,"azimuth_deg":0.0,"movements":[],"events":[{{"kind":"knocks","recording":"{recording}","start_s":0.1,"seconds":0.5,"level_db_spl":50.0,"azimuth_deg":0.0,"distance_m":1.0}}],"speech_db_spl":70.0,"noise_db_spl":60.0,"snr_db":10.0,"clipped":[0,0]}}"#
            )
        };
        let lines = [entry("a", "knock.wav"), entry("b", "phone.wav")].join("\n");
        std::fs::write(folder.join("scene.jsonl"), lines + "\n").unwrap();
        // Known by its samples, under another name.
        let content = earnest_audio::content(events.join("phone.wav")).unwrap();
        let heard = Heard {
            noises: SoundsHeard {
                contents: vec![content.hash.to_string()],
                ..SoundsHeard::default()
            },
            ..Heard::default()
        };
        let known = KnownToModel {
            heard: &heard,
            speakers: &[],
        };
        let index = ContentIndex::in_memory();
        let found = known.in_scene(&folder, &index, &Silent).unwrap();
        assert_eq!(found.events, ["phone.wav"]);
        assert_eq!(found.utterances, BTreeSet::from(["b".to_owned()]));
        assert!(found.throughout.is_empty());
        // A folder without a scene says nothing, one that cannot be read is an error.
        let none = known.in_scene(dir.path(), &index, &Silent).unwrap();
        assert_eq!(none, KnownInScene::default());
        std::fs::write(folder.join("scene.toml"), "seed = ").unwrap();
        assert!(known.in_scene(&folder, &index, &Silent).is_err());
    }
}
