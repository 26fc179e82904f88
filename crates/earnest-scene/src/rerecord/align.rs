//! Cutting a long recording of a playlist into utterances.

use earnest_augment::Convolver;

use super::correlation::{correlate, fine_peak, highest};
use super::playlist::{Part, Slot};

/// An utterance as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// What it is.
    pub slot: Slot,
    /// First sample in the recording.
    pub start: usize,
    /// Likeness of the recording to what was played, 0 .. 1.
    pub confidence: f32,
    /// Level of the utterance over that of the silence before it, dB.
    pub snr_db: f64,
    /// Samples at full scale, over all channels.
    pub clipped: usize,
}

/// How a recording lies on a playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Utterances that were found, in order.
    pub cuts: Vec<Cut>,
    /// Utterances that are not in the recording, and why.
    pub missing: Vec<(Slot, &'static str)>,
    /// When the playlist begins in the recording, s; below 0 if the recording began later.
    pub delay_s: f64,
    /// How much faster the recorder's clock runs, parts per million.
    pub drift_ppm: f64,
    /// Sweeps found, of how many.
    pub sweeps: (usize, usize),
}

/// Why a recording cannot be aligned.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AlignError {
    /// No sweep stands out.
    #[error(
        "no two sweeps of the playlist can be found in the recording (best likeness {0:.2}): is it the recording of this playlist, loud enough, and not cut short?"
    )]
    NoSweeps(f32),
}

const RATE: f64 = earnest_audio::SAMPLE_RATE as f64;
/// Likeness from which a sweep counts: ten times what noise reaches.
const SWEEP_LIKENESS: f32 = 0.12;
/// Largest drift that is looked for.
const MOST_DRIFT: f64 = 500e-6;
/// Sweeps are looked for so far around where they should be, s: a recorder may lose samples.
const SWEEP_AROUND_S: f64 = 0.25;
/// Sweeps are better clocks than speech, whose pitch and reflections look alike: speech is
/// compared within this of where the clock has it, s, and only says how like it is.
const CLOCK_S: f64 = 0.0015;
/// How many of the strongest peaks may be the first sweep.
const CANDIDATES: usize = 40;
/// A sample at or above this is at full scale.
const FULL_SCALE: f32 = 0.999;

/// Finds a playlist's utterances in a recording (16 kHz, one vector for each microphone).
///
/// # Errors
/// [`AlignError`].
pub fn align(channels: &[Vec<f32>], part: &Part) -> Result<Alignment, AlignError> {
    let n = channels.iter().map(Vec::len).min().unwrap_or(0);
    let mono: Vec<f32> = (0..n)
        .map(|i| channels.iter().map(|c| c[i]).sum::<f32>() / channels.len() as f32)
        .collect();
    let mut convolver = Convolver::default();
    let sweeps: Vec<&Slot> = part.slots.iter().filter(|s| s.is_sweep()).collect();
    let Some(first) = sweeps.first() else {
        return Err(AlignError::NoSweeps(0.0));
    };
    let template = &part.samples[first.start..first.start + first.length];
    let likeness = correlate(&mono, template, &mut convolver);
    let found = find_sweeps(&likeness, &sweeps)?;

    let clock = Clock::of(found);
    let found = &clock.sweeps;
    let mut alignment = Alignment {
        cuts: Vec::new(),
        missing: Vec::new(),
        delay_s: clock.places(0.0)[0] / RATE,
        drift_ppm: (clock.rate - 1.0) * 1e6,
        sweeps: (found.len(), sweeps.len()),
    };
    for slot in part.slots.iter().filter(|s| !s.is_sweep()) {
        let places = clock.places(slot.start as f64);
        let end = places[0] + slot.length as f64;
        if places[0] < 0.0 {
            let why = "the recording began later";
            alignment.missing.push((slot.clone(), why));
            continue;
        }
        if end > n as f64 {
            let why = "the recording ended before";
            alignment.missing.push((slot.clone(), why));
            continue;
        }
        let played = &part.samples[slot.start..slot.start + slot.length];
        let (start, confidence) = places
            .iter()
            .map(|place| place.round() as usize)
            .map(|start| (start, likeness_at(&mono, played, start, &mut convolver)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, 0.0));
        alignment
            .cuts
            .push(cut(channels, &mono, slot, start, confidence));
    }
    Ok(alignment)
}

/// From places in the playlist to places in the recording.
struct Clock {
    /// Places of the sweeps in both.
    sweeps: Vec<(f64, f64)>,
    /// Recorded samples for each played one: the median over pairs of neighbouring sweeps, which
    /// a loss of samples somewhere does not move.
    rate: f64,
}

impl Clock {
    fn of(sweeps: Vec<(f64, f64)>) -> Self {
        let pairs = sweeps.windows(2);
        let mut rates: Vec<f64> = pairs
            .map(|w| (w[1].1 - w[0].1) / (w[1].0 - w[0].0))
            .collect();
        rates.sort_by(f64::total_cmp);
        let rate = rates.get(rates.len() / 2).copied().unwrap_or(1.0);
        Self { sweeps, rate }
    }

    /// Where a place of the playlist is in the recording: one answer between two sweeps that are
    /// as far apart as the clock says; two, from the sweep before and from the one after, where
    /// samples were lost or doubled between them.
    fn places(&self, place: f64) -> Vec<f64> {
        let after = self.sweeps.partition_point(|(p, _)| *p < place);
        let i = after.clamp(1, self.sweeps.len() - 1);
        let ((a, x), (b, y)) = (self.sweeps[i - 1], self.sweeps[i]);
        let jump = (y - x) - self.rate * (b - a);
        if jump.abs() > CLOCK_S * RATE {
            let (from, to) = (x + self.rate * (place - a), y - self.rate * (b - place));
            return match () {
                () if place < a => vec![from],
                () if place > b => vec![to],
                () => vec![from, to],
            };
        }
        vec![x + (place - a) / (b - a) * (y - x)]
    }
}

/// Places in the playlist and in the recording of the sweeps that are found, in order.
fn find_sweeps(likeness: &[f32], sweeps: &[&Slot]) -> Result<Vec<(f64, f64)>, AlignError> {
    // The strongest peaks, each at least half a second from the others.
    let apart = (0.5 * RATE) as usize;
    let mut peaks: Vec<(usize, f32)> = likeness
        .chunks(apart)
        .enumerate()
        .filter_map(|(i, _)| highest(likeness, i * apart..(i + 1) * apart))
        .filter(|(_, v)| *v >= SWEEP_LIKENESS)
        .collect();
    let best = likeness.iter().copied().fold(0.0_f32, f32::max);
    peaks.sort_by(|a, b| b.1.total_cmp(&a.1));
    peaks.truncate(CANDIDATES.max(2 * sweeps.len()));
    // A peak may be any sweep: the choice that explains most wins, by likeness in all.
    let matches = |offset: f64, origin: f64| -> Vec<(usize, usize, f32)> {
        sweeps
            .iter()
            .enumerate()
            .filter_map(|(k, slot)| {
                let place = slot.start as f64 + offset;
                let around =
                    SWEEP_AROUND_S * RATE + MOST_DRIFT * (slot.start as f64 - origin).abs();
                let from = (place - around).max(0.0) as usize;
                let to = (place + around).max(0.0) as usize + 1;
                let (i, v) = highest(likeness, from..to)?;
                (v >= SWEEP_LIKENESS).then_some((k, i, v))
            })
            .collect()
    };
    let mut chosen: Vec<(usize, usize, f32)> = Vec::new();
    let mut most = 0.0_f32;
    for (peak, _) in &peaks {
        for slot in sweeps {
            let found = matches(*peak as f64 - slot.start as f64, slot.start as f64);
            // One that comes when the clock says counts in full; one that is only thereabouts
            // may be another sweep, as all are about as far apart.
            let origin = slot.start as f64;
            let weight = |k: usize, i: usize| {
                let (span, late) = (sweeps[k].start as f64 - origin, i as f64 - *peak as f64);
                match (late - span).abs() <= MOST_DRIFT * span.abs() + 8.0 {
                    true => 1.0,
                    false => 0.2,
                }
            };
            let sum: f32 = found.iter().map(|(k, i, v)| v * weight(*k, *i)).sum();
            if found.len() >= 2 && sum > most {
                most = sum;
                chosen = found;
            }
        }
    }
    // Time only goes on.
    let place =
        |(k, i, _): &(usize, usize, f32)| (sweeps[*k].start as f64, fine_peak(likeness, *i));
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for found in &chosen {
        let (p, r) = place(found);
        let fits = kept.last().is_none_or(|(q, s)| p > *q && r > *s);
        if fits {
            kept.push((p, r));
        }
    }
    match kept.len() {
        0 | 1 => Err(AlignError::NoSweeps(best)),
        _ => Ok(kept),
    }
}

/// How like the recording around a sample is to what was played there.
fn likeness_at(mono: &[f32], played: &[f32], start: usize, convolver: &mut Convolver) -> f32 {
    let near = (CLOCK_S * RATE) as usize;
    let from = start.saturating_sub(near);
    let to = (start + near + played.len()).min(mono.len());
    let likeness = correlate(mono.get(from..to).unwrap_or_default(), played, convolver);
    highest(&likeness, 0..likeness.len()).map_or(0.0, |(_, v)| v.max(0.0))
}

/// Silence before an utterance that its level is compared with, s.
const BEFORE_S: f64 = 0.2;

fn cut(channels: &[Vec<f32>], mono: &[f32], slot: &Slot, start: usize, confidence: f32) -> Cut {
    let end = (start + slot.length).min(mono.len());
    let before = start.saturating_sub((BEFORE_S * RATE) as usize);
    let level = |x: &[f32]| f64::from(earnest_audio::rms(x)).max(1e-9);
    let (with, without) = (level(&mono[start..end]), level(&mono[before..start]));
    let signal = (with * with - without * without).max(1e-12);
    Cut {
        slot: slot.clone(),
        start,
        confidence,
        snr_db: 10.0 * (signal / (without * without)).log10(),
        clipped: channels
            .iter()
            .flat_map(|c| &c[start..end])
            .filter(|x| x.abs() >= FULL_SCALE)
            .count(),
    }
}
