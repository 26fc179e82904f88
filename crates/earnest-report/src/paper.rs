//! The paper's own numbers (docs/paper.md, section 7, Table I; IROS 2018).

use earnest_experiment::Training;
use earnest_experiment::metrics::{COUNT, Metrics};

/// True for what a recipe of the paper's network is called: `paper-rnn`, or `rnn` where a file does
/// not name it.
fn is_papers(recipe: &str, network: &str) -> bool {
    recipe.strip_prefix("paper-").unwrap_or(recipe) == network
}

/// Table I as printed: network, training, test condition, and the seven metrics.
#[rustfmt::skip]
const TABLE_1: [(&str, Training, &str, [f64; 7]); 8] = [
    ("rnn", Training::Clean, "clean", [0.533, 0.559, 0.531, 0.430, 0.655, 0.715, 0.525]),
    ("rnn", Training::Clean, "robot", [0.203, 0.303, 0.144, 0.493, 1.004, 0.572, 0.076]),
    ("rnn", Training::Augmented, "clean", [0.545, 0.563, 0.540, 0.422, 0.727, 0.675, 0.426]),
    ("rnn", Training::Augmented, "robot", [0.475, 0.418, 0.411, 0.431, 0.762, 0.658, 0.330]),
    ("cnn", Training::Clean, "clean", [0.511, 0.532, 0.505, 1.351, 1.150, 0.687, 0.412]),
    ("cnn", Training::Clean, "robot", [0.360, 0.342, 0.247, 1.419, 1.116, 0.647, 0.155]),
    ("cnn", Training::Augmented, "clean", [0.495, 0.521, 0.480, 1.320, 1.184, 0.638, 0.214]),
    ("cnn", Training::Augmented, "robot", [0.400, 0.401, 0.312, 1.399, 1.164, 0.605, 0.145]),
];

/// The paper's metrics of a recipe on IEMOCAP and the iCub, where it has them.
#[must_use]
pub fn table1(recipe: &str, training: Training, condition: &str) -> Option<Metrics> {
    TABLE_1
        .iter()
        .find(|(n, t, c, _)| is_papers(recipe, n) && *t == training && *c == condition)
        .map(|(.., metrics)| {
            let mut list = [None; COUNT];
            for (place, value) in list.iter_mut().zip(metrics) {
                *place = Some(*value);
            }
            Metrics::from_list(list)
        })
}

/// Table II as printed: what is left out of the RNN's augmentation, and the change of macro F
/// in percent of the base, clean and on the robot.
const TABLE_2: [(&str, [f64; 2]); 4] = [
    ("tempo", [2.3, -6.0]),
    ("loudness", [5.1, -2.7]),
    ("noise", [9.7, -36.8]),
    ("room", [5.3, 1.9]),
];

/// The paper's change of macro F, percent, when a transform is left out, clean and on the
/// robot.
#[must_use]
pub fn table2(recipe: &str, left_out: &str) -> Option<[f64; 2]> {
    TABLE_2
        .iter()
        .find(|(name, _)| is_papers(recipe, "rnn") && *name == left_out)
        .map(|(_, change)| *change)
}
