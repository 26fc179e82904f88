//! The corpora of an experiment: `[corpus]` in `experiment.toml`, or several of `[[corpus]]`.

use std::fmt;
use std::path::PathBuf;

use earnest_model::Task;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A corpus of an experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusSpec {
    /// Its folder or manifest.
    pub path: PathBuf,
    /// What it is called among several; found if left out. Ids and speakers begin with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Layout, recognised if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// The folder that a manifest's paths are relative to, if that is not its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
    /// The least and the greatest value of its scales, where values of several corpora are brought
    /// to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_range: Option<[f32; 2]>,
    /// Written by Earnest: what the corpus was when it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// One corpus, or several that are trained and tested on together.
#[derive(Clone, Debug, PartialEq)]
pub struct Corpora(pub Vec<CorpusSpec>);

impl Default for Corpora {
    /// One that is not named yet.
    fn default() -> Self {
        Self::from(CorpusSpec::default())
    }
}

impl From<CorpusSpec> for Corpora {
    fn from(one: CorpusSpec) -> Self {
        Self(vec![one])
    }
}

impl From<PathBuf> for Corpora {
    fn from(path: PathBuf) -> Self {
        Self::from(CorpusSpec {
            path,
            ..CorpusSpec::default()
        })
    }
}

impl Corpora {
    /// The one that there is, unless there are several.
    #[must_use]
    pub fn single(&self) -> Option<&CorpusSpec> {
        match self.0.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// True if there are several.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// Their places in words.
    #[must_use]
    pub fn places(&self) -> String {
        let places = self.0.iter().map(|spec| spec.path.display().to_string());
        places.collect::<Vec<_>>().join(" and ")
    }

    /// Refuses what has no effect.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let Some(one) = self.single() else {
            return match self.0.is_empty() {
                true => Err("corpus: there is none; name one".to_owned()),
                false => Ok(()),
            };
        };
        let idle = [
            (one.name.is_some(), "corpus.name"),
            (one.scale_range.is_some(), "corpus.scale_range"),
        ];
        match idle.iter().find(|(given, _)| *given) {
            None => Ok(()),
            Some((_, key)) => Err(format!(
                "{key} has no effect: it needs several corpora, each under [[corpus]]"
            )),
        }
    }

    /// Refuses ranges of scales where no scale is learnt.
    ///
    /// # Errors
    /// A sentence.
    pub fn refuse_idle_ranges(&self, tasks: &[Task]) -> Result<(), String> {
        let is_idle = !tasks.contains(&Task::Dimensional);
        match is_idle && self.0.iter().any(|spec| spec.scale_range.is_some()) {
            false => Ok(()),
            true => Err(
                "a range of the scale (--scale-range, scale_range) has no effect: it needs the dimensional task"
                    .to_owned(),
            ),
        }
    }
}

impl Serialize for Corpora {
    /// One as a table, several as a list of tables.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.single() {
            Some(one) => one.serialize(serializer),
            None => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Corpora {
    // Not by trying the one and then the other: an error then says which key it is of.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Corpora;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a corpus ([corpus]), or several ([[corpus]])")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Corpora, A::Error> {
                CorpusSpec::deserialize(MapAccessDeserializer::new(map)).map(Corpora::from)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Corpora, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Corpora)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct File {
        corpus: Corpora,
    }

    #[test]
    fn one_corpus_is_a_table_and_several_are_a_list_and_each_is_written_as_it_was_read() {
        let read = |text: &str| earnest_files::toml_file::parse::<File>(text);
        for text in [
            "[corpus]\npath = \"a\"\n",
            "[[corpus]]\npath = \"a\"\nname = \"x\"\n\n[[corpus]]\npath = \"b\"\nscale_range = [1.0, 5.0]\n",
        ] {
            assert_eq!(toml::to_string(&read(text).unwrap()).unwrap(), text);
        }
        // A mistake is named with its line and the nearest key, in either.
        for head in ["[corpus]", "[[corpus]]"] {
            let error = read(&format!("{head}\npath = \"a\"\nlayuot = \"EmoDB\"\n")).unwrap_err();
            assert!(
                error.contains("line 3") && error.contains("`layout`"),
                "{error}"
            );
        }
        let error = read("corpus = 3").unwrap_err();
        assert!(error.contains("[[corpus]]"), "{error}");
    }

    #[test]
    fn what_has_no_effect_with_one_corpus_is_refused() {
        let mut corpora = Corpora::from(PathBuf::from("a"));
        assert_eq!(corpora.check(), Ok(()));
        corpora.0[0].name = Some("x".into());
        assert!(corpora.check().unwrap_err().contains("corpus.name"));
        corpora.0.push(CorpusSpec::default());
        assert_eq!(corpora.check(), Ok(()));
        assert!(Corpora(Vec::new()).check().is_err());
    }
}
