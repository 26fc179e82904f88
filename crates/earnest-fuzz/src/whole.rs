//! What targets share: a folder in memory for readers that only take paths, and something whole
//! of each kind of which a target breaks one file.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::{Corpus, OpenOptions, synthetic};
use earnest_experiment::{Experiment, Silent, Training, run};
use earnest_files::RelativePath;
use earnest_model::{Architecture, Recipe, Task};
use earnest_signal::Waveform;

/// A folder in memory that goes with its owner.
pub struct Folder(tempfile::TempDir);

impl Default for Folder {
    fn default() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        Self(folder.expect("a folder can be made"))
    }
}

impl Folder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders it needs.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder can be made");
        }
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// Makes an empty file of a fuzzer's choice, if it is a name that a file can have.
    pub fn touch(&self, name: &str) {
        let Ok(name) = RelativePath::new(name) else {
            return;
        };
        let path = name.under(self.path());
        if let Some(parent) = path.parent()
            && std::fs::create_dir_all(parent).is_ok()
        {
            let _ = std::fs::write(path, b"");
        }
    }
}

/// A whole file, broken as a fuzzer says: replaced by its bytes, or edited in some places, so
/// that much of it is as its reader wants it.
pub fn broken(whole: &[u8], how: &[u8]) -> Vec<u8> {
    let Some((kind, rest)) = how.split_first() else {
        return whole.to_vec();
    };
    if kind % 2 == 0 {
        return rest.to_vec();
    }
    let mut file = whole.to_vec();
    // Where, how many bytes go, and the bytes that come.
    for edit in rest.chunks(10) {
        let [high, low, gone, come @ ..] = edit else {
            break;
        };
        let start = usize::from(u16::from_be_bytes([*high, *low])) % (file.len() + 1);
        let end = (start + usize::from(gone % 16)).min(file.len());
        file.splice(start..end, come.iter().copied());
    }
    file
}

/// A tenth of a second of a tone, as a WAV file.
pub fn wav() -> &'static [u8] {
    static WAV: OnceLock<Vec<u8>> = OnceLock::new();
    WAV.get_or_init(|| tone(1600))
}

/// So many samples of a tone, as a WAV file.
pub fn tone(samples: usize) -> Vec<u8> {
    let folder = Folder::default();
    let path = folder.path().join("tone.wav");
    let samples = (0..samples).map(|i| (i as f32 * 0.2).sin() * 0.3).collect();
    write_wav(&path, &Waveform::at_16k(samples), SampleFormat::Int16).expect("written");
    std::fs::read(path).expect("read")
}

/// A small corpus on disk, and read.
pub fn corpus() -> &'static (Folder, Corpus) {
    static CORPUS: OnceLock<(Folder, Corpus)> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let folder = Folder::default();
        let settings = synthetic::SyntheticSettings {
            seed: 1,
            utterances_per_speaker: 4,
        };
        synthetic::write(folder.path(), settings, || {}).expect("a corpus can be made");
        let corpus = Corpus::open(folder.path(), &OpenOptions::default()).expect("and read");
        (folder, corpus)
    })
}

/// A finished run of the smallest experiment.
pub struct Run {
    /// Its folder.
    pub folder: Folder,
    /// The folder of its one unit.
    pub unit: PathBuf,
    /// The unit's `model.json`.
    pub description: Vec<u8>,
    /// The unit's `model.safetensors`.
    pub weights: Vec<u8>,
}

/// The finished run, made when it is first asked for.
pub fn finished_run() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let folder = Folder::default();
        let mut experiment = Experiment::table1(corpus().0.path().to_owned());
        experiment.folds = "1".into();
        experiment.tasks = vec![Task::Categorical];
        experiment.trainings = vec![Training::Clean];
        experiment.recipes = vec![Recipe {
            max_epochs: 1,
            ..Recipe::paper(Architecture::rnn(1, 2))
        }];
        let outcome = run(experiment, folder.path(), &Silent).expect("it runs");
        let unit = folder.path().join("units").join(&outcome.units[0].id);
        let read = |name| std::fs::read(unit.join(name)).expect("it is there");
        Run {
            description: read("model.json"),
            weights: read("model.safetensors"),
            folder,
            unit,
        }
    })
}
