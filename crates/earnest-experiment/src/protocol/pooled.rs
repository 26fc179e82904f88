//! Several corpora as one: a speaker of any of them is left out, all others of all train.

use std::collections::{BTreeMap, BTreeSet};

use earnest_corpus::Corpus;

use crate::error::FoldError;
use crate::protocol::fold::{Fold, sessions_of};
use crate::protocol::folding::Folding;

/// A fold for each speaker of the union, in the order of names. Where a corpus has sessions of two
/// speakers or more, the session's others never train while one of them is tested, and the next of
/// them validates unless that is chosen otherwise.
///
/// # Errors
/// A speaker in two sessions, or nobody to train on.
pub(crate) fn folds(corpus: &Corpus) -> Result<Folding, FoldError> {
    let sessions_of = sessions_of(corpus)?;
    // The members of each session of corpora of which every session has several.
    let mut of_session: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut without: BTreeSet<Option<&str>> = BTreeSet::new();
    for u in &corpus.utterances {
        match u.session.as_deref() {
            Some(session) => {
                of_session.entry(session).or_default().insert(&u.speaker);
            }
            None => {
                without.insert(u.corpus.as_deref());
            }
        }
    }
    for u in &corpus.utterances {
        let members = u.session.as_deref().and_then(|s| of_session.get(s));
        if members.is_some_and(|m| m.len() < 2) {
            without.insert(u.corpus.as_deref());
        }
    }
    let speakers = corpus.speakers();
    let of_corpus: BTreeMap<&str, Option<&str>> = corpus
        .utterances
        .iter()
        .map(|u| (u.speaker.as_str(), u.corpus.as_deref()))
        .collect();
    let mut own_sessions = false;
    let mut folds = Vec::with_capacity(speakers.len());
    for test in &speakers {
        let has_session = of_corpus.get(test).is_some_and(|c| !without.contains(c));
        let session = sessions_of.get(test).copied().flatten();
        let members = session
            .filter(|_| has_session)
            .and_then(|session| of_session.get(session));
        let partner = members.and_then(|members| {
            let after = members
                .range::<str, _>((std::ops::Bound::Excluded(*test), std::ops::Bound::Unbounded));
            after.chain(members).next().copied()
        });
        own_sessions |= partner.is_some();
        let apart = |s: &&&str| **s == *test || members.is_some_and(|m| m.contains(**s));
        let training: Vec<String> = speakers
            .iter()
            .filter(|s| !apart(s))
            .map(|s| (*s).to_owned())
            .collect();
        if training.is_empty() {
            return Err(FoldError::TooFew {
                speakers: speakers.len(),
                list: speakers.iter().copied().collect::<Vec<_>>().join(", "),
            });
        }
        folds.push(Fold {
            name: (*test).to_owned(),
            test: vec![(*test).to_owned()],
            validation: partner.into_iter().map(str::to_owned).collect(),
            training,
            fraction: None,
            listed: None,
        });
    }
    Ok(Folding {
        folds,
        own_sessions,
        notes: Vec::new(),
    })
}
