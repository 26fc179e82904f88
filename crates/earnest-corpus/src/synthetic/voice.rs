//! The synthesiser: glottal pulses and breath through a cascade of formant resonators
//! (the digital resonator of Klatt 1980), syllable by syllable.

use std::f64::consts::{PI, TAU};

use earnest_random::Key;
use earnest_signal::{SAMPLE_RATE, amplitude};

use super::style::{Speaker, Style};

const RATE: f64 = SAMPLE_RATE as f64;

/// F1 .. F3 in Hz of seven vowels of an adult man (after Peterson and Barney 1952).
const VOWELS: [[f64; 3]; 7] = [
    [270.0, 2290.0, 3010.0],
    [390.0, 1990.0, 2550.0],
    [530.0, 1840.0, 2480.0],
    [660.0, 1720.0, 2410.0],
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
];

/// A second-order resonator with unit gain at 0 Hz.
#[derive(Clone, Copy, Default)]
struct Resonator {
    y1: f64,
    y2: f64,
}

impl Resonator {
    fn step(&mut self, x: f64, frequency: f64, bandwidth: f64) -> f64 {
        let c = -(-TAU * bandwidth / RATE).exp();
        let b = 2.0 * (-PI * bandwidth / RATE).exp() * (TAU * frequency / RATE).cos();
        let y = (1.0 - b - c) * x + b * self.y1 + c * self.y2;
        self.y2 = self.y1;
        self.y1 = y;
        y
    }
}

/// What begins a syllable.
#[derive(Clone, Copy, PartialEq)]
enum Onset {
    None,
    Nasal,
    Fricative,
    Stop,
}

struct Syllable {
    onset: Onset,
    vowel: [f64; 3],
    start: f64,
    end: f64,
    onset_s: f64,
    accent: f64,
    stress: f64,
}

fn plan(style: &Style, key: &Key) -> Vec<Syllable> {
    let mut d = key.with("syllables").generator();
    let mut at = 0.08;
    let mut out = Vec::with_capacity(style.syllables);
    for i in 0..style.syllables {
        let last = i + 1 == style.syllables;
        let length = (1.0 / style.rate) * d.uniform(0.75, 1.25) * if last { 1.35 } else { 1.0 };
        let onset = match d.below(8) {
            0 | 1 => Onset::None,
            2 | 3 => Onset::Nasal,
            4 | 5 => Onset::Fricative,
            _ => Onset::Stop,
        };
        let stressed = d.chance(0.4);
        out.push(Syllable {
            onset,
            vowel: VOWELS[d.below(VOWELS.len())],
            start: at,
            end: at + length,
            onset_s: length * d.uniform(0.2, 0.35),
            accent: if stressed {
                d.uniform(0.6, 1.2)
            } else {
                d.uniform(-0.4, 0.3)
            },
            stress: if stressed { 1.0 } else { d.uniform(0.55, 0.8) },
        });
        at += length;
        if d.chance(0.08) {
            at += d.uniform(0.08, 0.25);
        }
    }
    out
}

/// Speaks an utterance: mono, 16 kHz, about 1 to 3.5 s.
#[must_use]
pub fn speak(speaker: &Speaker, style: &Style, key: &Key) -> Vec<f32> {
    let syllables = plan(style, key);
    let mut d = key.with("voice").generator();
    let total = syllables.last().map_or(0.2, |s| s.end) + 0.12;
    let n = (total * RATE) as usize;
    let (spoken_from, spoken_to) = (0.08, total - 0.12);

    let mut resonators = [Resonator::default(); 5];
    let mut hiss = Resonator::default();
    let mut nasal = Resonator::default();
    let mut formants = [500.0, 1500.0, 2500.0];
    let (mut phase, mut period) = (0.0_f64, 1.0_f64);
    let mut height = 1.0;
    let mut previous_flow = 0.0;
    let mut tilt_state = 0.0;
    let mut voice_level = 0.0_f64;
    let mut current = 0;
    // A pressed voice closes faster: a shorter open phase and less low-pass.
    let open = 0.72 - 0.25 * style.effort;
    let tilt = 0.78 * (1.0 - style.effort).powf(0.7);
    let jitter = speaker.jitter * style.roughness;
    let shimmer = speaker.shimmer * style.roughness;

    let mut out = Vec::with_capacity(n);
    for i in 0..n {
        let t = i as f64 / RATE;
        while current + 1 < syllables.len() && t >= syllables[current + 1].start {
            current += 1;
        }
        let Some(s) = syllables.get(current) else {
            break;
        };
        let inside = t >= s.start && t < s.end;
        let since = t - s.start;
        let in_onset = inside && s.onset != Onset::None && since < s.onset_s;

        // Pitch: base, slope over the utterance, a bump on each syllable's nucleus.
        let x = ((t - spoken_from) / (spoken_to - spoken_from)).clamp(0.0, 1.0);
        let bump = if inside {
            (PI * since / (s.end - s.start)).sin() * s.accent
        } else {
            0.0
        };
        let semitones = style.pitch + style.slope * (x - 0.5) + style.range * bump;
        let f0 = (speaker.f0 * (semitones / 12.0).exp2()).clamp(60.0, 600.0);

        // Level of the voice: down in stops, fricatives and pauses.
        let target = match (inside, in_onset, s.onset) {
            (false, ..) => 0.0,
            (_, true, Onset::Stop | Onset::Fricative) => 0.0,
            (_, true, Onset::Nasal) => 0.35 * s.stress,
            _ => {
                s.stress
                    * (PI * (since / (s.end - s.start)).clamp(0.05, 0.95))
                        .sin()
                        .sqrt()
            }
        };
        voice_level += (target - voice_level) * (1.0 / (0.008 * RATE));

        // Glottal flow: raised-cosine opening, faster closing, closed phase.
        phase += 1.0 / (RATE * period / f0);
        if phase >= 1.0 {
            phase -= 1.0;
            period = (1.0 + jitter * d.normal()).clamp(0.7, 1.4);
            height = (1.0 + shimmer * d.normal()).clamp(0.3, 1.7);
        }
        let rise = open * 0.66;
        let flow = if phase < rise {
            0.5 - 0.5 * (PI * phase / rise).cos()
        } else if phase < open {
            (PI / 2.0 * (phase - rise) / (open - rise)).cos()
        } else {
            0.0
        } * height;
        let pulse = (flow - previous_flow) * RATE / f0 / 40.0;
        previous_flow = flow;
        tilt_state = tilt * tilt_state + (1.0 - tilt) * pulse;
        let noise = d.normal();
        let source = voice_level * (tilt_state + style.breath * noise * (0.3 + flow));

        // The tract moves to the next vowel within some 30 ms.
        for (f, v) in formants.iter_mut().zip(&s.vowel) {
            let goal = v * speaker.tract * style.smile;
            *f += (goal - *f) / (0.03 * RATE);
        }
        let tract = speaker.tract;
        let track = [
            (formants[0], 70.0),
            (formants[1], 100.0),
            (formants[2], 150.0),
            (3500.0 * tract, 220.0),
            (4500.0 * tract, 300.0),
        ];
        let mut y = source;
        for (resonator, (f, b)) in resonators.iter_mut().zip(track) {
            y = resonator.step(y, f.min(7600.0), b);
        }
        if in_onset && s.onset == Onset::Nasal {
            y = nasal.step(y, 280.0, 150.0);
        }
        // Fricatives and the burst of stops.
        let friction = match (in_onset, s.onset) {
            (true, Onset::Fricative) => 0.12 * (PI * since / s.onset_s).sin(),
            (true, Onset::Stop) if since > 0.7 * s.onset_s => 0.2,
            _ => 0.0,
        };
        let loud = 0.6 + 0.6 * style.effort;
        y += hiss.step(noise * friction * loud, 4200.0 * tract.min(1.5), 1800.0);
        out.push(y);
    }
    // Level: -26 dB RMS at 0 dB, then a quiet room.
    let energy: f64 = out.iter().map(|y| y * y).sum::<f64>() / out.len().max(1) as f64;
    let scale = 0.05 * amplitude(style.level) / energy.sqrt().max(1e-9);
    let mut room = key.with("room").generator();
    out.into_iter()
        .map(|y| (y * scale + 2e-4 * room.normal()).clamp(-0.99, 0.99) as f32)
        .collect()
}
