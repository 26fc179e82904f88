//! How many of something can be asked for: more than anyone needs, and few enough that asking for
//! them by mistake neither takes all memory nor never ends.

use clap::builder::RangedU64ValueParser;

/// Threads, files at once, units at once, cores of a task: a thread takes some megabytes and a
/// while to start.
pub const MOST_THREADS: u64 = 1024;

/// Presentations of a file, frozen copies of a corpus, seeds of a unit.
pub const MOST_REPEATS: u64 = 1000;

/// Presentations of all files of a call: each is a file in the end.
pub const MOST_OUTPUTS: usize = 10_000_000;

/// Clips of a tag: Freesound has half a million in all.
pub const MOST_CLIPS: u64 = 100_000;

/// Requests a minute: more than any server answers.
pub const MOST_REQUESTS: u64 = 1_000_000;

/// Memory for decoded sounds, MiB: 1 PiB.
pub const MOST_MEMORY_MIB: u64 = 1 << 30;

/// Reads a count of 1 to so many.
pub fn one_to<T>(most: u64) -> RangedU64ValueParser<T>
where
    T: TryFrom<u64> + Clone + Send + Sync,
{
    RangedU64ValueParser::new().range(1..=most)
}
