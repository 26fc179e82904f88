//! Waveform augmentation: tempo, loudness, background noise, room.
//!
//! A [`Chain`] is a list of steps, each with a probability and ranges. Every presentation
//! of an utterance is drawn anew from a [`Key`](earnest_random::Key); the draws are
//! returned beside the audio, and the same key gives the same bits again.
//!
//! ```
//! use earnest_augment::{Augmenter, Chain, SoundBank, Sources};
//! use earnest_random::Key;
//! let speech = vec![0.1_f32; 16_000];
//! let mut augmenter = Augmenter::new(Chain::paper().without_missing(&Sources::default()), Sources::default());
//! let (louder, draws) = augmenter.apply(&speech, &Key::new(1).with("utterance"));
//! println!("{} samples; {draws:?}", louder.len());
//! ```

mod bank;
mod chain;
mod convolve;
mod level;
mod noise;
mod room;
mod tempo;

pub use bank::{BankError, Sound, SoundBank};
pub use chain::{Augmenter, Chain, Drawn, NoiseReading, Sources, Step, Transform};
pub use convolve::Convolver;
pub use level::gain;
pub use noise::{add_noise, draw_offset};
pub use room::{RoomResponse, direct_path};
pub use tempo::tempo;
