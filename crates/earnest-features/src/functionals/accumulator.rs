//! From unsmoothed rows to functionals, one row at a time: docs/functionals.md, sections 1 and 2.

use super::COUNT;
use super::contour::{Contour, Room};
use super::moments::Moments;
use super::segments::Segments;
use super::slopes::RATE;
use crate::descriptor as d;
use crate::smoothing::{sma3, sma3nz};
use crate::stream::WideRow;

/// Columns that count in all short frames, beside loudness.
const ALL: [usize; 5] = [d::FLUX, d::MFCC, d::MFCC + 1, d::MFCC + 2, d::MFCC + 3];

/// Columns of the voice.
const VOICE: [usize; 14] = [
    d::JITTER,
    d::SHIMMER,
    d::HNR,
    d::H1_H2,
    d::H1_A3,
    d::F1_FREQUENCY,
    d::F1_BANDWIDTH,
    d::F1_AMPLITUDE,
    d::F2_FREQUENCY,
    d::F2_BANDWIDTH,
    d::F2_AMPLITUDE,
    d::F3_FREQUENCY,
    d::F3_BANDWIDTH,
    d::F3_AMPLITUDE,
];

/// Of these, the ones that are taken from voiced frames only. (Amplitudes are not: their -201 dB in
/// unvoiced frames counts.)
fn only_voiced(column: usize) -> bool {
    matches!(
        column,
        d::F1_FREQUENCY
            | d::F1_BANDWIDTH
            | d::F2_FREQUENCY
            | d::F2_BANDWIDTH
            | d::F3_FREQUENCY
            | d::F3_BANDWIDTH
    )
}

/// Columns that have functionals of voiced frames only.
const VOICED: [usize; 9] = [
    d::ALPHA_RATIO,
    d::HAMMARBERG,
    d::SLOPE_0_500,
    d::SLOPE_500_1500,
    d::FLUX,
    d::MFCC,
    d::MFCC + 1,
    d::MFCC + 2,
    d::MFCC + 3,
];

/// Columns that have functionals of unvoiced frames only: the first of [`VOICED`].
const UNVOICED: usize = 5;

/// The means and deviations that rows go into.
#[derive(Clone, Copy, Default)]
struct Sums {
    all: [Moments; ALL.len()],
    voice: [Moments; VOICE.len()],
    voiced: [Moments; VOICED.len()],
    unvoiced: [Moments; UNVOICED],
}

/// What the functionals of a segment need of its rows.
pub(crate) struct Accumulator {
    /// Rows so far whose F0 is decided, and the last two of them, as they were unsmoothed.
    rows: usize,
    before: WideRow,
    here: WideRow,
    sums: Sums,
    loudness: Contour,
    pitch: Contour,
    segments: Segments,
    room: Room,
}

/// A column's value in voiced frames (or in unvoiced ones), else 0.
fn where_voiced(row: &WideRow, column: usize, voiced: bool) -> f32 {
    if (row[d::F0] != 0.0) == voiced {
        row[column]
    } else {
        0.0
    }
}

impl Accumulator {
    /// With room for so many rows without an allocation.
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            rows: 0,
            before: [0.0; d::WIDE],
            here: [0.0; d::WIDE],
            sums: Sums::default(),
            loudness: Contour::with_capacity(rows),
            pitch: Contour::with_capacity(rows),
            segments: Segments::default(),
            room: Room::with_capacity(rows),
        }
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Forgets all rows.
    pub fn reset(&mut self) {
        self.rows = 0;
        self.sums = Sums::default();
        self.loudness.truncate(0);
        self.pitch.truncate(0);
        self.segments = Segments::default();
    }

    /// Adds the next row, unsmoothed, its F0 decided.
    pub fn push(&mut self, row: &WideRow) {
        if self.rows > 0 {
            let (before, here) = (self.before, self.here);
            self.add_short(&before, &here, row);
            self.add_pitch(&before, &here, row);
            self.add_voiced(&before, &here, row);
            self.add_unvoiced(&before, &here, row);
            self.add_voice(&before, &here, row);
            self.before = here;
        } else {
            // The first row is its own left neighbour.
            self.before = *row;
        }
        self.here = *row;
        self.segments.push(row[d::F0] > 0.0);
        self.rows += 1;
    }

    /// The functionals if the segment ends here. `ahead` are the rows that it would have after those
    /// pushed: their short frames, and the F0 of the first. `level_db` is its equivalent level.
    ///
    /// At least one row was pushed.
    pub fn functionals(&mut self, ahead: &[WideRow], level_db: f64) -> [f32; COUNT] {
        let kept = (self.sums, self.loudness.len(), self.pitch.len());
        let (before, here) = (self.before, self.here);
        let next = ahead.first().unwrap_or(&here);
        self.add_short(&before, &here, next);
        // Some columns still see the next row, others have none to see.
        self.add_pitch(&before, &here, next);
        self.add_voiced(&before, &here, next);
        self.add_unvoiced(&before, &here, next);
        self.add_voice(&before, &here, &here);
        let mut left = &here;
        for (i, row) in ahead.iter().enumerate() {
            self.add_short(left, row, ahead.get(i + 1).unwrap_or(row));
            left = row;
        }
        let values = self.values(self.segments.functionals(), level_db);
        self.sums = kept.0;
        self.loudness.truncate(kept.1);
        self.pitch.truncate(kept.2);
        values
    }

    /// The functionals of a segment that ends before the F0 of any row is decided: of its `short`
    /// rows, one for each short frame, and its `long` rows, one for each long frame, whose F0 was
    /// decided by the end.
    pub fn of_undecided(
        &mut self,
        short: &[WideRow],
        long: &[WideRow],
        level_db: f64,
    ) -> [f32; COUNT] {
        for (i, row) in short.iter().enumerate() {
            let left = &short[i.saturating_sub(1)];
            self.add_short(left, row, short.get(i + 1).unwrap_or(row));
        }
        for (i, row) in long.iter().enumerate() {
            let left = &long[i.saturating_sub(1)];
            if i == 0 {
                self.add_pitch(row, row, row);
                self.add_unvoiced(row, row, row);
            }
            self.add_voiced(left, row, row);
            self.add_voice(left, row, long.get(i + 1).unwrap_or(row));
        }
        let values = self.values(Segments::default().functionals(), level_db);
        self.reset();
        values
    }

    /// Adds a row's short columns, between its neighbours.
    fn add_short(&mut self, left: &WideRow, here: &WideRow, right: &WideRow) {
        let smooth = |c: usize| sma3(left[c], here[c], right[c]);
        self.loudness.add(smooth(d::LOUDNESS));
        for (moments, column) in self.sums.all.iter_mut().zip(ALL) {
            moments.add(smooth(column));
        }
    }

    fn add_pitch(&mut self, left: &WideRow, here: &WideRow, right: &WideRow) {
        let pitch = sma3nz(left[d::F0], here[d::F0], right[d::F0]);
        if pitch != 0.0 {
            self.pitch.add(pitch);
        }
    }

    fn add_voiced(&mut self, left: &WideRow, here: &WideRow, right: &WideRow) {
        for (moments, column) in self.sums.voiced.iter_mut().zip(VOICED) {
            let [left, here, right] = [left, here, right].map(|r| where_voiced(r, column, true));
            moments.add_present(sma3nz(left, here, right));
        }
    }

    fn add_unvoiced(&mut self, left: &WideRow, here: &WideRow, right: &WideRow) {
        for (moments, column) in self.sums.unvoiced.iter_mut().zip(VOICED) {
            let [left, here, right] = [left, here, right].map(|r| where_voiced(r, column, false));
            moments.add_present(sma3nz(left, here, right));
        }
    }

    fn add_voice(&mut self, left: &WideRow, here: &WideRow, right: &WideRow) {
        for (moments, column) in self.sums.voice.iter_mut().zip(VOICE) {
            let [left, here, right] = [left, here, right].map(|row| {
                if only_voiced(column) {
                    where_voiced(row, column, true)
                } else {
                    row[column]
                }
            });
            moments.add_present(sma3nz(left, here, right));
        }
    }

    /// All in openSMILE's order.
    fn values(&mut self, segments: [f64; 5], level_db: f64) -> [f32; COUNT] {
        let pitch = self.pitch.functionals(&mut self.room);
        let loudness = self.loudness.functionals(&mut self.room);
        let seconds = self.loudness.len() as f64 / RATE;
        let pairs = [
            self.sums.all.as_slice(),
            self.sums.voice.as_slice(),
            self.sums.voiced.as_slice(),
        ];
        let values = pitch
            .values
            .into_iter()
            .chain(loudness.values)
            .chain(pairs.into_iter().flatten().flat_map(Moments::pair))
            .chain(self.sums.unvoiced.iter().map(Moments::mean))
            .chain([loudness.peaks as f64 / seconds])
            .chain(segments)
            .chain([level_db]);
        let mut all = [0.0; COUNT];
        for (cell, value) in all.iter_mut().zip(values) {
            *cell = value as f32;
        }
        all
    }
}
