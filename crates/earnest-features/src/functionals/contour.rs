//! The ten functionals that loudness and F0 have: docs/functionals.md, sections 3 and 4.

use super::extremes::{Extreme, Kind, extremes};
use super::moments::Moments;
use super::percentiles::percentiles;
use super::slopes::slopes;

/// Functionals of a contour: mean, `stddevNorm`, percentiles 20, 50 and 80, the range from the first
/// to the last of these, and mean and standard deviation of rising and of falling slopes.
pub(crate) const COUNT: usize = 10;

/// The values of a descriptor over time.
pub(crate) struct Contour {
    values: Vec<f32>,
}

/// What the functionals of a contour need to be worked out in.
#[derive(Default)]
pub(crate) struct Room {
    sorted: Vec<f32>,
    extremes: Vec<Extreme>,
}

/// The functionals of a contour, and how many of its peaks count.
pub(crate) struct OfContour {
    pub values: [f64; COUNT],
    pub peaks: usize,
}

impl Room {
    /// For contours of so many values without an allocation.
    pub fn with_capacity(values: usize) -> Self {
        Self {
            sorted: Vec::with_capacity(values),
            extremes: Vec::with_capacity(values / 2 + 1),
        }
    }
}

impl Contour {
    /// With room for so many values without an allocation.
    pub fn with_capacity(values: usize) -> Self {
        Self {
            values: Vec::with_capacity(values),
        }
    }

    pub fn add(&mut self, value: f32) {
        self.values.push(value);
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Forgets all but the first `count` values.
    pub fn truncate(&mut self, count: usize) {
        self.values.truncate(count);
    }

    /// All zeros where there is no value.
    pub fn functionals(&self, room: &mut Room) -> OfContour {
        let values = self.values.as_slice();
        let mut moments = Moments::default();
        values.iter().for_each(|x| moments.add(*x));
        let [mean, deviation] = moments.pair();
        let [p20, p50, p80] = percentiles(values, [0.2, 0.5, 0.8], &mut room.sorted);
        extremes(values, &mut room.extremes);
        let [rising, rising_deviation, falling, falling_deviation] = slopes(values, &room.extremes);
        let is_peak = |extreme: &&Extreme| extreme.kind == Kind::Peak;
        OfContour {
            values: [
                mean,
                deviation,
                p20,
                p50,
                p80,
                p80 - p20,
                rising,
                rising_deviation,
                falling,
                falling_deviation,
            ],
            peaks: room.extremes.iter().filter(is_peak).count(),
        }
    }
}
