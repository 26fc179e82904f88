//! Silero's voice activity detector for 16 kHz: the weights are theirs (MIT, `models/silero/`), the code is not.
//!
//! Of a window of 512 samples and the 64 before it, mirrored at its end, four frames are transformed (Hann, 256 samples, one each 128);
//! their magnitudes go through four convolutions over time (kernel 3, padding 1, strides 1, 2, 2, 1, ReLU), one vector of 128
//! comes out, goes through an LSTM of 128, and a logistic unit hears the LSTM's positive part. `tests/voice_activity.rs` holds it to what ONNX Runtime makes
//! of Silero's own file.
//!
//! Beside that [`Silero::new`] amplifies what is soft (`Gain`), and forgets in long pauses what it heard: in noise that lasts, the network's
//! state drifts until it hears no voice any more. What both are worth is measured in `experiments/voice-activity`.

use std::f64::consts::TAU;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::product::Matrix;
use super::{VoiceActivity, WINDOW, level_db};

/// The weights, as `models/silero/weights.py` writes them.
static BYTES: &[u8] = include_bytes!("../../models/silero/silero-16k.bin");

/// Samples before the window that are heard with it.
const BEFORE: usize = 64;
/// Samples that are mirrored after it.
const MIRRORED: usize = 64;
const HEARD: usize = BEFORE + WINDOW + MIRRORED;
const FRAME: usize = 256;
const HOP: usize = 128;
const FRAMES: usize = (HEARD - FRAME) / HOP + 1;
const BINS: usize = FRAME / 2 + 1;
/// Outputs of the convolutions, and of the LSTM.
const CHANNELS: [usize; 4] = [128, 64, 64, 128];
const HIDDEN: usize = 128;
const GATES: usize = 4 * HIDDEN;

/// What all detectors share.
struct Network {
    transform: Arc<dyn RealToComplex<f32>>,
    window: [f32; FRAME],
    first: Matrix<4>,
    second: Matrix<2>,
    /// Of the last two convolutions one position is left, beside which there is padding: only the taps that meet something count.
    third: Matrix<1>,
    fourth: Matrix<1>,
    recurrent: Matrix<1>,
    output: Vec<f32>,
    output_bias: f32,
}

impl Network {
    fn new() -> Self {
        let mut numbers = BYTES
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let mut take = |n: usize| -> Vec<f32> { numbers.by_ref().take(n).collect() };
        let [a, b, c, d] = CHANNELS;
        let convolutions = [(a, BINS), (b, a), (c, b), (d, c)]
            .map(|(outputs, inputs)| (inputs, take(outputs * inputs * 3), take(outputs)));
        let (of_input, of_state, bias) = (take(GATES * HIDDEN), take(GATES * HIDDEN), take(GATES));
        let output = take(HIDDEN);
        let output_bias = take(1).first().copied().unwrap_or_default();
        // Files have [output][input][tap]; what is heard lies [tap][input], frame after frame.
        let tap = |layer: usize, taps_from: usize| {
            let (inputs, weights, _) = &convolutions[layer];
            move |o: usize, i: usize| {
                weights[(o * inputs + i % inputs) * 3 + taps_from + i / inputs]
            }
        };
        let window =
            std::array::from_fn(|n| (0.5 - 0.5 * (TAU * n as f64 / FRAME as f64).cos()) as f32);
        Self {
            transform: RealFftPlanner::new().plan_fft_forward(FRAME),
            window,
            first: Matrix::new(a, 3 * BINS, &convolutions[0].2, tap(0, 0)),
            second: Matrix::new(b, 3 * a, &convolutions[1].2, tap(1, 0)),
            third: Matrix::new(c, 2 * b, &convolutions[2].2, tap(2, 1)),
            fourth: Matrix::new(d, c, &convolutions[3].2, tap(3, 1)),
            recurrent: Matrix::new(GATES, 2 * HIDDEN, &bias, |o, i| match i < HIDDEN {
                true => of_input[o * HIDDEN + i],
                false => of_state[o * HIDDEN + i - HIDDEN],
            }),
            output,
            output_bias,
        }
    }
}

static NETWORK: LazyLock<Network> = LazyLock::new(Network::new);

/// How loud the loudest windows of late are made, where they are softer; dB below full scale.
const LOUD_DB: f32 = -30.0;
/// How fast a loud window is forgotten, dB a window: 3 dB a second.
const DECAY_DB: f32 = 0.1;
/// The most that is amplified, dB.
const MOST_DB: f32 = 40.0;

/// Amplifies soft recordings, on which the network is nearly deaf: `L = max(level, L - 0.1)` for each window, `L = -70` at first; the gain is
/// `-30 - L` dB, from 0 to 40.
struct Gain {
    loud_db: f32,
}

impl Gain {
    const NEW: Self = Self {
        loud_db: LOUD_DB - MOST_DB,
    };

    /// The factor for a window's amplitudes.
    fn of(&mut self, level_db: f32) -> f32 {
        self.loud_db = level_db.max(self.loud_db - DECAY_DB);
        let gain_db = (LOUD_DB - self.loud_db).clamp(0.0, MOST_DB);
        10.0_f32.powf(gain_db / 20.0)
    }
}

/// Windows in a row (two seconds) with less than this probability, after which what was heard is forgotten.
const PAUSE: u32 = 62;
const NO_SPEECH: f32 = 0.1;

/// Silero's detector under way. After the first one a new one is cheap: they share their weights.
pub struct Silero {
    network: &'static Network,
    /// None as the detector was published.
    gain: Option<Gain>,
    /// Windows without speech in a row.
    pause: u32,
    /// The samples before the window, the window, what is mirrored.
    heard: [f32; HEARD],
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Magnitudes and outputs of the first convolution, a padding of zeros before and after.
    magnitudes: [f32; (FRAMES + 2) * BINS],
    first: [f32; (FRAMES + 2) * CHANNELS[0]],
    second: [f32; 2 * CHANNELS[1]],
    third: [f32; CHANNELS[2]],
    /// The last convolution's output, then the LSTM's state.
    input_and_state: [f32; 2 * HIDDEN],
    gates: [f32; GATES],
    cell: [f32; HIDDEN],
}

impl Silero {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            gain: Some(Gain::NEW),
            ..Self::as_published()
        }
    }

    /// The network alone, as Silero published it.
    #[must_use]
    pub fn as_published() -> Self {
        let network = &*NETWORK;
        Self {
            network,
            gain: None,
            pause: 0,
            heard: [0.0; HEARD],
            frame: network.transform.make_input_vec(),
            spectrum: network.transform.make_output_vec(),
            scratch: network.transform.make_scratch_vec(),
            magnitudes: [0.0; (FRAMES + 2) * BINS],
            first: [0.0; (FRAMES + 2) * CHANNELS[0]],
            second: [0.0; 2 * CHANNELS[1]],
            third: [0.0; CHANNELS[2]],
            input_and_state: [0.0; 2 * HIDDEN],
            gates: [0.0; GATES],
            cell: [0.0; HIDDEN],
        }
    }

    /// Magnitudes of the frames of what is heard, amplified by this factor.
    fn transform(&mut self, factor: f32) {
        let network = self.network;
        for t in 0..FRAMES {
            let samples = &self.heard[t * HOP..t * HOP + FRAME];
            for ((x, sample), w) in self.frame.iter_mut().zip(samples).zip(&network.window) {
                *x = sample * w;
            }
            let done = network.transform.process_with_scratch(
                &mut self.frame,
                &mut self.spectrum,
                &mut self.scratch,
            );
            debug_assert!(done.is_ok());
            let row = &mut self.magnitudes[(t + 1) * BINS..(t + 2) * BINS];
            for (magnitude, z) in row.iter_mut().zip(&self.spectrum) {
                *magnitude = factor * (z.re * z.re + z.im * z.im).sqrt();
            }
        }
    }

    fn convolve(&mut self) {
        let [a, b, _, _] = CHANNELS;
        let of = |t: usize| &self.magnitudes[t * BINS..(t + 3) * BINS];
        let (first, second) = (&mut self.first, &mut self.second);
        self.network
            .first
            .multiply([of(0), of(1), of(2), of(3)], |t, from, some| {
                positive(&mut first[(t + 1) * a + from..], some);
            });
        let of = |t: usize| &first[t * a..(t + 3) * a];
        self.network
            .second
            .multiply([of(0), of(2)], |t, from, some| {
                positive(&mut second[t * b + from..], some);
            });
        let third = &mut self.third;
        self.network.third.multiply([&second[..]], |_, from, some| {
            positive(&mut third[from..], some);
        });
        let input = &mut self.input_and_state;
        self.network.fourth.multiply([&third[..]], |_, from, some| {
            positive(&mut input[from..], some);
        });
    }

    /// Forgets the LSTM's state.
    fn forget(&mut self) {
        self.input_and_state = [0.0; 2 * HIDDEN];
        self.cell = [0.0; HIDDEN];
        self.pause = 0;
    }

    /// A step of the LSTM: gates i, f, g, o; `c = f c + i g`, `h = o tanh c`.
    fn step(&mut self) {
        let gates = &mut self.gates;
        let input_and_state = &mut self.input_and_state;
        self.network
            .recurrent
            .multiply([&input_and_state[..]], |_, from, some| {
                gates[from..from + some.len()].copy_from_slice(some);
            });
        let (i, rest) = gates.split_at(HIDDEN);
        let (f, rest) = rest.split_at(HIDDEN);
        let (g, o) = rest.split_at(HIDDEN);
        let state = &mut input_and_state[HIDDEN..];
        for (k, (c, h)) in self.cell.iter_mut().zip(state).enumerate() {
            *c = sigmoid(f[k]) * *c + sigmoid(i[k]) * g[k].tanh();
            *h = sigmoid(o[k]) * c.tanh();
        }
    }
}

impl Default for Silero {
    fn default() -> Self {
        Self::new()
    }
}

/// The positive parts.
fn positive(to: &mut [f32], from: &[f32]) {
    for (to, x) in to.iter_mut().zip(from) {
        *to = x.max(0.0);
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl VoiceActivity for Silero {
    fn hear(&mut self, window: &[f32; WINDOW]) -> f32 {
        // The last samples of the window before.
        self.heard.copy_within(WINDOW..WINDOW + BEFORE, 0);
        self.heard[BEFORE..BEFORE + WINDOW].copy_from_slice(window);
        for i in 0..MIRRORED {
            self.heard[BEFORE + WINDOW + i] = self.heard[BEFORE + WINDOW - 2 - i];
        }
        let factor = match &mut self.gain {
            Some(gain) => gain.of(level_db(window)),
            None => 1.0,
        };
        self.transform(factor);
        self.convolve();
        self.step();
        let state = &self.input_and_state[HIDDEN..];
        let sum: f32 = (self.network.output.iter().zip(state))
            .map(|(w, h)| w * h.max(0.0))
            .sum();
        let probability = sigmoid(sum + self.network.output_bias);
        self.pause = match probability < NO_SPEECH {
            true => self.pause + 1,
            false => 0,
        };
        if self.gain.is_some() && self.pause == PAUSE {
            self.forget();
        }
        probability
    }

    fn reset(&mut self) {
        self.heard = [0.0; HEARD];
        self.gain = self.gain.as_ref().map(|_| Gain::NEW);
        self.forget();
    }
}
