//! Across corpora: trained on some, tested on another.

use std::collections::BTreeSet;

use earnest_corpus::{ALL_OTHERS, Corpus};

use crate::error::FoldError;
use crate::protocol::fold::Fold;
use crate::protocol::folding::Folding;
use crate::protocol::groups::{groups, inseparable};

/// Which corpora are trained on while one is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossKind {
    /// Each other one by itself.
    Pairs,
    /// All others together.
    Others,
    /// Each by itself, the tested one included: there with speakers who are left out in groups.
    Within,
}

impl CrossKind {
    /// What stands behind `cross:`; nothing for pairs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pairs => "",
            Self::Others => "others",
            Self::Within => "within",
        }
    }
}

/// Groups of speakers of a corpus that is tested on what it was trained on, if it has so many.
const GROUPS: usize = 5;

/// A fold for each pair of trained and tested corpora, called `trained-tested`; of the groups
/// within a corpus `trained-trained_1` and so on.
///
/// # Errors
/// A corpus that has too few speakers to be tested within, or names that make two folds alike.
pub(crate) fn folds(corpus: &Corpus, kind: CrossKind) -> Result<Folding, FoldError> {
    let names: Vec<&str> = corpus.parts.iter().map(|part| &*part.name).collect();
    let speakers = |of: &dyn Fn(&str) -> bool| -> Vec<String> {
        let of: BTreeSet<&str> = corpus
            .utterances
            .iter()
            .filter(|u| u.corpus.as_deref().is_some_and(of))
            .map(|u| u.speaker.as_str())
            .collect();
        of.into_iter().map(str::to_owned).collect()
    };
    let fold = |name: String, training: Vec<String>, test: &str| Fold {
        name,
        test: speakers(&|c| c == test),
        validation: Vec::new(),
        training,
        fraction: None,
        listed: None,
    };
    let mut folds = Vec::new();
    if kind == CrossKind::Others {
        for test in &names {
            let training = speakers(&|c| c != *test);
            folds.push(fold(format!("{ALL_OTHERS}-{test}"), training, test));
        }
    } else {
        for trained in &names {
            for test in &names {
                if trained != test {
                    let training = speakers(&|c| c == *trained);
                    folds.push(fold(format!("{trained}-{test}"), training, test));
                } else if kind == CrossKind::Within {
                    folds.extend(within(corpus, trained)?);
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = folds.iter().find(|f| !seen.insert(f.name.as_str())) {
        return Err(FoldError::Corpora(format!(
            "two pairs of corpora are both called {}; give the corpora other names (name = \"…\" under [[corpus]], --corpus NAME=DIR)",
            twice.name
        )));
    }
    Ok(Folding {
        folds,
        own_sessions: false,
        notes: Vec::new(),
    })
}

/// Groups of speakers of one corpus.
fn within(corpus: &Corpus, name: &str) -> Result<Vec<Fold>, FoldError> {
    let mut own = corpus.clone();
    own.utterances.retain(|u| u.corpus.as_deref() == Some(name));
    if let Some(unnamed) = own.utterances.iter().find(|u| u.is_unnamed()) {
        return Err(FoldError::Corpora(format!(
            "cross:within tests speakers of {name} who were not trained on, and nobody says who speaks {}; leave `within` out, or name all speakers",
            unnamed.id
        )));
    }
    let k = GROUPS.min(inseparable(&own)?.len());
    if k < 2 {
        return Err(FoldError::Corpora(format!(
            "cross:within tests speakers of {name} who were not trained on, and there is only one speaker or session of it; leave `within` out"
        )));
    }
    let mut folds = groups(&own, k)?;
    for (fold, number) in folds.iter_mut().zip(1..) {
        fold.name = format!("{name}-{name}_{number}");
    }
    Ok(folds)
}
