//! Gathering noises from Freesound (freesound.org) by tag, as the paper did: its public
//! APIv2 is searched for each wanted tag, clips with an unwanted tag are dropped, and the
//! previews of the rest are downloaded (Ogg Vorbis; originals need a login, not only a token).
//!
//! A download can be stopped at any moment and goes on with the same call: a clip counts when it
//! stands in the [`MANIFEST`], which keeps its licence, author and tags. Clips without a licence
//! are refused.

mod client;
mod manifest;
mod tags;

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use earnest_files::WholeFile;

pub use crate::collection::freesound::MANIFEST;

pub use self::client::{Found, Pace, Page};
pub use self::tags::Tags;

use self::client::Client;
use self::manifest::{Entry, Manifest};
use crate::left_out::LeftOut;

/// Where the public API is.
pub const API: &str = "https://freesound.org/apiv2";

/// What to gather.
#[derive(Clone, Debug)]
pub struct GatherSettings {
    /// Address of the API: [`API`].
    pub api: String,
    /// The token that comes with an API credential (<https://freesound.org/apiv2/apply>).
    pub token: String,
    /// Wanted and unwanted tags.
    pub tags: Tags,
    /// At most so many clips for each wanted tag.
    pub per_tag: usize,
    /// Shortest and longest clip, seconds.
    pub seconds: (f64, f64),
    /// Waiting.
    pub pace: Pace,
}

impl GatherSettings {
    /// The paper's tags, 100 clips of 0.5 .. 30 s for each.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self {
            api: API.to_owned(),
            token,
            tags: Tags::paper(),
            per_tag: 100,
            seconds: (0.5, 30.0),
            pace: Pace::default(),
        }
    }
}

/// What goes on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A tag is searched for.
    Searching {
        /// The tag.
        tag: &'a str,
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
    },
    /// A clip was downloaded.
    Downloaded {
        /// Its file.
        file: &'a str,
    },
    /// A clip is not taken.
    LeftOut(&'a LeftOut),
    /// Nothing goes on for a while.
    Waiting {
        /// How long.
        duration: Duration,
        /// Why.
        why: &'a str,
    },
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Clips downloaded now.
    pub downloaded: usize,
    /// Clips that were there before.
    pub from_before: usize,
    /// Clips that were found and not taken.
    pub left_out: Vec<LeftOut>,
}

/// Why a download stopped. What was downloaded is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FreesoundError {
    /// The token is not accepted.
    #[error(
        "Freesound does not accept the token ({0}); get one at https://freesound.org/apiv2/apply and check that it is whole"
    )]
    Token(String),
    /// The limit of requests of a day.
    #[error(
        "Freesound's limit of requests is used up ({0}); what was downloaded is kept: give the same command again later, tomorrow at the latest"
    )]
    Limit(String),
    /// No answer, or none that makes sense, after several tries.
    #[error("cannot get {what}: {detail} ({tries} tries); the same command goes on from here")]
    Server {
        /// What was asked for.
        what: String,
        /// What was wrong with the last answer.
        detail: String,
        /// How often it was tried.
        tries: u32,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The manifest is not one.
    #[error("{}:{line}: {detail}; it is the list of what was downloaded: mend it, or move it away to begin anew", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// The address of the API is none.
    #[error("{0} is no address of an API")]
    Address(String),
}

pub(crate) fn file_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> FreesoundError {
    let path = path.to_owned();
    move |source| FreesoundError::File {
        action,
        path,
        source,
    }
}

/// Downloads into a folder, going on where an earlier call stopped.
///
/// # Errors
/// [`FreesoundError`].
pub fn download(
    settings: &GatherSettings,
    folder: &Path,
    progress: &dyn Fn(Progress<'_>),
) -> Result<Summary, FreesoundError> {
    std::fs::create_dir_all(folder).map_err(file_error("create the folder", folder))?;
    let mut manifest = Manifest::open(folder)?;
    let mut summary = Summary {
        from_before: manifest.ids().len(),
        ..Summary::default()
    };
    let mut client = Client::new(settings, progress)?;
    // Ids that were dealt with in this call, so that a clip with two wanted tags is named once.
    let mut seen: HashSet<u64> = HashSet::new();
    let mut failures = 0;
    let of = settings.tags.wanted.len();
    for (i, tag) in settings.tags.wanted.iter().enumerate() {
        progress(Progress::Searching {
            tag,
            number: i + 1,
            of,
        });
        let mut taken = manifest.found_by(tag);
        let mut page = 1;
        while taken < settings.per_tag {
            let answer = client.search(tag, page)?;
            for found in &answer.results {
                if taken >= settings.per_tag {
                    break;
                }
                if manifest.ids().contains(&found.id) || !seen.insert(found.id) {
                    continue;
                }
                match take(&mut client, settings, folder, found, &mut failures)? {
                    Ok(file) => {
                        manifest.add(&Entry::of(found, &file, tag))?;
                        progress(Progress::Downloaded { file: &file });
                        summary.downloaded += 1;
                        taken += 1;
                    }
                    Err(why) => {
                        let what = format!("{} ({})", found.id, found.name);
                        let left_out = LeftOut::new(what, why);
                        progress(Progress::LeftOut(&left_out));
                        summary.left_out.push(left_out);
                    }
                }
            }
            if answer.next.is_none() {
                break;
            }
            page += 1;
        }
    }
    Ok(summary)
}

/// So many previews in a row that cannot be had end the download.
const FAILURES: usize = 3;

/// Downloads one clip; its file name, or why it is not taken.
fn take(
    client: &mut Client<'_>,
    settings: &GatherSettings,
    folder: &Path,
    found: &Found,
    failures: &mut usize,
) -> Result<Result<String, String>, FreesoundError> {
    if found.license.trim().is_empty() {
        return Ok(Err("it has no licence".to_owned()));
    }
    if let Some(tag) = settings.tags.unwanted_of(&found.tags) {
        return Ok(Err(format!("it has the unwanted tag {tag}")));
    }
    let (low, high) = settings.seconds;
    if !(low..=high).contains(&found.duration) {
        return Ok(Err(format!("it is not {low} .. {high} s long")));
    }
    let Some((address, end)) = found.preview() else {
        return Ok(Err("it has no preview to download".to_owned()));
    };
    let file = format!("{}.{end}", found.id);
    let bytes = match client.preview(address, &file) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Err("its preview is gone (404)".to_owned())),
        // One that fails is left out; when one after the other fails, the server has gone.
        Err(error @ FreesoundError::Server { .. }) => {
            *failures += 1;
            return match *failures {
                0..FAILURES => Ok(Err(error.to_string())),
                _ => Err(error),
            };
        }
        Err(error) => return Err(error),
    };
    *failures = 0;
    let path = folder.join(&file);
    let mut written = WholeFile::create(&path).map_err(file_error("write", &path))?;
    written
        .write_all(&bytes)
        .map_err(file_error("write", &path))?;
    // What arrived whole may still not be sound.
    if let Err(error) = earnest_audio::read_blocks(written.part(), None, |_| {}) {
        let part = written.part().display().to_string();
        let why = error.to_string().replace(&part, "it");
        return Ok(Err(format!("its preview cannot be used: {why}")));
    }
    written.commit().map_err(file_error("write", &path))?;
    Ok(Ok(file))
}
