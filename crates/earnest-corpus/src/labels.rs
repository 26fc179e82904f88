//! From a corpus's own labels to the four classes.

use std::collections::BTreeMap;

use crate::emotion::Emotion;

/// Labels that go to a class unless the user says otherwise, lower case.
const DEFAULT: [(&str, Emotion); 25] = [
    ("ang", Emotion::Angry),
    ("angry", Emotion::Angry),
    ("anger", Emotion::Angry),
    ("a", Emotion::Angry),
    ("hap", Emotion::Happy),
    ("happy", Emotion::Happy),
    ("happiness", Emotion::Happy),
    ("joy", Emotion::Happy),
    ("h", Emotion::Happy),
    ("exc", Emotion::Happy),
    ("excited", Emotion::Happy),
    ("excitement", Emotion::Happy),
    ("neu", Emotion::Neutral),
    ("neutral", Emotion::Neutral),
    ("n", Emotion::Neutral),
    ("sad", Emotion::Sad),
    ("sadness", Emotion::Sad),
    ("s", Emotion::Sad),
    // Folder names of the URDU corpus and common spellings in manifests.
    ("neutrality", Emotion::Neutral),
    ("normal", Emotion::Neutral),
    ("amused", Emotion::Happy),
    ("elation", Emotion::Happy),
    ("rage", Emotion::Angry),
    ("hot anger", Emotion::Angry),
    ("sorrow", Emotion::Sad),
];

/// Which class each label counts as. Labels without a class stay out of the four-class
/// set (fear, boredom, frustration, `xxx` and the like).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelMap {
    changed: BTreeMap<String, Option<Emotion>>,
}

impl LabelMap {
    /// Sends a label to a class, or with `None` to no class, whatever the default says.
    pub fn set(&mut self, label: &str, class: Option<Emotion>) {
        self.changed.insert(label.trim().to_lowercase(), class);
    }

    /// Reads `label=class`, for example `fru=angry` or `exc=none`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn set_from_text(&mut self, text: &str) -> Result<(), String> {
        let (label, class) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?} is not of the form label=class"))?;
        let class = class.trim().to_lowercase();
        let emotion = Emotion::from_name(&class);
        if emotion.is_none() && class != "none" {
            return Err(format!(
                "{class:?} is no class; the classes are angry, happy, neutral, sad, and none"
            ));
        }
        self.set(label, emotion);
        Ok(())
    }

    /// The class of a label.
    #[must_use]
    pub fn class(&self, label: &str) -> Option<Emotion> {
        let label = label.trim().to_lowercase();
        if let Some(class) = self.changed.get(&label) {
            return *class;
        }
        DEFAULT
            .iter()
            .find(|(name, _)| *name == label)
            .map(|(_, class)| *class)
    }

    /// What was changed from the default, as `label=class`.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        self.changed
            .iter()
            .map(|(label, class)| format!("{label}={}", class.map_or("none", Emotion::name)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excited_joins_happy_and_a_user_can_change_any_label() {
        let mut map = LabelMap::default();
        assert_eq!(map.class("exc"), Some(Emotion::Happy));
        assert_eq!(map.class("Anger "), Some(Emotion::Angry));
        assert_eq!(map.class("fru"), None);
        map.set_from_text("fru=angry").unwrap();
        map.set_from_text("EXC = none").unwrap();
        assert_eq!(map.class("fru"), Some(Emotion::Angry));
        assert_eq!(map.class("exc"), None);
        assert!(map.set_from_text("exc").is_err());
        assert!(
            map.set_from_text("exc=bored")
                .unwrap_err()
                .contains("bored")
        );
        assert_eq!(map.changes(), ["exc=none", "fru=angry"]);
    }
}
