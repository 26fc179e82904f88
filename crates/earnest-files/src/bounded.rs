//! Reading files of strangers: only files, and no more of them than a limit.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

/// The most bytes of a table, a list or a description that are read: a corpus of a million
/// utterances has a manifest of some 100 MB.
pub const MOST_TEXT: u64 = 1 << 29;

/// Opens a file for reading. Whoever opens a pipe waits until somebody writes to it, and a
/// device may never end; so only files are opened.
///
/// # Errors
/// What the system said; a folder; a pipe, a socket or a device.
pub fn open_file(path: &Path) -> std::io::Result<File> {
    regular(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // Another may have taken its place meanwhile.
    regular(&file.metadata()?)?;
    Ok(file)
}

fn regular(metadata: &Metadata) -> std::io::Result<()> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(Error::new(
            ErrorKind::IsADirectory,
            "it is a folder, not a file",
        ))
    } else {
        Err(Error::new(
            ErrorKind::InvalidInput,
            "it is a pipe, a socket or a device, not a file; write what comes out of it into a file first",
        ))
    }
}

/// All bytes of a file that has at most `most`.
///
/// # Errors
/// As [`open_file`], and a larger file, before any of it is read.
pub fn read_file(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let file = open_file(path)?;
    let length = file.metadata()?.len();
    let too_large = |length: u64| {
        Err(Error::new(
            ErrorKind::FileTooLarge,
            format!("it has {length} bytes or more; {most} are read at most"),
        ))
    };
    if length > most {
        return too_large(length);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    // It may grow while it is read, and what the system makes up as it is read says 0.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        read if read > most => too_large(read),
        _ => Ok(bytes),
    }
}

/// The text of a file that has at most [`MOST_TEXT`] bytes.
///
/// # Errors
/// As [`read_file`], and bytes that are not UTF-8.
pub fn read_text(path: &Path) -> std::io::Result<String> {
    String::from_utf8(read_file(path, MOST_TEXT)?).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Error::new(
            ErrorKind::InvalidData,
            format!("it is no text in UTF-8: its byte {} is none", at + 1),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_the_limit_is_read_and_a_larger_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read_file(&path, 5).unwrap(), b"12345");
        let error = read_file(&path, 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("5 bytes"), "{error}");
    }

    #[test]
    fn what_is_no_text_is_said_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, b"ab\xff").unwrap();
        let error = read_text(&path).unwrap_err().to_string();
        assert!(error.contains("byte 3"), "{error}");
        let folder = read_text(dir.path()).unwrap_err();
        assert_eq!(folder.kind(), ErrorKind::IsADirectory);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_nobody_writes_to_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if !made.is_ok_and(|s| s.success()) {
            println!("SKIPPED: no mkfifo on this machine");
            return;
        }
        for path in [path.as_path(), Path::new("/dev/zero")] {
            let error = read_file(path, 10).unwrap_err().to_string();
            assert!(error.contains("not a file"), "{error}");
        }
    }
}
