//! What a room response is like: direct path, reverberation time, direct-to-reverberant
//! ratio; and whether it can be used at all.

/// Measures of one response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResponseFacts {
    /// When the direct sound arrives, seconds from the start of the file.
    pub direct_s: f64,
    /// Reverberation time, seconds: Schroeder's backward integral (1965), a straight line
    /// from -5 to -35 dB, or to -25 or -15 dB where the noise floor is too near (ISO 3382-1
    /// T30 and T20; T10).
    pub rt60_s: f64,
    /// Energy within 2.5 ms of the direct path over that of all that follows, dB.
    pub drr_db: f64,
    /// Largest absolute sample.
    pub peak: f32,
}

/// Why a response cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum UnusableResponse {
    /// A sample that is no number.
    #[error("it holds NaN or infinite samples")]
    NotFinite,
    /// Nothing in it.
    #[error("it is silent (largest sample {0:.1e})")]
    Silent(f32),
    /// Its strongest part is cut off.
    #[error("it is clipped: {0} samples at its largest value")]
    Clipped(usize),
    /// No decay to speak of.
    #[error(
        "it does not decay: its energy falls by {0:.0} dB only before its noise floor, so it is no room response, or it was cut too short"
    )]
    NotDecaying(f64),
}

/// Below this peak a response is silent (-90 dB).
const SILENT_PEAK: f32 = 3.2e-5;
/// So many equal samples in a row at the peak, or in all, are a converter at its end.
const CLIPPED_RUN: usize = 4;
const CLIPPED_IN_ALL: usize = 8;
/// A response must fall by at least this much before its noise floor, dB.
const LEAST_DECAY_DB: f64 = 20.0;
/// Half width of the direct sound, seconds (Zahorik 2002).
const DIRECT_S: f64 = 0.0025;
/// A peak within this of the strongest may be the direct sound.
const DIRECT_SHARE: f32 = 0.5;
/// From the first strong sample, the peak is looked for within this time, seconds.
const RISE_S: f64 = 0.001;

/// The sample at which the direct sound arrives: the first peak within 6 dB of the
/// strongest. A reflection may be stronger than the direct sound, but never earlier.
#[must_use]
pub fn direct_path(response: &[f32], sample_rate: u32) -> usize {
    let peak = response.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    let first = response
        .iter()
        .position(|x| x.abs() >= DIRECT_SHARE * peak)
        .unwrap_or(0);
    let rise = (RISE_S * f64::from(sample_rate)) as usize;
    let mut best = first;
    for i in first..(first + rise + 1).min(response.len()) {
        if response[i].abs() > response[best].abs() {
            best = i;
        }
    }
    best
}

impl ResponseFacts {
    /// Measures a response at this rate.
    ///
    /// # Errors
    /// It is silent, clipped or does not decay.
    pub fn of(response: &[f32], sample_rate: u32) -> Result<Self, UnusableResponse> {
        let rate = f64::from(sample_rate.max(1));
        if response.iter().any(|x| !x.is_finite()) {
            return Err(UnusableResponse::NotFinite);
        }
        let peak = response.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
        if peak < SILENT_PEAK {
            return Err(UnusableResponse::Silent(peak));
        }
        let (run, in_all) = at_peak(response, peak);
        if run >= CLIPPED_RUN || in_all >= CLIPPED_IN_ALL {
            return Err(UnusableResponse::Clipped(in_all));
        }
        let direct = direct_path(response, sample_rate);
        let energy: Vec<f64> = response[direct..]
            .iter()
            .map(|x| f64::from(*x).powi(2))
            .collect();
        let decay = Decay::of(&energy, rate);
        let rt60_s = decay
            .rt60_s
            .ok_or(UnusableResponse::NotDecaying(decay.range_db))?;
        let half = (DIRECT_S * rate) as usize;
        let square = |x: &[f32]| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let end = (direct + half + 1).min(response.len());
        let near = square(&response[direct.saturating_sub(half)..end]);
        let far = square(&response[end..]);
        Ok(Self {
            direct_s: direct as f64 / rate,
            rt60_s,
            drr_db: 10.0 * (near / far.max(near * 1e-12)).log10(),
            peak,
        })
    }
}

/// How many samples are at the peak, in a row with the same sign and in all.
fn at_peak(response: &[f32], peak: f32) -> (usize, usize) {
    let (mut longest, mut run, mut in_all, mut last) = (0, 0, 0, f32::NAN);
    for x in response {
        run = match x.abs() >= peak {
            true if *x == last => run + 1,
            true => 1,
            false => 0,
        };
        in_all += usize::from(run > 0);
        last = *x;
        longest = longest.max(run);
    }
    (longest, in_all)
}

struct Decay {
    /// How far energy falls before the noise floor, dB.
    range_db: f64,
    rt60_s: Option<f64>,
}

impl Decay {
    /// Of squared samples from the direct sound on.
    fn of(energy: &[f64], rate: f64) -> Self {
        // The noise floor: the mean of the last tenth. The decay counts up to where it, in
        // means over 10 ms, first comes within 3 dB of the floor.
        let tail = &energy[energy.len() - (energy.len() / 10).max(1)..];
        let floor = tail.iter().sum::<f64>() / tail.len() as f64;
        let block = ((0.01 * rate) as usize).max(1);
        let end = energy
            .chunks(block)
            .position(|b| b.iter().sum::<f64>() / (b.len() as f64) < 2.0 * floor)
            .map_or(energy.len(), |i| (i * block).max(1));
        // Backward integral of what stands above the floor.
        let mut curve = vec![0.0; end];
        let mut sum = 0.0;
        for i in (0..end).rev() {
            sum += (energy[i] - floor).max(0.0);
            curve[i] = sum;
        }
        let total = sum.max(f64::MIN_POSITIVE);
        let db = |i: usize| 10.0 * (curve[i] / total).max(1e-30).log10();
        // The integral ends in nothing; what lies within a block of its end says nothing.
        let last = end.saturating_sub(block);
        let range_db = if last > 0 { -db(last) } else { 0.0 };
        let first_below = |level: f64| (0..last).find(|i| db(*i) <= level);
        let fit = |to: f64| {
            let (a, b) = (first_below(-5.0)?, first_below(to)?);
            let slope = line_slope(a, b, &db)? * rate;
            (slope < 0.0).then_some(-60.0 / slope)
        };
        let rt60_s = fit(-35.0).or_else(|| fit(-25.0)).or_else(|| fit(-15.0));
        // Far from decaying: the second half of the response is nearly as loud as the first.
        let decays = range_db >= LEAST_DECAY_DB;
        Self {
            range_db,
            rt60_s: rt60_s.filter(|_| decays),
        }
    }
}

/// Least-squares slope of `db` over samples `a ..= b`, for each; `None` if that is no span.
#[must_use]
pub fn line_slope(a: usize, b: usize, db: &impl Fn(usize) -> f64) -> Option<f64> {
    if b <= a {
        return None;
    }
    let n = (b - a + 1) as f64;
    let (mean_x, mut mean_y) = ((a + b) as f64 / 2.0, 0.0);
    for i in a..=b {
        mean_y += db(i) / n;
    }
    let (mut xy, mut xx) = (0.0, 0.0);
    for i in a..=b {
        let x = i as f64 - mean_x;
        xy += x * (db(i) - mean_y);
        xx += x * x;
    }
    Some(xy / xx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_random::Key;

    /// Exponentially decaying noise: its reverberation time is known.
    fn response(rt60_s: f64, direct: f32, floor_db: f64, seed: u64) -> Vec<f32> {
        let mut generator = Key::new(seed).generator();
        let n = (1.5 * rt60_s * 16_000.0) as usize;
        let mut out = vec![0.0_f32; 800 + n];
        for (i, y) in out.iter_mut().enumerate() {
            let floor = 10.0_f64.powf(floor_db / 20.0) * generator.normal();
            let tail = match i.checked_sub(800) {
                Some(k) => {
                    generator.normal() * 10.0_f64.powf(-3.0 * k as f64 / (rt60_s * 16_000.0)) * 0.1
                }
                None => 0.0,
            };
            *y = (tail + floor) as f32;
        }
        out[800] = direct;
        out
    }

    #[test]
    fn the_reverberation_time_of_exponential_decays_is_found_with_and_without_a_noise_floor() {
        for rt60 in [0.2, 0.5, 1.0, 2.5] {
            for floor_db in [-120.0, -65.0, -55.0] {
                let facts = ResponseFacts::of(&response(rt60, 0.9, floor_db, 3), 16_000).unwrap();
                // The direct sound stands above the decay and shortens the fit a little.
                assert!(
                    (facts.rt60_s / rt60 - 1.0).abs() < 0.1,
                    "{rt60} s with a floor of {floor_db} dB: {}",
                    facts.rt60_s
                );
                assert_eq!(facts.direct_s, 0.05);
            }
        }
    }

    #[test]
    fn the_direct_to_reverberant_ratio_is_the_one_put_in() {
        let out = response(0.6, 0.9, -120.0, 4);
        let tail: f64 = out[841..].iter().map(|x| f64::from(*x).powi(2)).sum();
        let near: f64 = out[760..841].iter().map(|x| f64::from(*x).powi(2)).sum();
        let facts = ResponseFacts::of(&out, 16_000).unwrap();
        assert!((facts.drr_db - 10.0 * (near / tail).log10()).abs() < 0.01);
    }

    #[test]
    fn a_stronger_reflection_is_not_taken_for_the_direct_sound() {
        let mut out = vec![0.0_f32; 4_000];
        out[300] = -0.7;
        out[1_200] = 1.0;
        assert_eq!(direct_path(&out, 16_000), 300);
        assert_eq!(direct_path(&[], 16_000), 0);
    }

    #[test]
    fn silent_clipped_and_steady_signals_are_no_responses() {
        let good = response(0.5, 0.9, -80.0, 5);
        let of = |x: &[f32]| ResponseFacts::of(x, 16_000);
        assert!(of(&good).is_ok());
        assert!(matches!(of(&[0.0; 999]), Err(UnusableResponse::Silent(_))));
        assert!(matches!(of(&[]), Err(UnusableResponse::Silent(_))));
        let mut clipped = good.clone();
        for x in &mut clipped[800..806] {
            *x = 0.95;
        }
        assert_eq!(of(&clipped), Err(UnusableResponse::Clipped(6)));
        let mut generator = Key::new(1).generator();
        let hiss: Vec<f32> = (0..16_000)
            .map(|_| generator.normal() as f32 * 0.1)
            .collect();
        assert!(matches!(of(&hiss), Err(UnusableResponse::NotDecaying(_))));
        let tone: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.2).sin() * 0.5).collect();
        assert!(matches!(of(&tone), Err(UnusableResponse::NotDecaying(_))));
        let mut nan = good;
        nan[9] = f32::NAN;
        assert_eq!(of(&nan), Err(UnusableResponse::NotFinite));
    }
}
