//! Frozen augmentation: a few augmented copies of every utterance, made once and kept on
//! disk, in place of fresh draws at each presentation.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use earnest_features::Features;
use earnest_model::{TensorView, Values, load_tensors, save_tensors};
use earnest_random::Key;

use crate::error::ExperimentError;
use crate::storage::create_folder;

/// The folder of a run in which copies are kept.
pub(crate) const FOLDER: &str = "copies";

/// The most bytes of a copy: the features of some 1,500 hours.
const MOST_BYTES: u64 = 1 << 36;

/// Removes a run's frozen copies from a folder, and the folder if nothing else lies in it.
pub(crate) fn forget(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_a_copy) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    // Refused by the system where somebody's own files are left.
    let _ = std::fs::remove_dir(folder);
}

/// True for the names that copies have: sixteen hexadecimal digits, a number.
fn is_a_copy(name: &str) -> bool {
    let parts = name
        .strip_suffix(".safetensors")
        .and_then(|stem| stem.split_once('-'));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    parts.is_some_and(|(key, copy)| {
        key.len() == 16 && key.bytes().all(|b| b.is_ascii_hexdigit()) && digits(copy)
    })
}

/// A copy's features, in the order of the dataset.
type Copy = Arc<Vec<Features>>;

/// The copies of a dataset. One is in memory at a time, the one that the present epoch
/// takes.
pub(crate) struct FrozenCopies {
    folder: PathBuf,
    count: usize,
    /// Columns of the features.
    columns: usize,
    /// Stands for all that decides what copies hold.
    number: u64,
    current: Mutex<Option<(usize, Copy)>>,
}

impl FrozenCopies {
    /// Makes those of `count` copies that are not in the folder yet. `key` must stand for
    /// all that decides what they hold; `make` gives all features of one copy.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn new(
        folder: &Path,
        count: usize,
        columns: usize,
        key: &Key,
        make: impl Fn(usize) -> Result<Vec<Features>, String>,
    ) -> Result<Self, ExperimentError> {
        create_folder(folder)?;
        let copies = Self {
            folder: folder.to_owned(),
            count: count.max(1),
            columns,
            number: key.number(),
            current: Mutex::new(None),
        };
        for copy in 0..copies.count {
            if copies.read(copy).is_err() {
                let all = make(copy).map_err(ExperimentError::Augmentation)?;
                copies.write(copy, &all)?;
            }
        }
        Ok(copies)
    }

    fn path(&self, copy: usize) -> PathBuf {
        let name = format!("{:016x}-{copy}.safetensors", self.number);
        self.folder.join(name)
    }

    fn write(&self, copy: usize, all: &[Features]) -> Result<(), ExperimentError> {
        let frames: Vec<f32> = all.iter().map(|f| f.frames() as f32).collect();
        let rows: Vec<f32> = all.iter().flat_map(Features::values).copied().collect();
        let shape = vec![rows.len() / self.columns.max(1), self.columns];
        let tensors = [
            TensorView::new("frames", vec![frames.len()], Values::F32(&frames)),
            TensorView::new("rows", shape, Values::F32(&rows)),
        ];
        Ok(save_tensors(&self.path(copy), tensors.into_iter(), None)?)
    }

    fn read(&self, copy: usize) -> Result<Copy, ExperimentError> {
        let path = self.path(copy);
        let mut loaded = load_tensors(&path, "frozen copy", MOST_BYTES)?;
        let wrong = |detail: String| {
            ExperimentError::Setup(format!(
                "{} is no usable frozen copy: {detail}",
                path.display()
            ))
        };
        let mut take = |name: &str| {
            let tensor = loaded.tensors.remove(name);
            tensor.ok_or_else(|| wrong(format!("tensor {name} is missing")))
        };
        let (frames, rows) = (take("frames")?, take("rows")?);
        loaded.nothing_left().map_err(wrong)?;
        let count = rows.values.len() / self.columns.max(1);
        if frames.shape != [frames.values.len()] || rows.shape != [count, self.columns] {
            return Err(wrong(format!(
                "tensor frames has the shape {:?} and tensor rows {:?}",
                frames.shape, rows.shape
            )));
        }
        let mut rest = rows.values.as_slice();
        let mut all = Vec::with_capacity(frames.values.len());
        for n in frames.values {
            let whole = n >= 0.0 && n.fract() == 0.0;
            // As many as there are at most, so that the product is one.
            let values = (n as usize).min(count + 1) * self.columns;
            let (own, others) = rest
                .split_at_checked(values)
                .filter(|_| whole)
                .ok_or_else(|| wrong(format!("tensor frames has {n}, and too few rows follow")))?;
            all.push(Features::from_values(self.columns, own.to_vec()));
            rest = others;
        }
        if !rest.is_empty() {
            return Err(wrong(
                "tensor rows has more than tensor frames says".to_owned(),
            ));
        }
        Ok(Arc::new(all))
    }

    /// An utterance (by its place in the dataset) as it is presented in an epoch.
    ///
    /// # Errors
    /// The copy has become unreadable.
    pub fn present(&self, epoch: usize, utterance: usize) -> Result<Features, String> {
        let copy = epoch % self.count;
        let mut current = self
            .current
            .lock()
            .map_err(|_| "reading the frozen copies failed before".to_owned())?;
        let all = match &*current {
            Some((which, all)) if *which == copy => all.clone(),
            _ => {
                let all = self.read(copy).map_err(|e| e.to_string())?;
                *current = Some((copy, all.clone()));
                all
            }
        };
        drop(current);
        let features = all.get(utterance);
        features
            .cloned()
            .ok_or_else(|| "the frozen copies are those of another corpus".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_features::descriptor;
    use std::cell::Cell;

    #[test]
    fn copies_are_made_once_taken_in_turn_and_made_again_when_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let made = Cell::new(0);
        let make = |copy: usize| {
            made.set(made.get() + 1);
            (0..4)
                .map(|i| {
                    Features::from_values(descriptor::COUNT, vec![(copy * 10 + i) as f32; i * 32])
                })
                .collect::<Vec<_>>()
        };
        let key = Key::new(1);
        let open =
            |key: &Key| FrozenCopies::new(dir.path(), 3, 32, key, |copy| Ok(make(copy))).unwrap();
        let copies = open(&key);
        for epoch in [0, 1, 2, 3, 7] {
            let features = copies.present(epoch, 2).unwrap();
            assert_eq!(features, make(epoch % 3)[2], "epoch {epoch}");
        }
        assert!(copies.present(0, 9).is_err());
        made.set(0);
        open(&key);
        assert_eq!(made.get(), 0);
        std::fs::write(copies.path(1), b"half").unwrap();
        assert_eq!(open(&key).present(1, 3).unwrap(), make(1)[3]);
        made.set(0);
        open(&Key::new(2));
        assert_eq!(made.get(), 3, "another seed has copies of its own");
    }

    #[test]
    fn copies_that_cannot_be_what_was_written_are_refused_by_their_file() {
        let dir = tempfile::tempdir().unwrap();
        let make = |_| {
            Ok(vec![Features::from_values(
                descriptor::COUNT,
                vec![1.0; 64],
            )])
        };
        let copies = FrozenCopies::new(dir.path(), 1, 32, &Key::new(1), make).unwrap();
        let path = copies.path(0);
        let rows = [1.0; 64];
        for (frames, shape, more) in [
            (vec![1e30], vec![2, 32], false),
            (vec![-2.0], vec![2, 32], false),
            (vec![1.5], vec![2, 32], false),
            (vec![1.0], vec![2, 32], false),
            (vec![2.0], vec![32, 2], false),
            (vec![2.0], vec![64], false),
            (vec![2.0], vec![2, 32], true),
        ] {
            let count = frames.len();
            let mut tensors = vec![
                TensorView::new("frames", vec![count], Values::F32(&frames)),
                TensorView::new("rows", shape, Values::F32(&rows)),
            ];
            if more {
                tensors.push(TensorView::new("more", vec![64], Values::F32(&rows)));
            }
            save_tensors(&path, tensors.into_iter(), None).unwrap();
            let error = copies.read(0).unwrap_err().to_string();
            assert!(error.contains(path.to_str().unwrap()), "{error}");
        }
    }
}
