//! Which audio files a user means: files, folders of them, manifests.

use std::path::{Path, PathBuf};

use earnest_audio::Stretch;
use earnest_corpus::{Listing, is_manifest, listed_files};

use crate::failure::Failure;
use crate::visible::on_one_line;

/// A file, or a stretch of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// Where in it; `None` is all of it.
    pub stretch: Option<Stretch>,
}

/// The audio files that arguments stand for, and what could not be listed.
#[derive(Debug, Default)]
pub struct AudioFiles {
    /// Each once, in the order given.
    pub parts: Vec<Part>,
    /// Folders, links, names and lines for which nobody knows a file, and why.
    unlisted: Vec<String>,
}

/// What a verb makes of a manifest that lists stretches of files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// It refuses it.
    WholeFiles,
    /// It takes them.
    Stretches,
}

/// All audio files that arguments stand for: a folder stands for all audio below it, sorted; a
/// manifest (`.csv`, `.tsv`, `.jsonl`) for the files that it lists, under the same names of
/// columns as in a corpus, relative to its own folder. What cannot be listed is kept to be named
/// beside the files that cannot be read: see [`AudioFiles::name_unread`].
pub fn audio_files(arguments: &[PathBuf], takes: Takes) -> Result<AudioFiles, Failure> {
    let mut found = AudioFiles::default();
    for argument in arguments {
        if argument.is_dir() {
            found.add_folder(argument)?;
        } else if is_manifest(argument) {
            found.add_manifest(argument, takes)?;
        } else {
            found.add_files([argument.clone()]);
        }
    }
    found.refuse_unwritable_names();
    let mut seen = std::collections::HashSet::new();
    let place = |p: &Part| (p.path.clone(), p.stretch.map(|s| s.to_string()));
    found.parts.retain(|part| seen.insert(place(part)));
    Ok(found)
}

impl AudioFiles {
    /// The files, each once.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut seen = std::collections::HashSet::new();
        let paths = self.parts.iter().map(|part| &part.path);
        paths.filter(|path| seen.insert(*path)).cloned().collect()
    }

    /// Tables and JSON hold text: a file whose name is none is named beside those that cannot be
    /// read.
    fn refuse_unwritable_names(&mut self) {
        let unlisted = &mut self.unlisted;
        self.parts.retain(|part| {
            let is_text = part.path.to_str().is_some();
            if !is_text {
                unlisted.push(format!(
                    "{}: its name is not UTF-8, so no table could say which file it is; rename it",
                    part.path.display()
                ));
            }
            is_text
        });
    }

    fn add_files(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        let whole = |path| Part {
            path,
            stretch: None,
        };
        self.parts.extend(files.into_iter().map(whole));
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let listing = Listing::of(folder, earnest_audio::has_audio_extension);
        if listing.files.is_empty() && listing.problems.is_empty() {
            return Err(Failure::asked(format!(
                "there is no audio file below {} (known extensions: {})",
                folder.display(),
                earnest_audio::EXTENSIONS.join(", ")
            )));
        }
        self.add_files(listing.files.iter().map(|file| file.under(folder)));
        let problems = listing.problems.iter();
        self.unlisted.extend(problems.map(ToString::to_string));
        Ok(())
    }

    fn add_manifest(&mut self, manifest: &Path, takes: Takes) -> Result<(), Failure> {
        let (listed, problems) = listed_files(manifest);
        if listed.is_empty() {
            let why = problems
                .first()
                .map_or_else(|| "it lists no file".to_owned(), ToString::to_string);
            return Err(Failure::asked(format!(
                "cannot read the manifest {}: {why}",
                manifest.display()
            )));
        }
        if takes == Takes::WholeFiles
            && let Some(part) = listed.iter().find(|l| l.stretch.is_some())
        {
            return Err(Failure::asked(format!(
                "{}:{}: only a stretch of {} is listed (start, end), and whole files are what this verb takes; cut it out first, or leave the columns out",
                manifest.display(),
                part.line,
                part.path.display()
            )));
        }
        self.parts.extend(listed.into_iter().map(|l| Part {
            path: l.path,
            stretch: l.stretch,
        }));
        self.unlisted
            .extend(problems.iter().map(ToString::to_string));
        Ok(())
    }

    /// Names what could not be listed and, given why, what could not be used; a failure if there
    /// is any.
    pub fn name_unread(&self, reasons: &[&String]) -> Result<(), Failure> {
        for reason in &self.unlisted {
            tell!("warning: {}", on_one_line(reason));
        }
        let read = name_unread(reasons, self.parts.len());
        match (self.unlisted.len(), read) {
            (0, read) => read,
            (n, Ok(())) => Err(anyhow::anyhow!("{n} folders, links, names or lines could not be listed").into()),
            (n, Err(_)) => Err(anyhow::anyhow!(
                "{} of {} files could not be used, and {n} folders, links, names or lines could not be listed",
                reasons.len(),
                self.parts.len()
            )
            .into()),
        }
    }
}

/// Says of each file that could not be used why; a failure if there is any.
pub fn name_unread(reasons: &[&String], files: usize) -> Result<(), Failure> {
    for reason in reasons {
        tell!("warning: {}", on_one_line(reason));
    }
    // What was made of a file is not always a file that could be written.
    let mut unwritten = reasons.iter().filter(|r| r.starts_with("cannot write "));
    match (reasons.len(), unwritten.next()) {
        (0, _) => Ok(()),
        (bad, None) => Err(anyhow::anyhow!("{bad} of {files} files could not be used").into()),
        (bad, Some(first)) => {
            let unwritten = 1 + unwritten.count();
            let unread = match bad - unwritten {
                0 => String::new(),
                n => format!("{n} of {files} files could not be used, and "),
            };
            Err(anyhow::anyhow!(
                "{unread}{unwritten} of {files} could not be written; the first: {first}"
            )
            .into())
        }
    }
}
