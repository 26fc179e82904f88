//! A corpus, cut.

use crate::protocol::fold::Fold;

/// The folds of a corpus.
pub struct Folding {
    /// All of them, before [`Validation`](crate::Validation) changes who validates.
    pub folds: Vec<Fold>,
    /// True if sessions are the corpus's own and decide who validates.
    pub own_sessions: bool,
    /// What a person should know.
    pub notes: Vec<String>,
}
