//! Cutting a long recording of a playlist into utterances.

use std::ops::Range;

use earnest_signal::Convolver;

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

const RATE: f64 = earnest_signal::SAMPLE_RATE as f64;
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
    let sweeps: Vec<usize> = part.sweeps.iter().map(|sweep| sweep.start).collect();
    let first = part.sweeps.first().cloned().unwrap_or_default();
    let template = part.samples.get(first).unwrap_or_default();
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
    for slot in &part.slots {
        let places = clock.places(slot.start as f64);
        let whole: Vec<f64> = places
            .iter()
            .map(|place| place.round())
            .filter(|place| *place >= 0.0 && *place + slot.length as f64 <= n as f64)
            .collect();
        if whole.is_empty() {
            let why = match places.iter().all(|place| *place < 0.0) {
                true => "the recording began later",
                false => "the recording ended before",
            };
            alignment.missing.push((slot.clone(), why));
            continue;
        }
        let played = slot.start..slot.start.saturating_add(slot.length);
        let played = part.samples.get(played).unwrap_or_default();
        let (start, confidence) = whole
            .into_iter()
            .map(|place| place as usize)
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

/// Places in the playlist and in the recording of the sweeps that are found, in order: of those
/// that begin at these samples of the playlist.
fn find_sweeps(likeness: &[f32], sweeps: &[usize]) -> Result<Vec<(f64, f64)>, AlignError> {
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
            .filter_map(|(k, start)| {
                let place = *start as f64 + offset;
                let around = SWEEP_AROUND_S * RATE + MOST_DRIFT * (*start as f64 - origin).abs();
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
        for start in sweeps {
            let origin = *start as f64;
            let found = matches(*peak as f64 - origin, origin);
            // One that comes when the clock says counts in full; one that is only thereabouts
            // may be another sweep, as all are about as far apart.
            let weight = |k: usize, i: usize| {
                let (span, late) = (sweeps[k] as f64 - origin, i as f64 - *peak as f64);
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
    let place = |(k, i, _): &(usize, usize, f32)| (sweeps[*k] as f64, fine_peak(likeness, *i));
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
    let end = start.saturating_add(slot.length).min(mono.len());
    let before = start.saturating_sub((BEFORE_S * RATE) as usize);
    let level = |range: Range<usize>| {
        let samples = mono.get(range).unwrap_or_default();
        f64::from(earnest_signal::rms(samples)).max(1e-9)
    };
    let (with, without) = (level(start..end), level(before..start));
    let signal = (with * with - without * without).max(1e-12);
    Cut {
        slot: slot.clone(),
        start,
        confidence,
        snr_db: 10.0 * (signal / (without * without)).log10(),
        clipped: channels
            .iter()
            .flat_map(|c| c.get(start..end).unwrap_or_default())
            .filter(|x| x.abs() >= FULL_SCALE)
            .count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rerecord::{sweeps, write_cuts};

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]
        /// Slots of any place and length, in a recording that lost some samples.
        #[test]
        fn no_part_that_a_program_hands_over_makes_it_panic(
            slots in proptest::collection::vec((0_usize..160_000, 0_usize..80_000), 0..6),
            beyond in proptest::option::of(0_usize..3),
            lost in (0_usize..100_000, 0_usize..4_000),
            extra in proptest::option::of(0_usize..200_000),
        ) {
            let mut part = sweeps(3);
            let mut recording = part.samples.clone();
            let from = lost.0.min(recording.len());
            let to = (lost.0 + lost.1).min(recording.len());
            recording.drain(from..to);
            let far = beyond.map(|n| (usize::MAX - n, usize::MAX));
            part.slots = slots
                .into_iter()
                .chain(far)
                .enumerate()
                .map(|(i, (start, length))| Slot {
                    id: i.to_string(),
                    path: earnest_files::RelativePath::new(&format!("{i}.wav")).unwrap(),
                    start,
                    length,
                })
                .collect();
            part.sweeps.extend(extra.map(|start| start..start + 9_600));
            let n = part.slots.len();
            let channels = [recording.clone(), recording];
            if let Ok(alignment) = align(&channels, &part) {
                proptest::prop_assert_eq!(alignment.cuts.len() + alignment.missing.len(), n);
                for cut in &alignment.cuts {
                    proptest::prop_assert!(cut.start + cut.slot.length <= channels[0].len());
                }
                let folder = tempfile::tempdir().unwrap();
                let rows = write_cuts(&alignment, &channels, folder.path()).unwrap();
                proptest::prop_assert_eq!(rows.len(), n);
            }
        }
    }
}
