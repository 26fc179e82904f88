//! Metrics and the paired test beside scikit-learn's and scipy's on stored random cases
//! (`compare/metrics_reference.py`), classes missing included.
#![allow(clippy::unwrap_used)]

use earnest_experiment::metrics::{Confusion, Pairs};
use earnest_experiment::sign_flip_test;
use serde::Deserialize;

#[derive(Deserialize)]
struct Categorical {
    truth: Vec<usize>,
    answer: Vec<usize>,
    accuracy: f64,
    uar: f64,
    balanced_accuracy: f64,
    macro_f: f64,
    recall: Vec<Option<f64>>,
    confusion: Vec<Vec<usize>>,
}

#[derive(Deserialize)]
struct Dimensional {
    truth: Vec<f64>,
    answer: Vec<f64>,
    mae: f64,
    r: f64,
    ccc: f64,
}

#[derive(Deserialize)]
struct Paired {
    differences: Vec<f64>,
    p: f64,
}

#[derive(Deserialize)]
struct Reference {
    categorical: Vec<Categorical>,
    dimensional: Vec<Dimensional>,
    paired: Vec<Paired>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/metrics.json")).unwrap()
}

fn same(ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-9, "{ours} is not {theirs}");
}

#[test]
fn accuracy_recalls_and_macro_f_are_scikit_learns() {
    let cases = reference().categorical;
    assert_eq!(cases.len(), 60);
    let mut missing = 0;
    for case in cases {
        assert_eq!(case.truth.len(), case.answer.len());
        assert_eq!(case.recall.len(), 4);
        let pairs = case.truth.iter().copied().zip(case.answer.iter().copied());
        let c = Confusion::new(pairs);
        same(c.accuracy(), case.accuracy);
        same(c.uar(), case.uar);
        same(c.uar(), case.balanced_accuracy);
        same(c.macro_f(), case.macro_f);
        for (class, recall) in case.recall.iter().enumerate() {
            match (c.recall(class), recall) {
                (Some(ours), Some(theirs)) => same(ours, *theirs),
                (ours, theirs) => {
                    missing += 1;
                    assert_eq!(ours, *theirs);
                }
            }
            for answer in 0..4 {
                assert_eq!(c.count(class, answer), case.confusion[class][answer]);
            }
        }
    }
    assert!(missing > 20, "few cases lack a class");
}

#[test]
fn error_and_correlations_are_those_of_scikit_learn_scipy_and_lin() {
    let cases = reference().dimensional;
    assert_eq!(cases.len(), 40);
    for case in cases {
        assert_eq!(case.truth.len(), case.answer.len());
        let pairs: Vec<(f64, f64)> = case.truth.iter().copied().zip(case.answer).collect();
        assert!(pairs.len() > 1);
        let pairs = Pairs::of(&pairs);
        same(pairs.mean_absolute_error(), case.mae);
        same(pairs.pearson(), case.r);
        same(pairs.concordance(), case.ccc);
    }
}

#[test]
fn the_paired_test_is_scipys_permutation_test_of_samples() {
    let cases = reference().paired;
    assert_eq!(cases.len(), 40);
    for case in cases {
        same(sign_flip_test(&case.differences).unwrap().p, case.p);
    }
}
