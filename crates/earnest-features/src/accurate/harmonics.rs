//! The harmonics of a voiced frame and their levels.

use crate::lanes::Column;
use crate::parabola::vertex;

/// How far from its place a harmonic is searched, in F0.
const REACH: f64 = 0.3;
/// Harmonics above this are not looked for, Hz.
const HIGHEST_HZ: f64 = 5700.0;
const LOWEST_LEVEL: f64 = -200.0;

/// One harmonic: frequency in Hz and level in dB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Harmonic {
    pub frequency: f64,
    pub level: f64,
}

pub(crate) struct Harmonics {
    df: f64,
    list: Vec<Harmonic>,
}

impl Harmonics {
    pub fn new(df: f64) -> Self {
        Self {
            df,
            list: Vec::with_capacity((HIGHEST_HZ / 50.0) as usize + 2),
        }
    }

    /// Finds the strongest bin near each multiple of F0; a parabola through the levels of
    /// it and its neighbours (exact for a Gauss window) gives frequency and level.
    pub fn find(&mut self, magnitude: Column<'_>, f0: f64) {
        self.list.clear();
        let db = |k: usize| 20.0 * f64::from(magnitude.at(k).max(1e-10)).log10();
        let bins = magnitude.len();
        let mut spacing = f0;
        let mut n = 1.0;
        loop {
            let expected = n * spacing;
            if expected > HIGHEST_HZ || self.list.len() == self.list.capacity() {
                break;
            }
            let low = (((expected - REACH * f0) / self.df).ceil() as usize).max(1);
            let high = ((expected + REACH * f0) / self.df).floor() as usize;
            if high + 1 >= bins {
                break;
            }
            let mut best = low;
            for k in low..=high {
                if magnitude.at(k) > magnitude.at(best) {
                    best = k;
                }
            }
            let (left, here, right) = (db(best - 1), db(best), db(best + 1));
            let (offset, level) = if here >= left && here >= right {
                vertex(left, here, right)
            } else {
                (0.0, here)
            };
            let frequency = (best as f64 + offset) * self.df;
            self.list.push(Harmonic { frequency, level });
            // The first ones show F0 more exactly than its own track; follow them.
            if n <= 10.0 && (frequency / n / f0 - 1.0).abs() < 0.03 {
                spacing = frequency / n;
            }
            n += 1.0;
        }
    }

    pub fn list(&self) -> &[Harmonic] {
        &self.list
    }

    /// Level in dB of harmonic `index` (0 = F0).
    pub fn level(&self, index: usize) -> f32 {
        self.list
            .get(index)
            .map_or(LOWEST_LEVEL, |h| h.level.max(LOWEST_LEVEL)) as f32
    }

    /// The strongest harmonic within 20 % of a formant; nothing if there is none.
    pub fn level_near(&self, formant: f32) -> Option<f32> {
        let f = f64::from(formant);
        self.list
            .iter()
            .filter(|h| f > 0.0 && (0.8 * f..=1.2 * f).contains(&h.frequency))
            .map(|h| h.level)
            .max_by(f64::total_cmp)
            .map(|level| level as f32)
    }
}
