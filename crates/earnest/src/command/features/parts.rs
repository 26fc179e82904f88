//! What is finished of an extraction, file by file, so that it can go on after a stop.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use earnest_files::{OneWriter, WholeFile};
use sha2::{Digest, Sha256};

use crate::command::inputs::Part;

/// Folder `OUT.parts`: `request` says what is being extracted, and each finished input
/// has a part: rows of start and end, little-endian f64, and values, little-endian f32.
pub struct Parts {
    folder: PathBuf,
    writer: OneWriter,
}

/// Why an input has no part.
pub enum Trouble {
    /// What is wrong with the input.
    Input(String),
    /// The part cannot be written.
    Part(anyhow::Error),
}

/// The file that says what is being extracted.
const NOTE: &str = "request";

/// True for what this module puts first into a folder of parts.
fn is_first(name: &OsStr) -> bool {
    OneWriter::is_own(name) || name.as_encoded_bytes().starts_with(NOTE.as_bytes())
}

/// Removes what lies in a folder of parts; what says whose it is, last.
fn clear(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !is_first(&entry.file_name()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Rows of one input on their way to disk.
pub struct Writer {
    file: BufWriter<WholeFile>,
    rows: u64,
    error: Option<std::io::Error>,
}

impl Writer {
    /// Adds a row: where it begins and ends, seconds, and its values. What the disk says is
    /// reported at the end.
    pub fn row(&mut self, [start, end]: [f64; 2], values: &[f32]) {
        self.rows += 1;
        self.put(&start.to_le_bytes());
        self.put(&end.to_le_bytes());
        for x in values {
            self.put(&x.to_le_bytes());
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        if let Err(error) = self.file.write_all(bytes) {
            self.error.get_or_insert(error);
        }
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// Where the parts of an output lie.
pub fn folder(output: &Path) -> PathBuf {
    let mut folder = output.as_os_str().to_owned();
    folder.push(".parts");
    PathBuf::from(folder)
}

impl Parts {
    /// The parts of `output`; what an earlier, different request left is removed, but no folder
    /// that none has made.
    pub fn open(output: &Path, request: &str) -> anyhow::Result<Self> {
        let folder = folder(output);
        let request = format!("earnest {} {request}\n", env!("CARGO_PKG_VERSION"));
        let note = folder.join(NOTE);
        let mut there = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        anyhow::ensure!(
            note.is_file() || there.all(|entry| is_first(&entry.file_name())),
            "{} is where parts of the table would lie, and holds something else; remove it, or choose another -o",
            folder.display()
        );
        let writer = OneWriter::take(&folder)
            .with_context(|| format!("cannot write {}", output.display()))?;
        if earnest_files::read_text(&note).ok().as_deref() != Some(&request) {
            clear(&folder).with_context(|| format!("cannot clear {}", folder.display()))?;
            earnest_files::write_whole(&note, request.as_bytes())
                .with_context(|| format!("cannot write {}", note.display()))?;
        }
        Ok(Self { folder, writer })
    }

    /// Where the part of an input lies: by its path, stretch, size and time of change.
    fn path(&self, input: &Part) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(input.path.as_os_str().as_encoded_bytes());
        if let Some(stretch) = input.stretch {
            hash.update(format!("\0{stretch}"));
        }
        if let Ok(metadata) = input.path.metadata() {
            hash.update(metadata.len().to_le_bytes());
            if let Ok(since) = metadata
                .modified()
                .map(|t| t.duration_since(std::time::UNIX_EPOCH).unwrap_or_default())
            {
                hash.update(since.as_nanos().to_le_bytes());
            }
        }
        let name: String = hash.finalize()[..12]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        self.folder.join(name)
    }

    /// True if an input's part is there.
    pub fn finished(&self, input: &Part) -> bool {
        self.path(input).is_file()
    }

    /// Writes an input's part: whole, or not at all if `fill` fails. Returns its rows.
    pub fn write(
        &self,
        input: &Part,
        fill: impl FnOnce(&mut Writer) -> Result<(), String>,
    ) -> Result<u64, Trouble> {
        let path = self.path(input);
        let disk = |e: std::io::Error| {
            let (part, input) = (path.display(), input.path.display());
            Trouble::Part(
                anyhow::Error::from(e).context(format!("cannot write {part}, the part of {input}")),
            )
        };
        let mut writer = Writer {
            file: BufWriter::with_capacity(1 << 18, WholeFile::create(&path).map_err(disk)?),
            rows: 0,
            error: None,
        };
        let filled = fill(&mut writer);
        if let Some(error) = writer.error.take() {
            return Err(disk(error));
        }
        filled.map_err(Trouble::Input)?;
        let file = writer.file.into_inner().map_err(|e| disk(e.into_error()))?;
        file.commit().map_err(disk)?;
        Ok(writer.rows)
    }

    /// Gives each row of an input's part, with its start and end; returns how many: none if the
    /// input has no part.
    pub fn read(
        &self,
        input: &Part,
        columns: usize,
        mut row: impl FnMut([f64; 2], &[f32]) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        let path = self.path(input);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(0),
            Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
        };
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let mut bytes = vec![0; 16 + 4 * columns];
        let mut values = vec![0.0; columns];
        let mut count = 0;
        loop {
            match reader.read_exact(&mut bytes) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(count),
                Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
            }
            let (place, cells) = bytes.split_at(16);
            let mut moments = [0.0; 2];
            for (moment, b) in moments.iter_mut().zip(place.as_chunks().0) {
                *moment = f64::from_le_bytes(*b);
            }
            for (value, b) in values.iter_mut().zip(cells.as_chunks().0) {
                *value = f32::from_le_bytes(*b);
            }
            row(moments, &values)?;
            count += 1;
        }
    }

    /// Removes them: the table stands.
    pub fn remove(self) {
        let _ = clear(&self.folder);
        let _ = std::fs::remove_file(self.folder.join(NOTE));
        self.writer.finish();
        // Another process may have begun its own.
        let _ = std::fs::remove_dir(&self.folder);
    }
}
