//! A box-shaped room by image sources (Allen and Berkley 1979): where every reflection comes
//! from, when, and how much of it is left in each band.

use earnest_signal::line_slope;

use super::bands::{BANDS, LANES, Row};
use super::head::Vector;

/// A room with six walls, one corner in the origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Shoebox {
    /// Length, width, height, m.
    pub size_m: Vector,
    /// Energy absorption of the walls at x = 0, x = length, y = 0, y = width, floor, ceiling.
    pub absorption: [[f64; BANDS]; 6],
    /// Energy that air takes on each metre, Np/m ([`air`](super::bands::air)).
    pub air: [f64; BANDS],
    /// Speed of sound, m/s.
    pub speed: f64,
}

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// From where, seen from the receiver: length 1.
    pub direction: Vector,
    /// How far it came, m.
    pub distance_m: f64,
    /// How many walls it met.
    pub order: u32,
    /// Energy in each band, of a source that has 1 at 1 m.
    pub energy: Row,
}

/// Energy by time: one row for each bin.
#[derive(Clone, Debug, PartialEq)]
pub struct EnergyDecay {
    /// Width of a bin, seconds.
    pub bin_s: f64,
    /// Energy that arrives in each bin.
    pub rows: Vec<Row>,
}

/// Images along one axis.
struct Axis {
    /// Sorted by distance: offset from the receiver, walls met, energy left.
    images: Vec<(f64, u32, Row)>,
}

/// What the mean is over from which a decay is continued, s.
const LAST_S: f64 = 0.04;

impl Shoebox {
    /// Volume, cubic metres.
    #[must_use]
    pub fn volume(&self) -> f64 {
        self.size_m.iter().product()
    }

    fn axis(&self, axis: usize, source: f64, receiver: f64, reach: f64) -> Axis {
        let length = self.size_m[axis];
        let most = (reach / (2.0 * length)).ceil() as i32 + 1;
        let mut images = Vec::new();
        for m in -most..=most {
            for p in 0..2_i32 {
                let place = f64::from(1 - 2 * p) * source + 2.0 * f64::from(m) * length;
                let (near, far) = ((m - p).unsigned_abs(), m.unsigned_abs());
                let mut energy = [0.0_f32; LANES];
                for (b, e) in energy.iter_mut().enumerate().take(BANDS) {
                    let keep = |wall: usize| 1.0 - self.absorption[2 * axis + wall][b];
                    *e = (keep(0).powi(near as i32) * keep(1).powi(far as i32)) as f32;
                }
                images.push((place - receiver, near + far, energy));
            }
        }
        images.sort_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
        Axis { images }
    }

    /// Calls `each` for every image within `reach` metres: offset from the receiver, squared
    /// distance, walls met, energy before distance and air take theirs.
    fn images(
        &self,
        source: &Vector,
        receiver: &Vector,
        reach: f64,
        mut each: impl FnMut(&Vector, f64, u32, &Row),
    ) {
        let axes: [Axis; 3] = std::array::from_fn(|a| self.axis(a, source[a], receiver[a], reach));
        let limit = reach * reach;
        for (x, nx, ex) in &axes[0].images {
            let xx = x * x;
            if xx > limit {
                break;
            }
            for (y, ny, ey) in &axes[1].images {
                let xy = xx + y * y;
                if xy > limit {
                    break;
                }
                let mut exy = *ex;
                for (a, b) in exy.iter_mut().zip(ey) {
                    *a *= b;
                }
                for (z, nz, ez) in &axes[2].images {
                    let squared = xy + z * z;
                    if squared > limit {
                        break;
                    }
                    let mut energy = exy;
                    for (a, b) in energy.iter_mut().zip(ez) {
                        *a *= b;
                    }
                    each(&[*x, *y, *z], squared, nx + ny + nz, &energy);
                }
            }
        }
    }

    /// All arrivals from within `reach` metres, the first first.
    #[must_use]
    pub fn arrivals(&self, source: &Vector, receiver: &Vector, reach: f64) -> Vec<Arrival> {
        let mut all = Vec::new();
        self.images(source, receiver, reach, |offset, squared, order, energy| {
            let distance = squared.sqrt().max(1e-3);
            let mut energy = *energy;
            for (e, m) in energy.iter_mut().zip(&self.air) {
                *e *= ((-m * distance).exp() / (distance * distance)) as f32;
            }
            all.push(Arrival {
                direction: offset.map(|x| x / distance),
                distance_m: distance,
                order,
                energy,
            });
        });
        all.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
        all
    }

    /// How energy arrives over time, up to `seconds`.
    #[must_use]
    pub fn decay(
        &self,
        source: &Vector,
        receiver: &Vector,
        seconds: f64,
        bin_s: f64,
    ) -> EnergyDecay {
        let speed = self.speed;
        let bins = (seconds / bin_s).ceil() as usize;
        let mut rows = vec![[0.0_f32; LANES]; bins];
        let scale = (1.0 / (speed * bin_s)) as f32;
        self.images(
            source,
            receiver,
            seconds * speed,
            |_, squared, _, energy| {
                let squared = squared as f32;
                let bin = (squared.sqrt() * scale) as usize;
                if let Some(row) = rows.get_mut(bin) {
                    let spread = squared.max(1e-6).recip();
                    for (sum, e) in row.iter_mut().zip(energy) {
                        *sum += e * spread;
                    }
                }
            },
        );
        // Air depends on distance only, so on the bin.
        for (i, row) in rows.iter_mut().enumerate() {
            let distance = (i as f64 + 0.5) * bin_s * speed;
            for (e, m) in row.iter_mut().zip(&self.air) {
                *e *= (-m * distance).exp() as f32;
            }
        }
        EnergyDecay { bin_s, rows }
    }

    /// How energy arrives over time, up to `seconds`: counted up to `counted_s`, from there on falling from the
    /// mean of the last 40 ms as it fell to it, but no faster than Eyring's formula has it, and .6 times as
    /// fast at least. Far cheaper than [`decay`](Self::decay) for rooms that sound long, whose images are many.
    #[must_use]
    pub fn decay_continued(
        &self,
        source: &Vector,
        receiver: &Vector,
        seconds: f64,
        counted_s: f64,
        bin_s: f64,
    ) -> EnergyDecay {
        if counted_s >= seconds {
            return self.decay(source, receiver, seconds, bin_s);
        }
        let mut decay = self.decay(source, receiver, counted_s, bin_s);
        let counted = decay.rows.len();
        let last = ((LAST_S / bin_s) as usize).clamp(1, counted.max(1));
        let from = counted.saturating_sub(last);
        let before = from.saturating_sub(last);
        let mean_of = |rows: &[[f32; LANES]], b: usize| {
            rows.iter().map(|row| f64::from(row[b])).sum::<f64>() / rows.len().max(1) as f64
        };
        let mean: [f64; BANDS] = std::array::from_fn(|b| mean_of(&decay.rows[from..], b));
        // As it fell between the last two stretches, near what Eyring's formula has: images between parallel
        // walls fall more slowly.
        let mut falls = self.eyrings_fall();
        for (b, fall) in falls.iter_mut().enumerate() {
            let earlier = mean_of(&decay.rows[before..from], b);
            let seen = (earlier / mean[b]).ln() / (last as f64 * bin_s);
            if seen.is_finite() {
                *fall = seen.clamp(0.6 * *fall, *fall);
            }
        }
        // The mean stands for the middle of what it is of.
        let middle = counted as f64 - last as f64 / 2.0;
        let bins = (seconds / bin_s).ceil() as usize;
        for i in counted..bins {
            let later_s = (i as f64 + 0.5 - middle) * bin_s;
            let mut row = [0.0_f32; LANES];
            for b in 0..BANDS {
                row[b] = (mean[b] * (-falls[b] * later_s).exp()) as f32;
            }
            decay.rows.push(row);
        }
        decay
    }

    /// How fast energy falls in each band after Eyring's formula, 1/s: `c (S a + 4 m V) / (4 V)`.
    fn eyrings_fall(&self) -> [f64; BANDS] {
        let [x, y, z] = self.size_m;
        let areas = [y * z, y * z, x * z, x * z, x * y, x * y];
        let surface: f64 = areas.iter().sum();
        std::array::from_fn(|b| {
            let walls = self.absorption.iter().zip(&areas);
            let absorbed: f64 = walls.map(|(wall, area)| wall[b] * area).sum();
            let walls = -(1.0 - (absorbed / surface).min(0.999)).ln() * surface;
            self.speed * (walls + 4.0 * self.air[b] * self.volume()) / (4.0 * self.volume())
        })
    }

    /// The same room with all walls absorbing so much that Eyring's formula (1930) gives the
    /// reverberation time that is asked for, in each band: `24 ln 10 V / (c (S a + 4 m V))`, where `a` is
    /// `-ln(1 - absorption)`. Its decay may be some tenths longer or shorter.
    #[must_use]
    pub fn with_eyrings_rt60(mut self, rt60_s: &[f64; BANDS]) -> Self {
        let [x, y, z] = self.size_m;
        let surface = 2.0 * (x * y + y * z + z * x);
        for b in 0..BANDS {
            let total = 24.0 * std::f64::consts::LN_10 * self.volume() / (self.speed * rt60_s[b]);
            let walls = ((total - 4.0 * self.air[b] * self.volume()) / surface).max(1e-3);
            let alpha = (1.0 - (-walls).exp()).clamp(1e-3, 0.99);
            for wall in &mut self.absorption {
                wall[b] = alpha;
            }
        }
        self
    }

    /// The same room with all walls absorbing so much that its reverberation time is the one
    /// asked for, in each band, as its decay has it (Eyring's formula is where it starts).
    #[must_use]
    pub fn with_rt60(mut self, rt60_s: &[f64; BANDS]) -> Self {
        let [x, y, z] = self.size_m;
        let longest = rt60_s.iter().copied().fold(0.05, f64::max);
        let (source, receiver) = (
            [0.37 * x, 0.41 * y, 0.45 * z],
            [0.66 * x, 0.57 * y, 0.52 * z],
        );
        let mut wanted = *rt60_s;
        for _ in 0..6 {
            self = self.with_eyrings_rt60(&wanted);
            let decay = self.decay(&source, &receiver, 0.9 * longest, 0.004);
            for b in 0..BANDS {
                let got = decay.rt60_s(b).unwrap_or(rt60_s[b]);
                wanted[b] *= (rt60_s[b] / got).clamp(0.5, 2.0);
            }
        }
        self
    }
}

impl EnergyDecay {
    /// Reverberation time of a band, seconds: a line through the backward integral from -5 to
    /// -35 dB.
    #[must_use]
    pub fn rt60_s(&self, band: usize) -> Option<f64> {
        let mut sum = 0.0_f64;
        let mut curve: Vec<f64> = self
            .rows
            .iter()
            .rev()
            .map(|row| {
                sum += f64::from(row[band]);
                sum
            })
            .collect();
        curve.reverse();
        let total = *curve.first().filter(|t| **t > 0.0)?;
        let db = |i: usize| 10.0 * (curve[i] / total).max(1e-30).log10();
        let below = |level: f64| (0..curve.len()).find(|i| db(*i) <= level);
        let (a, b) = (below(-5.0)?, below(-35.0)?);
        let slope = line_slope(a, b, &db)? / self.bin_s;
        (slope < 0.0).then_some(-60.0 / slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::bands::{air, flat};

    fn room(alpha: f64) -> Shoebox {
        Shoebox {
            size_m: [6.0, 4.0, 3.0],
            absorption: [flat(alpha); 6],
            air: air(20.0, 50.0),
            speed: 343.2,
        }
    }

    #[test]
    fn the_first_arrivals_are_where_geometry_puts_them() {
        let (source, receiver) = ([2.0, 1.0, 1.5], [4.0, 3.0, 1.0]);
        let arrivals = room(0.2).arrivals(&source, &receiver, 12.0);
        let direct = arrivals[0];
        let distance = (4.0_f64 + 4.0 + 0.25).sqrt();
        assert!((direct.distance_m - distance).abs() < 1e-12 && direct.order == 0);
        assert!((direct.direction[0] + 2.0 / distance).abs() < 1e-12);
        // The floor's image is at z = -1.5.
        let floor = (8.0_f64 + 6.25).sqrt();
        let found = arrivals
            .iter()
            .find(|a| (a.distance_m - floor).abs() < 1e-9)
            .unwrap();
        assert_eq!(found.order, 1);
        let expected = 0.8 / (floor * floor);
        assert!(
            (f64::from(found.energy[3]) / expected - 1.0).abs() < 0.02,
            "air takes a little"
        );
        assert_eq!(arrivals.iter().filter(|a| a.order == 1).count(), 6);
        assert!(
            arrivals
                .windows(2)
                .all(|w| w[0].distance_m <= w[1].distance_m)
        );
    }

    #[test]
    fn an_anechoic_room_has_the_direct_sound_only() {
        let arrivals = room(1.0).arrivals(&[1.0, 1.0, 1.0], &[3.0, 1.0, 1.0], 40.0);
        let heard = arrivals.iter().filter(|a| a.energy[2] > 0.0).count();
        assert_eq!(heard, 1);
        assert!((arrivals[0].energy[2] - 0.25).abs() < 1e-3);
    }

    #[test]
    fn the_decay_has_the_energy_of_the_arrivals() {
        let (source, receiver) = ([2.0, 1.0, 1.5], [4.0, 3.0, 1.0]);
        let speed = room(0.3).speed;
        let arrivals = room(0.3).arrivals(&source, &receiver, 0.1 * speed);
        let decay = room(0.3).decay(&source, &receiver, 0.1, 0.004);
        let a: f32 = arrivals.iter().map(|a| a.energy[4]).sum();
        let b: f32 = decay.rows.iter().map(|r| r[4]).sum();
        assert!((a / b - 1.0).abs() < 0.01, "{a} {b}");
    }

    #[test]
    fn a_decay_that_is_continued_is_that_of_the_images_within_three_decibels() {
        let (source, receiver) = ([2.0, 1.0, 1.5], [4.0, 3.0, 1.0]);
        let room = room(0.3).with_eyrings_rt60(&[0.6; BANDS]);
        let counted = room.decay(&source, &receiver, 0.5, 0.004);
        let continued = room.decay_continued(&source, &receiver, 0.5, 0.15, 0.004);
        assert_eq!(counted.rows.len(), continued.rows.len());
        let energy = |rows: &[[f32; LANES]]| rows.iter().map(|r| f64::from(r[3])).sum::<f64>();
        // Of what comes after the images that were counted, in steps of 40 ms.
        for (a, b) in counted
            .rows
            .chunks(10)
            .zip(continued.rows.chunks(10))
            .take(9)
        {
            let db = 10.0 * (energy(a) / energy(b)).log10();
            assert!(db.abs() < 3.0, "{db} dB");
        }
    }

    #[test]
    fn a_room_is_fitted_to_the_reverberation_time_asked_for() {
        for rt60 in [0.25, 0.5, 0.9] {
            let asked = [rt60, rt60, rt60, rt60, 0.9 * rt60, 0.8 * rt60, 0.6 * rt60];
            let room = room(0.5).with_rt60(&asked);
            let decay = room.decay(&[1.0, 1.2, 1.6], &[4.1, 2.3, 1.2], 1.2 * rt60, 0.004);
            for b in 0..BANDS {
                let got = decay.rt60_s(b).unwrap();
                assert!(
                    (got / asked[b] - 1.0).abs() < 0.1,
                    "band {b}: {got} for {}",
                    asked[b]
                );
            }
        }
    }
}
