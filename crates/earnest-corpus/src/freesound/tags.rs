//! Wanted and unwanted tags.

use serde::Deserialize;

/// Which tags are searched for, and which a clip must not have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tags {
    /// Each is searched for.
    pub wanted: Vec<String>,
    /// A clip with one of these is dropped.
    pub unwanted: Vec<String>,
}

impl Tags {
    /// The paper's lists as a TOML file that people can edit.
    pub const PAPER: &str = include_str!("tags.toml");

    /// The paper's lists (docs/paper.md, section 4).
    #[must_use]
    pub fn paper() -> Self {
        // The file is compiled in and tested.
        Self::from_toml(Self::PAPER).unwrap_or(Self {
            wanted: Vec::new(),
            unwanted: Vec::new(),
        })
    }

    /// From the text of a TOML file with the lists `wanted` and `unwanted`.
    ///
    /// # Errors
    /// What is wrong and on which line.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let tags: Self = earnest_files::toml_file::parse(text)?;
        let plain = |list: Vec<String>| -> Vec<String> {
            let words = list
                .iter()
                .map(|t| t.replace('"', "").trim().to_lowercase());
            let mut seen = std::collections::HashSet::new();
            words
                .filter(|t| !t.is_empty() && seen.insert(t.clone()))
                .collect()
        };
        let tags = Self {
            wanted: plain(tags.wanted),
            unwanted: plain(tags.unwanted),
        };
        match tags.wanted.is_empty() {
            true => Err("the list `wanted` is empty".to_owned()),
            false => Ok(tags),
        }
    }

    /// The first of these tags that is unwanted: an unwanted one itself, or one that has it
    /// among its words (`male-voice`).
    #[must_use]
    pub fn unwanted_of<'a>(&self, tags: &'a [String]) -> Option<&'a str> {
        let has = |tag: &str| {
            let tag = tag.to_lowercase();
            let padded = format!("-{}-", tag.replace(['_', ' '], "-"));
            self.unwanted
                .iter()
                .any(|u| padded.contains(&format!("-{u}-")))
        };
        tags.iter().map(String::as_str).find(|t| has(t))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_lists_are_whole() {
        let tags = Tags::paper();
        assert_eq!((tags.wanted.len(), tags.unwanted.len()), (24, 14));
        for tag in ["mash", "fire-alarm", "household"] {
            assert!(tags.wanted.iter().any(|t| t == tag));
        }
    }

    #[test]
    fn unwanted_tags_count_whole_and_as_words_of_longer_ones() {
        let tags = Tags::paper();
        let of = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(|t| (*t).to_owned()).collect();
            tags.unwanted_of(&list).map(str::to_owned)
        };
        assert_eq!(of(&["door", "Voice"]).as_deref(), Some("Voice"));
        assert_eq!(of(&["male-voice"]).as_deref(), Some("male-voice"));
        assert_eq!(of(&["field_recording"]).as_deref(), Some("field_recording"));
        assert_eq!(of(&["invoice", "painting", "field", "screaming"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_list_with_an_unknown_key_or_nothing_wanted_is_refused() {
        let error = Tags::from_toml("wanted = [\"a\"]\nunwantd = []").unwrap_err();
        assert!(error.contains("did you mean `unwanted`"), "{error}");
        let error = Tags::from_toml("wanted = [\" \"]\nunwanted = []").unwrap_err();
        assert!(error.contains("empty"), "{error}");
    }
}
