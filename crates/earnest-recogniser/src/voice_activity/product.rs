//! Products of a matrix with one or a few vectors, for a network that hears one window at a time.

use earnest_features::vectorised::vectorised;

/// Sums that are under way at a time: what fits into the registers of a processor with vectors of 8.
const SUMS: usize = 64;

/// A matrix `[outputs, inputs]` with a bias, laid out for products with `TOGETHER` vectors at a time: blocks of
/// `SUMS / TOGETHER` outputs, in each the column of every input. An output is one sum in the order of its inputs, so its bits do not
/// depend on the width of vectors.
pub(super) struct Matrix<const TOGETHER: usize> {
    inputs: usize,
    outputs: usize,
    blocks: Vec<f32>,
    bias: Vec<f32>,
}

impl<const TOGETHER: usize> Matrix<TOGETHER> {
    const BLOCK: usize = SUMS / TOGETHER;

    /// Of `weight(output, input)`.
    pub fn new(
        outputs: usize,
        inputs: usize,
        bias: &[f32],
        weight: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let padded = outputs.next_multiple_of(Self::BLOCK);
        let mut blocks = Vec::with_capacity(padded * inputs);
        for first in (0..padded).step_by(Self::BLOCK) {
            for input in 0..inputs {
                let row = first..first + Self::BLOCK;
                blocks.extend(row.map(|output| match output < outputs {
                    true => weight(output, input),
                    false => 0.0,
                }));
            }
        }
        let mut bias = bias.to_vec();
        bias.resize(padded, 0.0);
        Self {
            inputs,
            outputs,
            blocks,
            bias,
        }
    }

    /// The product and bias, `[outputs]`, of each vector, handed to `keep` with the vector's number, the number of the first output and
    /// some outputs.
    pub fn multiply(
        &self,
        vectors: [&[f32]; TOGETHER],
        mut keep: impl FnMut(usize, usize, &[f32]),
    ) {
        let vectors = vectors.map(|vector| &vector[..self.inputs]);
        let columns = self.blocks.chunks_exact(Self::BLOCK * self.inputs);
        for (i, (block, bias)) in columns.zip(self.bias.chunks_exact(Self::BLOCK)).enumerate() {
            // Vector by vector, each with BLOCK sums.
            let mut sums = [0.0_f32; SUMS];
            for own in sums.chunks_exact_mut(Self::BLOCK) {
                own.copy_from_slice(bias);
            }
            vectorised(
                #[inline(always)]
                || add_products(&mut sums, block, &vectors),
            );
            let first = i * Self::BLOCK;
            let wanted = Self::BLOCK.min(self.outputs - first);
            for (vector, own) in sums.chunks_exact(Self::BLOCK).enumerate() {
                keep(vector, first, &own[..wanted]);
            }
        }
    }
}

#[inline(always)]
fn add_products<const TOGETHER: usize>(
    sums: &mut [f32; SUMS],
    block: &[f32],
    vectors: &[&[f32]; TOGETHER],
) {
    let each = SUMS / TOGETHER;
    let mut own = *sums;
    for (input, weights) in block.chunks_exact(each).enumerate() {
        for (t, vector) in vectors.iter().enumerate() {
            let x = vector[input];
            for (sum, weight) in own[t * each..(t + 1) * each].iter_mut().zip(weights) {
                *sum += weight * x;
            }
        }
    }
    *sums = own;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_what_a_plain_loop_computes_for_any_number_of_outputs() {
        let weight = |o: usize, i: usize| ((o * 7 + i * 3) % 11) as f32 - 5.0;
        for (outputs, inputs) in [(1, 3), (16, 5), (64, 7), (129, 33)] {
            let bias: Vec<f32> = (0..outputs).map(|o| o as f32 * 0.5).collect();
            let matrix = Matrix::<4>::new(outputs, inputs, &bias, weight);
            let vectors: Vec<Vec<f32>> = (0..4)
                .map(|t| (0..inputs).map(|i| (i + t) as f32 * 0.25).collect())
                .collect();
            let mut given = vec![vec![f32::NAN; outputs]; 4];
            let of = [0, 1, 2, 3].map(|t: usize| vectors[t].as_slice());
            matrix.multiply(of, |t, first, some| {
                given[t][first..first + some.len()].copy_from_slice(some);
            });
            for (t, vector) in vectors.iter().enumerate() {
                for o in 0..outputs {
                    let sum: f32 = (0..inputs).map(|i| weight(o, i) * vector[i]).sum();
                    assert!((given[t][o] - sum - bias[o]).abs() < 1e-3, "{outputs} {o}");
                }
            }
        }
    }
}
