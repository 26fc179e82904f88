//! No output lands on an input: every verb that writes asks here before it works.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use earnest_corpus::Corpus;
use earnest_experiment::{Corpora, RESULTS};
use earnest_files::OneWriter;

use crate::failure::Failure;

/// Takes a folder that is to be written, so that no other process writes it at the same time.
pub fn one_writer(what: &str, folder: &Path) -> Result<OneWriter, Failure> {
    Ok(OneWriter::take(folder)
        .with_context(|| format!("cannot write {what} {}", folder.display()))?)
}

/// What a verb reads and must not write to. The same file is known by any of its names: through
/// links to it, to a folder above it, and as a second (hard) link.
#[derive(Default)]
pub struct Inputs {
    files: HashMap<Identity, Named>,
    /// Any file in these may be read.
    folders: Vec<Folder>,
    /// In these only [`files`](Self::files) are read.
    roots: Vec<Folder>,
}

/// A folder of inputs: which it is, where it lies, and as the user calls it.
type Folder = (Identity, PathBuf, Named);

/// An input as the user calls it.
#[derive(Clone)]
struct Named {
    what: String,
    path: PathBuf,
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.what, self.path.display())
    }
}

/// Which file or folder it is, whatever it is called.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    path.metadata().map(|m| (m.dev(), m.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> std::io::Result<Identity> {
    path.canonicalize()
}

/// The identity of what is there; none if nothing is.
fn found(path: &Path) -> Result<Option<Identity>, Failure> {
    match identity(path) {
        Ok(identity) => Ok(Some(identity)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(anyhow::anyhow!(
            "cannot look at {}, where something is to be written: {e}",
            path.display()
        )
        .into()),
    }
}

/// Where something lies, or would lie: its deepest folder that is there, without links.
fn place(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        let named = match above.as_os_str().is_empty() {
            true => Path::new("."),
            false => above,
        };
        if let Ok(real) = named.canonicalize() {
            return match path.strip_prefix(above) {
                Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
                _ => real,
            };
        }
    }
    path.to_owned()
}

impl Inputs {
    /// A file, or all files of a folder. What is not there is not read.
    pub fn add(&mut self, what: &str, path: &Path) {
        let named = Named {
            what: what.to_owned(),
            path: path.to_owned(),
        };
        let Ok(identity) = identity(path) else { return };
        match path.is_dir() {
            true => self.folders.push((identity, place(path), named)),
            false => {
                self.files.entry(identity).or_insert(named);
            }
        }
    }

    /// Several of them.
    pub fn add_all<'a>(&mut self, what: &str, paths: impl IntoIterator<Item = &'a PathBuf>) {
        paths.into_iter().for_each(|path| self.add(what, path));
    }

    /// A corpus: audio and labels, but not what else lies in its folder.
    pub fn add_corpus(&mut self, corpus: &Corpus, path: &Path) {
        if path.is_file() {
            self.add("the corpus's manifest", path);
        }
        let root = &corpus.root;
        if let Ok(identity) = identity(root) {
            let named = Named {
                what: "the corpus".to_owned(),
                path: root.clone(),
            };
            self.roots.push((identity, place(root), named));
        }
        for utterance in &corpus.utterances {
            self.add("the corpus's", &corpus.audio_path(utterance));
            // Some layouts say where in the corpus, others where in the file system.
            self.add("the corpus's", &root.join(&utterance.origin.0));
            self.add("the corpus's", &utterance.origin.0);
        }
    }

    /// The same of several corpora that were joined to one, or of a single one.
    pub fn add_corpora(&mut self, corpus: &Corpus, corpora: &Corpora) {
        if let Some(one) = corpora.single() {
            return self.add_corpus(corpus, &one.path);
        }
        for part in &corpus.parts {
            if let Some(spec) = corpora.0.get(part.number) {
                self.add_corpus(&part.corpus, &spec.path);
            }
        }
    }

    /// A run that is compared: what it has, but not what else lies in its folder.
    pub fn add_run(&mut self, what: &str, folder: &Path) {
        for name in RESULTS.iter().chain(&RUN_FILES).chain(&RUN_FOLDERS) {
            self.add(what, &folder.join(name));
        }
    }

    /// Refuses to write this file if it is an input, or is there already among inputs; and if it
    /// is no file, but a pipe, a device or a folder.
    pub fn spare(&self, what: &str, file: &Path) -> Result<(), Failure> {
        earnest_files::refuse_special(file)
            .map_err(|e| Failure::asked(format!("{what} {}: {e}", file.display())))?;
        self.spare_among(self.folders.iter().chain(&self.roots), what, file)
    }

    fn spare_among<'a>(
        &self,
        mut folders: impl Iterator<Item = &'a Folder>,
        what: &str,
        file: &Path,
    ) -> Result<(), Failure> {
        let Some(identity) = found(file)? else {
            return Ok(());
        };
        let named = format!("{what} {}", file.display());
        if let Some(input) = self.files.get(&identity) {
            return Err(Failure::asked(format!(
                "{named}: it is an input ({input}), which would be replaced; choose another name"
            )));
        }
        let place = place(file);
        match folders.find(|(_, f, _)| place.starts_with(f)) {
            None => Ok(()),
            Some((_, _, input)) => Err(Failure::asked(format!(
                "{named}: it is there already, in a folder that is read ({input}), and would be replaced; choose another name, or remove it first"
            ))),
        }
    }

    /// Refuses to write these files below a folder that is an input, or that leads elsewhere by
    /// a link, and any of them that is an input.
    pub fn spare_below(
        &self,
        what: &str,
        folder: &Path,
        files: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> Result<(), Failure> {
        let Some(identity) = found(folder)? else {
            return Ok(());
        };
        let is_it = |(input, ..): &&Folder| *input == identity;
        if let Some((_, _, input)) = self.folders.iter().chain(&self.roots).find(is_it) {
            return Err(Failure::asked(format!(
                "{what} {}: it is an input ({input}), whose files would be replaced; choose another folder",
                folder.display()
            )));
        }
        let real = place(folder);
        // Many files lie in few folders.
        let mut inside: HashMap<PathBuf, bool> = HashMap::new();
        for file in files {
            let file = folder.join(file);
            let above = file.parent().unwrap_or(folder);
            let stays = inside
                .entry(above.to_owned())
                .or_insert_with(|| place(above).starts_with(&real));
            if !*stays {
                return Err(Failure::asked(format!(
                    "{what} {}: {} leads out of it by a link, to {}; remove the link, or choose another folder",
                    folder.display(),
                    above.display(),
                    place(above).display()
                )));
            }
            // What an earlier call left in a folder of the corpus is no input.
            self.spare_among(self.folders.iter(), what, &file)?;
        }
        Ok(())
    }

    /// Refuses to make, fill or remove a folder if an input is in it.
    pub fn spare_all_of(&self, what: &str, folder: &Path) -> Result<(), Failure> {
        if found(folder)?.is_none() {
            return Ok(());
        }
        let real = place(folder);
        let folders = self.folders.iter().chain(&self.roots);
        let mut inputs = folders
            .map(|(_, _, input)| input)
            .chain(self.files.values())
            .filter(|input| place(&input.path).starts_with(&real));
        match inputs.next() {
            None => Ok(()),
            Some(input) => Err(Failure::asked(format!(
                "{what} {}: an input lies in it ({input}); choose another folder",
                folder.display()
            ))),
        }
    }

    /// Refuses a run's folder that is an input's, or whose files are inputs.
    pub fn spare_run(&self, what: &str, folder: &Path) -> Result<(), Failure> {
        self.spare_below(what, folder, RESULTS.into_iter().chain(RUN_FILES))?;
        RUN_FOLDERS
            .iter()
            .try_for_each(|name| self.spare_all_of(what, &folder.join(name)))
    }
}

/// Refuses two outputs that would be one file, of which one would be lost.
pub fn refuse_same<'a>(
    outputs: impl IntoIterator<Item = (&'a str, PathBuf)>,
) -> Result<(), Failure> {
    let mut places: HashMap<PathBuf, (&str, PathBuf)> = HashMap::new();
    let mut identities: HashMap<Identity, (&str, PathBuf)> = HashMap::new();
    for (what, path) in outputs {
        let this = (what, path.clone());
        let by_identity = found(&path)?.and_then(|i| identities.insert(i, this.clone()));
        let first = places.insert(place(&path), this).or(by_identity);
        if let Some((first, other)) = first {
            return Err(Failure::asked(format!(
                "{first} {} and {what} {}: two outputs in one file, of which one would be lost; name another file for one of them",
                other.display(),
                path.display()
            )));
        }
    }
    Ok(())
}

/// What a run and a model have in their folder, beside a run's [`RESULTS`].
const RUN_FILES: [&str; 9] = [
    "experiment.toml",
    "model.safetensors",
    "model.json",
    "README.md",
    "training.csv",
    "checkpoint.safetensors",
    "normaliser.json",
    "unit.json",
    "predictions.csv",
];
/// And the folders in it.
const RUN_FOLDERS: [&str; 4] = ["units", "locks", "slurm", "copies"];

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }

    fn refused(result: Result<(), Failure>) -> bool {
        result.is_err()
    }

    #[test]
    fn an_input_is_known_by_all_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        file(&at("in/a.wav"));
        file(&at("other.wav"));
        let mut inputs = Inputs::default();
        inputs.add("IN", &at("in/a.wav"));
        assert!(refused(inputs.spare("-o", &at("in/a.wav"))));
        assert!(refused(inputs.spare("-o", &at("in/../in/./a.wav"))));
        assert!(!refused(inputs.spare("-o", &at("other.wav"))));
        assert!(!refused(inputs.spare("-o", &at("in/new.csv"))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink(at("in"), at("link")).unwrap();
            symlink(at("in/a.wav"), at("file-link.wav")).unwrap();
            std::fs::hard_link(at("in/a.wav"), at("hard.wav")).unwrap();
            for name in ["link/a.wav", "file-link.wav", "hard.wav"] {
                assert!(refused(inputs.spare("-o", &at(name))), "{name}");
            }
        }
    }

    #[test]
    fn what_lies_in_a_folder_that_is_read_is_spared_and_new_files_beside_it_are_not_hindered() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        file(&at("in/labels.csv"));
        let mut inputs = Inputs::default();
        inputs.add("IN", &at("in"));
        assert!(refused(inputs.spare("-o", &at("in/labels.csv"))));
        assert!(!refused(inputs.spare("-o", &at("in/features.csv"))));
        assert!(refused(inputs.spare_below("OUT", &at("in"), ["b.wav"])));
        assert!(!refused(inputs.spare_below(
            "OUT",
            &at("in/out"),
            ["b.wav"]
        )));
        assert!(!refused(inputs.spare_below("OUT", dir.path(), ["b.wav"])));
        assert!(refused(inputs.spare_below(
            "OUT",
            dir.path(),
            ["in/labels.csv"]
        )));
        assert!(refused(inputs.spare_all_of("OUT", dir.path())));
        assert!(!refused(inputs.spare_all_of("OUT", &at("in/out"))));
        assert!(!refused(inputs.spare_run("--out", dir.path())));
        assert!(!refused(inputs.spare_run("--out", &at("in/runs/a"))));
        assert!(refused(inputs.spare_run("--out", &at("in"))));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_leads_out_by_a_link_is_refused_and_one_that_is_a_link_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        file(&at("elsewhere/x"));
        file(&at("out/inner/x"));
        std::os::unix::fs::symlink(at("elsewhere"), at("out/wav")).unwrap();
        std::os::unix::fs::symlink("inner", at("out/same")).unwrap();
        std::os::unix::fs::symlink(at("out"), at("link")).unwrap();
        let inputs = Inputs::default();
        for out in ["out", "link"] {
            let refused_below = |file: &str| refused(inputs.spare_below("OUT", &at(out), [file]));
            assert!(refused_below("wav/a.wav"));
            assert!(refused_below("wav/deep/new/a.wav"));
            assert!(!refused_below("same/a.wav"));
            assert!(!refused_below("inner/a.wav"));
            assert!(!refused_below("new/a.wav"));
        }
    }
}
