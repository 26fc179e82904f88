//! Vowels whose F0, formants, jitter and shimmer are known exactly: pulses at exact
//! instants excite an all-pole vocal tract whose response is written down in closed form,
//! so no instant is ever rounded to a sample.
#![allow(dead_code)]

use earnest_random::Key;

pub const RATE: u32 = 16_000;

pub struct Vowel {
    pub name: &'static str,
    pub f0: f64,
    pub formants: [f64; 5],
    pub bandwidths: [f64; 5],
    /// Standard deviation of each period, relative to the mean.
    pub period_spread: f64,
    /// Standard deviation of each pulse's level, dB.
    pub level_spread: f64,
    pub seed: u64,
}

/// What a vowel really contains.
pub struct Truth {
    /// Mean |difference| of successive periods over the mean period.
    pub jitter: f64,
    /// Mean |difference| of successive pulses' levels, dB.
    pub shimmer: f64,
}

pub const MALE: [(&str, [f64; 5]); 5] = [
    ("a", [730.0, 1090.0, 2440.0, 3400.0, 4500.0]),
    ("e", [530.0, 1840.0, 2480.0, 3500.0, 4500.0]),
    ("i", [270.0, 2290.0, 3010.0, 3700.0, 4600.0]),
    ("o", [570.0, 840.0, 2410.0, 3300.0, 4400.0]),
    ("u", [300.0, 870.0, 2240.0, 3300.0, 4400.0]),
];

pub const FEMALE: [(&str, [f64; 5]); 5] = [
    ("a", [850.0, 1220.0, 2810.0, 3800.0, 4900.0]),
    ("e", [610.0, 2330.0, 2990.0, 3900.0, 4950.0]),
    ("i", [310.0, 2790.0, 3310.0, 4100.0, 5000.0]),
    ("o", [590.0, 920.0, 2710.0, 3800.0, 4900.0]),
    ("u", [370.0, 950.0, 2670.0, 3700.0, 4900.0]),
];

pub fn vowel(name: &'static str, f0: f64, formants: [f64; 5]) -> Vowel {
    Vowel {
        name,
        f0,
        formants,
        bandwidths: [70.0, 90.0, 140.0, 180.0, 220.0],
        period_spread: 0.0,
        level_spread: 0.0,
        seed: 1,
    }
}

#[derive(Clone, Copy)]
struct C(f64, f64);

impl C {
    fn minus(self, o: C) -> C {
        C(self.0 - o.0, self.1 - o.1)
    }
    fn times(self, o: C) -> C {
        C(self.0 * o.0 - self.1 * o.1, self.0 * o.1 + self.1 * o.0)
    }
    fn over(self, o: C) -> C {
        let n = o.0 * o.0 + o.1 * o.1;
        C(
            (self.0 * o.0 + self.1 * o.1) / n,
            (self.1 * o.0 - self.0 * o.1) / n,
        )
    }
}

impl Vowel {
    pub fn speak(&self, seconds: f64) -> (Vec<f32>, Truth) {
        let rate = f64::from(RATE);
        let n = (seconds * rate) as usize;
        // Poles: five resonances, and two real ones for the tilt of voice and lips.
        let tau = std::f64::consts::TAU;
        let mut poles: Vec<C> = self
            .formants
            .iter()
            .zip(&self.bandwidths)
            .flat_map(|(f, b)| [C(-0.5 * tau * b, tau * f), C(-0.5 * tau * b, -tau * f)])
            .collect();
        poles.push(C(-tau * 120.0, 0.0));
        let gain: f64 = poles.iter().map(|p| p.0.hypot(p.1).ln()).sum();
        let scale = (gain / poles.len() as f64).exp();
        let residues: Vec<C> = (0..poles.len())
            .map(|i| {
                let mut r = C(1.0, 0.0);
                for (j, q) in poles.iter().enumerate() {
                    if j != i {
                        let d = poles[i].minus(*q);
                        r = r.over(C(d.0 / scale, d.1 / scale));
                    }
                }
                r
            })
            .collect();
        let mut generator = Key::new(self.seed).with(self.name).generator();
        let (mut periods, mut levels) = (vec![], vec![]);
        let mut x = vec![0.0_f64; n];
        let mut at = 0.004;
        while at < seconds {
            let db = self.level_spread * generator.normal();
            let height = 10.0_f64.powf(db / 20.0);
            for (p, r) in poles.iter().zip(&residues) {
                if p.1 < 0.0 {
                    continue;
                }
                let share = if p.1 == 0.0 { 1.0 } else { 2.0 };
                let first = (at * rate).ceil() as usize;
                let t = first as f64 / rate - at;
                let polar = |t: f64| {
                    let e = (p.0 * t).exp();
                    C(e * (p.1 * t).cos(), e * (p.1 * t).sin())
                };
                let (mut z, step) = (polar(t).times(*r), polar(1.0 / rate));
                for x in x.iter_mut().skip(first).take(1600) {
                    *x += height * share * z.0;
                    z = z.times(step);
                }
            }
            let period = (1.0 + self.period_spread * generator.normal()) / self.f0;
            at += period;
            periods.push(period);
            levels.push(db);
        }
        let difference = |v: &[f64]| {
            v.windows(2).map(|w| (w[1] - w[0]).abs()).sum::<f64>() / (v.len() - 1) as f64
        };
        let mean = periods.iter().sum::<f64>() / periods.len() as f64;
        let top = x.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        (
            x.iter().map(|x| (0.5 * x / top) as f32).collect(),
            Truth {
                jitter: difference(&periods) / mean,
                shimmer: difference(&levels),
            },
        )
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
