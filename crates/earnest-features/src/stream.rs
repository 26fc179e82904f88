//! From samples to rows, as they come: the one path that batch and live use go.

use std::collections::VecDeque;

use crate::accurate::Accurate;
use crate::descriptor::{self as d, COUNT, WIDE};
use crate::fft::Bin;
use crate::formants::band::BandResampler;
use crate::formants::{FormantFinder, Formants};
use crate::framing::{Framing, LONG_S};
use crate::harmonics::{HarmonicValues, Harmonics};
use crate::jitter::Jitter;
use crate::lanes::{Column, F32s, LANES};
use crate::loudness::Loudness;
use crate::mel::MelBank;
use crate::mfcc::Mfcc;
use crate::pitch::octave::OctaveScale;
use crate::pitch::shs::SubHarmonicSum;
use crate::pitch::viterbi::Viterbi;
use crate::pitch::{CANDIDATES, Candidate};
use crate::samples::Samples;
use crate::settings::{Lld32, Mode, Version};
use crate::smoothing::{median3nz, sma3, sma3nz};
use crate::spectral::Spectral;
use crate::spectrum::{Spectrum, Zeros, gauss, hamming};
use crate::vectorised::vectorised;

/// One row of descriptors, in the order of [`crate::descriptor::NAMES`].
pub type Row = [f32; COUNT];

/// A [`Row`] and, behind it, what eGeMAPSv02 has beside (`descriptor::F2_BANDWIDTH` and on).
pub(crate) type WideRow = [f32; WIDE];

/// A frame is voiced only if its windowed RMS is above this.
const ENERGY_GATE: f64 = 0.001;

/// Groups that can be in use at once: each holds at least one frame that waits, or is new.
const GROUPS: usize = Viterbi::LONGEST_WAIT + 1;

/// What a group of frames leaves for the time when their F0 is decided.
struct Group {
    magnitude: Vec<F32s>,
    correlation: Vec<F32s>,
}

/// A frame that waits for its F0.
struct Waiting {
    group: usize,
    lane: usize,
    last_of_group: bool,
    loud_enough: bool,
    formants: Formants,
}

/// What the modes do differently.
enum Definition {
    OpenSmile {
        formants: Box<FormantFinder>,
        harmonics: Box<Harmonics>,
        jitter: Jitter,
    },
    Accurate(Box<Accurate>),
}

/// The descriptors of a recording whose samples come bit by bit.
///
/// Rows come out as soon as they are final, and are the same bits however the samples are
/// cut into pushes. Nothing is allocated after `new`.
pub struct Stream {
    framing: Framing,
    samples: Samples,
    short: Spectrum,
    long: Spectrum,
    bank: MelBank,
    loudness: Loudness,
    mfcc: Mfcc,
    spectral: Spectral,
    definition: Definition,
    octave: OctaveScale,
    scaled: Vec<F32s>,
    work: Vec<Bin>,
    shs: SubHarmonicSum,
    viterbi: Viterbi,
    /// Frames transformed so far.
    frames: usize,
    /// Frames whose F0 is decided.
    decided: usize,
    pitches: Vec<f32>,
    waiting: VecDeque<Waiting>,
    groups: Vec<Group>,
    free: Vec<usize>,
    /// Unsmoothed rows from row `first_row` on.
    rows: VecDeque<WideRow>,
    first_row: usize,
    /// Rows given out.
    emitted: usize,
}

impl Stream {
    /// For recordings at this rate, Hz.
    #[must_use]
    pub fn new(sample_rate: u32, settings: Lld32) -> Self {
        Self::of_version(sample_rate, settings, Version::V01a)
    }

    /// In mode `opensmile`, as this version has the descriptors.
    pub(crate) fn of_version(sample_rate: u32, settings: Lld32, version: Version) -> Self {
        let framing = Framing::new(sample_rate, settings);
        let rate = framing.sample_rate;
        let zeros = match (settings.mode, version) {
            (Mode::OpenSmile, Version::V02) => Zeros::Around,
            _ => Zeros::After,
        };
        let short = Spectrum::new(hamming(framing.short), zeros);
        let long = Spectrum::new(gauss(framing.long), zeros);
        let (short_bins, long_bins) = (short.magnitude.len(), long.magnitude.len());
        let short_size = short.fft().size();
        let long_size = long.fft().size();
        // By the windows' nominal lengths: at odd rates not quite the rate over the size.
        let short_s = settings.window.seconds() * short_size as f64 / framing.short as f64;
        let long_s = LONG_S * long_size as f64 / framing.long as f64;
        let bank = MelBank::new(1.0 / short_s, short_bins, rate);
        let octave = OctaveScale::new(long_bins, long_s);
        let definition = match settings.mode {
            Mode::OpenSmile => Definition::OpenSmile {
                formants: Box::new(FormantFinder::new(BandResampler::new(
                    framing.short,
                    short_size,
                    rate,
                ))),
                harmonics: Box::new(Harmonics::new(1.0 / long_s, rate)),
                jitter: Jitter::new(&framing, version),
            },
            Mode::Accurate => Definition::Accurate(Box::new(Accurate::new(&framing, long_size))),
        };
        // What the oldest undecided frame may still look back at, the frames that wait,
        // a group of frames, and as much again so that forgetting is rarely a move.
        let history = 2 * (4 * framing.long + (Viterbi::LONGEST_WAIT + LANES) * framing.hop);
        Self {
            samples: Samples::with_capacity(history),
            loudness: Loudness::new(&bank),
            bank,
            mfcc: Mfcc::new(),
            spectral: Spectral::new(1.0 / short_s, short_bins, settings.mode),
            definition,
            shs: SubHarmonicSum::new(&octave, long_bins),
            octave,
            scaled: vec![F32s::ZERO; long_bins],
            work: vec![Bin::ZERO; long_size / 2],
            viterbi: Viterbi::new(),
            frames: 0,
            decided: 0,
            pitches: Vec::with_capacity(Viterbi::LONGEST_WAIT + LANES),
            waiting: VecDeque::with_capacity(Viterbi::LONGEST_WAIT + LANES),
            groups: (0..GROUPS)
                .map(|_| Group {
                    magnitude: vec![F32s::ZERO; long_bins],
                    correlation: vec![F32s::ZERO; long_bins],
                })
                .collect(),
            free: (0..GROUPS).collect(),
            rows: VecDeque::with_capacity(Viterbi::LONGEST_WAIT + 2 * LANES),
            first_row: 0,
            emitted: 0,
            short,
            long,
            framing,
        }
    }

    /// Where the frames lie.
    #[must_use]
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// Adds samples; gives each row that is now final to `sink`, in order.
    pub fn push(&mut self, samples: &[f32], sink: &mut impl FnMut(&Row)) {
        self.push_wide(samples, &mut |row| sink(&narrow(row)));
    }

    /// Ends the recording: gives the remaining rows to `sink`. Then all is as new.
    pub fn finish(&mut self, sink: &mut impl FnMut(&Row)) {
        self.finish_wide(&mut |row| sink(&narrow(row)));
    }

    /// [`Self::push`], with all columns there are.
    pub(crate) fn push_wide(&mut self, samples: &[f32], sink: &mut impl FnMut(&WideRow)) {
        self.push_settling(samples, &mut |stream| {
            if stream.decided >= 2 {
                let row = stream.smooth(stream.emitted, None);
                sink(&row);
                stream.emitted += 1;
                while stream.first_row + 1 < stream.emitted {
                    stream.rows.pop_front();
                    stream.first_row += 1;
                }
            }
        });
    }

    /// Adds samples; gives each row whose F0 is now decided to `sink` as it is, unsmoothed. A
    /// recording goes this way from its beginning, or not at all.
    pub(crate) fn push_raw(&mut self, samples: &[f32], sink: &mut impl FnMut(&WideRow)) {
        self.push_settling(samples, &mut Self::giving_raw(sink));
    }

    /// After a row is settled: gives it out, unsmoothed.
    fn giving_raw(sink: &mut impl FnMut(&WideRow)) -> impl FnMut(&mut Self) {
        |stream| {
            if let Some(row) = stream.rows.pop_front() {
                stream.first_row += 1;
                sink(&row);
            }
        }
    }

    /// Adds samples; calls `settled` after each row that they settle.
    fn push_settling(&mut self, mut samples: &[f32], settled: &mut impl FnMut(&mut Self)) {
        while !samples.is_empty() {
            if self.samples.room() == 0 {
                self.samples.forget_before(self.needed_from());
            }
            let (now, later) = samples.split_at(samples.len().min(self.samples.room()));
            self.samples.extend(now);
            samples = later;
            let ready = self.framing.frames(self.samples.end(), self.framing.long);
            while self.frames < ready {
                self.group((ready - self.frames).min(LANES), settled);
            }
        }
    }

    /// Long frames so far, decided or not.
    pub(crate) fn frames(&self) -> usize {
        self.frames
    }

    /// What would follow after [`Self::push_raw`] if the recording ended here; it can go on all the
    /// same. `sink` is given the unsmoothed rows that are not out, in order, as far as there are
    /// short frames: columns 1-19 of each, and the F0 of the first, as the search stands.
    pub(crate) fn ahead(&mut self, sink: &mut impl FnMut(&WideRow)) {
        let known = self.rows.len();
        let short_frames = self.framing.frames(self.samples.end(), self.framing.short);
        let beyond = short_frames.saturating_sub(self.frames).min(LANES);
        if beyond > 0 {
            self.spectral.keep();
            self.short_group(self.frames, beyond);
            self.spectral.restore();
        }
        let mut first = self.waiting.front().map(|frame| {
            let f0 = self.viterbi.leading();
            semitones(if frame.loud_enough { f0 } else { 0.0 })
        });
        for row in &self.rows {
            match first.take() {
                Some(f0) => {
                    let mut row = *row;
                    row[d::F0] = f0;
                    sink(&row);
                }
                None => sink(row),
            }
        }
        self.rows.truncate(known);
    }

    /// Ends a recording that went through [`Self::push_raw`]: gives the remaining rows to `sink`,
    /// unsmoothed, one for each long frame. Then all is as new.
    pub(crate) fn finish_raw(&mut self, sink: &mut impl FnMut(&WideRow)) {
        let mut pitches = std::mem::take(&mut self.pitches);
        self.viterbi.finish(|f0| pitches.push(f0));
        let mut give = Self::giving_raw(sink);
        for f0 in pitches.drain(..) {
            self.settle(f0);
            give(self);
        }
        self.pitches = pitches;
        self.reset();
    }

    /// [`Self::finish`], with all columns there are.
    pub(crate) fn finish_wide(&mut self, sink: &mut impl FnMut(&WideRow)) {
        let frames = self.frames;
        if frames > 0 {
            let before_end = self.decided;
            let mut pitches = std::mem::take(&mut self.pitches);
            self.viterbi.finish(|f0| pitches.push(f0));
            for f0 in pitches.drain(..) {
                self.settle(f0);
            }
            self.pitches = pitches;
            // The smoothing of the last rows reaches into short frames that have no long one.
            let short_frames = self.framing.frames(self.samples.end(), self.framing.short);
            let beyond = (short_frames - frames).min(2) * self.framing.extra_rows;
            if beyond > 0 {
                self.short_group(frames, beyond);
            }
            let before_end = match self.definition {
                Definition::OpenSmile { .. } => before_end,
                Definition::Accurate(_) => frames,
            };
            let end = End { frames, before_end };
            while self.emitted < frames + self.framing.extra_rows {
                let row = self.smooth(self.emitted, Some(end));
                sink(&row);
                self.emitted += 1;
            }
        }
        self.reset();
    }

    /// Forgets the recording.
    pub fn reset(&mut self) {
        self.samples.clear();
        self.spectral.reset();
        self.viterbi.reset();
        if let Definition::OpenSmile { jitter, .. } = &mut self.definition {
            jitter.reset();
        }
        self.frames = 0;
        self.decided = 0;
        self.pitches.clear();
        self.waiting.clear();
        self.free.clear();
        self.free.extend(0..self.groups.len());
        self.rows.clear();
        self.first_row = 0;
        self.emitted = 0;
    }

    /// The first sample that a frame may still ask for.
    fn needed_from(&self) -> usize {
        let backlog = match &self.definition {
            Definition::OpenSmile { jitter, .. } => jitter.backlog(),
            Definition::Accurate(_) => 0,
        };
        (self.decided * self.framing.hop).saturating_sub(backlog)
    }

    /// Transforms the next `count` frames and settles what they decide.
    fn group(&mut self, count: usize, settled: &mut impl FnMut(&mut Self)) {
        let first = self.frames;
        let formants = self.short_group(first, count);
        let (group, candidates) = self.long_group(first, count);
        self.frames += count;
        for lane in 0..count {
            self.waiting.push_back(Waiting {
                group,
                lane,
                last_of_group: lane + 1 == count,
                loud_enough: self.long.energy[lane].sqrt() > ENERGY_GATE,
                formants: formants[lane],
            });
            let mut pitches = std::mem::take(&mut self.pitches);
            self.viterbi.push(candidates[lane], |f0| pitches.push(f0));
            for f0 in pitches.drain(..) {
                self.settle(f0);
                settled(self);
            }
            self.pitches = pitches;
        }
    }

    /// The short frames `first` .. `first + count`: columns 1-19 and the formants' place,
    /// into new rows.
    fn short_group(&mut self, first: usize, count: usize) -> [Formants; LANES] {
        let hop = self.framing.hop;
        self.short.transform(
            self.samples.from(first * hop + self.framing.short_offset),
            hop,
            count,
        );
        let short = &self.short;
        let mut columns = [F32s::ZERO; d::F0];
        let bands = vectorised(
            #[inline(always)]
            || self.bank.apply(&short.power),
        );
        let spectral = vectorised(
            #[inline(always)]
            || self.spectral.of(&short.magnitude, &short.power, count),
        );
        columns[d::LOUDNESS] = vectorised(
            #[inline(always)]
            || self.loudness.of(&bands),
        );
        columns[d::ALPHA_RATIO] = spectral.alpha_ratio;
        columns[d::HAMMARBERG] = spectral.hammarberg;
        columns[d::SLOPE_0_500] = spectral.slope_0_500;
        columns[d::SLOPE_500_1500] = spectral.slope_500_1500;
        columns[d::FLUX] = spectral.flux;
        let mfcc = vectorised(
            #[inline(always)]
            || self.mfcc.of(&bands),
        );
        columns[d::MFCC..d::F0].copy_from_slice(&mfcc);
        let formants = match &mut self.definition {
            Definition::OpenSmile { formants, .. } => formants.of(&short.re, &short.im),
            Definition::Accurate(_) => [Formants::default(); LANES],
        };
        for (lane, found) in formants.iter().enumerate().take(count) {
            let mut row = [0.0; WIDE];
            for (cell, column) in row.iter_mut().zip(&columns) {
                *cell = column.0[lane];
            }
            set_formants(&mut row, found);
            self.rows.push_back(row);
        }
        formants
    }

    /// The long frames `first` .. `first + count`: where their spectra are kept, and their
    /// F0 candidates.
    fn long_group(
        &mut self,
        first: usize,
        count: usize,
    ) -> (usize, [[Candidate; CANDIDATES]; LANES]) {
        let hop = self.framing.hop;
        self.long
            .transform(self.samples.from(first * hop), hop, count);
        // There are as many as frames can wait, so one is always free.
        let place = self.free.pop().unwrap_or_default();
        let group = &mut self.groups[place];
        let audible = self.long.energy[..count]
            .iter()
            .any(|e| e.sqrt() > ENERGY_GATE);
        vectorised(
            #[inline(always)]
            || self.octave.apply(&self.long.magnitude, &mut self.scaled),
        );
        let candidates = vectorised(
            #[inline(always)]
            || self.shs.candidates(&self.scaled),
        );
        if let Definition::Accurate(accurate) = &self.definition {
            self.long.power[..accurate.lowest_bin()].fill(F32s::ZERO);
        }
        if audible {
            let fft = self.long.fft();
            let correlation = &mut group.correlation;
            vectorised(
                #[inline(always)]
                || {
                    fft.even_inverse(
                        &self.long.power,
                        &mut self.work,
                        #[inline(always)]
                        |lag, x| correlation[lag] = x,
                    );
                },
            );
        }
        std::mem::swap(&mut group.magnitude, &mut self.long.magnitude);
        (place, candidates)
    }

    /// Takes the F0 of the oldest frame that waits, and with it the rest of its row.
    fn settle(&mut self, pitch: f32) {
        let Some(frame) = self.waiting.pop_front() else {
            return;
        };
        let f0 = if frame.loud_enough { pitch } else { 0.0 };
        let hop = self.framing.hop;
        let start = self.decided * hop;
        let group = &self.groups[frame.group];
        let magnitude = Column::new(&group.magnitude, frame.lane);
        let correlation = Column::new(&group.correlation, frame.lane);
        let row = &mut self.rows[self.decided - self.first_row];
        row[d::F0] = semitones(f0);
        match &mut self.definition {
            Definition::OpenSmile {
                harmonics, jitter, ..
            } => {
                (row[d::JITTER], row[d::SHIMMER]) = jitter.frame(&self.samples, start, hop, f0);
                let values = if f0 > 0.0 {
                    harmonics.of(magnitude, correlation, f0, frame.formants.frequency)
                } else {
                    HarmonicValues::UNVOICED
                };
                row[d::HNR] = values.hnr;
                row[d::H1_H2] = values.h1_h2;
                row[d::H1_A3] = values.h1_a3;
                set_amplitudes(row, values.amplitudes);
            }
            Definition::Accurate(accurate) => {
                let length = self.framing.long;
                let samples = &self.samples.from(start)[..length];
                let whole = &self.samples.whole_from(start)[..length];
                let voice = accurate.of(samples, whole, magnitude, correlation, f0);
                row[d::JITTER] = voice.jitter;
                row[d::SHIMMER] = voice.shimmer;
                row[d::HNR] = voice.hnr;
                row[d::H1_H2] = voice.h1_h2;
                row[d::H1_A3] = voice.h1_a3;
                set_formants(row, &voice.formants);
                set_amplitudes(row, voice.amplitudes);
            }
        }
        if frame.last_of_group {
            self.free.push(frame.group);
        }
        self.decided += 1;
    }

    /// Row `i`, smoothed. At the end of a recording, `end` says where it is.
    fn smooth(&self, i: usize, end: Option<End>) -> WideRow {
        let last = self.rows.len() - 1;
        let raw = |i: usize| &self.rows[(i - self.first_row).min(last)];
        let (before, here, after) = (raw(i.saturating_sub(1)), raw(i), raw(i + 1));
        let mut row = [0.0; WIDE];
        for c in 0..d::F0 {
            row[c] = sma3(before[c], here[c], after[c]);
        }
        let place = end.map_or(Place::Inside, |end| end.place(i));
        for c in d::F0..WIDE {
            row[c] = match place {
                Place::Inside => sma3nz(before[c], here[c], after[c]),
                Place::Last => sma3nz(before[c], here[c], here[c]),
                Place::Repeat => before[c],
            };
        }
        if let (Definition::Accurate(_), Place::Inside) = (&self.definition, place) {
            row[d::F0] = median3nz(before[d::F0], here[d::F0], after[d::F0]);
        }
        row
    }
}

/// Where a recording ends. The voiced columns end twice (docs/descriptors.md, section 12): where
/// the decisions stood when the recording ended, and at its last long frame.
#[derive(Clone, Copy)]
struct End {
    frames: usize,
    before_end: usize,
}

/// How a row's voiced columns are smoothed.
#[derive(Clone, Copy)]
enum Place {
    /// With both neighbours.
    Inside,
    /// Its right neighbour is itself.
    Last,
    /// The row before, unsmoothed.
    Repeat,
}

impl End {
    fn place(self, i: usize) -> Place {
        if i == self.frames {
            return Place::Repeat;
        }
        for end in [self.before_end, self.frames] {
            if end > 0 && i == end {
                return Place::Repeat;
            }
            if end > 0 && i == end - 1 {
                return Place::Last;
            }
        }
        Place::Inside
    }
}

/// The 32 descriptors of a row.
fn narrow(row: &WideRow) -> Row {
    std::array::from_fn(|c| row[c])
}

fn set_formants(row: &mut WideRow, formants: &Formants) {
    row[d::F1_FREQUENCY] = formants.frequency[0];
    row[d::F1_BANDWIDTH] = formants.bandwidth[0];
    row[d::F2_FREQUENCY] = formants.frequency[1];
    row[d::F2_BANDWIDTH] = formants.bandwidth[1];
    row[d::F3_FREQUENCY] = formants.frequency[2];
    row[d::F3_BANDWIDTH] = formants.bandwidth[2];
}

fn set_amplitudes(row: &mut WideRow, amplitudes: [f32; 3]) {
    row[d::F1_AMPLITUDE] = amplitudes[0];
    row[d::F2_AMPLITUDE] = amplitudes[1];
    row[d::F3_AMPLITUDE] = amplitudes[2];
}

/// Semitones above 27.5 Hz; 0 when unvoiced, 1 for what lies below 1 semitone.
fn semitones(f0: f32) -> f32 {
    if f0 <= 0.0 {
        0.0
    } else if f0 > 29.136 {
        12.0 * (f0 / 27.5).ln() / std::f32::consts::LN_2
    } else {
        1.0
    }
}
