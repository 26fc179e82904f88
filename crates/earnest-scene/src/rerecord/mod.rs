//! Re-recording a corpus with a real robot that only logs to disk: a playlist to play to it, and
//! cutting what it recorded.
//!
//! A playlist is one long file with a sweep before the first utterance and again every so often;
//! between two sweeps the recorder's clock is taken to run evenly. Alignment finds the sweeps,
//! maps times, and then finds each utterance itself around where it should be.

mod align;
mod correlation;
mod playlist;

pub use align::{AlignError, Alignment, Cut, align};
pub use playlist::{Part, PlaylistError, PlaylistSettings, Slot, read_part, sweep, write_playlist};
