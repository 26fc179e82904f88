//! The stretch of a recording that frames still need.

use crate::vectorised::vectorised;

/// Samples from some place on, as the original sees them: 16-bit numbers, and those over
/// 32767 (docs/descriptors.md, section 1).
#[derive(Default)]
pub(crate) struct Samples {
    start: usize,
    whole: Vec<f32>,
    scaled: Vec<f32>,
}

impl Samples {
    /// Room for this many samples at once.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            start: 0,
            whole: Vec::with_capacity(capacity),
            scaled: Vec::with_capacity(capacity),
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.start = 0;
        self.whole.clear();
        self.scaled.clear();
    }

    /// Samples seen so far.
    pub fn end(&self) -> usize {
        self.start + self.whole.len()
    }

    /// Samples that fit in without a new allocation.
    pub fn room(&self) -> usize {
        self.whole.capacity().min(self.scaled.capacity()) - self.whole.len()
    }

    /// Adds samples of full scale 1.0, rounded to 16 bits towards zero.
    pub fn extend(&mut self, samples: &[f32]) {
        let start = self.whole.len();
        self.whole.resize(start + samples.len(), 0.0);
        self.scaled.resize(start + samples.len(), 0.0);
        let whole = &mut self.whole[start..];
        let scaled = &mut self.scaled[start..];
        vectorised(
            #[inline(always)]
            || {
                for ((x, whole), scaled) in samples.iter().zip(whole).zip(scaled) {
                    *whole = (x * 32768.0).clamp(-32768.0, 32767.0).trunc();
                    *scaled = *whole / 32767.0;
                }
            },
        );
    }

    /// Forgets what lies before `place`.
    pub fn forget_before(&mut self, place: usize) {
        let count = place.saturating_sub(self.start).min(self.whole.len());
        self.whole.drain(..count);
        self.scaled.drain(..count);
        self.start += count;
    }

    /// Scaled samples from `place` on.
    pub fn from(&self, place: usize) -> &[f32] {
        &self.scaled[place - self.start..]
    }

    /// The same as whole numbers.
    pub fn whole_from(&self, place: usize) -> &[f32] {
        &self.whole[place - self.start..]
    }
}
