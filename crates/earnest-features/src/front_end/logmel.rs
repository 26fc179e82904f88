//! `logmel`: a log mel spectrogram, or one with per-channel energy normalisation (PCEN).
//!
//! Row t is of the samples t H .. t H + N, where H is the hop and N the window, both rounded to
//! whole samples; nothing is added before the first sample or after the last, and samples are taken
//! as they are (full scale 1.0).
//!
//! 1. Window: Hann, w\[n\] = 0.5 - 0.5 cos(2 pi n / N).
//! 2. Power spectrum |X\[k\]|^2 of the windowed frame, zeros behind it up to a power of two.
//! 3. Bands: B + 2 points lie at equal distances on the mel scale m(f) = 2595 log10(1 + f / 700)
//!    from `low_hz` to `high_hz`; band b rises from 0 at point b to 1 at point b + 1 and falls to 0
//!    at point b + 2, in straight lines over Hz. E\[b\] is the sum of the power spectrum under it.
//! 4. Column b is ln(max(E\[b\], 1e-10)); or, with `pcen`, the following.
//!
//! PCEN (Wang, Getreuer, Hughes, Lyon and Saurous 2017, Trainable frontend for robust and far-field
//! keyword spotting, equations 1 and 2), on energies F = 2^31 E, as librosa's documentation scales
//! them:
//!
//! M\[t\] = (1 - s) M\[t-1\] + s F\[t\], where M\[0\] = F\[0\];
//! column b is (F / (floor + M)^gain + bias)^power - bias^power.
//!
//! The weight is s = (sqrt(1 + 4 T^2) - 1) / (2 T^2), T being `smoothing_s` in rows. Beside librosa:
//! `tests/logmel.rs`.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::{FrontEnd, FrontEndError, RowStream};
use crate::error::within;
use crate::lanes::{F32s, F64s, LANES};
use crate::logarithm::{exp, ln, ln_f32};
use crate::spectrum::{Spectrum, Zeros};
use crate::vectorised::vectorised;

/// Least energy of a band under the logarithm.
const FLOOR: f32 = 1e-10;

/// Most energy of a band: what is no sound any more (samples beyond 1e10) stays a number.
const CEILING: f32 = 1e25;

/// What energies are multiplied by before PCEN.
const PCEN_SCALE: f32 = 2_147_483_648.0;

/// Highest sample rate, Hz: what a window can grow to has an end.
const HIGHEST_RATE: f64 = 192_000.0;

/// Fewest samples of a window.
const SHORTEST_WINDOW: usize = 8;

/// Settings of a log mel spectrogram.
///
/// ```toml
/// name = "logmel"
/// window_ms = 25.0
/// hop_ms = 10.0
/// bands = 64
/// low_hz = 20.0
/// high_hz = 7600.0
///
/// [pcen]             # in place of the logarithm; left out by default
/// smoothing_s = 0.4
/// gain = 0.98
/// bias = 2.0
/// power = 0.5
/// floor = 1e-6
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogMel {
    /// Length of the window, 1 .. 200 ms.
    pub window_ms: f64,
    /// From one row to the next, 1 ms .. the window's length.
    pub hop_ms: f64,
    /// Number of bands, 1 .. 256: the columns. Each must hold a bin of the transform.
    pub bands: usize,
    /// Where the lowest band begins, Hz.
    pub low_hz: f64,
    /// Where the highest band ends, Hz: above `low_hz`, and at most half the sample rate.
    pub high_hz: f64,
    /// Per-channel energy normalisation in place of the logarithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pcen: Option<Pcen>,
}

impl Default for LogMel {
    fn default() -> Self {
        Self {
            window_ms: 25.0,
            hop_ms: 10.0,
            bands: 64,
            low_hz: 20.0,
            high_hz: 7600.0,
            pcen: None,
        }
    }
}

/// Settings of per-channel energy normalisation; the defaults are librosa's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pcen {
    /// Time constant of the energy that a band is divided by, .01 .. 100 seconds.
    pub smoothing_s: f64,
    /// How far a band is divided by it, 0 (not at all) .. 1 (wholly).
    pub gain: f64,
    /// What is added before the power, 0 .. 1e6.
    pub bias: f64,
    /// The power, .01 .. 1.
    pub power: f64,
    /// Added to what is divided by, 1e-12 .. 1e6.
    pub floor: f64,
}

impl Default for Pcen {
    fn default() -> Self {
        Self {
            smoothing_s: 0.4,
            gain: 0.98,
            bias: 2.0,
            power: 0.5,
            floor: 1e-6,
        }
    }
}

impl FrontEnd for LogMel {
    fn name(&self) -> &'static str {
        "logmel"
    }

    fn words(&self) -> String {
        let scale = match self.pcen {
            None => "logarithm".to_owned(),
            Some(p) => format!(
                "PCEN (smoothing {} s, gain {}, bias {}, power {}, floor {})",
                p.smoothing_s, p.gain, p.bias, p.power, p.floor
            ),
        };
        format!(
            "logmel: {} mel bands, {} .. {} Hz, windows of {} ms each {} ms, {scale}",
            self.bands, self.low_hz, self.high_hz, self.window_ms, self.hop_ms
        )
    }

    fn check(&self) -> Result<(), FrontEndError> {
        within("window_ms", self.window_ms, 1.0..=200.0)?;
        within("hop_ms", self.hop_ms, 1.0..=200.0)?;
        if self.hop_ms > self.window_ms {
            let problem = format!(
                "is {}; beyond window_ms ({}) some samples would not be heard",
                self.hop_ms, self.window_ms
            );
            return Err(FrontEndError::new("hop_ms", problem));
        }
        within("bands", self.bands as f64, 1.0..=256.0)?;
        within("low_hz", self.low_hz, 0.0..=HIGHEST_RATE / 2.0)?;
        within("high_hz", self.high_hz, 0.0..=HIGHEST_RATE / 2.0)?;
        if self.low_hz >= self.high_hz {
            let problem = format!(
                "is {}; high_hz ({}) must lie above",
                self.low_hz, self.high_hz
            );
            return Err(FrontEndError::new("low_hz", problem));
        }
        let Some(pcen) = self.pcen else {
            return Ok(());
        };
        within("pcen.smoothing_s", pcen.smoothing_s, 0.01..=100.0)?;
        within("pcen.gain", pcen.gain, 0.0..=1.0)?;
        within("pcen.bias", pcen.bias, 0.0..=1e6)?;
        within("pcen.power", pcen.power, 0.01..=1.0)?;
        within("pcen.floor", pcen.floor, 1e-12..=1e6)
    }

    fn columns(&self) -> Vec<String> {
        let name = self.pcen.map_or("logmel", |_| "pcen");
        (1..=self.bands).map(|b| format!("{name}{b}")).collect()
    }

    fn row_s(&self) -> f64 {
        self.hop_ms / 1000.0
    }

    fn shortest_s(&self) -> f64 {
        self.window_ms / 1000.0
    }

    fn look_ahead_s(&self) -> f64 {
        self.window_ms / 1000.0
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        Ok(Box::new(LogMelStream::new(self, sample_rate)?))
    }
}

/// Frames are transformed eight at a time, a lane each, so no frame's numbers depend on which
/// others stand beside it.
struct LogMelStream {
    hop: usize,
    length: usize,
    spectrum: Spectrum,
    bands: Bands,
    pcen: Option<Normalising>,
    /// Samples that frames still need, and room for those of eight more.
    held: Vec<f32>,
    room: usize,
    /// Where in `held` the next frame begins.
    next: usize,
    energies: Vec<F32s>,
    row: Vec<f32>,
}

impl LogMelStream {
    fn new(settings: &LogMel, sample_rate: u32) -> Result<Self, FrontEndError> {
        settings.check()?;
        let rate = f64::from(sample_rate);
        within("sample_rate", rate, 1_000.0..=HIGHEST_RATE)?;
        if settings.high_hz > rate / 2.0 {
            let problem = format!(
                "is {}; samples at {rate} Hz have nothing above {} Hz",
                settings.high_hz,
                rate / 2.0
            );
            return Err(FrontEndError::new("high_hz", problem));
        }
        let samples = |ms: f64| ((ms / 1000.0 * rate).round() as usize).max(1);
        let (hop, length) = (samples(settings.hop_ms), samples(settings.window_ms));
        if length < SHORTEST_WINDOW {
            let problem = format!(
                "is {}; at {rate} Hz that is {length} samples, too few for a spectrum",
                settings.window_ms
            );
            return Err(FrontEndError::new("window_ms", problem));
        }
        let spectrum = Spectrum::new(hann(length), Zeros::After);
        let bin_hz = rate / spectrum.fft().size() as f64;
        let bands = Bands::new(settings, bin_hz, spectrum.power.len())?;
        let room = 2 * (length + LANES * hop);
        Ok(Self {
            hop,
            length,
            spectrum,
            bands,
            pcen: settings.pcen.map(|p| Normalising::new(&p, settings)),
            held: Vec::with_capacity(room),
            room,
            next: 0,
            energies: vec![F32s::ZERO; settings.bands],
            row: vec![0.0; settings.bands],
        })
    }

    /// Complete frames of so many samples.
    fn frames(&self, samples: usize) -> usize {
        match samples.checked_sub(self.length) {
            None => 0,
            Some(beyond) => beyond / self.hop + 1,
        }
    }

    /// The rows of the next `count` frames.
    fn group(&mut self, count: usize, sink: &mut dyn FnMut(&[f32])) {
        self.spectrum
            .transform(&self.held[self.next..], self.hop, count);
        self.next += count * self.hop;
        let (bands, power, energies) = (&self.bands, &self.spectrum.power, &mut self.energies);
        vectorised(
            #[inline(always)]
            || bands.apply(power, energies),
        );
        match &mut self.pcen {
            Some(pcen) => pcen.apply(energies, count),
            None => vectorised(
                #[inline(always)]
                || {
                    for energy in energies.iter_mut() {
                        *energy = ln_f32(limited(*energy, FLOOR));
                    }
                },
            ),
        }
        for lane in 0..count {
            for (cell, column) in self.row.iter_mut().zip(&self.energies) {
                *cell = column.0[lane];
            }
            sink(&self.row);
        }
    }
}

impl RowStream for LogMelStream {
    fn columns(&self) -> usize {
        self.row.len()
    }

    fn rows(&self, samples: usize) -> usize {
        self.frames(samples)
    }

    fn push(&mut self, mut samples: &[f32], sink: &mut dyn FnMut(&[f32])) {
        while !samples.is_empty() {
            if self.held.len() == self.room {
                self.held.drain(..self.next);
                self.next = 0;
            }
            let fits = samples.len().min(self.room - self.held.len());
            let (now, later) = samples.split_at(fits);
            self.held.extend_from_slice(now);
            samples = later;
            loop {
                let ready = self.frames(self.held.len() - self.next);
                // Eight at a time, as long as more samples lie ready.
                if ready == 0 || (ready < LANES && !samples.is_empty()) {
                    break;
                }
                self.group(ready.min(LANES), sink);
            }
        }
    }

    fn finish(&mut self, _sink: &mut dyn FnMut(&[f32])) {
        self.reset();
    }

    fn reset(&mut self) {
        self.held.clear();
        self.next = 0;
        if let Some(pcen) = &mut self.pcen {
            pcen.started = false;
        }
    }
}

/// Hann window of `length` samples, of which one more would close the period.
fn hann(length: usize) -> Vec<f32> {
    (0..length)
        .map(|n| (0.5 - 0.5 * (TAU * n as f64 / length as f64).cos()) as f32)
        .collect()
}

/// Energies from a floor to the ceiling; what is no number is the floor.
#[inline(always)]
fn limited(energies: F32s, floor: f32) -> F32s {
    energies
        .max(F32s::splat(floor))
        .map(|x| if x < CEILING { x } else { CEILING })
}

fn mel(hz: f64) -> f64 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

fn hz(mel: f64) -> f64 {
    700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0)
}

/// Triangles over a power spectrum.
struct Bands {
    /// For each band its first bin, and how many of `weights` are its own.
    spans: Vec<(usize, usize)>,
    /// The weights of all bands, one after the other.
    weights: Vec<f32>,
}

impl Bands {
    fn new(settings: &LogMel, bin_hz: f64, bins: usize) -> Result<Self, FrontEndError> {
        let (low, high) = (mel(settings.low_hz), mel(settings.high_hz));
        let step = (high - low) / (settings.bands + 1) as f64;
        let point = |i: usize| hz(low + i as f64 * step);
        let mut bands = Self {
            spans: Vec::with_capacity(settings.bands),
            weights: Vec::new(),
        };
        for band in 0..settings.bands {
            let [left, peak, right] = [0, 1, 2].map(|i| point(band + i));
            let weight = |bin: usize| {
                let f = bin as f64 * bin_hz;
                ((f - left) / (peak - left)).min((right - f) / (right - peak)) as f32
            };
            let Some(first) = (0..bins).find(|k| weight(*k) > 0.0) else {
                let problem = format!(
                    "is {}; band {} ({left:.1} .. {right:.1} Hz) would hold no bin of the transform \
                     ({bin_hz:.1} Hz apart): take fewer bands, or a longer window_ms",
                    settings.bands,
                    band + 1
                );
                return Err(FrontEndError::new("bands", problem));
            };
            let before = bands.weights.len();
            let own = (first..bins).map(weight).take_while(|w| *w > 0.0);
            bands.weights.extend(own);
            bands.spans.push((first, bands.weights.len() - before));
        }
        Ok(bands)
    }

    /// The energy of each band.
    #[inline(always)]
    fn apply(&self, power: &[F32s], energies: &mut [F32s]) {
        let mut weights = self.weights.as_slice();
        for ((first, count), energy) in self.spans.iter().zip(energies) {
            let (own, rest) = weights.split_at(*count);
            weights = rest;
            let mut sum = F32s::ZERO;
            for (w, p) in own.iter().zip(&power[*first..]) {
                sum += *p * *w;
            }
            *energy = sum;
        }
    }
}

/// PCEN of the rows of a recording, in order.
struct Normalising {
    settings: Pcen,
    /// Share of a new row in the smoothed energy.
    share: f64,
    /// bias^power
    offset: f64,
    /// False until the first row.
    started: bool,
    /// The smoothed energy of each band.
    smoothed: Vec<f64>,
    /// The same for each of eight frames.
    smoothed_then: Vec<F64s>,
}

impl Normalising {
    fn new(settings: &Pcen, of: &LogMel) -> Self {
        let rows = settings.smoothing_s / of.row_s();
        let twice = 2.0 * rows * rows;
        let offset = power(F64s::splat(settings.bias), settings.power);
        Self {
            settings: *settings,
            share: ((1.0 + 2.0 * twice).sqrt() - 1.0) / twice,
            offset: offset.0[0],
            started: false,
            smoothed: vec![0.0; of.bands],
            smoothed_then: vec![F64s::ZERO; of.bands],
        }
    }

    /// Replaces the energies of `count` frames.
    fn apply(&mut self, energies: &mut [F32s], count: usize) {
        for energy in energies.iter_mut() {
            *energy = limited(*energy, 0.0) * PCEN_SCALE;
        }
        for lane in 0..count {
            for ((smoothed, then), energy) in self
                .smoothed
                .iter_mut()
                .zip(&mut self.smoothed_then)
                .zip(energies.iter())
            {
                let energy = f64::from(energy.0[lane]);
                *smoothed = if self.started {
                    (1.0 - self.share) * *smoothed + self.share * energy
                } else {
                    energy
                };
                then.0[lane] = *smoothed;
            }
            self.started = true;
        }
        let (settings, offset, all) = (self.settings, self.offset, &self.smoothed_then);
        vectorised(
            #[inline(always)]
            || {
                for (energy, smoothed) in energies.iter_mut().zip(all) {
                    let divisor = smoothed.map(|m| m + settings.floor);
                    let even = energy.wide() * power(divisor, -settings.gain);
                    let raised = power(even.map(|x| x + settings.bias), settings.power);
                    *energy = raised.map(|x| x - offset).narrow();
                }
            },
        );
    }
}

/// x^p of values that are not negative, |p| at most 1.
#[inline(always)]
fn power(x: F64s, p: f64) -> F64s {
    // The logarithm is of what is not 0, and stays within the exponential's range.
    exp(ln(x.max(F64s::splat(1e-300))) * p)
}
