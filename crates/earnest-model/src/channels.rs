//! Recordings with several channels, such as a robot's ears: heard as one, or each by itself.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::task::Task;

/// What is heard of a recording with several channels. One channel is the same either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// The mean of its channels: one waveform, one answer.
    #[default]
    Mean,
    /// Each channel is answered by itself, and the answers are put together: see
    /// [`Channels::answer`].
    Each,
}

impl Channels {
    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Each => "each",
        }
    }

    pub(crate) fn is_mean(&self) -> bool {
        *self == Self::Mean
    }

    /// One answer of those to each channel, `[outputs]` of `[channels][outputs]`.
    ///
    /// Of probabilities the mean of their logarithms, brought to a sum of 1 again:
    /// `p_k = exp(mean_c ln p_ck) / sum_j exp(mean_c ln p_cj)`, the logarithmic opinion pool (Genest
    /// and Zidek 1986, Combining probability distributions, section 3); a channel that is sure
    /// that a class is not meant counts more than in a mean of probabilities. A probability that was
    /// rounded to 0 counts as the least that is not. Of values the mean. One answer stays as it is,
    /// to the bit; of none there is none.
    #[must_use]
    pub fn answer(task: Task, of_channels: &[&[f32]]) -> Vec<f32> {
        let (Some(first), n) = (of_channels.first(), of_channels.len()) else {
            return Vec::new();
        };
        if n == 1 {
            return first.to_vec();
        }
        let mean = |k: usize, of: fn(f32) -> f64| {
            let each = of_channels.iter().filter_map(|channel| channel.get(k));
            each.map(|x| of(*x)).sum::<f64>() / n as f64
        };
        let outputs = 0..first.len();
        match task {
            Task::Dimensional => outputs.map(|k| mean(k, f64::from) as f32).collect(),
            Task::Categorical => {
                let log = |p: f32| f64::from(p.max(f32::MIN_POSITIVE)).ln();
                let logs: Vec<f64> = outputs.map(|k| mean(k, log)).collect();
                let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let shares: Vec<f64> = logs.iter().map(|log| (log - most).exp()).collect();
                let sum: f64 = shares.iter().sum();
                shares.iter().map(|share| (share / sum) as f32).collect()
            }
        }
    }
}

impl FromStr for Channels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::Mean, Self::Each];
        let found = known.into_iter().find(|channels| channels.name() == text);
        found.ok_or_else(|| format!("{text:?} is neither `mean` nor `each`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, from square roots of products: sqrt(.35) : sqrt(.02) : sqrt(.04) = .591608 :
    /// .141421 : .2, whose sum is .933029.
    #[test]
    fn two_ears_answer_with_the_mean_of_their_log_probabilities() {
        let ears: [&[f32]; 2] = [&[0.7, 0.2, 0.1], &[0.5, 0.1, 0.4]];
        let answer = Channels::answer(Task::Categorical, &ears);
        for (x, wanted) in answer.iter().zip([0.591_608, 0.141_421, 0.2]) {
            assert!((f64::from(*x) - wanted / 0.933_029).abs() < 1e-6, "{x}");
        }
        let swapped = Channels::answer(Task::Categorical, &[ears[1], ears[0]]);
        assert_eq!(answer, swapped);
    }

    #[test]
    fn values_are_averaged_and_one_channel_stays_as_it_is() {
        let ears: [&[f32]; 2] = [&[1.0, -3.0], &[2.0, 4.0]];
        assert_eq!(Channels::answer(Task::Dimensional, &ears), [1.5, 0.5]);
        for task in [Task::Categorical, Task::Dimensional] {
            assert_eq!(Channels::answer(task, &[&[0.25, 0.1]]), [0.25, 0.1]);
            assert!(Channels::answer(task, &[]).is_empty());
        }
    }

    #[test]
    fn a_probability_of_zero_in_one_ear_is_still_a_number() {
        let ears: [&[f32]; 2] = [&[1.0, 0.0], &[0.0, 1.0]];
        assert_eq!(Channels::answer(Task::Categorical, &ears), [0.5, 0.5]);
    }
}
