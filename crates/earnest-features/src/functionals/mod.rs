//! Functionals: 88 numbers that say how the descriptors of eGeMAPS went over a whole segment, as
//! openSMILE has them (docs/functionals.md).
//!
//! A segment is what was said between two moments: a file, a part of one, or a window. Its functionals
//! are those of its samples alone, as if they were a recording of their own.
//!
//! ```
//! use earnest_features::functionals::{FunctionalStream, NAMES, Set};
//!
//! let tone: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
//! let mut stream = FunctionalStream::new(16_000, Set::EgemapsV02)?;
//! // A whole segment:
//! let whole = stream.of(&tone).ok_or("too short")?;
//! assert_eq!((NAMES[10], whole[11]), ("loudness_sma3_amean", 0.0));
//! // The same as it comes, with what it would be if it ended now:
//! for chunk in tone.chunks(1_000) {
//!     stream.push(chunk);
//!     let so_far = stream.functionals();
//! }
//! assert_eq!(stream.functionals(), Some(whole));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accumulator;
mod contour;
mod extremes;
mod level;
mod moments;
mod names;
mod percentiles;
mod segments;
mod slopes;
mod stream;
mod windows;

pub use names::{COUNT, NAMES};
pub use stream::{FunctionalStream, Set};
pub use windows::SlidingWindows;
