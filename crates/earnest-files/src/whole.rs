//! Files that are whole or absent.

use std::ffi::OsString;
use std::io::{Error, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is being written under a temporary name beside its own, and gets its own name
/// only when it is whole. Dropped before [`commit`](WholeFile::commit), it leaves nothing.
///
/// The temporary name is drawn, begins with the file's own and ends in `.part`, so any number of
/// processes may write one file at the same time: one of theirs stands in the end, whole.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    part: NamedTempFile,
}

impl WholeFile {
    /// Begins a file. The folder must exist.
    ///
    /// # Errors
    /// What the system said; there is something else than a file at the path.
    pub fn create(path: &Path) -> std::io::Result<Self> {
        refuse_special(path)?;
        let mut prefix = OsString::from(path.file_name().unwrap_or_default());
        prefix.push(".");
        let mut named = tempfile::Builder::new();
        named.prefix(&prefix).suffix(".part");
        // Whoever may read files that this person makes may read this one.
        #[cfg(unix)]
        named.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let part = named.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self {
            path: path.to_owned(),
            part,
        })
    }

    /// Where its bytes are until it is committed: for a reader that must look at them first.
    #[must_use]
    pub fn part(&self) -> &Path {
        self.part.path()
    }

    /// Flushes the bytes to disk and gives the file its name, in place of what had it before.
    ///
    /// # Errors
    /// What the system said; then the file is as it was before.
    pub fn commit(self) -> std::io::Result<()> {
        self.part.as_file().sync_all()?;
        self.part.persist(&self.path)?;
        Ok(())
    }
}

/// Refuses a path where no file can be put: a folder, and a pipe, a socket or a device, which a
/// file would take the place of (be it `/dev/null`).
///
/// # Errors
/// There is one of these at the path.
pub fn refuse_special(path: &Path) -> std::io::Result<()> {
    match std::fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(Error::new(
            ErrorKind::IsADirectory,
            "it is a folder; name a file",
        )),
        Ok(there) if !there.is_file() => Err(Error::new(
            ErrorKind::InvalidInput,
            "it is a pipe, a socket or a device, not a file; name a file, and copy it there when it is whole",
        )),
        // Nothing is there, or what is there is met by whoever writes.
        _ => Ok(()),
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.part.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.part.flush()
    }
}

impl Seek for WholeFile {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.part.seek(to)
    }
}

/// Writes all bytes of a file at once as a [`WholeFile`].
///
/// # Errors
/// What the system said; then the file is as it was before.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes)?;
    file.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_is_given_up_leaves_what_was_there_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_whole(&path, b"before").unwrap();
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(names(dir.path()).len(), 2);
        drop(file);
        assert_eq!(names(dir.path()), ["a.txt"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"before");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_was_written_as_they_may_any_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let [plain, whole] = ["plain", "whole"].map(|name| dir.path().join(name));
        std::fs::write(&plain, b"x").unwrap();
        write_whole(&whole, b"x").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&whole), mode(&plain));
    }

    #[test]
    fn two_writers_of_one_file_do_not_tear_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        let mut one = WholeFile::create(&path).unwrap();
        let mut other = WholeFile::create(&path).unwrap();
        one.write_all(b"one").unwrap();
        other.write_all(b"other").unwrap();
        one.commit().unwrap();
        other.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
        assert_eq!(names(dir.path()), ["a.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn neither_a_pipe_nor_a_device_nor_a_folder_is_replaced_by_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        if !made.is_ok_and(|s| s.success()) {
            println!("SKIPPED: no mkfifo on this machine");
            return;
        }
        let null = dir.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &null).unwrap();
        for path in [&pipe, &null] {
            let error = write_whole(path, b"x").unwrap_err().to_string();
            assert!(error.contains("not a file"), "{error}");
        }
        let error = write_whole(dir.path(), b"x").unwrap_err().to_string();
        assert!(error.contains("it is a folder"), "{error}");
        assert_eq!(names(dir.path()), ["null", "pipe"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(write_whole(&dir.path().join("no/a.txt"), b"x").is_err());
        assert!(names(dir.path()).is_empty());
    }
}
