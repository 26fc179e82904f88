//! From samples to rows: one pass, frame by frame, then smoothing.

use std::collections::VecDeque;

use realfft::RealFftPlanner;

use crate::descriptor::{self as d, COUNT};
use crate::features::Features;
use crate::formants::band::BandResampler;
use crate::formants::{FormantFinder, Formants};
use crate::framing::Framing;
use crate::harmonics::{HarmonicValues, Harmonics};
use crate::jitter::Jitter;
use crate::loudness::Loudness;
use crate::mel::MelBank;
use crate::mfcc::Mfcc;
use crate::pitch::octave::OctaveScale;
use crate::pitch::shs::SubHarmonicSum;
use crate::pitch::viterbi::Viterbi;
use crate::smoothing::{sma3, sma3nz};
use crate::spectral::Spectral;
use crate::spectrum::{Spectrum, gauss, hamming};

/// A frame is voiced only if its windowed RMS is above this.
const ENERGY_GATE: f64 = 0.001;

/// Extracts the 32 descriptors at one sample rate. Holds all tables and buffers, so make
/// one and use it for many recordings (one for each thread); recordings do not influence
/// each other.
pub struct Extractor {
    framing: Framing,
    short: Spectrum,
    long: Spectrum,
    bank: MelBank,
    loudness: Loudness,
    mfcc: Mfcc,
    spectral: Spectral,
    formants: FormantFinder,
    octave: OctaveScale,
    shs: SubHarmonicSum,
    harmonics: Harmonics,
    samples: Vec<f32>,
    power: Vec<f32>,
    scaled: Vec<f32>,
    raw: Vec<f32>,
}

/// A long frame that waits for its F0.
struct Waiting {
    magnitude: Vec<f32>,
    loud_enough: bool,
}

impl Extractor {
    /// For recordings at this rate, Hz.
    #[must_use]
    pub fn new(sample_rate: u32) -> Self {
        let framing = Framing::new(sample_rate);
        let rate = framing.sample_rate;
        let mut planner = RealFftPlanner::new();
        let short = Spectrum::new(&mut planner, hamming(framing.short));
        let long = Spectrum::new(&mut planner, gauss(framing.long));
        let (short_bins, long_bins) = (short.magnitude.len(), long.magnitude.len());
        let short_df = rate / short.size() as f64;
        let bank = MelBank::new(short_df, short_bins, rate);
        let octave = OctaveScale::new(long_bins, long.size() as f64 / rate);
        Self {
            loudness: Loudness::new(&bank),
            bank,
            mfcc: Mfcc::new(),
            spectral: Spectral::new(short_df, short_bins),
            formants: FormantFinder::new(BandResampler::new(framing.short, short.size(), rate)),
            shs: SubHarmonicSum::new(&octave, long_bins),
            octave,
            harmonics: Harmonics::new(&mut planner, long.size(), rate),
            samples: Vec::new(),
            power: vec![0.0; short_bins],
            scaled: vec![0.0; long_bins],
            raw: Vec::new(),
            framing,
            short,
            long,
        }
    }

    /// Where this extractor's frames lie.
    #[must_use]
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// The descriptors of a recording (full scale 1.0): one row each 10 ms, one row more
    /// than there are whole 60 ms frames; no row if it is shorter than 60 ms.
    #[must_use]
    pub fn extract(&mut self, samples: &[f32]) -> Features {
        // The original sees 16-bit samples over 32767 (LLD_SPEC.md section 1).
        self.samples.clear();
        self.samples.extend(
            samples
                .iter()
                .map(|x| (x * 32768.0).clamp(-32768.0, 32767.0).trunc() / 32767.0),
        );
        let n_long = self.framing.frames(self.samples.len(), self.framing.long);
        if n_long == 0 {
            return Features::default();
        }
        let n_short = self.framing.frames(self.samples.len(), self.framing.short);
        self.raw.clear();
        self.raw.resize(n_short * COUNT, 0.0);
        let formants = self.short_frames(n_short);
        let decided_before_end = self.long_frames(n_long, &formants);
        self.smooth(n_long, n_short, decided_before_end)
    }

    /// Columns 1-19 into `raw`, and each frame's formants.
    fn short_frames(&mut self, frames: usize) -> Vec<Formants> {
        self.spectral.reset();
        let mut formants = Vec::with_capacity(frames);
        for i in 0..frames {
            let start = i * self.framing.hop;
            self.short
                .transform(&self.samples[start..start + self.framing.short]);
            for (p, m) in self.power.iter_mut().zip(&self.short.magnitude) {
                *p = m * m;
            }
            let bands = self.bank.apply(&self.power);
            let spectral = self.spectral.of(&self.short.magnitude, &self.power);
            let row = &mut self.raw[i * COUNT..(i + 1) * COUNT];
            row[d::LOUDNESS] = self.loudness.of(&bands);
            row[d::ALPHA_RATIO] = spectral.alpha_ratio;
            row[d::HAMMARBERG] = spectral.hammarberg;
            row[d::SLOPE_0_500] = spectral.slope_0_500;
            row[d::SLOPE_500_1500] = spectral.slope_500_1500;
            row[d::FLUX] = spectral.flux;
            row[d::MFCC..d::F0].copy_from_slice(&self.mfcc.of(&bands));
            let found = self.formants.of(&self.short.re, &self.short.im);
            row[d::F1_FREQUENCY] = found.frequency[0];
            row[d::F1_BANDWIDTH] = found.bandwidth[0];
            row[d::F2_FREQUENCY] = found.frequency[1];
            row[d::F3_FREQUENCY] = found.frequency[2];
            formants.push(found);
        }
        formants
    }

    /// The F0-based columns into `raw`; returns how many frames were decided before the
    /// end of the recording forced the rest.
    fn long_frames(&mut self, frames: usize, formants: &[Formants]) -> usize {
        let mut viterbi = Viterbi::new();
        let mut jitter = Jitter::new(&self.framing);
        let mut waiting: VecDeque<Waiting> = VecDeque::new();
        let mut spare: Vec<Vec<f32>> = Vec::new();
        let mut pitches: Vec<f32> = Vec::new();
        let mut decided = 0;
        for i in 0..frames {
            let start = i * self.framing.hop;
            self.long
                .transform(&self.samples[start..start + self.framing.long]);
            let energy: f64 = self
                .long
                .windowed
                .iter()
                .map(|x| f64::from(x * x))
                .sum::<f64>();
            let rms = (energy / self.framing.long as f64).sqrt();
            let mut magnitude = spare.pop().unwrap_or_default();
            magnitude.clear();
            magnitude.extend_from_slice(&self.long.magnitude);
            waiting.push_back(Waiting {
                magnitude,
                loud_enough: rms > ENERGY_GATE,
            });
            self.octave.apply(&self.long.magnitude, &mut self.scaled);
            let candidates = self.shs.candidates(&self.scaled);
            viterbi.push(candidates, |f0| pitches.push(f0));
            for f0 in pitches.drain(..) {
                if let Some(frame) = waiting.pop_front() {
                    self.voiced(decided, f0, &frame, &mut jitter, &formants[decided]);
                    spare.push(frame.magnitude);
                    decided += 1;
                }
            }
        }
        let before_end = decided;
        viterbi.finish(|f0| pitches.push(f0));
        for f0 in pitches.drain(..) {
            if let Some(frame) = waiting.pop_front() {
                self.voiced(decided, f0, &frame, &mut jitter, &formants[decided]);
                decided += 1;
            }
        }
        before_end
    }

    fn voiced(
        &mut self,
        i: usize,
        pitch: f32,
        frame: &Waiting,
        jitter: &mut Jitter,
        formants: &Formants,
    ) {
        let f0 = if frame.loud_enough { pitch } else { 0.0 };
        let hop = self.framing.hop;
        // Frame k starts at k * 0.01 * rate even where that is not whole.
        let start = (i as f64 * 0.01 * self.framing.sample_rate).round() as usize;
        let (jitter, shimmer) = jitter.frame(&self.samples, start, hop, f0);
        let values = if f0 > 0.0 {
            self.harmonics.of(&frame.magnitude, f0, formants.frequency)
        } else {
            HarmonicValues::UNVOICED
        };
        let row = &mut self.raw[i * COUNT..(i + 1) * COUNT];
        row[d::F0] = semitones(f0);
        row[d::JITTER] = jitter;
        row[d::SHIMMER] = shimmer;
        row[d::HNR] = values.hnr;
        row[d::H1_H2] = values.h1_h2;
        row[d::H1_A3] = values.h1_a3;
        row[d::F1_AMPLITUDE] = values.amplitudes[0];
        row[d::F2_AMPLITUDE] = values.amplitudes[1];
        row[d::F3_AMPLITUDE] = values.amplitudes[2];
    }

    fn smooth(&self, n_long: usize, n_short: usize, decided: usize) -> Features {
        let raw = |i: usize, c: usize| self.raw[i * COUNT + c];
        let mut values = Vec::with_capacity((n_long + 1) * COUNT);
        for i in 0..=n_long {
            let before = i.saturating_sub(1);
            let here = i.min(n_short - 1);
            let after = (i + 1).min(n_short - 1);
            for c in 0..d::F0 {
                values.push(sma3(raw(before, c), raw(here, c), raw(after, c)));
            }
            // The voiced columns end twice (LLD_SPEC.md section 12): where the decisions
            // stood when the recording ended, and at its last long frame.
            for c in d::F0..COUNT {
                let ended_at = |end: usize| {
                    if end > 0 && i == end {
                        Some(raw(end - 1, c))
                    } else if end > 0 && i == end - 1 {
                        Some(sma3nz(raw(before, c), raw(i, c), raw(i, c)))
                    } else {
                        None
                    }
                };
                let value = if i == n_long {
                    raw(n_long - 1, c)
                } else {
                    ended_at(decided)
                        .or_else(|| ended_at(n_long))
                        .unwrap_or_else(|| sma3nz(raw(before, c), raw(i, c), raw(i + 1, c)))
                };
                values.push(value);
            }
        }
        Features::from_values(values)
    }
}

/// Semitones above 27.5 Hz; 0 when unvoiced, 1 for what lies below 1 semitone.
fn semitones(f0: f32) -> f32 {
    if f0 <= 0.0 {
        0.0
    } else if f0 > 29.136 {
        (12.0 * (f64::from(f0) / 27.5).log2()) as f32
    } else {
        1.0
    }
}
