//! The 32 eGeMAPS low-level descriptors, one row each 10 ms.
//!
//! ```
//! use earnest_features::{Extractor, descriptor};
//! let tone: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
//! let features = Extractor::new(16_000).extract(&tone);
//! assert_eq!(features.frames(), 96);
//! println!("{} = {}", descriptor::NAMES[0], features.values()[0]);
//! ```
//!
//! The descriptors are those of eGeMAPSv01a with MFCC 1-13 in place of 1-4. Their
//! definition, oddities of the original included, is `LLD_SPEC.md` of the project's
//! shared folder; each module here names the section it follows. This is a clean-room
//! implementation: no openSMILE code was read or used.

mod accurate;
pub mod descriptor;
mod extractor;
mod features;
mod fft;
mod formants;
mod framing;
mod harmonics;
mod jitter;
mod lanes;
mod logarithm;
mod loudness;
mod mel;
mod mfcc;
mod normaliser;
mod parabola;
mod pitch;
mod samples;
mod settings;
mod smoothing;
mod spectral;
mod spectrum;
mod stream;

pub use extractor::Extractor;
pub use features::Features;
pub use framing::Framing;
pub use normaliser::Normaliser;
pub use settings::{Mode, Settings, ShortWindow};
pub use stream::{Row, Stream};
