//! The classes that a model tells apart, and which label counts as which.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::labels::{LabelMap, broader, plain, word};
use crate::utterance::Utterance;

/// The classes of the paper (docs/paper.md, section 2), in the order of class numbers.
pub const FOUR: [&str; 4] = ["angry", "happy", "neutral", "sad"];

/// The most classes of a set, and bytes of a class's name: beyond what anyone annotates, and
/// small enough for tables.
const MOST_CLASSES: usize = 100;
pub(crate) const LONGEST_NAME: usize = 60;

/// What columns of tables are called, beside which a class has one of its own.
const COLUMNS: [&str; 7] = [
    "condition",
    "id",
    "speaker",
    "truth",
    "answer",
    "file",
    "emotion",
];

/// True for what can be the name of a class.
pub(crate) fn is_class_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && !name.chars().any(char::is_control)
}

/// Which classes are asked for: `four`, `all`, or names as in `angry,fear`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Classes {
    /// The four of the paper if the corpus has utterances of each, otherwise all.
    #[default]
    Usual,
    /// The four of the paper.
    Four,
    /// A class for each label of the corpus.
    All,
    /// These, in this order.
    Named(Vec<String>),
}

impl FromStr for Classes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match plain(text).as_str() {
            "four" => Ok(Self::Four),
            "all" => Ok(Self::All),
            _ => {
                let names: Vec<String> = text.split(',').map(plain).collect();
                ClassSet::named(&names, LabelMap::default())?;
                Ok(Self::Named(names))
            }
        }
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("four, or all where the corpus lacks one of them"),
            Self::Four => f.write_str("four"),
            Self::All => f.write_str("all"),
            Self::Named(names) => f.write_str(&names.join(",")),
        }
    }
}

/// A class set: names of classes, by number, and which labels count as them.
///
/// A label counts as the class that has its name, or another word for it (`anger` is `angry`,
/// `fearful` is `fear`); a label without a class of its own may count as a broader one (`excited`
/// as `happy`). What a user says of a label ([`LabelMap`]) goes before all of this. Labels that
/// count as none stay out of the categorical task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassSet {
    names: Vec<String>,
    /// The words for the emotions that the names are.
    words: Vec<String>,
    labels: LabelMap,
    is_four: bool,
    limits_values: bool,
}

impl ClassSet {
    /// The four classes of the paper.
    #[must_use]
    pub fn four(labels: LabelMap) -> Self {
        let names: Vec<String> = FOUR.map(String::from).to_vec();
        Self {
            words: names.clone(),
            names,
            labels,
            is_four: true,
            limits_values: true,
        }
    }

    /// The same, and whether the dimensional task takes utterances of these classes only, as the
    /// paper's does. It does with [`ClassSet::four`], and not with others, unless this is said.
    #[must_use]
    pub fn limiting_values(mut self, limits: bool) -> Self {
        self.limits_values = limits;
        self
    }

    /// A class for each of a corpus's labels, by the words for them, in alphabetical order. A label
    /// that is no name (longer than 60 bytes, or with a control character) has no class.
    ///
    /// # Errors
    /// A sentence: there are too many.
    pub fn all<'a>(
        corpus: impl Iterator<Item = &'a str>,
        labels: LabelMap,
    ) -> Result<Self, String> {
        let names: BTreeSet<String> = corpus
            .filter_map(|label| match labels.changed(&plain(label)) {
                Some(class) => class.map(String::from),
                None => word(label).filter(|name| is_class_name(name)),
            })
            .collect();
        let names: Vec<String> = names.into_iter().collect();
        Self::named(&names, labels)
    }

    /// Classes by name, in this order.
    ///
    /// # Errors
    /// A sentence: a name is none, two are for one emotion, or there are too many.
    pub fn named(names: &[String], labels: LabelMap) -> Result<Self, String> {
        if names.len() > MOST_CLASSES {
            return Err(format!(
                "there are {} classes; at most {MOST_CLASSES} can be told apart: name those that are wanted",
                names.len()
            ));
        }
        let names: Vec<String> = names.iter().map(|n| plain(n)).collect();
        let mut words: Vec<String> = Vec::with_capacity(names.len());
        for name in &names {
            let Some(word) = word(name) else {
                return Err(format!(
                    "{name:?} is no name of a class: as a label it says that there is none; --map {name}=NAME makes a class of it"
                ));
            };
            if !is_class_name(name) {
                return Err(format!(
                    "{name:?} is no name of a class: it is longer than {LONGEST_NAME} bytes, or has a control character"
                ));
            }
            if COLUMNS.contains(&name.as_str()) {
                return Err(format!(
                    "a class cannot be called {name:?}, which is a column of tables of answers; --map {name}=NAME gives it another name"
                ));
            }
            if let Some(first) = words.iter().position(|w| *w == word) {
                return Err(match names[first] == *name {
                    true => format!("the class {name} is named twice"),
                    false => format!("the classes {} and {name} are the same", names[first]),
                });
            }
            words.push(word);
        }
        Ok(Self {
            names,
            words,
            labels,
            is_four: false,
            limits_values: false,
        })
    }

    /// Refuses labels that were sent to classes that there are not.
    ///
    /// # Errors
    /// A sentence that names the class and those that there are.
    pub fn check(&self) -> Result<(), String> {
        match self.labels.classes().find(|c| self.index(c).is_none()) {
            None => Ok(()),
            Some(class) => Err(format!(
                "{class:?} is no class; the classes are {}, and none; with --classes all the corpus's labels are classes",
                self.names.join(", ")
            )),
        }
    }

    /// Names of the classes, by class number.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What was said of labels.
    #[must_use]
    pub fn labels(&self) -> &LabelMap {
        &self.labels
    }

    /// True for the paper's set.
    #[must_use]
    pub fn is_four(&self) -> bool {
        self.is_four
    }

    /// True if the dimensional task takes utterances of these classes only.
    #[must_use]
    pub fn limits_values(&self) -> bool {
        self.limits_values
    }

    /// The number of a class, by its name or another word for it.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        let name = plain(name);
        let by_name = self.names.iter().position(|n| *n == name);
        by_name.or_else(|| {
            let word = word(&name)?;
            self.words.iter().position(|w| *w == word)
        })
    }

    /// Names of the classes that none of these utterances counts as.
    #[must_use]
    pub fn missing(&self, utterances: &[Utterance]) -> Vec<&str> {
        let found: BTreeSet<usize> = utterances
            .iter()
            .filter_map(|u| self.class(&u.label))
            .collect();
        let names = self.names.iter().enumerate();
        names
            .filter(|(class, _)| !found.contains(class))
            .map(|(_, name)| name.as_str())
            .collect()
    }

    /// The number of the class that a label counts as.
    #[must_use]
    pub fn class(&self, label: &str) -> Option<usize> {
        let label = plain(label);
        if let Some(class) = self.labels.changed(&label) {
            return self.index(class?);
        }
        let own = self.index(&label);
        own.or_else(|| self.index(broader(&word(&label)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(set: &ClassSet) -> Vec<&str> {
        set.names().iter().map(String::as_str).collect()
    }

    #[test]
    fn in_the_papers_set_excitement_joins_happiness_and_a_user_can_change_any_label() {
        let mut labels = LabelMap::default();
        let set = ClassSet::four(labels.clone());
        let class = |set: &ClassSet, label: &str| set.class(label).map(|c| set.names()[c].clone());
        assert_eq!(class(&set, "exc").as_deref(), Some("happy"));
        assert_eq!(class(&set, "Anger ").as_deref(), Some("angry"));
        assert_eq!(class(&set, "hot anger").as_deref(), Some("angry"));
        assert_eq!(class(&set, "fru"), None);
        labels.set_from_text("fru=anger").unwrap();
        labels.set_from_text("EXC = none").unwrap();
        let set = ClassSet::four(labels.clone());
        assert_eq!(class(&set, "fru").as_deref(), Some("angry"));
        assert_eq!(class(&set, "exc"), None);
        assert_eq!(set.check(), Ok(()));
        labels.set_from_text("exc=bored").unwrap();
        let error = ClassSet::four(labels).check().unwrap_err();
        assert!(
            error.contains("\"bored\"") && error.contains("sad"),
            "{error}"
        );
    }

    #[test]
    fn all_labels_become_classes_but_those_that_say_there_is_none() {
        let corpus = ["anger", "exc", "xxx", "hot anger", "fru", "Anger", ""];
        let set = ClassSet::all(corpus.into_iter(), LabelMap::default()).unwrap();
        assert_eq!(names(&set), ["angry", "excited", "frustrated", "hot anger"]);
        assert_eq!(set.class("fru"), Some(2));
        assert_eq!(set.class("hot anger"), Some(3));
        assert_eq!(set.class("xxx"), None);
        // Once resolved, the names alone say the same.
        let named = ClassSet::named(set.names(), LabelMap::default()).unwrap();
        assert!(corpus.iter().all(|l| named.class(l) == set.class(l)));
        let mut labels = LabelMap::default();
        labels.set_from_text("fru=arousal high").unwrap();
        labels.set_from_text("exc=none").unwrap();
        let set = ClassSet::all(corpus.into_iter(), labels).unwrap();
        assert_eq!(names(&set), ["angry", "arousal high", "hot anger"]);
        assert_eq!(set.class("fru"), Some(1));
    }

    #[test]
    fn labels_of_near_emotions_stay_apart_and_no_letter_alone_is_a_word() {
        let corpus = ["joy", "happiness", "anxiety", "fear", "a", "h", "Fearful"];
        let set = ClassSet::all(corpus.into_iter(), LabelMap::default()).unwrap();
        assert_eq!(names(&set), ["a", "anxiety", "fear", "h", "happy", "joy"]);
        assert_eq!(set.class("fearful"), Some(2));
        let four = ClassSet::four(LabelMap::default());
        assert_eq!(four.class("joy"), Some(1));
        assert_eq!(four.class("h"), None);
    }

    #[test]
    fn a_list_keeps_its_order_and_refuses_one_emotion_twice() {
        assert_eq!("FOUR".parse(), Ok(Classes::Four));
        let Ok(Classes::Named(list)) = "fear, Boredom,angry".parse() else {
            panic!("it is a list")
        };
        let set = ClassSet::named(&list, LabelMap::default()).unwrap();
        assert_eq!(names(&set), ["fear", "boredom", "angry"]);
        assert_eq!(set.class("fearful"), Some(0));
        assert_eq!(set.class("bored"), Some(1));
        for (text, word) in [
            ("angry,anger", "same"),
            ("angry,angry", "twice"),
            ("angry,,sad", "\"\""),
            ("angry,none", "none"),
            ("angry,x", "--map x=NAME"),
            ("angry,answer", "column"),
        ] {
            let error = text.parse::<Classes>().unwrap_err();
            assert!(error.contains(word), "{error}");
        }
        let many: Vec<String> = (0..101).map(|i| format!("class {i}")).collect();
        assert!(ClassSet::named(&many, LabelMap::default()).is_err());
    }
}
