//! A stretch of a recording: from one moment to another, or to its end.

use std::fmt;

/// A moment in a table that is this much past the end of a recording is its end: tables round.
pub(crate) const ROUNDING_S: f64 = 0.010;

/// A stretch of a recording that is not the whole of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    start_s: f64,
    end_s: Option<f64>,
}

/// Why two moments make no stretch.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct StretchError(&'static str);

impl Stretch {
    /// From `start_s` to `end_s` in seconds, or to the recording's end. `None` if that is the
    /// whole recording.
    ///
    /// # Errors
    /// A moment is negative or no finite number, or the end is not after the start.
    pub fn new(start_s: f64, end_s: Option<f64>) -> Result<Option<Self>, StretchError> {
        let end = end_s.unwrap_or(f64::MAX);
        if !start_s.is_finite() || !end.is_finite() {
            return Err(StretchError("a moment is no finite number of seconds"));
        }
        if start_s < 0.0 || end < 0.0 {
            return Err(StretchError("a moment is negative"));
        }
        if end <= start_s {
            return Err(StretchError("its end is not after its start"));
        }
        let whole = start_s == 0.0 && end_s.is_none();
        Ok((!whole).then_some(Self { start_s, end_s }))
    }

    /// Where it begins, seconds.
    #[must_use]
    pub fn start_s(self) -> f64 {
        self.start_s
    }

    /// Where it ends, seconds; `None` at the recording's end.
    #[must_use]
    pub fn end_s(self) -> Option<f64> {
        self.end_s
    }

    /// Its first sample at a rate, and the one after its last.
    pub(crate) fn samples(self, rate: u32) -> (u64, Option<u64>) {
        let at = |seconds: f64| (seconds * f64::from(rate)).round() as u64;
        (at(self.start_s), self.end_s.map(at))
    }
}

/// `1.25-3.5`, or `1.25-end`: as it stands in names of files.
impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end_s {
            Some(end) => write!(f, "{}-{end}", self.start_s),
            None => write!(f, "{}-end", self.start_s),
        }
    }
}

/// Cuts a stretch out of samples that come block by block.
pub(crate) struct Cutter {
    start: u64,
    /// The sample after its last.
    end: Option<u64>,
    /// Samples that have come.
    seen: u64,
}

impl Cutter {
    pub fn new(stretch: Option<Stretch>, rate: u32) -> Self {
        let (start, end) = stretch.map_or((0, None), |s| s.samples(rate));
        Self {
            start,
            end,
            seen: 0,
        }
    }

    /// Which of the next `length` samples belong to it.
    pub fn next(&mut self, length: usize) -> std::ops::Range<usize> {
        let place = |at: u64| {
            let at = at.saturating_sub(self.seen).min(length as u64);
            at as usize
        };
        let range = place(self.start)..self.end.map_or(length, place);
        self.seen += length as u64;
        range.start..range.end.max(range.start)
    }

    /// How many samples have come.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// True if nothing that comes belongs to it.
    pub fn is_over(&self) -> bool {
        self.end.is_some_and(|end| self.seen >= end)
    }

    /// At the end of the recording: true if it reaches beyond it by more than what rounds.
    pub fn is_beyond(&self, rate: u32) -> bool {
        let slack = (ROUNDING_S * f64::from(rate)).round() as u64;
        let begins_in_time = self.start == 0 || self.start < self.seen;
        !begins_in_time || self.end.is_some_and(|end| end > self.seen + slack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_that_make_no_stretch_are_refused() {
        for (start, end) in [
            (-0.1, None),
            (0.0, Some(-1.0)),
            (2.0, Some(1.0)),
            (1.0, Some(1.0)),
            (f64::NAN, None),
            (0.0, Some(f64::INFINITY)),
        ] {
            assert!(Stretch::new(start, end).is_err(), "{start} {end:?}");
        }
        assert_eq!(Stretch::new(0.0, None), Ok(None));
        let named = |start, end| Stretch::new(start, end).unwrap().unwrap().to_string();
        assert_eq!(named(1.25, Some(3.5)), "1.25-3.5");
        assert_eq!(named(2.0, None), "2-end");
    }

    proptest::proptest! {
        #[test]
        fn however_samples_come_the_same_ones_are_cut_out(
            start in 0_u64..300, length in 1_u64..300, piece in 1_usize..70,
        ) {
            let mut cutter = Cutter { start, end: Some(start + length), seen: 0 };
            let all: Vec<u64> = (0..500).collect();
            let mut cut = Vec::new();
            for block in all.chunks(piece) {
                let range = cutter.next(block.len());
                cut.extend_from_slice(&block[range]);
            }
            let expected: Vec<u64> = (start..(start + length).min(500)).collect();
            assert_eq!(cut, expected);
        }
    }
}
