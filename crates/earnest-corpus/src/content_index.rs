//! What files hold, computed once: an index on disk from a file as it stands (place, size, times)
//! to its [`Content`].
//!
//! The index saves time and decides nothing: a line that cannot be read is computed again, and so
//! is a file whose size or times have changed. The time of a file's last change (`ctime`) is kept
//! by the system and cannot be set back, so a file that was written over with another of equal
//! size and date is seen. A file that changed in the last two seconds is not kept, since it may
//! change again within the same tick of the clock.

use std::collections::HashMap;
use std::fs::{Metadata, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use earnest_audio::{AudioError, Content, ContentHash, ContentHasher};
use earnest_files::read_file;
use earnest_signal::{SAMPLE_RATE, Waveform};
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::room_file::read_responses;

/// The index's file in its folder; the number is that of its layout and of what it holds.
const FILE: &str = "content-1.jsonl";

/// The largest index that is read; a larger one is as good as none.
const MOST_INDEX: u64 = 1 << 30;

/// A file that changed less than this ago may change again unseen.
const SETTLED: Duration = Duration::from_secs(2);

/// The same for what is heard of files.
const HEARD_FILE: &str = "heard-1.jsonl";

#[derive(Serialize, Deserialize)]
struct Line<T> {
    file: String,
    content: T,
}

/// What is known of files as they stand.
pub(crate) type Known<T> = Mutex<HashMap<String, T>>;

/// An index of file contents.
#[derive(Debug, Default)]
pub struct ContentIndex {
    /// Where it is kept; nowhere if left out.
    folder: Option<PathBuf>,
    known: Known<Content>,
    heard: Known<Vec<ContentHash>>,
    pub(crate) dead: Known<f64>,
}

/// How the samples of a file are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// As one sound: the mean of its channels.
    Mono,
    /// As room responses: each channel, measurement and receiver for itself.
    Responses,
}

impl Hearing {
    fn name(self) -> &'static str {
        match self {
            Self::Mono => "mono",
            Self::Responses => "responses",
        }
    }

    /// The hashes of what is heard of a file, at 16 kHz.
    fn hear(self, file: &Path) -> Result<Vec<ContentHash>, String> {
        match self {
            Self::Mono => {
                let mut hasher = ContentHasher::new(SAMPLE_RATE, 1);
                earnest_audio::read_blocks(file, None, |block| hasher.add(&[block]))
                    .map_err(|e| e.to_string())?;
                Ok(vec![hasher.finish()])
            }
            Self::Responses => read_responses(file)?
                .into_iter()
                .map(|response| Ok(ContentHash::of(&Waveform::at_16k(response.at_16k()?))))
                .collect(),
        }
    }
}

/// The lines of a file of an index; those that cannot be read are as if they were not there.
fn known<T: DeserializeOwned>(file: &Path) -> Known<T> {
    let bytes = read_file(file, MOST_INDEX).unwrap_or_default();
    let lines = bytes.split(|b| *b == b'\n');
    let known = lines
        .filter_map(|line| serde_json::from_slice::<Line<T>>(line).ok())
        .map(|line| (line.file, line.content));
    Mutex::new(known.collect())
}

/// What tells a file as it stands from all others; `None` if it changed just now, or where the
/// system does not say enough.
#[cfg(unix)]
fn stamp(metadata: &Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let changed = SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(u64::try_from(metadata.ctime()).ok()?))?;
    let age = SystemTime::now().duration_since(changed).ok()?;
    (age > SETTLED).then(|| {
        format!(
            "{:x}-{:x}-{:x}-{:x}.{:x}-{:x}.{:x}",
            metadata.dev(),
            metadata.ino(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.ctime(),
            metadata.ctime_nsec()
        )
    })
}

#[cfg(not(unix))]
fn stamp(_: &Metadata) -> Option<String> {
    None
}

impl ContentIndex {
    /// The file for shares that are dead.
    pub(crate) const DEAD: &str = "dead-1.jsonl";

    /// One that is kept in memory only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// The user's own: in `$XDG_CACHE_HOME/earnest`, or `~/.cache/earnest`. Where neither is set,
    /// in memory only.
    #[must_use]
    pub fn of_user() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let cache = set("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
        match cache {
            Some(cache) => Self::in_folder(&cache.join("earnest")),
            None => Self::in_memory(),
        }
    }

    /// One that is kept in a folder, which is made when there is something to keep. Any number of
    /// processes may use it at the same time.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
            known: known(&folder.join(FILE)),
            heard: known(&folder.join(HEARD_FILE)),
            dead: known(&folder.join(Self::DEAD)),
        }
    }

    /// The contents of files, on all cores; those that are known are not decoded again.
    /// `progress` is called once for each file.
    pub fn contents(
        &self,
        files: &[PathBuf],
        progress: impl Fn() + Sync,
    ) -> Vec<Result<Content, AudioError>> {
        self.look(FILE, &self.known, files, "", progress, |file| {
            earnest_audio::content(file)
        })
    }

    /// What is heard of files, on all cores: hashes of samples at 16 kHz, which are equal for
    /// copies of a sound whatever its container, its bits and the number of equal channels. What
    /// is known is not decoded again. `progress` is called once for each file.
    pub fn heard(
        &self,
        files: &[PathBuf],
        hearing: Hearing,
        progress: impl Fn() + Sync,
    ) -> Vec<Result<Vec<ContentHash>, String>> {
        let name = hearing.name();
        self.look(HEARD_FILE, &self.heard, files, name, progress, |file| {
            hearing.hear(file)
        })
    }

    /// What is known of files, and what `make` finds out of the others.
    pub(crate) fn look<T: Clone + Serialize + Send, E: Send>(
        &self,
        name: &str,
        known: &Known<T>,
        files: &[PathBuf],
        how: &str,
        progress: impl Fn() + Sync,
        make: impl Fn(&Path) -> Result<T, E> + Sync,
    ) -> Vec<Result<T, E>> {
        let results: Vec<(Option<String>, bool, Result<T, E>)> = files
            .par_iter()
            .map(|file| {
                let stamp = std::fs::metadata(file).ok().as_ref().and_then(stamp);
                let stamp = stamp.map(|stamp| match how {
                    "" => stamp,
                    how => format!("{stamp} {how}"),
                });
                let before = stamp.as_ref().and_then(|stamp| {
                    let known = known.lock().ok()?;
                    known.get(stamp).cloned()
                });
                let was_known = before.is_some();
                let result = match before {
                    Some(content) => Ok(content),
                    None => make(file),
                };
                progress();
                (stamp, was_known, result)
            })
            .collect();
        let mut lines = Vec::new();
        let mut out = Vec::with_capacity(results.len());
        for (stamp, was_known, result) in results {
            if let (Some(file), false, Ok(content)) = (stamp, was_known, &result) {
                if let Ok(mut known) = known.lock() {
                    known.insert(file.clone(), content.clone());
                }
                let content = content.clone();
                if serde_json::to_writer(&mut lines, &Line { file, content }).is_ok() {
                    lines.push(b'\n');
                }
            }
            out.push(result);
        }
        self.keep(name, &lines);
        out
    }

    /// Adds lines, in one write. An index that cannot be kept costs time and nothing else.
    fn keep(&self, name: &str, lines: &[u8]) {
        let Some(folder) = &self.folder else { return };
        if lines.is_empty() || std::fs::create_dir_all(folder).is_err() {
            return;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join(name));
        // A line that another process left unfinished is ended first.
        let mut bytes = vec![b'\n'];
        bytes.extend_from_slice(lines);
        let _ = file.and_then(|mut file| file.write_all(&bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_audio::{SampleFormat, write_wav};
    use earnest_signal::Waveform;

    fn write(path: &Path, gain: f32) {
        let samples = (0..1600).map(|i| gain * (i as f32 * 0.1).sin()).collect();
        write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
    }

    fn hash(index: &ContentIndex, path: &Path) -> String {
        let mut all = index.contents(&[path.to_owned()], || ());
        all.remove(0).unwrap().hash.to_string()
    }

    #[test]
    fn a_file_that_is_re_levelled_at_equal_size_and_date_is_seen_to_have_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (file, cache) = (dir.path().join("a.wav"), dir.path().join("cache"));
        write(&file, 0.5);
        let date = std::fs::metadata(&file).unwrap().modified().unwrap();
        std::thread::sleep(SETTLED + Duration::from_millis(1100));
        let before = hash(&ContentIndex::in_folder(&cache), &file);
        let kept = std::fs::read_to_string(cache.join(FILE)).unwrap();
        assert!(kept.contains(&before), "{kept}");
        // From the index: the same, and nothing is added.
        assert_eq!(hash(&ContentIndex::in_folder(&cache), &file), before);
        assert_eq!(std::fs::read_to_string(cache.join(FILE)).unwrap(), kept);
        let size = std::fs::metadata(&file).unwrap().len();
        write(&file, 0.25);
        let handle = OpenOptions::new().write(true).open(&file).unwrap();
        handle.set_modified(date).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().len(), size);
        assert_ne!(hash(&ContentIndex::in_folder(&cache), &file), before);
    }

    #[test]
    fn a_damaged_index_or_one_that_cannot_be_written_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.wav");
        write(&file, 0.5);
        let right = hash(&ContentIndex::in_memory(), &file);
        let cache = dir.path().join("cache");
        std::fs::create_dir(&cache).unwrap();
        std::fs::write(cache.join(FILE), b"{\"file\":\"x\",\xff\n{}\n{\"fil").unwrap();
        assert_eq!(hash(&ContentIndex::in_folder(&cache), &file), right);
        // A file stands where the folder should be.
        assert_eq!(hash(&ContentIndex::in_folder(&file), &file), right);
    }

    #[test]
    fn copies_of_a_sound_are_heard_alike_whatever_holds_them_and_are_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let samples: Vec<f32> = (0..1600).map(|i| (i as f32 * 0.1).sin() * 0.5).collect();
        let wave = Waveform::at_16k(samples.clone());
        let at = |name: &str| dir.path().join(name);
        write_wav(at("a.wav"), &wave, SampleFormat::Int16).unwrap();
        let as_written = earnest_audio::read(at("a.wav")).unwrap();
        let both = [as_written.samples(), as_written.samples()];
        earnest_audio::write_wav_channels(at("b.wav"), &both, 16_000, SampleFormat::Float32)
            .unwrap();
        write_wav(at("c.wav"), &wave.clone(), SampleFormat::Float32).unwrap();
        let files = ["a.wav", "b.wav", "c.wav"].map(at);
        std::thread::sleep(SETTLED + Duration::from_millis(1100));
        let cache = dir.path().join("cache");
        let hear = |hearing| -> Vec<Vec<ContentHash>> {
            let index = ContentIndex::in_folder(&cache);
            let all = index.heard(&files, hearing, || ());
            all.into_iter().map(Result::unwrap).collect()
        };
        let mono = hear(Hearing::Mono);
        assert_eq!(mono[0], mono[1]);
        // Before it was rounded to sixteen bits it was another.
        assert_ne!(mono[0], mono[2]);
        assert_eq!(mono[0], [ContentHash::of(&as_written)]);
        let responses = hear(Hearing::Responses);
        assert_eq!(responses[1], [mono[0][0]; 2]);
        let kept = std::fs::read_to_string(cache.join(HEARD_FILE)).unwrap();
        assert_eq!(
            (hear(Hearing::Mono), hear(Hearing::Responses)),
            (mono, responses)
        );
        assert_eq!(
            std::fs::read_to_string(cache.join(HEARD_FILE)).unwrap(),
            kept
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let index = ContentIndex::in_memory();
        let all = index.contents(&[PathBuf::from("no-such-file.wav")], || ());
        assert!(
            all[0]
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("no-such-file")
        );
    }
}
