//! Re-recording a corpus with a real robot: through this machine's sound system (feature
//! `record`), or by a playlist to play to a robot that only logs to disk, and cutting what it
//! recorded.
//!
//! A playlist is one long file with a sweep before the first utterance and again every so often;
//! between two sweeps the recorder's clock is taken to run evenly. Alignment finds the sweeps,
//! maps times, and then finds each utterance itself around where it should be.

mod align;
mod correlation;
mod cuts;
mod occupied;
mod playlist;
mod session;
#[cfg(feature = "record")]
mod sound_system;

pub use align::{AlignError, Alignment, Cut, align};
pub use cuts::{CutRow, Remark, cut_rows, write_cuts};
pub use occupied::{OccupiedError, refuse_foreign};
pub use playlist::{
    Part, PlaylistError, PlaylistSettings, Slot, in_parts, read_part, refuse_foreign_playlist,
    sweep, sweeps, write_playlist,
};
pub use session::{Calibration, Device, RecordError, RecordSummary, Take, calibrate, record};
#[cfg(feature = "record")]
pub use sound_system::{SoundSystem, device_names};
