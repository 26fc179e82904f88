//! Finding a known signal in a long recording.

use earnest_signal::Convolver;

/// Lags worked on at once.
const BLOCK: usize = 1 << 18;

/// Normalised cross-correlation, -1 .. 1, of `signal` with `template` at each lag at which the
/// template fits.
pub fn correlate(signal: &[f32], template: &[f32], convolver: &mut Convolver) -> Vec<f32> {
    let n = template.len();
    if n == 0 || signal.len() < n {
        return Vec::new();
    }
    let reversed: Vec<f32> = template.iter().rev().copied().collect();
    let own: f64 = template.iter().map(|x| f64::from(*x).powi(2)).sum();
    // Energy before each sample, to have that of any stretch.
    let mut before = Vec::with_capacity(signal.len() + 1);
    let mut sum = 0.0_f64;
    before.push(0.0);
    for x in signal {
        sum += f64::from(*x).powi(2);
        before.push(sum);
    }
    let lags = signal.len() - n + 1;
    let mut out = Vec::with_capacity(lags);
    let mut start = 0;
    while start < lags {
        let count = BLOCK.min(lags - start);
        let block = &signal[start..start + count + n - 1];
        let products = convolver.convolve(block, &reversed);
        for (k, product) in products[n - 1..].iter().enumerate() {
            let energy = before[start + k + n] - before[start + k];
            let scale = (energy * own).sqrt();
            // Where there is (next to) nothing there is no likeness.
            let likeness = if energy > 1e-9 * sum / signal.len() as f64 * n as f64 && scale > 0.0 {
                f64::from(*product) / scale
            } else {
                0.0
            };
            out.push(likeness as f32);
        }
        start += count;
    }
    out
}

/// The place of the largest value near `i`, to a fraction of a sample (a parabola through its
/// neighbours).
pub fn fine_peak(values: &[f32], i: usize) -> f64 {
    let at = |k: usize| values.get(k).copied().map_or(0.0, f64::from);
    if i == 0 || i + 1 >= values.len() {
        return i as f64;
    }
    let (a, b, c) = (at(i - 1), at(i), at(i + 1));
    let bend = a - 2.0 * b + c;
    if bend.abs() < 1e-12 {
        return i as f64;
    }
    i as f64 + (0.5 * (a - c) / bend).clamp(-0.5, 0.5)
}

/// The largest value in a range of lags.
pub fn highest(values: &[f32], range: std::ops::Range<usize>) -> Option<(usize, f32)> {
    let range = range.start.min(values.len())..range.end.min(values.len());
    let start = range.start;
    values[range]
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(i, v)| (start + i, *v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_found_where_it_is_whatever_its_level() {
        let template: Vec<f32> = (0..500).map(|i| ((i * i) as f32 * 0.002).sin()).collect();
        let mut signal: Vec<f32> = (0..600_000_usize)
            .map(|i| 0.01 * ((i * 7919 % 211) as f32 / 105.0 - 1.0))
            .collect();
        for (place, level) in [(1_234, 0.05_f32), (400_000, 1.0)] {
            for (y, x) in signal[place..].iter_mut().zip(&template) {
                *y += level * x;
            }
        }
        let likeness = correlate(&signal, &template, &mut Convolver::default());
        assert_eq!(likeness.len(), 600_000 - 499);
        assert_eq!(highest(&likeness, 0..10_000).unwrap().0, 1_234);
        let (place, value) = highest(&likeness, 0..600_000).unwrap();
        assert!(place == 400_000 && value > 0.99, "{place} {value}");
        assert!(likeness.iter().all(|x| x.abs() <= 1.001));
        assert!(correlate(&template[..10], &template, &mut Convolver::default()).is_empty());
    }
}
