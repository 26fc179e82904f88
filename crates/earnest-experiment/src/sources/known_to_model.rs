//! What a model heard in training and a test would let it hear again: such a test flatters it.

use std::collections::BTreeSet;
use std::path::Path;

use earnest_audio::ContentHash;
use earnest_corpus::{Corpus, FileContent, Layout};
use earnest_model::{Description, Heard, SoundsHeard};
use earnest_scene::simulate::SceneSound;

use crate::dataset::Dataset;
use crate::error::ExperimentError;
use crate::sources::chosen::{ChosenSources, Known, Pick, SoundKind, Split};
use crate::sources::heard_in_scene::HeardInScene;

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

/// A corpus that the model was trained on, by itself.
struct Trained<'a> {
    corpus: &'a str,
    fingerprint: &'a str,
    speakers: BTreeSet<String>,
}

impl Trained<'_> {
    /// True if who is called alike there and in a corpus may be the same person.
    fn may_be(&self, corpus: &Corpus, fingerprint: &str, other_speakers: bool) -> bool {
        let same_corpus = fingerprint == self.fingerprint
            || (!corpus.layout.is_of_any_corpus() && corpus.name == self.corpus);
        let heard_form = Layout::from_name(self.corpus);
        let may_be_the_same =
            corpus.layout.is_of_any_corpus() || heard_form.is_some_and(Layout::is_of_any_corpus);
        same_corpus || (may_be_the_same && !other_speakers)
    }
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

    /// The speakers of a corpus whom the model was trained or validated on. Of any corpus those of
    /// whom it heard an utterance, the recording that one was cut from, or a noise, whatever the
    /// file or the speaker is called. By name of the corpus that it was trained on, and of the
    /// same collection of files in another state (a published corpus with fewer files, say); and
    /// wherever a manifest (or audformat, or Kaldi's lists) is one of the two, since it may list files of any corpus, unless
    /// `other_speakers` says that those who are called alike are other people.
    #[must_use]
    pub fn speakers(
        &self,
        corpus: &Corpus,
        fingerprint: &str,
        contents: &[FileContent],
        dataset: &Dataset,
        other_speakers: bool,
    ) -> BTreeSet<String> {
        let by_name = self.known_by_name(corpus, fingerprint, contents, other_speakers);
        let heard = |content: &ContentHash| {
            let content = content.to_string();
            [&self.heard.audio, &self.heard.noises.contents]
                .iter()
                .any(|list| list.binary_search(&content).is_ok())
        };
        dataset
            .items
            .iter()
            .filter(|item| {
                let speaker = item.utterance.speaker.as_str();
                by_name.contains(speaker) || heard(&item.content) || heard(&item.recording)
            })
            .map(|item| item.utterance.speaker.clone())
            .collect()
    }

    /// Speakers of a corpus, or of several, who are called like some of a corpus that the model was
    /// trained on, where that may be the same one. Several corpora on either side are compared each
    /// by itself, with the names that each of them has by itself.
    fn known_by_name(
        &self,
        corpus: &Corpus,
        fingerprint: &str,
        contents: &[FileContent],
        other_speakers: bool,
    ) -> BTreeSet<String> {
        let mut trained: Vec<Trained<'_>> = Vec::new();
        for of in &self.heard.corpora {
            let own = |s: &String| Some(s.strip_prefix(&of.name)?.strip_prefix('/')?.to_owned());
            trained.push(Trained {
                corpus: &of.corpus,
                fingerprint: &of.fingerprint,
                speakers: self.speakers.iter().filter_map(own).collect(),
            });
        }
        if trained.is_empty() {
            trained.push(Trained {
                corpus: &self.heard.corpus,
                fingerprint: &self.heard.fingerprint,
                speakers: self.speakers.iter().cloned().collect(),
            });
        }
        let mut known = BTreeSet::new();
        let mut compare = |tested: &Corpus, fingerprint: &str, prefix: &str| {
            for trained in &trained {
                let same_names = trained.may_be(tested, fingerprint, other_speakers);
                let speakers = tested.speakers().into_iter();
                let alike = speakers.filter(|s| same_names && trained.speakers.contains(*s));
                known.extend(alike.map(|s| format!("{prefix}{s}")));
            }
        };
        if corpus.parts.is_empty() {
            compare(corpus, fingerprint, "");
        }
        for (part, contents) in corpus.of_parts(contents) {
            let own = part.corpus.fingerprint(contents);
            compare(&part.corpus, &own, &format!("{}/", part.name));
        }
        known
    }

    /// What of a simulated scene's sounds the model heard in training; nothing, of a folder that
    /// holds no scene.
    ///
    /// # Errors
    /// The scene cannot be read, or does not say what its sounds held.
    pub fn in_scene(&self, folder: &Path) -> Result<KnownInScene, ExperimentError> {
        let scene = HeardInScene::of(folder)?;
        let known_of = |kind: SoundKind, sounds: Vec<SceneSound>| -> Vec<SceneSound> {
            let heard = match kind {
                SoundKind::Noises => &self.heard.noises,
                SoundKind::Rooms => &self.heard.rooms,
            };
            let is_known = |sound: &SceneSound| {
                let mut contents = sound.contents.iter();
                heard.has(&sound.source, "") || contents.any(|c| heard.has("", c))
            };
            sounds.into_iter().filter(is_known).collect()
        };
        let events = known_of(SoundKind::Noises, scene.events);
        let mut throughout = known_of(SoundKind::Noises, scene.own);
        throughout.extend(known_of(SoundKind::Rooms, scene.rooms));
        let names: BTreeSet<String> = events.into_iter().map(|sound| sound.name).collect();
        let utterances = scene
            .during
            .into_iter()
            .filter(|(_, heard)| !heard.is_disjoint(&names))
            .map(|(id, _)| id)
            .collect();
        Ok(KnownInScene {
            events: names.into_iter().collect(),
            utterances,
            throughout: throughout.into_iter().map(|sound| sound.name).collect(),
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
                    let source = known.clip.source.as_str();
                    let is_known = known.contents().any(|content| heard.has(source, content));
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
    use earnest_scene::lab::Lab;
    use earnest_scene::simulate::{Part, Scene};

    #[test]
    fn utterances_of_a_scene_in_which_a_trained_on_noise_was_heard_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("scene");
        std::fs::create_dir_all(&folder).unwrap();
        let sound = |name: &str, content: &str| SceneSound {
            part: Part::Event,
            name: name.to_owned(),
            source: format!("/gone/{name}"),
            contents: vec![content.to_owned()],
        };
        let scene = Scene {
            seed: 1,
            corpus: String::new(),
            events: Some("/gone".into()),
            lab: Lab::from_toml(Lab::built_in("nao").unwrap()).unwrap(),
            sounds: vec![sound("knock.wav", "12"), sound("phone.wav", "34")],
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
        let heard = Heard {
            noises: SoundsHeard {
                contents: vec!["34".to_owned()],
                ..SoundsHeard::default()
            },
            ..Heard::default()
        };
        let known = KnownToModel {
            heard: &heard,
            speakers: &[],
        };
        let found = known.in_scene(&folder).unwrap();
        assert_eq!(found.events, ["phone.wav"]);
        assert_eq!(found.utterances, BTreeSet::from(["b".to_owned()]));
        assert!(found.throughout.is_empty());
        // An event of which the scene does not say what it held cannot be checked.
        let silent = Scene {
            sounds: Vec::new(),
            ..scene
        };
        std::fs::write(folder.join("scene.toml"), toml::to_string(&silent).unwrap()).unwrap();
        let error = known.in_scene(&folder).unwrap_err().to_string();
        assert!(error.contains("the event knock.wav"), "{error}");
        // A folder without a scene says nothing, one that cannot be read is an error.
        let none = known.in_scene(dir.path()).unwrap();
        assert_eq!(none, KnownInScene::default());
        std::fs::write(folder.join("scene.toml"), "seed = ").unwrap();
        assert!(known.in_scene(&folder).is_err());
    }
}
