//! Expected calibration error, log loss and accuracy by coverage beside numpy's and scikit-learn's on
//! stored random answers (`compare/calibration_reference.py`).
#![allow(clippy::unwrap_used)]

use earnest_experiment::calibration::Reliability;
use earnest_experiment::{Prediction, Truth};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    probabilities: Vec<Vec<f32>>,
    truth: Vec<usize>,
    ece: f64,
    log_loss: f64,
    curve: Vec<(f64, f64)>,
}

#[test]
fn calibration_error_log_loss_and_coverage_are_those_of_numpy_and_scikit_learn() {
    let reference: Reference =
        serde_json::from_str(include_str!("reference/calibration.json")).unwrap();
    assert_eq!(reference.cases.len(), 8);
    for case in reference.cases {
        let answers: Vec<Prediction> = case
            .truth
            .iter()
            .zip(&case.probabilities)
            .map(|(truth, answer)| Prediction {
                condition: "clean".into(),
                id: String::new(),
                speaker: "a".into(),
                truth: Truth::Class(*truth),
                answer: answer.clone(),
            })
            .collect();
        let all = Reliability::of(answers.iter()).unwrap();
        let [ece, log_loss, _] = all.figures().map(Option::unwrap);
        assert!((ece - case.ece).abs() < 1e-9, "{ece} {}", case.ece);
        // Probabilities of single precision sum to 1 but for some millionths, which scikit-learn's are
        // brought to beforehand.
        assert!((log_loss - case.log_loss).abs() < 1e-6);
        let curve = all.accuracy_by_coverage();
        assert_eq!(curve.len(), case.curve.len());
        for (ours, theirs) in curve.iter().zip(&case.curve) {
            assert!((ours.0 - theirs.0).abs() < 1e-9 && (ours.1 - theirs.1).abs() < 1e-9);
            // Up to there, exactly these are taken.
            let at = all.accuracy_at(theirs.0 - 1e-12).unwrap();
            assert!((at - theirs.1).abs() < 1e-6);
        }
    }
}
