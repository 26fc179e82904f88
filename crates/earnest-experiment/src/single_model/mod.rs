//! One model by itself, without folds and units: trained on a corpus, tested on a corpus.

pub(crate) mod evaluation;
pub(crate) mod training;
