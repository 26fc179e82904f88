//! The two networks of the paper.

mod cnn;
mod rnn;

pub use cnn::Cnn;
pub use rnn::Rnn;

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::param::Param;
use crate::real::Real;

/// Which network, and its sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Architecture {
    /// Bidirectional GRU layers, mean over time, linear.
    Rnn {
        /// Layers.
        layers: usize,
        /// Width of each direction.
        hidden: usize,
    },
    /// Convolution, batch norm and ReLU layers, maximum over time, linear.
    Cnn {
        /// Layers.
        layers: usize,
        /// Filters of each layer.
        filters: usize,
        /// Frames a filter sees; odd.
        kernel: usize,
    },
}

impl Architecture {
    /// The RNN of PAPER.md section 5.
    #[must_use]
    pub fn paper_rnn() -> Self {
        Self::Rnn {
            layers: 2,
            hidden: 128,
        }
    }

    /// The CNN of PAPER.md section 5.
    #[must_use]
    pub fn paper_cnn() -> Self {
        Self::Cnn {
            layers: 3,
            filters: 128,
            kernel: 5,
        }
    }

    /// `rnn` or `cnn`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rnn { .. } => "rnn",
            Self::Cnn { .. } => "cnn",
        }
    }
}

/// A network of either kind.
#[derive(Clone, Debug)]
pub enum Network<T> {
    /// Recurrent.
    Rnn(Rnn<T>),
    /// Convolutional.
    Cnn(Cnn<T>),
}

/// What a forward pass keeps for the backward pass.
pub struct Tape<T>(TapeKind<T>);

enum TapeKind<T> {
    Rnn(rnn::RnnTape<T>),
    Cnn(cnn::CnnTape<T>),
}

impl<T: Real> Network<T> {
    /// A network with random weights for frames of `inputs` values.
    #[must_use]
    pub fn new(architecture: &Architecture, inputs: usize, outputs: usize, key: &Key) -> Self {
        match *architecture {
            Architecture::Rnn { layers, hidden } => {
                Self::Rnn(Rnn::new(inputs, hidden, layers, outputs, key))
            }
            Architecture::Cnn {
                layers,
                filters,
                kernel,
            } => Self::Cnn(Cnn::new(inputs, filters, layers, kernel | 1, outputs, key)),
        }
    }

    /// Outputs `[sequences, outputs]` of sequences of frames laid end to end; each must
    /// have at least one frame.
    pub fn forward(&mut self, sequences: &[&[f32]], training: bool) -> (Vec<T>, Tape<T>) {
        match self {
            Self::Rnn(network) => {
                let (y, tape) = network.forward(sequences);
                (y, Tape(TapeKind::Rnn(tape)))
            }
            Self::Cnn(network) => {
                let (y, tape) = network.forward(sequences, training);
                (y, Tape(TapeKind::Cnn(tape)))
            }
        }
    }

    /// Adds to all gradients, from the gradient of the outputs.
    pub fn backward(&mut self, tape: &Tape<T>, d_outputs: &[T]) {
        match (self, &tape.0) {
            (Self::Rnn(network), TapeKind::Rnn(tape)) => network.backward(tape, d_outputs),
            (Self::Cnn(network), TapeKind::Cnn(tape)) => network.backward(tape, d_outputs),
            _ => debug_assert!(false, "the tape is another network's"),
        }
    }

    /// Trained tensors, in a fixed order.
    pub fn params_mut(&mut self) -> Vec<&mut Param<T>> {
        match self {
            Self::Rnn(network) => network.params_mut(),
            Self::Cnn(network) => network.params_mut(),
        }
    }

    /// All tensors that make up the network: trained ones, then running statistics.
    #[must_use]
    pub fn tensors(&self) -> Vec<&Param<T>> {
        match self {
            Self::Rnn(network) => network.params(),
            Self::Cnn(network) => network.tensors(),
        }
    }

    /// As [`Network::tensors`], to change.
    pub fn tensors_mut(&mut self) -> Vec<&mut Param<T>> {
        match self {
            Self::Rnn(network) => network.params_mut(),
            Self::Cnn(network) => network.tensors_mut(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::gradient_check;
    use crate::loss::{Targets, loss};

    fn batch(lengths: &[usize], width: usize) -> Vec<Vec<f32>> {
        let mut draws = Key::new(8).with("batch").draws();
        lengths
            .iter()
            .map(|l| (0..l * width).map(|_| draws.normal() as f32).collect())
            .collect()
    }

    fn slices(batch: &[Vec<f32>]) -> Vec<&[f32]> {
        batch.iter().map(Vec::as_slice).collect()
    }

    fn both() -> [Architecture; 2] {
        [
            Architecture::Rnn {
                layers: 2,
                hidden: 7,
            },
            Architecture::Cnn {
                layers: 3,
                filters: 9,
                kernel: 5,
            },
        ]
    }

    #[test]
    fn every_gradient_is_that_of_finite_differences_with_odd_widths_and_mixed_lengths() {
        let batch = batch(&[6, 1, 11, 3, 11], 5);
        for targets in [
            Targets::Classes(vec![0, 2, 1, 1, 2]),
            Targets::Values((0..15).map(|i| i as f32 * 0.1 - 0.7).collect()),
        ] {
            for architecture in both() {
                let mut network = Network::<f64>::new(&architecture, 5, 3, &Key::new(4));
                let (y, tape) = network.forward(&slices(&batch), true);
                let (_, dy) = loss(&y, 3, &targets);
                network.backward(&tape, &dy);
                let gradients: Vec<Vec<f64>> = network
                    .params_mut()
                    .iter()
                    .map(|p| p.grad.clone())
                    .collect();
                for (p, gradient) in gradients.iter().enumerate() {
                    // A bias before batch norm has no effect, so its gradient is 0.
                    let worst = gradient_check::worst(
                        &mut network,
                        gradient,
                        40,
                        |n, i| {
                            let param = n.params_mut().swap_remove(p);
                            &mut param.value[i]
                        },
                        |n| loss(&n.forward(&slices(&batch), true).0, 3, &targets).0,
                    );
                    let largest = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
                    let name = network.params_mut()[p].name.clone();
                    assert!(
                        worst * largest.max(1e-8) < 2e-7,
                        "{name}: {worst} of {largest}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_utterance_gets_the_same_result_alone_and_beside_longer_ones() {
        let together = batch(&[9, 40, 1, 23], 5);
        for architecture in both() {
            let mut network = Network::<f64>::new(&architecture, 5, 3, &Key::new(4));
            let (y, _) = network.forward(&slices(&together), false);
            for (i, sequence) in together.iter().enumerate() {
                let (alone, _) = network.forward(&[sequence.as_slice()], false);
                for (a, b) in alone.iter().zip(&y[i * 3..]) {
                    assert!((a - b).abs() < 1e-12, "{architecture:?}, utterance {i}");
                }
            }
        }
    }

    #[test]
    fn batch_statistics_do_not_see_the_padding_of_shorter_utterances() {
        // Training mode: the mean over frames must not change when the same frames are cut
        // into sequences that need gaps. Compare the running statistics of the first layer
        // (kernel 1, so that cutting changes nothing else).
        let whole = batch(&[12], 5);
        let cut: Vec<Vec<f32>> = [0..3, 3..4, 4..12]
            .into_iter()
            .map(|r| whole[0][r.start * 5..r.end * 5].to_vec())
            .collect();
        let architecture = Architecture::Cnn {
            layers: 1,
            filters: 4,
            kernel: 1,
        };
        let mut a = Network::<f64>::new(&architecture, 5, 2, &Key::new(4));
        let mut b = a.clone();
        a.forward(&slices(&whole), true);
        b.forward(&slices(&cut), true);
        for (x, y) in a.tensors().iter().zip(b.tensors()) {
            for (x, y) in x.value.iter().zip(&y.value) {
                assert!((x - y).abs() < 1e-12, "{}", x);
            }
        }
    }

    #[test]
    fn the_order_of_a_batch_does_not_change_results() {
        let given = batch(&[4, 9, 2], 5);
        let turned: Vec<Vec<f32>> = given.iter().rev().cloned().collect();
        for architecture in both() {
            let mut network = Network::<f64>::new(&architecture, 5, 3, &Key::new(4));
            let (a, _) = network.forward(&slices(&given), true);
            let (b, _) = network.forward(&slices(&turned), true);
            for i in 0..3 {
                for j in 0..3 {
                    assert!((a[i * 3 + j] - b[(2 - i) * 3 + j]).abs() < 1e-12);
                }
            }
        }
    }
}
