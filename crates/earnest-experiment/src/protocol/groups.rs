//! Groups of speakers, each left out once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use earnest_corpus::Corpus;

use crate::error::FoldError;
use crate::protocol::fold::{Fold, sessions_of};

/// Corpora (`None` for the only one) whose speakers all have sessions.
fn with_sessions(corpus: &Corpus) -> BTreeSet<Option<&str>> {
    let mut with = BTreeSet::new();
    let mut without = BTreeSet::new();
    for u in &corpus.utterances {
        let side = match u.session {
            Some(_) => &mut with,
            None => &mut without,
        };
        side.insert(u.corpus.as_deref());
    }
    with.difference(&without).copied().collect()
}

/// Speakers who must stay together, with how many utterances they have: those of a session if
/// everyone of their corpus has one, else each by oneself.
pub(crate) fn inseparable(corpus: &Corpus) -> Result<Vec<(usize, BTreeSet<&str>)>, FoldError> {
    let sessions = sessions_of(corpus)?;
    let by_session = with_sessions(corpus);
    let mut together: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for u in &corpus.utterances {
        let speaker = u.speaker.as_str();
        let name = match sessions.get(speaker).copied().flatten() {
            Some(session) if by_session.contains(&u.corpus.as_deref()) => session,
            _ => speaker,
        };
        let (count, members) = together.entry(name).or_default();
        *count += 1;
        members.insert(speaker);
    }
    Ok(together.into_values().collect())
}

/// Groups of about as many utterances each: the largest speaker (or session) first, always
/// into the smallest group.
pub(crate) fn groups(corpus: &Corpus, k: usize) -> Result<Vec<Fold>, FoldError> {
    let mut order = inseparable(corpus)?;
    if order.len() < k {
        return Err(FoldError::TooManyGroups {
            groups: k,
            there_are: order.len(),
        });
    }
    let speakers = corpus.speakers();
    order.sort_by_key(|(count, _)| Reverse(*count));
    let mut groups: Vec<(usize, BTreeSet<&str>)> = vec![(0, BTreeSet::new()); k];
    for (count, members) in order {
        if let Some(smallest) = groups.iter_mut().min_by_key(|(n, _)| *n) {
            smallest.0 += count;
            smallest.1.extend(members);
        }
    }
    let names = |members: &BTreeSet<&str>| members.iter().map(|s| (*s).to_owned()).collect();
    Ok(groups
        .iter()
        .enumerate()
        .map(|(i, (_, test))| Fold {
            name: format!("group_{}", i + 1),
            test: names(test),
            validation: Vec::new(),
            training: speakers
                .iter()
                .filter(|s| !test.contains(*s))
                .map(|s| (*s).to_owned())
                .collect(),
            fraction: None,
            listed: None,
        })
        .collect())
}
