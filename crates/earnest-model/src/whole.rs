//! Files that are whole or absent.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells apart what this process writes at the same time.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Writes bytes under a temporary name beside `path`, flushes them to disk, and renames. Any
/// number of processes may write one file at the same time: one of theirs stands in the end,
/// whole. If it fails, for want of space for example, the temporary file is removed.
///
/// # Errors
/// What the system said.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    part.push(format!(".{}-{number}.part", std::process::id()));
    let part = PathBuf::from(part);
    let write = || {
        let mut file = std::fs::File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().inspect_err(|_| {
        let _ = std::fs::remove_file(&part);
    })
}
