//! The class set that a model was trained with.

use serde::{Deserialize, Serialize};

/// Which classes a model knows, and which labels counted as which in its training. A corpus that
/// it is tested on is read by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelClasses {
    /// `four`, the paper's; `all` or `named`.
    pub set: String,
    /// Names of the classes, in the order of class numbers.
    pub names: Vec<String>,
    /// What was changed of which label counts as which class, as `label=class`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub map: Vec<String>,
    /// Whether the dimensional task took utterances of these classes only; if it is not said, with
    /// `four`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_values: Option<bool>,
}

/// The classes of models of format 1 to 3.
impl Default for ModelClasses {
    fn default() -> Self {
        Self {
            set: "four".into(),
            names: ["angry", "happy", "neutral", "sad"]
                .map(String::from)
                .to_vec(),
            map: Vec::new(),
            limit_values: None,
        }
    }
}

impl ModelClasses {
    /// Refuses names that are empty or there twice.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        if !["four", "all", "named"].contains(&self.set.as_str()) {
            return Err(format!(
                "classes.set is {:?}; it is four, all or named",
                self.set
            ));
        }
        check_names("classes.names", &self.names)
    }
}

/// The most outputs of a model.
const MOST_OUTPUTS: usize = 100;

/// Refuses names that are empty or there twice, or too many of them.
pub(crate) fn check_names(key: &str, names: &[String]) -> Result<(), String> {
    if names.len() > MOST_OUTPUTS {
        return Err(format!(
            "{key} has {} names; at most {MOST_OUTPUTS} can be",
            names.len()
        ));
    }
    for (i, name) in names.iter().enumerate() {
        if name.trim().is_empty() {
            return Err(format!("{key} has a name that is empty"));
        }
        if names[..i].contains(name) {
            return Err(format!("{key} has {name:?} twice"));
        }
    }
    Ok(())
}
