//! Tempo without pitch: waveform-similarity overlap-add (Verhelst and Roelands 1993), with
//! the lengths of SoX's `tempo` as the paper used it.

/// Length of a piece, seconds.
const SEGMENT_S: f64 = 0.082;
/// Range in which the best-fitting piece is looked for, seconds.
const SEARCH_S: f64 = 0.014_68;
/// Cross-fade between pieces, seconds.
const OVERLAP_S: f64 = 0.012;

/// Plays `samples` `factor` times as fast (0.5 .. 2; 1.2 is shorter), keeping pitch.
/// The result has `round(len / factor)` samples.
///
/// ```
/// let slow = earnest_augment::tempo(&vec![0.0; 16_000], 16_000, 0.8);
/// assert_eq!(slow.len(), 20_000);
/// ```
#[must_use]
pub fn tempo(samples: &[f32], sample_rate: u32, factor: f64) -> Vec<f32> {
    let factor = factor.clamp(0.5, 2.0);
    let length = |s: f64| ((s * f64::from(sample_rate)).round() as usize).max(1);
    let (segment, search, overlap) = (length(SEGMENT_S), length(SEARCH_S), length(OVERLAP_S));
    let wanted = (samples.len() as f64 / factor).round() as usize;
    if (factor - 1.0).abs() < 1e-9 || samples.len() <= segment + search {
        // Too short to cut into pieces, or nothing to do: keep the length right.
        let mut out = samples.to_vec();
        out.resize(wanted, 0.0);
        return out;
    }

    let mut out = Vec::with_capacity(wanted + segment);
    let step = segment - overlap;
    out.extend_from_slice(&samples[..step]);
    // Where the piece that is being played would go on.
    let mut natural = step;
    let mut piece = 1;
    while out.len() < wanted {
        let nominal = (piece as f64 * step as f64 * factor).round() as usize;
        let first = nominal.saturating_sub(search / 2);
        let last_start = samples.len().saturating_sub(overlap);
        if first >= last_start || natural + overlap > samples.len() {
            break;
        }
        let target = &samples[natural..natural + overlap];
        let candidates = first..=(first + search).min(last_start);
        let start = most_similar(samples, target, candidates);
        for (i, (old, new)) in target
            .iter()
            .zip(&samples[start..start + overlap])
            .enumerate()
        {
            let w = (i as f32 + 0.5) / overlap as f32;
            out.push(old + (new - old) * w);
        }
        let end = (start + step).min(samples.len());
        out.extend_from_slice(samples.get(start + overlap..end).unwrap_or_default());
        natural = end;
        piece += 1;
    }
    // The rest of the last piece, then silence, up to the exact length.
    if out.len() < wanted {
        let rest = (wanted - out.len()).min(samples.len() - natural);
        out.extend_from_slice(&samples[natural..natural + rest]);
    }
    out.resize(wanted, 0.0);
    out
}

/// The start in `candidates` whose samples differ least from `target` (sum of squares);
/// the earliest of equals.
fn most_similar(
    samples: &[f32],
    target: &[f32],
    candidates: std::ops::RangeInclusive<usize>,
) -> usize {
    let mut best = *candidates.start();
    let mut least = f32::INFINITY;
    for start in candidates {
        let difference = squared_difference(target, &samples[start..start + target.len()]);
        if difference < least {
            least = difference;
            best = start;
        }
    }
    best
}

/// Sum of squared differences over eight fixed lanes, so that it vectorises and gives the
/// same bits everywhere.
fn squared_difference(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (mut xs, mut ys) = (a.chunks_exact(8), b.chunks_exact(8));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for i in 0..8 {
            let d = x[i] - y[i];
            lanes[i] += d * d;
        }
    }
    for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
        lanes[0] += (x - y) * (x - y);
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_keeps_its_pitch_and_gets_the_asked_length_without_clicks() {
        let tone: Vec<f32> = (0..32_000)
            .map(|i| (std::f32::consts::TAU * 200.0 * i as f32 / 16_000.0).sin())
            .collect();
        let largest_step = |x: &[f32]| {
            x.windows(2)
                .map(|w| (w[1] - w[0]).abs())
                .fold(0.0, f32::max)
        };
        for factor in [0.5, 0.85, 0.97, 1.0, 1.2, 2.0] {
            let out = tempo(&tone, 16_000, factor);
            assert_eq!(out.len(), (32_000.0 / factor).round() as usize);
            let body = &out[..out.len() - 2_000];
            let cycles = body
                .windows(2)
                .filter(|w| w[0] < 0.0 && w[1] >= 0.0)
                .count();
            let hz = cycles as f64 * 16_000.0 / body.len() as f64;
            assert!((hz - 200.0).abs() < 1.5, "factor {factor}: {hz} Hz");
            assert!(
                largest_step(body) <= 1.1 * largest_step(&tone),
                "factor {factor} clicks"
            );
        }
    }

    #[test]
    fn events_land_where_the_factor_puts_them() {
        let mut bursts = vec![0.0_f32; 48_000];
        for k in 1..6 {
            // Longer than what a factor of 1.2 may leave out (a sixth of a piece).
            for j in 0..1_600 {
                bursts[k * 8_000 + j] = (j as f32 * 0.4).sin();
            }
        }
        for factor in [0.85, 1.2] {
            let out = tempo(&bursts, 16_000, factor);
            for k in 1..6 {
                let expected = (k as f64 * 8_000.0 / factor) as usize;
                let window = &out[expected.saturating_sub(900)..(expected + 2300).min(out.len())];
                let energy: f32 = window.iter().map(|x| x * x).sum();
                assert!(energy > 400.0, "factor {factor}, event {k}: {energy}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_length_and_factor_gives_the_exact_length(n in 0_usize..6_000, factor in 0.5..2.0_f64) {
            let x: Vec<f32> = (0..n).map(|i| ((i * i) % 97) as f32 / 97.0 - 0.5).collect();
            let out = tempo(&x, 16_000, factor);
            assert_eq!(out.len(), (n as f64 / factor).round() as usize);
            assert!(out.iter().all(|v| v.is_finite()));
        }
    }
}
