//! From a sequence to one vector, over its own frames: mean, maximum, attention, or statistics.

mod attention;
mod max;
mod mean;
mod running;
mod statistics;

use earnest_random::Key;
use serde::{Deserialize, Serialize};

use crate::param::Param;
use crate::real::Real;
use crate::sequence::Frames;
use attention::Attention;

/// How a sequence becomes one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolingKind {
    /// The mean over time.
    Mean,
    /// The maximum over time, of each value by itself.
    Max,
    /// A mean weighted by a learnt relevance of each frame.
    Attention,
    /// Mean, standard deviation and maximum over time, of each value by itself: a vector three
    /// times as wide.
    Statistics,
}

impl PoolingKind {
    /// Each of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Mean, Self::Max, Self::Attention, Self::Statistics];

    /// In words, for a report.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Mean => "mean over time",
            Self::Max => "maximum over time",
            Self::Attention => "attention over time",
            Self::Statistics => "mean, deviation and maximum over time",
        }
    }

    /// How many numbers it learns for rows of `width` values.
    pub(crate) fn weights(self, width: u64) -> u64 {
        match self {
            Self::Attention => width,
            Self::Mean | Self::Max | Self::Statistics => 0,
        }
    }

    /// How wide the vector is that rows of `width` values become.
    pub(crate) fn width(self, width: usize) -> usize {
        match self {
            Self::Statistics => 3 * width,
            Self::Mean | Self::Max | Self::Attention => width,
        }
    }
}

/// A pooling layer. What it pools is given as parts, `[rows, width]` each, which stand side
/// by side in its output `[sequences, sum of widths]`; of statistics, means, deviations and maxima
/// do so one after the other, `[sequences, 3 sums of widths]`.
#[derive(Clone, Debug)]
pub(crate) enum Pooling<T> {
    Mean,
    Max,
    Attention(Attention<T>),
    Statistics,
}

/// What the backward pass needs, and this group's part of the gradients.
#[derive(Debug, Default)]
pub(crate) struct PoolingState<T> {
    /// Row of each maximum.
    places: Vec<u32>,
    /// Weight of each frame, by row.
    weights: Vec<T>,
    /// Mean and deviation of each sequence.
    statistics: Vec<T>,
    d_query: Vec<T>,
}

impl<T: Real> Pooling<T> {
    pub fn new(kind: PoolingKind, width: usize, key: &Key) -> Self {
        match kind {
            PoolingKind::Mean => Self::Mean,
            PoolingKind::Max => Self::Max,
            PoolingKind::Attention => Self::Attention(Attention::new("pooling", width, key)),
            PoolingKind::Statistics => Self::Statistics,
        }
    }

    /// Fills `out`, a row for each sequence.
    pub fn forward(
        &self,
        frames: &impl Frames,
        parts: &[(&[T], usize)],
        state: &mut PoolingState<T>,
        out: &mut [T],
    ) {
        match self {
            Self::Mean => mean::forward(frames, parts, out),
            Self::Max => max::forward(frames, parts, &mut state.places, out),
            Self::Attention(layer) => layer.forward(frames, parts, &mut state.weights, out),
            Self::Statistics => {
                let PoolingState {
                    places, statistics, ..
                } = state;
                statistics::forward(frames, parts, statistics, places, out);
            }
        }
    }

    /// Fills the gradient of each part, in the rows of frames.
    pub fn backward(
        &self,
        frames: &impl Frames,
        parts: &[(&[T], usize)],
        state: &mut PoolingState<T>,
        d_out: &[T],
        d_parts: &mut [&mut [T]],
    ) {
        match self {
            Self::Mean => mean::backward(frames, parts, d_out, d_parts),
            Self::Max => max::backward(frames, parts, &state.places, d_out, d_parts),
            Self::Attention(layer) => layer.backward(
                frames,
                parts,
                &state.weights,
                d_out,
                d_parts,
                &mut state.d_query,
            ),
            Self::Statistics => {
                let (kept, places) = (&state.statistics, &state.places);
                statistics::backward(frames, parts, kept, places, d_out, d_parts);
            }
        }
    }

    /// How wide the vector is that rows of `width` values become.
    pub fn width(&self, width: usize) -> usize {
        match self {
            Self::Statistics => PoolingKind::Statistics.width(width),
            Self::Mean | Self::Max | Self::Attention(_) => width,
        }
    }

    /// Adds a group's part to the gradients.
    pub fn gather(&mut self, state: &PoolingState<T>) {
        if let Self::Attention(layer) = self {
            layer.gather(&state.d_query);
        }
    }

    pub fn params(&self) -> Option<&Param<T>> {
        match self {
            Self::Attention(layer) => Some(&layer.query),
            _ => None,
        }
    }

    pub fn params_mut(&mut self) -> Option<&mut Param<T>> {
        match self {
            Self::Attention(layer) => Some(&mut layer.query),
            _ => None,
        }
    }
}

/// Width of all parts together.
fn total_width<T>(parts: &[(&[T], usize)]) -> usize {
    parts.iter().map(|(_, width)| width).sum()
}
