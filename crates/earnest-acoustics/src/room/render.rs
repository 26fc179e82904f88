//! From arrivals to a response: early ones as they are, each from its direction and at its
//! fraction of a sample; the late ones as noise with their energy, diffuse.

use std::sync::Arc;

use earnest_random::Key;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::bands::{BANDS, LANES, share};
use super::head::{SphericalHead, Vector};
use super::shoebox::Shoebox;

/// Who hears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Receiver {
    /// A point that hears all directions alike: one response.
    Point,
    /// Two ears: left, right.
    Head(SphericalHead),
}

/// How responses are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rendering {
    /// Samples each second.
    pub sample_rate: u32,
    /// Length of a response, seconds.
    pub seconds: f64,
    /// From when to when arrivals pass from early to late, seconds after the source.
    pub mixing_s: (f64, f64),
    /// Until when images are counted, seconds after the source; from then on the decay is
    /// continued ([`Shoebox::decay_continued`]). Infinite counts all.
    pub counted_s: f64,
}

/// Taps on either side of a fractional delay.
const SIDE: isize = 16;
/// Width of the bins in which late energy is counted, seconds.
const BIN_S: f64 = 0.004;

/// Makes responses, keeping FFT plans and filters between calls.
pub struct Renderer {
    rendering: Rendering,
    length: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// Each band's share of each frequency, over the FFT's size.
    shares: Vec<Vec<f32>>,
}

impl Renderer {
    /// A renderer.
    #[must_use]
    pub fn new(rendering: Rendering) -> Self {
        let rate = f64::from(rendering.sample_rate);
        let length = (rendering.seconds * rate).ceil() as usize + SIDE as usize;
        // A power of two has room for what band filters ring.
        let size = (length + 1024).next_power_of_two();
        let mut planner = RealFftPlanner::new();
        let shares = (0..BANDS)
            .map(|b| {
                let at = |i: usize| share(i as f64 * rate / size as f64, b) / size as f64;
                (0..=size / 2).map(|i| at(i) as f32).collect()
            })
            .collect();
        Self {
            rendering,
            length,
            forward: planner.plan_fft_forward(size),
            inverse: planner.plan_fft_inverse(size),
            shares,
        }
    }

    /// The response from a source to a receiver: one channel, or the left and the right ear.
    /// Time 0 is when the source sounds; a source has amplitude 1 at 1 m. `key` is for the
    /// late part's noise.
    #[must_use]
    pub fn response(
        &self,
        room: &Shoebox,
        source: &Vector,
        place: &Vector,
        receiver: &Receiver,
        key: &Key,
    ) -> Vec<Vec<f32>> {
        let rate = f64::from(self.rendering.sample_rate);
        let speed = room.speed;
        let (from, to) = self.rendering.mixing_s;
        let early = |t: f64| {
            let x = ((t - from) / (to - from).max(1e-6)).clamp(0.0, 1.0);
            1.0 - x // of the energy
        };
        let ears: Vec<Option<Vector>> = match receiver {
            Receiver::Point => vec![None],
            Receiver::Head(head) => head.ears().into_iter().map(Some).collect(),
        };
        // Trains of impulses, a row of bands for each sample.
        let mut trains = vec![vec![[0.0_f32; LANES]; self.length]; ears.len()];
        let until = to.min(self.rendering.seconds);
        for arrival in room.arrivals(source, place, until * speed) {
            let time = arrival.distance_m / speed;
            let share = early(time);
            if share <= 0.0 {
                break;
            }
            for (ear, train) in ears.iter().zip(&mut trains) {
                let mut amplitude = arrival.energy.map(|e| (e * share as f32).sqrt());
                let mut delay = time;
                if let (Some(ear), Receiver::Head(head)) = (ear, receiver) {
                    let incidence = SphericalHead::incidence(ear, &arrival.direction);
                    delay += head.delay_s(incidence, speed);
                    let shadow = head.shadow(incidence, speed);
                    for (a, s) in amplitude.iter_mut().zip(shadow) {
                        *a *= s as f32;
                    }
                }
                add_impulse(train, delay * rate, &amplitude);
            }
        }
        let late = self.late(room, source, place, early, ears.len(), key);
        trains
            .into_iter()
            .zip(late)
            .map(|(train, late)| {
                let mut out = self.join(&train);
                for (y, x) in out.iter_mut().zip(&late) {
                    *y += x;
                }
                if let Receiver::Head(head) = receiver {
                    earnest_signal::SpectrumShaper::default().shape(
                        &mut out,
                        self.rendering.sample_rate,
                        |hz| head.pinna(hz),
                    );
                }
                out
            })
            .collect()
    }

    /// Adds up the bands of a train.
    fn join(&self, train: &[[f32; LANES]]) -> Vec<f32> {
        let mut time = self.forward.make_input_vec();
        let mut spectrum = self.forward.make_output_vec();
        let mut sum = vec![Complex::new(0.0_f32, 0.0); spectrum.len()];
        for (b, shares) in self.shares.iter().enumerate() {
            time.fill(0.0);
            for (slot, row) in time.iter_mut().zip(train) {
                *slot = row[b];
            }
            // The buffers come from the plan.
            let done = self.forward.process(&mut time, &mut spectrum);
            debug_assert!(done.is_ok());
            for ((total, bin), share) in sum.iter_mut().zip(&spectrum).zip(shares) {
                *total += bin * share;
            }
        }
        self.back(&mut sum)
    }

    fn back(&self, spectrum: &mut [Complex<f32>]) -> Vec<f32> {
        for end in [0, spectrum.len() - 1] {
            spectrum[end].im = 0.0;
        }
        let mut time = self.inverse.make_output_vec();
        let done = self.inverse.process(spectrum, &mut time);
        debug_assert!(done.is_ok());
        time.truncate(self.length);
        time
    }

    /// The late part for each ear: noise with the energy that arrives late, the same statistics
    /// at both, less and less alike towards high frequencies as in a diffuse field.
    fn late(
        &self,
        room: &Shoebox,
        source: &Vector,
        place: &Vector,
        early: impl Fn(f64) -> f64,
        ears: usize,
        key: &Key,
    ) -> Vec<Vec<f32>> {
        let rate = f64::from(self.rendering.sample_rate);
        let Rendering {
            seconds, counted_s, ..
        } = self.rendering;
        let decay = room.decay_continued(source, place, seconds, counted_s, BIN_S);
        let per_bin = BIN_S * rate;
        // Amplitude of the noise at the middle of each bin.
        let envelope: Vec<[f32; LANES]> = decay
            .rows
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let late = 1.0 - early((i as f64 + 0.5) * BIN_S);
                row.map(|e| (f64::from(e) * late / per_bin).sqrt() as f32)
            })
            .collect();
        let mut generator = key.with("late").generator();
        let mut white = || -> Vec<Complex<f32>> {
            let mut time = self.forward.make_input_vec();
            for x in time.iter_mut().take(self.length) {
                *x = generator.normal() as f32;
            }
            let mut spectrum = self.forward.make_output_vec();
            let done = self.forward.process(&mut time, &mut spectrum);
            debug_assert!(done.is_ok());
            spectrum
        };
        let first = white();
        let size = 2 * (first.len() - 1);
        let spectra: Vec<Vec<Complex<f32>>> = match ears {
            1 => vec![first],
            _ => {
                let second = white();
                // Coherence of a diffuse field between two points a head apart.
                let apart = 2.0 * HEAD_APART_M / room.speed;
                let mixed = first.iter().zip(&second).enumerate().map(|(i, (a, b))| {
                    let x = std::f64::consts::PI * apart * i as f64 * rate / size as f64;
                    let coherence = if x < 1e-9 { 1.0 } else { x.sin() / x };
                    a * coherence as f32 + b * (1.0 - coherence * coherence).sqrt() as f32
                });
                let mixed = mixed.collect();
                vec![first, mixed]
            }
        };
        spectra
            .into_iter()
            .map(|spectrum| {
                let mut out = vec![0.0_f32; self.length];
                for (b, shares) in self.shares.iter().enumerate() {
                    let mut band: Vec<Complex<f32>> =
                        spectrum.iter().zip(shares).map(|(s, w)| s * w).collect();
                    let noise = self.back(&mut band);
                    for (i, (y, n)) in out.iter_mut().zip(&noise).enumerate() {
                        *y += n * between(&envelope, i as f64 / per_bin - 0.5, b);
                    }
                }
                out
            })
            .collect()
    }
}

/// Half the distance that sound goes between the ears around a head, for coherence, m.
const HEAD_APART_M: f64 = 0.09;

/// A value between the rows of an envelope.
fn between(envelope: &[[f32; LANES]], place: f64, band: usize) -> f32 {
    let low = place.floor();
    let part = (place - low) as f32;
    let at = |i: f64| {
        let i = (i.max(0.0) as usize).min(envelope.len().saturating_sub(1));
        envelope.get(i).map_or(0.0, |row| row[band])
    };
    at(low) * (1.0 - part) + at(low + 1.0) * part
}

/// Adds an impulse at a fraction of a sample: a sinc under a Hann window.
fn add_impulse(train: &mut [[f32; LANES]], at: f64, amplitude: &[f32; LANES]) {
    let whole = at.floor() as isize;
    let part = at - whole as f64;
    // sin(pi (x - part)) is the same but for its sign at all whole x.
    let sine = (std::f64::consts::PI * part).sin();
    for k in 1 - SIDE..=SIDE {
        let Some(row) = usize::try_from(whole + k)
            .ok()
            .and_then(|i| train.get_mut(i))
        else {
            continue;
        };
        let x = k as f64 - part;
        let sinc = if x.abs() < 1e-9 {
            1.0
        } else {
            let sign = if k % 2 == 0 { -1.0 } else { 1.0 };
            sign * sine / (std::f64::consts::PI * x)
        };
        let window = 0.5 + 0.5 * (std::f64::consts::PI * x / SIDE as f64).cos();
        let tap = (sinc * window) as f32;
        for (y, a) in row.iter_mut().zip(amplitude) {
            *y += tap * a;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::bands::{air, flat};
    use earnest_signal::ResponseFacts;

    fn room(alpha: f64) -> Shoebox {
        Shoebox {
            size_m: [6.0, 4.0, 3.0],
            absorption: [flat(alpha); 6],
            air: air(20.0, 50.0),
            speed: 343.2,
        }
    }

    fn rendering(seconds: f64) -> Rendering {
        Rendering {
            sample_rate: 16_000,
            seconds,
            mixing_s: (0.03, 0.05),
            counted_s: f64::INFINITY,
        }
    }

    const SOURCE: Vector = [2.0, 1.0, 1.5];
    const PLACE: Vector = [4.0, 3.0, 1.2];

    #[test]
    fn an_impulse_between_samples_has_its_delay_and_its_level_at_every_frequency() {
        for part in [0.0, 0.25, 0.5, 0.9] {
            let mut train = vec![[0.0_f32; LANES]; 200];
            add_impulse(&mut train, 100.0 + part, &[1.0; LANES]);
            for hz in [200.0_f64, 1_000.0, 5_000.0, 7_000.0] {
                let (mut re, mut im) = (0.0, 0.0);
                for (i, row) in train.iter().enumerate() {
                    let phase = std::f64::consts::TAU * hz / 16_000.0 * (i as f64 - 100.0 - part);
                    re += f64::from(row[0]) * phase.cos();
                    im += f64::from(row[0]) * phase.sin();
                }
                assert!(
                    (re - 1.0).abs() < 0.06 && im.abs() < 0.06,
                    "{part} {hz}: {re} {im}"
                );
            }
        }
    }

    #[test]
    fn a_room_without_walls_is_one_impulse_at_its_distance() {
        let key = Key::new(1);
        let room = room(1.0);
        let out =
            Renderer::new(rendering(0.2)).response(&room, &SOURCE, &PLACE, &Receiver::Point, &key);
        let distance = (4.0_f64 + 4.0 + 0.09).sqrt();
        let at = distance / room.speed * 16_000.0;
        let peak = earnest_signal::direct_path(&out[0], 16_000);
        assert!((peak as f64 - at).abs() <= 0.5, "{peak} {at}");
        let energy: f64 = out[0].iter().map(|x| f64::from(*x).powi(2)).sum();
        assert!(
            (energy * distance * distance - 1.0).abs() < 0.15,
            "{energy}"
        );
    }

    #[test]
    fn the_rendered_response_decays_as_the_room_does() {
        let room = room(0.25);
        let out = Renderer::new(rendering(0.8)).response(
            &room,
            &SOURCE,
            &PLACE,
            &Receiver::Point,
            &Key::new(2),
        );
        let decay = room.decay(&SOURCE, &PLACE, 0.8, 0.004);
        for b in [1, 3, 5] {
            let mut band = out[0].clone();
            earnest_signal::SpectrumShaper::default().shape(&mut band, 16_000, |hz| share(hz, b));
            let rendered = ResponseFacts::of(&band, 16_000).unwrap().rt60_s;
            let of_room = decay.rt60_s(b).unwrap();
            assert!(
                (rendered / of_room - 1.0).abs() < 0.1,
                "band {b}: {rendered} {of_room}"
            );
        }
    }

    /// How much later `b` is than `a`, s: the slope of the phase between them, 200 to 700 Hz
    /// (above, half a period may be shorter).
    fn lag(a: &[f32], b: &[f32]) -> f64 {
        let at = |x: &[f32], hz: f64| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, v) in x.iter().enumerate() {
                let phase = -std::f64::consts::TAU * hz * i as f64 / 16_000.0;
                re += f64::from(*v) * phase.cos();
                im += f64::from(*v) * phase.sin();
            }
            (re, im)
        };
        let (mut top, mut bottom) = (0.0, 0.0);
        for k in 0..6 {
            let hz = 200.0 + 100.0 * f64::from(k);
            let ((ar, ai), (br, bi)) = (at(a, hz), at(b, hz));
            let phase = (bi * ar - br * ai).atan2(br * ar + bi * ai);
            let omega = std::f64::consts::TAU * hz;
            top += -phase * omega;
            bottom += omega * omega;
        }
        top / bottom
    }

    #[test]
    fn rendered_time_differences_are_within_5_percent_of_woodworths() {
        let head = SphericalHead {
            radius_m: 0.0875,
            facing_deg: 30.0,
            ears_deg: 90.0,
            notch_hz: 6_500.0,
            notch_db: 10.0,
        };
        let room = room(1.0);
        let place = [3.0, 2.0, 1.5];
        for azimuth in [10.0_f64, 25.0, 40.0, 60.0, 80.0, -30.0, -90.0] {
            let phi = azimuth.to_radians();
            let angle = phi + 30.0_f64.to_radians();
            let source = [3.0 + 1.6 * angle.cos(), 2.0 + 1.6 * angle.sin(), 1.5];
            let out = Renderer::new(rendering(0.1)).response(
                &room,
                &source,
                &place,
                &Receiver::Head(head),
                &Key::new(4),
            );
            // Positive azimuths are to the left: the right ear hears later.
            let itd = lag(&out[0], &out[1]);
            let woodworth = 0.0875 / 343.2 * (phi + phi.sin());
            assert!(
                (itd / woodworth - 1.0).abs() < 0.05,
                "{azimuth} degrees: {:.1} us for {:.1}",
                itd * 1e6,
                woodworth * 1e6
            );
        }
    }

    #[test]
    fn the_near_ear_hears_first_and_louder() {
        let head = SphericalHead {
            radius_m: 0.0875,
            facing_deg: 0.0,
            ears_deg: 90.0,
            notch_hz: 0.0,
            notch_db: 0.0,
        };
        let room = room(1.0);
        // From the left (y above the head's).
        let out = Renderer::new(rendering(0.1)).response(
            &room,
            &[3.0, 3.6, 1.5],
            &[3.0, 2.0, 1.5],
            &Receiver::Head(head),
            &Key::new(3),
        );
        let at = |x: &[f32]| earnest_signal::direct_path(x, 16_000) as f64 / 16_000.0;
        let itd = at(&out[1]) - at(&out[0]);
        assert!((itd - 656e-6).abs() < 70e-6, "{itd}");
        let level = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
        assert!(level(&out[0]) > 4.0 * level(&out[1]));
    }
}
