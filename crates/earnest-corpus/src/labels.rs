//! What labels mean: the words for emotions, and what a user makes of a corpus's own labels.

use std::collections::BTreeMap;

/// Emotions by the words that this project has for them, each with other forms of the word and its
/// abbreviations, lower case. No letter alone is one: what it stands for a layout knows.
const WORDS: [(&str, &[&str]); 15] = [
    ("angry", &["ang", "anger"]),
    ("anxiety", &["anxious"]),
    ("bored", &["boredom", "bor"]),
    ("calm", &["calmness"]),
    ("contempt", &["contemptuous", "con"]),
    ("disgust", &["disgusted", "dis"]),
    ("excited", &["exc", "excitement"]),
    ("fear", &["fearful", "fea", "afraid", "scared"]),
    ("frustrated", &["fru", "frustration"]),
    ("happy", &["hap", "happiness"]),
    ("joy", &["joyful"]),
    ("neutral", &["neu", "neutrality", "normal"]),
    ("other", &["oth"]),
    ("sad", &["sadness"]),
    (
        "surprise",
        &[
            "surprised",
            "sur",
            "pleasant surprise",
            "pleasantly surprised",
        ],
    ),
];

/// Labels that count as a broader class, where the class set has none of their own.
const BROADER: [(&str, &str); 8] = [
    // docs/paper.md, section 2: excitement joins happiness.
    ("excited", "happy"),
    ("joy", "happy"),
    ("anxiety", "fear"),
    ("amused", "happy"),
    ("elation", "happy"),
    ("rage", "angry"),
    ("hot anger", "angry"),
    ("sorrow", "sad"),
];

/// Labels that say that there is none: annotators did not agree (`xxx`, `x`), or nobody was asked.
const NONE: [&str; 7] = ["", "xxx", "x", "none", "nan", "unknown", "no agreement"];

/// A label as labels are compared.
pub(crate) fn plain(label: &str) -> String {
    label.trim().to_lowercase()
}

/// The word for a label's emotion; the label itself, lower case, if it is none that is known.
/// `None` if it says that there is no label.
pub(crate) fn word(label: &str) -> Option<String> {
    let label = plain(label);
    if NONE.contains(&label.as_str()) {
        return None;
    }
    let known = WORDS
        .iter()
        .find(|(word, others)| *word == label || others.contains(&label.as_str()));
    Some(known.map_or(label, |(word, _)| (*word).to_owned()))
}

/// The broader class that a label counts as if it has no class of its own.
pub(crate) fn broader(word: &str) -> Option<&'static str> {
    let found = BROADER.iter().find(|(narrow, _)| *narrow == word)?;
    Some(found.1)
}

/// What a user changed of which label counts as which class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelMap {
    changed: BTreeMap<String, Option<String>>,
}

impl LabelMap {
    /// From changes of the form `label=class`.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be read, or that sends a label elsewhere than one
    /// before it.
    pub fn from_changes(changes: &[String]) -> Result<Self, String> {
        let mut map = Self::default();
        for change in changes {
            let before = map.clone();
            map.set_from_text(change)?;
            let changed = |(label, class)| before.changed.get(label).is_some_and(|c| c != class);
            if map.changed.iter().any(changed) {
                return Err(format!(
                    "{change:?} sends a label elsewhere than a change before it: {}",
                    before.changes().join(", ")
                ));
            }
        }
        Ok(map)
    }

    /// The label that a change `label=class` is of.
    #[must_use]
    pub fn label_of(change: &str) -> Option<String> {
        let (label, _) = change.split_once('=')?;
        Some(plain(label))
    }

    /// Sends a label to a class, or with `None` to no class, whatever it would count as.
    pub fn set(&mut self, label: &str, class: Option<&str>) {
        self.changed.insert(plain(label), class.map(plain));
    }

    /// Reads `label=class`, for example `fru=angry` or `exc=none`. Whether there is such a class
    /// is known by the class set: see [`ClassSet::check`](crate::ClassSet::check).
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn set_from_text(&mut self, text: &str) -> Result<(), String> {
        let (label, class) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?} is not of the form label=class, as in fru=angry"))?;
        let class = plain(class);
        if class.is_empty() {
            return Err(format!(
                "{text:?} names no class; label=none sends a label to no class"
            ));
        }
        self.set(label, (class != "none").then_some(class.as_str()));
        Ok(())
    }

    /// What a label was sent to: a class, or no class; `None` if nothing was said of it. What is
    /// said of a word is said of its other forms, unless something is said of them.
    pub(crate) fn changed(&self, label: &str) -> Option<Option<&str>> {
        let said = self.changed.get(label).or_else(|| {
            let own = word(label)?;
            let same = |(other, _): &(&String, _)| word(other).as_ref() == Some(&own);
            Some(self.changed.iter().find(same)?.1)
        });
        said.map(Option::as_deref)
    }

    /// The labels of changes that none of these labels of a corpus is, or is another form of.
    pub fn idle<'a>(&'a self, labels: &'a [String]) -> impl Iterator<Item = &'a str> {
        let is_same = |asked: &str, label: &String| {
            let label = plain(label);
            let own = word(&label);
            asked == label || own.is_some() && word(asked) == own
        };
        let asked = self.changed.keys().map(String::as_str);
        asked.filter(move |asked| !labels.iter().any(|label| is_same(asked, label)))
    }

    /// Classes that labels were sent to.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &str> {
        self.changed.values().filter_map(Option::as_deref)
    }

    /// What was changed, as `label=class`.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        self.changed
            .iter()
            .map(|(label, class)| format!("{label}={}", class.as_deref().unwrap_or("none")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_has_two_meanings() {
        let mut all: Vec<&str> = WORDS
            .iter()
            .flat_map(|(word, others)| others.iter().chain(std::iter::once(word)))
            .chain(&NONE)
            .copied()
            .collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
        for (narrow, broad) in BROADER {
            assert_eq!(word(narrow).as_deref(), Some(narrow));
            assert!(WORDS.iter().any(|(word, _)| *word == broad));
        }
    }

    #[test]
    fn changes_are_read_and_written() {
        let mut map = LabelMap::default();
        map.set_from_text("fru=angry").unwrap();
        map.set_from_text("EXC = none").unwrap();
        assert_eq!(map.changes(), ["exc=none", "fru=angry"]);
        // What is said of a word is said of its other forms.
        map.set_from_text("bored=neutral").unwrap();
        assert_eq!(map.changed("boredom"), Some(Some("neutral")));
        map.set_from_text("boredom=sad").unwrap();
        assert_eq!(map.changed("boredom"), Some(Some("sad")));
        assert_eq!(map.changed("bored"), Some(Some("neutral")));
        let known = ["Boredom", "fru"].map(String::from);
        assert_eq!(map.idle(&known).collect::<Vec<_>>(), ["exc"]);
        let twice = ["fear=sad", "fear=angry"].map(String::from);
        assert!(
            LabelMap::from_changes(&twice)
                .unwrap_err()
                .contains("fear=sad")
        );
        assert!(map.set_from_text("exc").is_err());
        assert!(map.set_from_text("exc=").unwrap_err().contains("no class"));
    }
}
