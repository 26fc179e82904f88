//! One process at a time writes a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// The file in a folder that is being written, or whose writer ended before it was done. Its
/// name is hidden, so that no reader of a corpus takes it for something of the corpus's.
const NAME: &str = ".earnest-writing";

/// A folder that this process writes, and no other until this is dropped or the process ends.
///
/// The operating system's lock on a file in the folder decides, so nothing stale remains of a
/// process that was killed. Where a file system has no locks, any number may write.
#[derive(Debug)]
pub struct OneWriter {
    path: PathBuf,
    /// Keeps the lock.
    _file: File,
}

impl OneWriter {
    /// True if a folder has been begun: it is being written, or its writer ended too early.
    #[must_use]
    pub fn has_begun(folder: &Path) -> bool {
        folder.join(NAME).is_file()
    }

    /// True for the name of the file that [`OneWriter`] has in a folder.
    #[must_use]
    pub fn is_own(name: &std::ffi::OsStr) -> bool {
        name == NAME
    }

    /// Takes a folder, and makes it if it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`]: another process writes it. Others: what the system said.
    pub fn take(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(NAME);
        // As often as another process ends and removes the file, or the folder, under our hands.
        for _ in 0..100 {
            std::fs::create_dir_all(folder)?;
            let opened = OpenOptions::new()
                // A pipe of this name would let nobody in who only reads or only writes.
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path);
            let file = match opened {
                Ok(file) => file,
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                Err(e) => return Err(e),
            };
            match file.try_lock() {
                Ok(()) | Err(TryLockError::Error(_)) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::WouldBlock,
                        "another process is writing it; wait until it is done, or write to another place",
                    ));
                }
            }
            if !is_at(&file, &path) {
                continue;
            }
            return Ok(Self { path, _file: file });
        }
        Err(Error::new(
            ErrorKind::WouldBlock,
            "other processes write it again and again; write to another place",
        ))
    }

    /// The folder is whole: the file goes. Dropped before, it stays, and says that the folder
    /// is not.
    pub fn finish(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// True if this file is the one that has the name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |m: std::fs::Metadata| (m.dev(), m.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(file), Ok(named)) => identity(file) == identity(named),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_writes_a_folder_and_what_is_whole_has_no_trace_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new/folder");
        let first = OneWriter::take(&folder).unwrap();
        assert!(OneWriter::has_begun(&folder));
        let error = OneWriter::take(&folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert!(error.to_string().contains("another process"), "{error}");
        first.finish();
        assert!(!OneWriter::has_begun(&folder));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        // One who gives up lets the next in, who sees that the folder was begun.
        drop(OneWriter::take(&folder).unwrap());
        assert!(OneWriter::has_begun(&folder));
        OneWriter::take(&folder).unwrap().finish();
        assert!(!OneWriter::has_begun(&folder));
    }

    #[test]
    fn of_many_who_come_and_go_never_two_write_at_once() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        let (inside, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..300 {
                        let Ok(writer) = OneWriter::take(&folder) else {
                            continue;
                        };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        writer.finish();
                        let _ = std::fs::remove_dir(&folder);
                    }
                });
            }
        });
        assert!(taken.load(Ordering::SeqCst) > 4);
    }
}
