//! Who speaks, and how: a speaker's voice, and an utterance's prosody by emotion.
//!
//! The tendencies (higher and wider pitch, faster and louder speech in anger and joy,
//! lower, narrower, slower and breathier in sadness) are the textbook ones, for example
//! Scherer 2003 table 1. How far they show differs from speaker to speaker and from turn
//! to turn, and classes overlap on purpose.

use earnest_random::{Generator, Key};

use super::emotion::Emotion;

/// A voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Speaker {
    /// Median F0, Hz.
    pub f0: f64,
    /// Formants relative to an adult man's.
    pub tract: f64,
    /// Period jitter, ratio.
    pub jitter: f64,
    /// Amplitude shimmer, ratio.
    pub shimmer: f64,
    /// Breath noise relative to voice.
    pub breath: f64,
    /// Syllables each second in neutral speech.
    pub rate: f64,
    /// Level, dB.
    pub level: f64,
    /// How strongly emotion shows.
    pub expression: f64,
    /// The speaker's own habit for each emotion: semitones, dB, rate.
    habit: [[f64; 3]; 4],
}

impl Speaker {
    /// A speaker from a key.
    #[must_use]
    pub fn draw(female: bool, key: &Key) -> Self {
        let mut d = key.with("speaker").generator();
        Self {
            f0: if female {
                d.uniform(175.0, 235.0)
            } else {
                d.uniform(95.0, 140.0)
            },
            tract: if female {
                d.uniform(1.12, 1.22)
            } else {
                d.uniform(0.94, 1.05)
            },
            jitter: d.uniform(0.004, 0.012),
            shimmer: d.uniform(0.02, 0.07),
            breath: d.uniform(0.01, 0.05),
            rate: d.uniform(3.9, 4.9),
            level: d.uniform(-3.0, 3.0),
            expression: d.uniform(0.6, 1.1),
            habit: [0; 4].map(|_| [0.8 * d.normal(), 1.2 * d.normal(), 0.2 * d.normal()]),
        }
    }
}

/// How one utterance is spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Syllables.
    pub syllables: usize,
    /// F0 shift, semitones.
    pub pitch: f64,
    /// Size of F0 movements, semitones.
    pub range: f64,
    /// F0 slope over the utterance, semitones from start to end.
    pub slope: f64,
    /// Syllables each second.
    pub rate: f64,
    /// Level, dB.
    pub level: f64,
    /// Brightness of the voice: 0 dark .. 1 pressed.
    pub effort: f64,
    /// Factor on jitter and shimmer.
    pub roughness: f64,
    /// Breath noise relative to voice.
    pub breath: f64,
    /// Formant shift by smiling, ratio.
    pub smile: f64,
    /// Arousal 1 .. 5 that raters see.
    pub arousal: f64,
    /// Valence 1 .. 5 that raters see.
    pub valence: f64,
}

impl Style {
    /// Draws the style of a turn.
    pub fn draw(emotion: Emotion, speaker: &Speaker, d: &mut Generator) -> Self {
        // Tendencies: pitch (st), range (st), slope (st), rate (factor - 1), level (dB),
        // effort, roughness, breath, smile, arousal, valence.
        let t: [f64; 11] = match emotion {
            Emotion::Angry => [
                3.0, 1.6, -1.5, 0.12, 5.0, 0.35, 0.9, -0.01, -0.01, 1.25, -1.3,
            ],
            Emotion::Happy => [3.4, 2.2, 1.0, 0.10, 2.5, 0.12, 0.0, 0.0, 0.04, 0.9, 1.2],
            Emotion::Neutral => [0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.2, 0.0],
            Emotion::Sad => [
                -1.4, -0.8, -2.2, -0.16, -4.0, -0.2, 0.3, 0.05, -0.01, -0.9, -0.9,
            ],
        };
        // Some turns hardly show their emotion.
        let strength = speaker.expression * d.uniform(0.4, 1.5);
        let habit = speaker.habit[emotion as usize];
        let mut around = |i: usize, spread: f64| strength * t[i] + spread * d.normal();
        let pitch = around(0, 1.5) + habit[0];
        let range = (2.6 + around(1, 0.8)).max(0.6);
        let slope = around(2, 1.2);
        let rate = speaker.rate * (1.0 + around(3, 0.09)).max(0.5) + habit[2];
        let level = speaker.level + around(4, 2.2) + habit[1];
        let effort = (0.45 + around(5, 0.12)).clamp(0.05, 1.0);
        let roughness = (1.0 + around(6, 0.3)).max(0.3);
        let breath = (speaker.breath + around(7, 0.015)).max(0.0);
        let smile = 1.0 + around(8, 0.015);
        let arousal = (3.0 + around(9, 0.3)).clamp(1.0, 5.0);
        let valence = (3.0 + around(10, 0.35)).clamp(1.0, 5.0);
        Self {
            syllables: 5 + d.below(6),
            pitch,
            range,
            slope,
            rate,
            level,
            effort,
            roughness,
            breath,
            smile,
            arousal,
            valence,
        }
    }
}
