//! The two networks of the paper.

mod cnn;
mod rnn;

pub use cnn::Cnn;
pub use rnn::Rnn;

use earnest_features::descriptor;
use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::layer::pooling::PoolingKind;
use crate::param::Param;
use crate::real::Real;

/// Which network, and its sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Architecture {
    /// Bidirectional GRU layers, pooling over time, linear.
    Rnn {
        /// Layers.
        layers: usize,
        /// Width of each direction.
        hidden: usize,
        /// How a sequence becomes one vector; the paper takes the mean.
        #[serde(default = "mean")]
        pooling: PoolingKind,
        /// Share of values dropped in training, between layers and before the last; the
        /// paper has none.
        #[serde(default)]
        dropout: f64,
    },
    /// Convolution, batch norm and ReLU layers, pooling over time, linear.
    Cnn {
        /// Layers.
        layers: usize,
        /// Filters of each layer.
        filters: usize,
        /// Frames a filter sees; odd.
        kernel: usize,
        /// How a sequence becomes one vector; the paper takes the maximum.
        #[serde(default = "max")]
        pooling: PoolingKind,
        /// Share of values dropped in training before the last layer; the paper has none.
        #[serde(default)]
        dropout: f64,
    },
}

fn mean() -> PoolingKind {
    PoolingKind::Mean
}

fn max() -> PoolingKind {
    PoolingKind::Max
}

/// Refuses a number of 0, or one that makes no sense, by its key.
pub(crate) fn counted(name: &str, n: usize, most: usize) -> Result<(), String> {
    if (1..=most).contains(&n) {
        Ok(())
    } else {
        Err(format!("{name} must be 1 to {most}, not {n}"))
    }
}

/// The most layers of a network, units of a layer, and frames that a filter sees: far beyond
/// what can be trained here, and small enough that sizes can be multiplied.
const MOST_LAYERS: usize = 100;
const MOST_UNITS: usize = 10_000;
const MOST_FRAMES: usize = 999;

/// The most weights of a network: 4 GB of them, and training holds four times that.
const MOST_WEIGHTS: u64 = 1 << 30;

impl Architecture {
    /// The RNN of docs/paper.md, section 5.
    #[must_use]
    pub fn paper_rnn() -> Self {
        Self::rnn(2, 128)
    }

    /// The CNN of docs/paper.md, section 5.
    #[must_use]
    pub fn paper_cnn() -> Self {
        Self::cnn(3, 128, 5)
    }

    /// The paper's RNN with other sizes.
    #[must_use]
    pub fn rnn(layers: usize, hidden: usize) -> Self {
        Self::Rnn {
            layers,
            hidden,
            pooling: PoolingKind::Mean,
            dropout: 0.0,
        }
    }

    /// The paper's CNN with other sizes.
    #[must_use]
    pub fn cnn(layers: usize, filters: usize, kernel: usize) -> Self {
        Self::Cnn {
            layers,
            filters,
            kernel,
            pooling: PoolingKind::Max,
            dropout: 0.0,
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

    /// In words, for a report.
    #[must_use]
    pub fn words(&self) -> String {
        let pooled = |pooling: &PoolingKind| match pooling {
            PoolingKind::Mean => "mean over time",
            PoolingKind::Max => "maximum over time",
            PoolingKind::Attention => "attention over time",
        };
        let (text, dropout) = match self {
            Self::Rnn {
                layers,
                hidden,
                pooling,
                dropout,
            } => (
                format!(
                    "{layers} bidirectional GRU layers of {hidden} each way, {}, linear",
                    pooled(pooling)
                ),
                dropout,
            ),
            Self::Cnn {
                layers,
                filters,
                kernel,
                pooling,
                dropout,
            } => (
                format!(
                    "{layers} layers of {filters} filters over {kernel} frames, {}, linear",
                    pooled(pooling)
                ),
                dropout,
            ),
        };
        match dropout {
            0.0 => text,
            share => format!("{text}, dropout {share}"),
        }
    }

    /// What is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// A sentence that names the key.
    pub fn check(&self) -> Result<(), String> {
        let dropout = match *self {
            Self::Rnn {
                layers,
                hidden,
                dropout,
                ..
            } => {
                counted("layers", layers, MOST_LAYERS)?;
                counted("hidden", hidden, MOST_UNITS)?;
                dropout
            }
            Self::Cnn {
                layers,
                filters,
                kernel,
                dropout,
                ..
            } => {
                counted("layers", layers, MOST_LAYERS)?;
                counted("filters", filters, MOST_UNITS)?;
                counted("kernel", kernel, MOST_FRAMES)?;
                if kernel % 2 == 0 {
                    return Err(format!("kernel must be odd, not {kernel}"));
                }
                dropout
            }
        };
        if !(0.0..1.0).contains(&dropout) {
            return Err(format!(
                "dropout must be at least 0 and below 1, not {dropout}"
            ));
        }
        let weights = self.weights(descriptor::COUNT, 1);
        if weights > MOST_WEIGHTS {
            let (unit, units, layers) = match *self {
                Self::Rnn { layers, hidden, .. } => ("hidden", hidden, layers),
                Self::Cnn {
                    layers, filters, ..
                } => ("filters", filters, layers),
            };
            return Err(format!(
                "{unit} = {units} in {layers} layers would make {weights} weights, more than {MOST_WEIGHTS}; make it smaller"
            ));
        }
        Ok(())
    }

    /// How many numbers a network has that passes [`Architecture::check`], running statistics
    /// included.
    #[must_use]
    pub fn weights(&self, inputs: usize, outputs: usize) -> u64 {
        let (inputs, outputs) = (inputs as u64, outputs as u64);
        let query = |pooling, width| match pooling {
            PoolingKind::Attention => width,
            PoolingKind::Mean | PoolingKind::Max => 0,
        };
        match *self {
            Self::Rnn {
                layers,
                hidden,
                pooling,
                ..
            } => {
                let (layers, h) = (layers as u64, hidden as u64);
                // Three gates in two directions, each with two biases.
                let layer = |below: u64| 2 * 3 * h * (below + h + 2);
                let layers = layer(inputs) + layers.saturating_sub(1) * layer(2 * h);
                layers + query(pooling, 2 * h) + outputs * (2 * h + 1)
            }
            Self::Cnn {
                layers,
                filters,
                kernel,
                pooling,
                ..
            } => {
                let (layers, f, k) = (layers as u64, filters as u64, kernel as u64);
                // A bias, and batch norm's scale, shift, mean and variance.
                let layer = |below: u64| f * (k * below + 1 + 4);
                let layers = layer(inputs) + layers.saturating_sub(1) * layer(f);
                layers + query(pooling, f) + outputs * (f + 1)
            }
        }
    }
}

/// What both networks need to know besides their own sizes.
struct Sizes {
    inputs: usize,
    outputs: usize,
    pooling: PoolingKind,
    dropout: f64,
}

/// What a forward pass is for.
#[derive(Clone, Copy, Debug)]
pub enum Pass<'a> {
    /// Predicting: running statistics, nothing dropped.
    Inference,
    /// Training: statistics of the batch; dropout draws from the key.
    Training(&'a Key),
}

impl<'a> Pass<'a> {
    fn key(self) -> Option<&'a Key> {
        match self {
            Self::Inference => None,
            Self::Training(key) => Some(key),
        }
    }
}

/// A network of either kind. It keeps the buffers of its passes, so that a step after the
/// first allocates next to nothing; a clone starts without them.
#[derive(Debug)]
pub enum Network<T> {
    /// Recurrent.
    Rnn(Box<Rnn<T>>),
    /// Convolutional.
    Cnn(Box<Cnn<T>>),
}

impl<T: Real> Clone for Network<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Rnn(network) => Self::Rnn(network.clone()),
            Self::Cnn(network) => Self::Cnn(network.clone()),
        }
    }
}

impl<T: Real> Network<T> {
    /// A network with random weights for frames of `inputs` values.
    #[must_use]
    pub fn new(architecture: &Architecture, inputs: usize, outputs: usize, key: &Key) -> Self {
        let sizes = |pooling, dropout| Sizes {
            inputs,
            outputs,
            pooling,
            dropout,
        };
        match *architecture {
            Architecture::Rnn {
                layers,
                hidden,
                pooling,
                dropout,
            } => Self::Rnn(Box::new(Rnn::new(
                sizes(pooling, dropout),
                hidden,
                layers,
                key,
            ))),
            Architecture::Cnn {
                layers,
                filters,
                kernel,
                pooling,
                dropout,
            } => {
                let sizes = sizes(pooling, dropout);
                Self::Cnn(Box::new(Cnn::new(sizes, filters, layers, kernel | 1, key)))
            }
        }
    }

    /// Outputs `[sequences, outputs]` of sequences of frames laid end to end; each must
    /// have at least one frame.
    pub fn forward(&mut self, sequences: &[&[f32]], pass: Pass<'_>) -> Vec<T> {
        match self {
            Self::Rnn(network) => network.forward(sequences, pass),
            Self::Cnn(network) => network.forward(sequences, pass),
        }
    }

    /// Outputs `[outputs]` of one sequence of any length, as an inference pass of
    /// [`Network::forward`] gives them to the bit, but in memory that hardly grows with it.
    pub fn forward_long(&mut self, sequence: &[f32]) -> Vec<T> {
        match self {
            Self::Rnn(network) => network.forward_long(sequence),
            Self::Cnn(network) => network.forward_long(sequence),
        }
    }

    /// Bytes that an inference pass of [`Network::forward`] holds for each frame.
    #[must_use]
    pub fn bytes_per_frame(&self) -> usize {
        let values = match self {
            Self::Rnn(network) => network.values_per_frame(),
            Self::Cnn(network) => network.values_per_frame(),
        };
        values * size_of::<T>()
    }

    /// Adds to all gradients, from the gradient of the outputs of the last forward pass,
    /// which must have been one of training and is used up.
    pub fn backward(&mut self, d_outputs: &[T]) {
        match self {
            Self::Rnn(network) => network.backward(d_outputs),
            Self::Cnn(network) => network.backward(d_outputs),
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

    /// Refuses values that no training gives: variances below 0.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    pub fn check(&self) -> Result<(), String> {
        for param in self.tensors() {
            param.check_value(&param.value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::gradient_check;
    use crate::loss::{Targets, loss};

    fn batch(lengths: &[usize], width: usize) -> Vec<Vec<f32>> {
        let mut generator = Key::new(8).with("batch").generator();
        lengths
            .iter()
            .map(|l| (0..l * width).map(|_| generator.normal() as f32).collect())
            .collect()
    }

    fn slices(batch: &[Vec<f32>]) -> Vec<&[f32]> {
        batch.iter().map(Vec::as_slice).collect()
    }

    /// All kinds of layers.
    fn all() -> Vec<Architecture> {
        let mut all = vec![Architecture::rnn(2, 7), Architecture::cnn(3, 9, 5)];
        for kind in [PoolingKind::Mean, PoolingKind::Max, PoolingKind::Attention] {
            for mut architecture in [Architecture::rnn(2, 5), Architecture::cnn(2, 3, 3)] {
                match &mut architecture {
                    Architecture::Rnn {
                        pooling, dropout, ..
                    }
                    | Architecture::Cnn {
                        pooling, dropout, ..
                    } => {
                        *pooling = kind;
                        *dropout = 0.3;
                    }
                }
                all.push(architecture);
            }
        }
        all
    }

    #[test]
    fn the_number_of_weights_is_known_before_the_network_is_made() {
        for architecture in all() {
            let network = Network::<f32>::new(&architecture, 5, 3, &Key::new(4));
            let made: usize = network.tensors().iter().map(|p| p.value.len()).sum();
            assert_eq!(architecture.weights(5, 3), made as u64, "{architecture:?}");
        }
    }

    #[test]
    fn a_network_that_no_memory_can_hold_is_refused() {
        for architecture in [
            Architecture::rnn(100, 10_000),
            Architecture::cnn(100, 10_000, 999),
        ] {
            let error = architecture.check().unwrap_err();
            assert!(error.contains("make it smaller"), "{error}");
        }
        assert_eq!(Architecture::rnn(8, 2048).check(), Ok(()));
    }

    #[test]
    fn every_gradient_is_that_of_finite_differences_with_odd_widths_and_mixed_lengths() {
        let batch = batch(&[6, 1, 11, 3, 11, 2, 9, 4, 4, 7], 5);
        let key = Key::new(77);
        for targets in [
            Targets::Classes(vec![0, 2, 1, 1, 2, 0, 1, 2, 0, 0]),
            Targets::Values((0..30).map(|i| i as f32 * 0.1 - 0.7).collect()),
        ] {
            for architecture in all() {
                let mut network = Network::<f64>::new(&architecture, 5, 3, &Key::new(4));
                let y = network.forward(&slices(&batch), Pass::Training(&key));
                let (_, dy) = loss(&y, 3, &targets);
                network.backward(&dy);
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
                        |n| {
                            let y = n.forward(&slices(&batch), Pass::Training(&key));
                            loss(&y, 3, &targets).0
                        },
                    );
                    let largest = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
                    let name = network.params_mut()[p].name.clone();
                    assert!(
                        worst * largest.max(1e-8) < 2e-7,
                        "{architecture:?} {name}: {worst} of {largest}"
                    );
                }
            }
        }
    }

    #[test]
    fn longer_utterances_beside_an_utterance_do_not_change_a_bit_of_its_result() {
        // Beside longer ones a framework would pad it; 21 make several groups.
        let lengths: Vec<usize> = (0..21).map(|i| [9, 40, 1, 23, 2][i % 5] + i / 5).collect();
        let together = batch(&lengths, 5);
        for architecture in all() {
            let mut network = Network::<f32>::new(&architecture, 5, 3, &Key::new(4));
            let y = network.forward(&slices(&together), Pass::Inference);
            for (i, sequence) in together.iter().enumerate() {
                let alone = network.forward(&[sequence.as_slice()], Pass::Inference);
                for (a, b) in alone.iter().zip(&y[i * 3..]) {
                    assert_eq!(a.to_bits(), b.to_bits(), "{architecture:?}, utterance {i}");
                }
            }
        }
    }

    #[test]
    fn a_long_utterance_in_runs_of_rows_has_the_bits_of_the_whole() {
        // Runs are of 4096 and 8192 rows: one row more, several of them, and an end amid one.
        for length in [1, 4096, 4097, 12_289, 16_500] {
            let whole = batch(&[length], 5);
            for architecture in all() {
                let mut network = Network::<f32>::new(&architecture, 5, 3, &Key::new(4));
                let expected = network.forward(&slices(&whole), Pass::Inference);
                let long = network.forward_long(&whole[0]);
                let bits = |y: &[f32]| y.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&long), bits(&expected), "{architecture:?}, {length}");
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
        let key = Key::new(1);
        let mut a = Network::<f64>::new(&Architecture::cnn(1, 4, 1), 5, 2, &Key::new(4));
        let mut b = a.clone();
        a.forward(&slices(&whole), Pass::Training(&key));
        b.forward(&slices(&cut), Pass::Training(&key));
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
        let key = Key::new(1);
        for architecture in [Architecture::rnn(2, 7), Architecture::cnn(3, 9, 5)] {
            let mut network = Network::<f64>::new(&architecture, 5, 3, &Key::new(4));
            let a = network.forward(&slices(&given), Pass::Training(&key));
            let b = network.forward(&slices(&turned), Pass::Training(&key));
            for i in 0..3 {
                for j in 0..3 {
                    assert!((a[i * 3 + j] - b[(2 - i) * 3 + j]).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn what_earlier_batches_left_in_the_buffers_does_not_count() {
        let (large, small) = (
            batch(&[30, 11, 25, 8, 8, 9, 5, 4, 3, 12], 5),
            batch(&[3, 7], 5),
        );
        let key = Key::new(1);
        let gradients = |network: &mut Network<f64>| {
            let y = network.forward(&slices(&small), Pass::Training(&key));
            let (_, dy) = loss(&y, 3, &Targets::Classes(vec![0, 2]));
            network.backward(&dy);
            let params = network.params_mut();
            params.iter().map(|p| p.grad.clone()).collect::<Vec<_>>()
        };
        for architecture in all() {
            let mut used = Network::<f64>::new(&architecture, 5, 3, &Key::new(4));
            let mut fresh = used.clone();
            let y = used.forward(&slices(&large), Pass::Training(&key));
            used.backward(&vec![1.0; y.len()]);
            for p in used.params_mut() {
                p.grad.fill(0.0);
            }
            assert!(
                gradients(&mut used) == gradients(&mut fresh),
                "{architecture:?}"
            );
        }
    }
}
