#![doc = include_str!("../README.md")]

mod accurate;
mod complex;
pub mod descriptor;
mod error;
mod extractor;
mod features;
mod fft;
mod formants;
mod framing;
pub mod front_end;
pub mod functionals;
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
pub mod vectorised;

pub use extractor::Extractor;
pub use features::Features;
pub use framing::Framing;
pub use front_end::{FrontEnd, FrontEndError, FrontEndSettings, RowStream};
pub use normaliser::{Moments, Normaliser, check_scale};
pub use settings::{Lld32, Mode, ShortWindow};
pub use stream::{Row, Stream};
