//! A single-precision split-radix real FFT in the operation order of Takuya Ooura's
//! General Purpose FFT Package (`rdft` of its `fftsg`), so that every bit agrees with it.
//!
//! Written anew from that package's published algorithm, for eight transforms at once.
//! Seen as a whole, the algorithm is a tree. A node of N points holds quarters A, B, C, D
//! and comes in two kinds:
//!
//! * *plain*: with s = A+C, d = A-C, t = B+D, u = B-D the quarters become s+t, s-t,
//!   w (d+iu), w' (d-iu), where w and w' are the roots of unity of one and three steps;
//! * *turned*: with x = A+iC, y = A-iC, v = B+iD, z = B-iD they become wx+w'v, wx-w'v,
//!   and the same of y and z: this is the plain node of the odd half, an eighth turned.
//!
//! The quarters are then nodes themselves: plain, turned, plain, plain beneath a plain
//! node, and plain, turned, plain, turned beneath a turned one, down to 4 or 2 points.
//! The result stands in bit-reversed order. Roots of unity are rounded where the package
//! rounds them, and products are added in its order; that makes the bits.

use crate::complex::Complex;
use crate::lanes::F32s;

/// A complex number in each of eight transforms; before a transform, two samples in a row.
pub(crate) type Bin = Complex<F32s>;

impl Bin {
    pub const ZERO: Self = Self {
        re: F32s::ZERO,
        im: F32s::ZERO,
    };

    #[inline(always)]
    fn times(self, w: Root) -> Self {
        Self {
            re: self.re * w.re - self.im * w.im,
            im: self.im * w.re + self.re * w.im,
        }
    }

    /// An eighth of a turn, where both parts of the root are the same number.
    #[inline(always)]
    fn eighth(self, half: f32) -> Self {
        Self {
            re: (self.re - self.im) * half,
            im: (self.im + self.re) * half,
        }
    }

    /// Three eighths of a turn.
    #[inline(always)]
    fn three_eighths(self, half: f32) -> Self {
        Self {
            re: (self.re + self.im) * -half,
            im: (self.im - self.re) * -half,
        }
    }
}

/// A root of unity.
#[derive(Clone, Copy, Debug, Default)]
struct Root {
    re: f32,
    im: f32,
}

impl Root {
    const fn new(re: f32, im: f32) -> Self {
        Self { re, im }
    }

    fn negated(self) -> Self {
        Self::new(-self.re, -self.im)
    }

    /// With sine and cosine exchanged: a quarter turn minus this one.
    fn mirrored(self) -> Self {
        Self::new(self.im, self.re)
    }
}

/// Roots of the plain nodes of one size, for points 1 .. N/4.
type PlainRoots = Vec<[Root; 2]>;
/// Roots of the turned nodes of one size, for points 1 .. N/4.
type TurnedRoots = Vec<[Root; 4]>;

#[derive(Clone, Copy)]
struct Node {
    start: usize,
    points: usize,
    turned: bool,
}

/// A plan for real transforms of one power-of-two length.
pub(crate) struct RealFft {
    size: usize,
    /// cos 45 degrees as the package rounds it.
    half: f32,
    first: PlainRoots,
    plain: Vec<PlainRoots>,
    turned: Vec<TurnedRoots>,
    /// All nodes but the root, each before its quarters.
    nodes: Vec<Node>,
    reversed: Vec<u32>,
    /// Roots that join the complex transform of N/2 points to the real one of N.
    join: Vec<Root>,
}

/// The package's table of cosines and sines for the largest nodes.
struct Table {
    delta: f32,
    quarter: usize,
}

impl Table {
    fn new(size: usize) -> Self {
        let quarter = size / 8;
        let eighth_turn = 1.0_f64.atan();
        Self {
            delta: (eighth_turn / quarter.max(1) as f64) as f32,
            quarter,
        }
    }

    fn cos(&self, j: usize) -> f64 {
        f64::from(self.delta * j as f32).cos()
    }

    /// The root of one step and that of three, at place `j` of the table.
    fn roots(&self, j: usize) -> [Root; 2] {
        let one = f64::from(self.delta * j as f32);
        let three = f64::from(3.0 * self.delta * j as f32);
        [
            Root::new(one.cos() as f32, one.sin() as f32),
            Root::new(three.cos() as f32, three.sin() as f32),
        ]
    }
}

/// Sets point q and its mirror image N/4 - q of a plain node.
fn set_plain(roots: &mut PlainRoots, q: usize, [one, three]: [Root; 2]) {
    let mirror = roots.len() - q;
    roots[q] = [one, three];
    roots[mirror] = [one.mirrored(), three.mirrored().negated()];
}

impl RealFft {
    /// For real transforms of `size` samples, a power of two of at least 4.
    pub fn new(size: usize) -> Self {
        debug_assert!(size.is_power_of_two() && size >= 4);
        let points = size / 2;
        let table = Table::new(size);
        let half = table.cos(table.quarter) as f32;
        let mut nodes = Vec::new();
        descend(
            Node {
                start: 0,
                points,
                turned: false,
            },
            &mut nodes,
        );
        let levels = points.ilog2() as usize + 1;
        let mut plain = vec![PlainRoots::new(); levels];
        let mut turned = vec![TurnedRoots::new(); levels];
        for node in &nodes {
            let level = node.points.ilog2() as usize;
            if node.turned && turned[level].is_empty() {
                turned[level] = turned_roots(&table, size, node.points);
            } else if !node.turned && plain[level].is_empty() {
                plain[level] = plain_roots(&table, size, node.points);
            }
        }
        let bits = points.ilog2();
        Self {
            half,
            first: first_roots(&table, half, size),
            plain,
            turned,
            nodes,
            reversed: (0..points as u32)
                .map(|k| k.reverse_bits() >> (32 - bits))
                .collect(),
            join: join_roots(size),
            size,
        }
    }

    /// Samples of a transform.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Transforms eight frames of real samples, two in a row to a place, which are
    /// destroyed. `bin` gets each bin's number 0 ..= size/2, real and imaginary part, kernel
    /// exp(+j...), no scaling.
    #[inline(always)]
    pub fn forward(&self, samples: &mut [Bin], mut bin: impl FnMut(usize, F32s, F32s)) {
        let points = self.size / 2;
        self.complex(samples);
        let at = |k: usize| samples[self.reversed[k] as usize];
        let first = at(0);
        bin(0, first.re + first.im, F32s::ZERO);
        bin(points, first.re - first.im, F32s::ZERO);
        for k in 1..points.div_ceil(2) {
            let (low, high) = (at(k), at(points - k));
            let w = self.join[k];
            let (x, y) = (low.re - high.re, low.im + high.im);
            let (u, v) = (x * w.re - y * w.im, y * w.re + x * w.im);
            bin(k, low.re - u, low.im - v);
            bin(points - k, high.re + u, high.im - v);
        }
        let middle = at(points / 2);
        bin(points / 2, middle.re, middle.im);
    }

    /// The inverse transform of eight real, even spectra (bins 0 ..= size/2), without
    /// scaling: `work` has `size`/2 places; `lag` gets each sample 0 ..= size/2.
    #[inline(always)]
    pub fn even_inverse(
        &self,
        spectrum: &[F32s],
        work: &mut [Bin],
        mut lag: impl FnMut(usize, F32s),
    ) {
        let points = self.size / 2;
        // The backward transform is the forward one between two conjugations.
        let last = (spectrum[0] - spectrum[points]) * 0.5;
        work[0] = Bin {
            re: spectrum[0] - last,
            im: -last,
        };
        for k in 1..points.div_ceil(2) {
            let w = self.join[k];
            let (low, high) = (spectrum[k], spectrum[points - k]);
            let x = low - high;
            let (u, im) = (x * w.re, -(x * w.im));
            work[k] = Bin { re: low - u, im };
            work[points - k] = Bin { re: high + u, im };
        }
        work[points / 2] = Bin {
            re: spectrum[points / 2],
            im: F32s::ZERO,
        };
        self.complex(work);
        for k in 0..=points / 2 {
            let two = work[self.reversed[k] as usize];
            lag(2 * k, two.re);
            if 2 * k < points {
                lag(2 * k + 1, -two.im);
            }
        }
    }

    /// The complex transform of size/2 points, in bit-reversed order.
    #[inline(always)]
    fn complex(&self, a: &mut [Bin]) {
        let points = self.size / 2;
        if points >= 4 {
            plain_node(a, &self.first, self.half);
        } else {
            two_points(a, false);
        }
        for node in &self.nodes {
            let part = &mut a[node.start..node.start + node.points];
            let level = node.points.ilog2() as usize;
            match (node.points, node.turned) {
                (2, turned) => two_points(part, turned),
                (_, false) => plain_node(part, &self.plain[level], self.half),
                (_, true) => turned_node(part, &self.turned[level], self.half),
            }
        }
    }
}

/// Lists what lies beneath a node, depth first, so that a part of the data stays in the
/// nearest cache until it is done.
fn descend(node: Node, nodes: &mut Vec<Node>) {
    let points = node.points / 4;
    if points < 2 {
        return;
    }
    for (i, turned) in [false, true, false, node.turned].into_iter().enumerate() {
        let child = Node {
            start: node.start + i * points,
            points,
            turned,
        };
        nodes.push(child);
        descend(child, nodes);
    }
}

fn plain_roots(table: &Table, size: usize, points: usize) -> PlainRoots {
    let quarter = points / 4;
    let mut roots = vec![[Root::default(); 2]; quarter];
    for q in 1..quarter / 2 {
        let [one, three] = table.roots(q * size / points);
        // With 16 points, the package takes three steps from below for one from above.
        let three = if points == 16 { one.mirrored() } else { three };
        set_plain(&mut roots, q, [one, three]);
    }
    roots
}

/// The root node: odd points are interpolated between the table's.
fn first_roots(table: &Table, half: f32, size: usize) -> PlainRoots {
    let points = size / 2;
    let quarter = points / 4;
    if points <= 16 {
        return plain_roots(table, size, points);
    }
    let mut roots = vec![[Root::default(); 2]; quarter];
    let secant = [(0.5 / table.cos(2)) as f32, (0.5 / table.cos(6)) as f32];
    let between = |a: Root, b: Root, s: f32| Root::new(s * (a.re + b.re), s * (a.im + b.im));
    let mut before = [Root::new(1.0, 0.0), Root::new(1.0, 0.0)];
    for q in (1..quarter / 2).step_by(2) {
        let after = if q + 1 == quarter / 2 {
            [Root::new(half, half), Root::new(-half, half)]
        } else {
            table.roots(2 * (q + 1))
        };
        let odd = [
            between(before[0], after[0], secant[0]),
            between(before[1], after[1], secant[1]),
        ];
        set_plain(&mut roots, q, odd);
        if q + 1 < quarter / 2 {
            set_plain(&mut roots, q + 1, after);
        }
        before = after;
    }
    roots
}

fn turned_roots(table: &Table, size: usize, points: usize) -> TurnedRoots {
    let quarter = points / 4;
    let middle = quarter / 2;
    let mut roots = vec![[Root::default(); 4]; quarter];
    // Place q stands for half a step of a plain node's.
    let at = |q: usize| table.roots(q * size / (2 * points));
    for q in 1..middle {
        let [one, three] = at(q);
        let [down, three_down] = if points == 16 {
            // Here, as for the plain node of 16, the package takes three steps from below
            // for one from above.
            [three, Root::new(-one.im, one.re)]
        } else {
            at(quarter - q)
        };
        roots[q] = [one, down.mirrored(), three, three_down.mirrored().negated()];
        roots[quarter - q] = [down, one.mirrored(), three_down, three.mirrored().negated()];
    }
    if middle > 0 {
        let [one, _] = at(middle);
        roots[middle] = [one, one.mirrored(), one.mirrored(), one.negated()];
    }
    roots
}

fn join_roots(size: usize) -> Vec<Root> {
    let points = size / 2;
    let quarter = size / 4;
    let count = quarter / 2;
    let delta = (1.0_f64.atan() / count.max(1) as f64) as f32;
    let angle = |j: usize| f64::from(delta * j as f32);
    // The package's table c: half cosines below the middle, half sines above it.
    let entry = |j: usize| -> f32 {
        if j == count {
            0.5 * (angle(count).cos() as f32)
        } else if j < count {
            (0.5 * angle(j).cos()) as f32
        } else {
            (0.5 * angle(quarter - j).sin()) as f32
        }
    };
    (0..points / 2)
        .map(|k| {
            if k == 0 {
                Root::default()
            } else {
                Root::new(0.5 - entry(quarter - k), entry(k))
            }
        })
        .collect()
}

/// Four equal quarters of a node.
#[inline(always)]
fn quarters(a: &mut [Bin]) -> [&mut [Bin]; 4] {
    let length = a.len() / 4;
    let (low, high) = a.split_at_mut(2 * length);
    let (p, q) = low.split_at_mut(length);
    let (r, s) = high.split_at_mut(length);
    [p, q, r, &mut s[..length]]
}

#[inline(always)]
fn plain_node(a: &mut [Bin], roots: &[[Root; 2]], half: f32) {
    let middle = a.len() / 8;
    let points = quarters(a);
    each_point(
        points,
        roots,
        #[inline(always)]
        |q, [a, b, c, d], w| {
            let (s, e, t, u) = (a.plus(c), a.minus(c), b.plus(d), b.minus(d));
            let (x, y) = (e.plus_turned(u), e.minus_turned(u));
            let (x, y) = if q == 0 {
                (x, y)
            } else if q == middle {
                (x.eighth(half), y.three_eighths(half))
            } else {
                (x.times(w[0]), y.times(w[1]))
            };
            [s.plus(t), s.minus(t), x, y]
        },
    );
}

#[inline(always)]
fn turned_node(a: &mut [Bin], roots: &[[Root; 4]], half: f32) {
    let points = quarters(a);
    each_point(
        points,
        roots,
        #[inline(always)]
        |q, [a, b, c, d], w| {
            let (x, y) = (a.plus_turned(c), a.minus_turned(c));
            let (v, z) = (b.plus_turned(d), b.minus_turned(d));
            if q == 0 {
                let (v, z) = (v.eighth(half), z.eighth(half));
                [x.plus(v), x.minus(v), y.plus_turned(z), y.minus_turned(z)]
            } else {
                let (x, v, y, z) = (x.times(w[0]), v.times(w[1]), y.times(w[2]), z.times(w[3]));
                [x.plus(v), x.minus(v), y.plus(z), y.minus(z)]
            }
        },
    );
}

/// Works on the same point of all four quarters, point by point.
#[inline(always)]
fn each_point<W: Copy + Default>(
    [a, b, c, d]: [&mut [Bin]; 4],
    roots: &[W],
    work: impl Fn(usize, [Bin; 4], W) -> [Bin; 4],
) {
    let points = a.iter_mut().zip(b).zip(c).zip(d).zip(roots).enumerate();
    for (q, ((((a, b), c), d), w)) in points {
        [*a, *b, *c, *d] = work(q, [*a, *b, *c, *d], *w);
    }
}

#[inline(always)]
fn two_points(a: &mut [Bin], turned: bool) {
    let [p, q] = [a[0], a[1]];
    [a[0], a[1]] = if turned {
        [p.plus_turned(q), p.minus_turned(q)]
    } else {
        [p.plus(q), p.minus(q)]
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::LANES;

    fn noise(seed: u64) -> impl FnMut() -> f32 {
        let mut generator = earnest_random::Key::new(seed).generator();
        move || generator.normal() as f32
    }

    #[test]
    fn it_agrees_with_the_definition_at_every_length() {
        for size in [4_usize, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] {
            let mut next = noise(size as u64);
            let x: Vec<F32s> = (0..size)
                .map(|_| F32s(std::array::from_fn(|_| next())))
                .collect();
            let mut found = vec![(F32s::ZERO, F32s::ZERO); size / 2 + 1];
            let mut work: Vec<Bin> = x
                .chunks(2)
                .map(|two| Bin {
                    re: two[0],
                    im: two[1],
                })
                .collect();
            RealFft::new(size).forward(&mut work, |k, re, im| found[k] = (re, im));
            let tolerance = 1e-6 * (size as f64).sqrt() * (size as f64).log2();
            for k in (0..=size / 2).step_by(1 + size / 64) {
                for lane in 0..LANES {
                    let (mut re, mut im) = (0.0, 0.0);
                    for (n, v) in x.iter().enumerate() {
                        let angle = std::f64::consts::TAU * (k * n % size) as f64 / size as f64;
                        re += f64::from(v.0[lane]) * angle.cos();
                        im += f64::from(v.0[lane]) * angle.sin();
                    }
                    let (a, b) = (found[k].0.0[lane], found[k].1.0[lane]);
                    assert!(
                        (f64::from(a) - re).hypot(f64::from(b) - im) < tolerance,
                        "size {size}, bin {k}: {a} {b} for {re} {im}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_inverse_of_an_even_spectrum_is_its_cosine_sum() {
        for size in [8_usize, 64, 512, 1024] {
            let mut next = noise(size as u64);
            let spectrum: Vec<F32s> = (0..=size / 2).map(|_| F32s::splat(next())).collect();
            let mut work = vec![Bin::ZERO; size / 2];
            let mut lags = vec![F32s::ZERO; size / 2 + 1];
            RealFft::new(size).even_inverse(&spectrum, &mut work, |n, x| lags[n] = x);
            for n in 0..=size / 2 {
                // Half of the sum over all bins, as the package scales it.
                let mut sum = 0.0;
                for (k, s) in spectrum.iter().enumerate() {
                    let angle = std::f64::consts::TAU * (k * n % size) as f64 / size as f64;
                    let share = if k == 0 || k == size / 2 { 0.5 } else { 1.0 };
                    sum += share * f64::from(s.0[0]) * angle.cos();
                }
                assert!(
                    (f64::from(lags[n].0[0]) - sum).abs() < 1e-4,
                    "size {size}, lag {n}: {} for {sum}",
                    lags[n].0[0]
                );
            }
        }
    }
}
