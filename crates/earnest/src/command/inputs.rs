//! Which audio files a user means: files, folders of them, manifests.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::failure::Failure;

/// All audio files that arguments stand for, each once, in the order given: a folder
/// stands for all audio below it, sorted; a `.csv` or `.tsv` manifest for its `path`
/// column, relative to its own folder.
pub fn audio_files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            let before = files.len();
            for entry in WalkDir::new(argument)
                .follow_links(true)
                .sort_by_file_name()
            {
                let entry = entry
                    .map_err(|e| anyhow::anyhow!("cannot look into {}: {e}", argument.display()))?;
                if entry.file_type().is_file() && earnest_audio::has_audio_extension(entry.path()) {
                    files.push(entry.into_path());
                }
            }
            if files.len() == before {
                return Err(Failure::asked(format!(
                    "there is no audio file below {} (known extensions: {})",
                    argument.display(),
                    earnest_audio::EXTENSIONS.join(", ")
                )));
            }
        } else if is_manifest(argument) {
            files.extend(listed(argument)?);
        } else {
            files.push(argument.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|f| seen.insert(f.clone()));
    Ok(files)
}

/// Says of each file that could not be read why; a failure if there is any.
pub fn name_unread(reasons: &[&String], files: usize) -> Result<(), Failure> {
    for reason in reasons {
        tell!("warning: {reason}");
    }
    match reasons.len() {
        0 => Ok(()),
        bad => Err(anyhow::anyhow!("{bad} of {files} files could not be read").into()),
    }
}

fn is_manifest(path: &Path) -> bool {
    path.extension()
        .and_then(|e| e.to_str())
        .is_some_and(|e| e.eq_ignore_ascii_case("csv") || e.eq_ignore_ascii_case("tsv"))
}

fn listed(manifest: &Path) -> Result<Vec<PathBuf>, Failure> {
    let tabs = manifest
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("tsv"));
    let error =
        |detail: String| anyhow::anyhow!("cannot read manifest {}: {detail}", manifest.display());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .from_path(manifest)
        .map_err(|e| error(e.to_string()))?;
    let headers = reader.headers().map_err(|e| error(e.to_string()))?;
    let column = headers
        .iter()
        .position(|h| h.trim() == "path")
        .ok_or_else(|| {
            let found: Vec<&str> = headers.iter().collect();
            Failure::asked(format!(
                "manifest {} has no column `path` (it has {}); name the column of audio files so",
                manifest.display(),
                found.join(", ")
            ))
        })?;
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let mut files = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| error(e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let path = record.get(column).unwrap_or_default().trim();
        if path.is_empty() {
            return Err(error(format!("line {line} has no path")).into());
        }
        files.push(folder.join(path));
    }
    if files.is_empty() {
        return Err(error("it lists no file".to_owned()).into());
    }
    Ok(files)
}
