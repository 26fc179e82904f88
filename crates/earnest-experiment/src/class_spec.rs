//! The classes of an experiment: `[classes]` in `experiment.toml`.

use earnest_corpus::{ClassSet, Classes, LabelMap};
use earnest_model::ModelClasses;
use serde::{Deserialize, Serialize};

/// How a class set came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetKind {
    /// The four classes of the paper.
    Four,
    /// A class for each label of the corpus.
    All,
    /// Classes by name.
    Named,
}

/// Which classes are told apart, and which label counts as which.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassSpec {
    /// `four`, `all` or `named`; if left out, `named` where there are names, and otherwise the
    /// paper's four where the corpus has utterances of each, or else all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<SetKind>,
    /// Names of the classes, in the order of class numbers. Earnest writes those of `four` and
    /// `all` down when it runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Changes to the label map, `label=class`; with several corpora `corpus:label=class` is of one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<String>,
    /// Whether the dimensional task takes utterances of these classes only, as the paper's does. If
    /// it is left out: with `set = "four"`, and on IEMOCAP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_values: Option<bool>,
}

impl ClassSpec {
    /// The classes that are asked for on a command line, with changes to the label map.
    #[must_use]
    pub fn asked(classes: &Classes, map: Vec<String>) -> Self {
        let (set, names) = match classes {
            Classes::Usual => (None, Vec::new()),
            Classes::Four => (Some(SetKind::Four), Vec::new()),
            Classes::All => (Some(SetKind::All), Vec::new()),
            Classes::Named(names) => (Some(SetKind::Named), names.clone()),
        };
        Self {
            set,
            names,
            map,
            limit_values: None,
        }
    }

    /// A corpus's class set, with every choice written down.
    #[must_use]
    pub fn of(set: &ClassSet, asked: &Self) -> Self {
        let kind = match asked.classes() {
            _ if set.is_four() => SetKind::Four,
            Classes::Named(_) => SetKind::Named,
            Classes::Usual | Classes::Four | Classes::All => SetKind::All,
        };
        Self {
            set: Some(kind),
            names: set.names().to_vec(),
            map: set.labels().changes(),
            // What is usual for a set need not be said.
            limit_values: (set.limits_values() != set.is_four()).then_some(set.limits_values()),
        }
    }

    /// As a model that is trained with it says it.
    #[must_use]
    pub fn of_model(&self) -> ModelClasses {
        let set = match self.set {
            Some(SetKind::Four) => "four",
            Some(SetKind::All) => "all",
            Some(SetKind::Named) | None => "named",
        };
        ModelClasses {
            set: set.to_owned(),
            names: self.names.clone(),
            map: self.map.clone(),
            limit_values: self.limit_values,
        }
    }

    /// The classes of a model, for a corpus that it is asked about: what else the corpus has is
    /// none of them.
    #[must_use]
    pub fn asked_of(model: &ModelClasses) -> Self {
        Self {
            set: Some(match model.set.as_str() {
                "four" => SetKind::Four,
                _ => SetKind::Named,
            }),
            names: model.names.clone(),
            map: model.map.clone(),
            limit_values: model.limit_values,
        }
    }

    /// The classes that are asked for.
    #[must_use]
    pub fn classes(&self) -> Classes {
        match self.set {
            Some(SetKind::Four) => Classes::Four,
            Some(SetKind::All) => Classes::All,
            Some(SetKind::Named) => Classes::Named(self.names.clone()),
            None if self.names.is_empty() => Classes::Usual,
            None => Classes::Named(self.names.clone()),
        }
    }

    /// What is changed of which label counts as which class.
    ///
    /// # Errors
    /// A sentence: a change is not of the form `label=class`.
    pub fn labels(&self) -> Result<LabelMap, String> {
        LabelMap::from_changes(&self.map)
    }

    /// The same for one of several corpora, which have these names: changes that begin with the
    /// name of one, as in `emodb:boredom=neutral`, are of that one, and go before those of all.
    ///
    /// # Errors
    /// A sentence: a change is not of the form `label=class`.
    pub fn labels_of(&self, name: &str, names: &[&str]) -> Result<LabelMap, String> {
        let (mut of_all, mut own) = (Vec::new(), Vec::new());
        for change in &self.map {
            match corpus_of_change(change, names) {
                None => of_all.push(change.clone()),
                Some((of, rest)) if of == name => own.push(rest.to_owned()),
                Some(_) => {}
            }
        }
        let mut labels = LabelMap::from_changes(&of_all)?;
        for change in LabelMap::from_changes(&own)?.changes() {
            labels.set_from_text(&change)?;
        }
        Ok(labels)
    }

    /// Adds changes of which label counts as which class; one of a label that was changed before
    /// takes the place of that.
    ///
    /// # Errors
    /// A sentence: a change is not of the form `label=class`, or two are of one label.
    pub fn change_map(&mut self, changes: &[String]) -> Result<(), String> {
        let label = |change: &String| LabelMap::label_of(change);
        LabelMap::from_changes(changes)?;
        let changed: Vec<Option<String>> = changes.iter().map(label).collect();
        self.map.retain(|old| !changed.contains(&label(old)));
        self.map.extend(changes.iter().cloned());
        Ok(())
    }

    /// Refuses names that are none, and changes that cannot be read.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let labels = self.labels().map_err(|e| format!("classes.map: {e}"))?;
        if self.set == Some(SetKind::Named) && self.names.is_empty() {
            return Err("classes.set is \"named\", and classes.names is missing".into());
        }
        let set = ClassSet::named(&self.names, labels).map_err(|e| format!("classes: {e}"))?;
        match self.names.is_empty() || self.set == Some(SetKind::All) {
            true => Ok(()),
            false => set.check().map_err(|e| format!("classes.map: {e}")),
        }
    }

    /// Refuses a class set that is another than the one that was written down.
    ///
    /// # Errors
    /// A sentence with both.
    pub fn require(&self, set: &ClassSet) -> Result<(), String> {
        let plain = |name: &String| name.trim().to_lowercase();
        let written: Vec<String> = self.names.iter().map(plain).collect();
        if written.is_empty() || written == set.names() {
            return Ok(());
        }
        Err(format!(
            "classes.names are {}, and the corpus has {}: it is another corpus than the experiment ran on, or its labels have changed; take the names out of the file to run it anew",
            self.names.join(", "),
            set.names().join(", ")
        ))
    }
}

/// The corpus of several that a change of labels is of, and the change; `None` if it is of all.
pub(crate) fn corpus_of_change<'a>(change: &'a str, names: &[&str]) -> Option<(&'a str, &'a str)> {
    let (name, rest) = change.split_once(':')?;
    names.contains(&name).then_some((name, rest))
}
