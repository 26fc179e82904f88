//! Samples, and what all who work on them share: a [`Waveform`] and its level, gain curves over
//! frequency, convolution, noise of a colour, room responses and what they are like, and banks of
//! sounds to draw from. No file is read or written here.
//!
//! Samples are `f32` with full scale at 1.0, mono, and at [`SAMPLE_RATE`] unless a rate is asked
//! for.
//!
//! ```
//! use earnest_signal::{Convolver, RoomResponse, add_noise, rms};
//!
//! let speech: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.1).sin()).collect();
//! let response: Vec<f32> = (0..4_000).map(|i| (-i as f32 / 400.0).exp()).collect();
//! let mut heard = RoomResponse::new(&response).apply(&mut Convolver::default(), &speech);
//! let hum: Vec<f32> = (0..8_000).map(|i| (i as f32 * 0.02).sin()).collect();
//! add_noise(&mut heard, &hum, 0, 0.5); // at half the amplitude of the speech
//! assert_eq!(heard.len(), speech.len());
//! assert!(rms(&heard) > rms(&speech));
//! ```

mod bank;
mod coloured;
mod convolve;
mod gain_curve;
mod noise;
mod response;
mod room;
mod spectrum;
mod waveform;

pub use bank::{Decoder, Sound, SoundBank, SoundError};
pub use coloured::coloured_noise;
pub use convolve::Convolver;
pub use earnest_level::{active_level_db, amplitude, gain, rms, set_active_level};
pub use gain_curve::{BANDS_HZ, equaliser, high_pass, low_pass, tilt};
pub use noise::{EnergyProfile, add_noise};
pub use response::{ResponseFacts, UnusableResponse, direct_path, line_slope};
pub use room::RoomResponse;
pub use spectrum::SpectrumShaper;
pub use waveform::{SAMPLE_RATE, Waveform};
