//! What may not be: a person, or an utterance, on two sides of a fold.

use std::collections::BTreeMap;

use crate::error::FoldError;
use crate::protocol::fold::Fold;

/// Refuses a fold in which a test speaker also trains or validates, or an utterance is on two
/// sides. `shared_speakers` allows the first, for published folds that are so.
///
/// # Errors
/// [`FoldError::BothSides`] with the name.
pub fn refuse_leaks(fold: &Fold, shared_speakers: bool) -> Result<(), FoldError> {
    let fault = |what: String, advice: &'static str| {
        Err(FoldError::BothSides {
            fold: fold.name.clone(),
            what,
            advice,
        })
    };
    if let Some(listed) = &fold.listed {
        for (a, b, what) in [
            (&listed.training, &listed.test, "trains and tests"),
            (&listed.validation, &listed.test, "validates and tests"),
            (&listed.training, &listed.validation, "trains and validates"),
        ] {
            if let Some(id) = a.intersection(b).next() {
                return fault(format!("utterance {id} {what}"), "");
            }
        }
    }
    if !shared_speakers {
        let advice = match fold.listed {
            Some(_) => {
                ". If these folds are meant to be so, say `shared_speakers = true` (--shared-speakers); the report will"
            }
            None => "",
        };
        for (side, what) in [
            (&fold.training, "trains and tests"),
            (&fold.validation, "validates and tests"),
        ] {
            if let Some(speaker) = fold.test.iter().find(|s| side.contains(s)) {
                return fault(format!("speaker {speaker} {what}"), advice);
            }
        }
    }
    if fold.listed.is_none()
        && let Some(speaker) = fold.validation.iter().find(|s| fold.training.contains(s))
    {
        return fault(format!("speaker {speaker} trains and validates"), "");
    }
    Ok(())
}

/// Refuses listed folds of which two test one utterance: it would count twice.
///
/// # Errors
/// [`FoldError::TestedTwice`] with the utterance.
pub fn refuse_tested_twice(folds: &[Fold]) -> Result<(), FoldError> {
    let mut tested: BTreeMap<&str, &str> = BTreeMap::new();
    for fold in folds {
        for id in fold.listed.iter().flat_map(|listed| &listed.test) {
            if let Some(other) = tested.insert(id, &fold.name) {
                return Err(FoldError::TestedTwice {
                    id: id.clone(),
                    folds: format!("{other} and {}", fold.name),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::fold::Listed;
    use std::sync::Arc;

    fn fold(training: &[&str], validation: &[&str], test: &[&str]) -> Fold {
        let own = |names: &[&str]| names.iter().map(|s| (*s).to_owned()).collect();
        Fold {
            name: "f".into(),
            test: own(test),
            validation: own(validation),
            training: own(training),
            fraction: None,
            listed: None,
        }
    }

    #[test]
    fn a_speaker_on_two_sides_is_refused_by_name() {
        assert!(refuse_leaks(&fold(&["a", "b"], &["c"], &["d"]), false).is_ok());
        for (training, validation, test) in [
            (&["a", "d"][..], &["c"][..], &["d"][..]),
            (&["a"], &["d"], &["d"]),
            (&["a", "d"], &["d"], &["e"]),
        ] {
            let error = refuse_leaks(&fold(training, validation, test), false).unwrap_err();
            assert!(error.to_string().contains("speaker d"), "{error}");
        }
    }

    #[test]
    fn published_folds_may_share_speakers_if_asked_but_never_utterances() {
        let mut shared = fold(&["a"], &[], &["a"]);
        let ids = |names: &[&str]| names.iter().map(|s| (*s).to_owned()).collect();
        let listed = |training: &[&str]| Listed {
            training: ids(training),
            validation: ids(&[]),
            test: ids(&["a1"]),
        };
        shared.listed = Some(Arc::new(listed(&["a2"])));
        let error = refuse_leaks(&shared, false).unwrap_err().to_string();
        assert!(error.contains("shared_speakers = true"), "{error}");
        assert!(refuse_leaks(&shared, true).is_ok());
        shared.listed = Some(Arc::new(listed(&["a1", "a2"])));
        let error = refuse_leaks(&shared, true).unwrap_err().to_string();
        assert!(error.contains("utterance a1 trains and tests"), "{error}");
    }

    #[test]
    fn an_utterance_that_two_folds_test_is_refused_by_name() {
        let testing = |name: &str, ids: &[&str]| Fold {
            name: name.into(),
            listed: Some(Arc::new(Listed {
                test: ids.iter().map(|s| (*s).to_owned()).collect(),
                ..Listed::default()
            })),
            ..fold(&["a"], &[], &["b"])
        };
        let folds = [
            testing("fold_1", &["u", "v"]),
            testing("fold_2", &["w", "v"]),
        ];
        let error = refuse_tested_twice(&folds).unwrap_err().to_string();
        assert!(
            error.contains("utterance v is tested in fold_1 and fold_2"),
            "{error}"
        );
        assert!(refuse_tested_twice(&folds[..1]).is_ok());
        assert!(refuse_tested_twice(&[fold(&["a"], &[], &["b"])]).is_ok());
    }
}
