//! Named tensors in a safetensors file, written whole or not at all.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::{Dtype, SafeTensors, View};
use sha2::{Digest, Sha256};

use crate::error::ModelError;

/// Values of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values<'a> {
    /// Of single precision.
    F32(&'a [f32]),
    /// Of double precision.
    F64(&'a [f64]),
}

impl Values<'_> {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A tensor of a model, as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorView<'a> {
    /// Unique in the model.
    pub name: Cow<'a, str>,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub values: Values<'a>,
}

impl<'a> TensorView<'a> {
    /// A tensor; its shape has as many places as there are values.
    pub fn new(name: impl Into<Cow<'a, str>>, shape: Vec<usize>, values: Values<'a>) -> Self {
        Self {
            name: name.into(),
            shape,
            values,
        }
    }

    /// Values of double precision in one row.
    pub(crate) fn row(name: &'a str, values: &'a [f64]) -> Self {
        Self::new(name, vec![values.len()], Values::F64(values))
    }
}

impl View for TensorView<'_> {
    fn dtype(&self) -> Dtype {
        match self.values {
            Values::F32(_) => Dtype::F32,
            Values::F64(_) => Dtype::F64,
        }
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(match self.values {
            Values::F32(values) => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Values::F64(values) => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        })
    }
    fn data_len(&self) -> usize {
        match self.values {
            Values::F32(values) => values.len() * 4,
            Values::F64(values) => values.len() * 8,
        }
    }
}

/// As [`earnest_files::write_whole`], with this crate's error.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    earnest_files::write_whole(path, bytes).map_err(|source| ModelError::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

/// As [`earnest_files::read_file`], with this crate's error.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, ModelError> {
    earnest_files::read_file(path, most).map_err(|source| ModelError::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

/// Writes tensors and a note into a safetensors file.
///
/// # Errors
/// [`ModelError::File`].
pub fn save<'a>(
    path: &Path,
    tensors: impl Iterator<Item = TensorView<'a>>,
    note: Option<String>,
) -> Result<(), ModelError> {
    let list: Vec<(String, TensorView<'a>)> = tensors
        .map(|tensor| (tensor.name.to_string(), tensor))
        .collect();
    let note = note.map(|n| HashMap::from([("earnest".to_owned(), n)]));
    let bytes = safetensors::serialize(list, note).map_err(|error| ModelError::Content {
        path: path.to_owned(),
        what: "tensor file",
        reason: error.to_string(),
    })?;
    write(path, &bytes)
}

/// Stands for some tensors: their names, shapes, kinds and values, in the order of their names.
#[must_use]
pub(crate) fn digest<V: View>(tensors: impl IntoIterator<Item = (String, V)>) -> [u8; 32] {
    let sorted: BTreeMap<String, V> = tensors.into_iter().collect();
    let mut hasher = Sha256::new();
    for (name, tensor) in sorted {
        hasher.update(format!(
            "{name:?} {:?} {:?}",
            tensor.dtype(),
            tensor.shape()
        ));
        hasher.update(tensor.data());
    }
    hasher.finalize().into()
}

/// A tensor of a file.
#[derive(Clone, Debug)]
pub struct Tensor<V = f32> {
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Values, row-major; all finite.
    pub values: Vec<V>,
}

/// The tensors of a file by name, and its note.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The tensors of single precision by name.
    pub tensors: HashMap<String, Tensor>,
    /// Those of double precision.
    pub doubles: HashMap<String, Tensor<f64>>,
    /// The note of [`save`].
    pub note: Option<String>,
    /// Stands for what they hold.
    pub(crate) digest: [u8; 32],
}

/// Reads a file written by [`save`] or by another safetensors writer; `what` it is to be is
/// said in errors. A file of more than `most` bytes is not read.
///
/// # Errors
/// A file that is missing, too large, truncated or foreign, or holds a value that is not finite.
pub fn load(path: &Path, what: &'static str, most: u64) -> Result<Loaded, ModelError> {
    parse(path, what, &read(path, most)?)
}

/// Reads tensors of a file that is in memory; `path` is for errors.
pub(crate) fn parse(path: &Path, what: &'static str, bytes: &[u8]) -> Result<Loaded, ModelError> {
    let content = |reason: String| ModelError::Content {
        path: path.to_owned(),
        what,
        reason,
    };
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| content(format!("not a whole safetensors file ({error})")))?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| content(e.to_string()))?;
    let note = metadata
        .metadata()
        .as_ref()
        .and_then(|m| m.get("earnest").cloned());
    let (mut tensors, mut doubles) = (HashMap::new(), HashMap::new());
    for (name, view) in file.tensors() {
        let not_finite = |i: usize| content(format!("tensor {name} is not finite at {i}"));
        let shape = view.shape().to_vec();
        match view.dtype() {
            Dtype::F32 => {
                let chunks = view.data().as_chunks().0.iter();
                let values: Vec<f32> = chunks.map(|b| f32::from_le_bytes(*b)).collect();
                if let Some(i) = values.iter().position(|x| !x.is_finite()) {
                    return Err(not_finite(i));
                }
                tensors.insert(name, Tensor { shape, values });
            }
            Dtype::F64 => {
                let chunks = view.data().as_chunks().0.iter();
                let values: Vec<f64> = chunks.map(|b| f64::from_le_bytes(*b)).collect();
                if let Some(i) = values.iter().position(|x| !x.is_finite()) {
                    return Err(not_finite(i));
                }
                doubles.insert(name, Tensor { shape, values });
            }
            other => {
                return Err(content(format!(
                    "tensor {name} is neither f32 nor f64, but {other:?}"
                )));
            }
        }
    }
    Ok(Loaded {
        tensors,
        doubles,
        note,
        digest: digest(file.tensors()),
    })
}

/// One tensor of a file, if it is there with the right shape.
fn taken<V>(
    found: Option<Tensor<V>>,
    (name, kind): (&str, &str),
    is_other: bool,
    shape: &[usize],
) -> Result<Vec<V>, String> {
    match found {
        None if is_other => Err(format!("tensor {name} is not {kind}")),
        None => Err(format!("tensor {name} is missing")),
        Some(tensor) if tensor.shape != shape => Err(format!(
            "tensor {name} has the shape {:?}, {shape:?} expected",
            tensor.shape
        )),
        Some(tensor) => Ok(tensor.values),
    }
}

impl Loaded {
    /// How many values there are in all tensors.
    #[must_use]
    pub fn count(&self) -> u64 {
        let single = self.tensors.values().map(|t| t.values.len());
        let double = self.doubles.values().map(|t| t.values.len());
        single.chain(double).map(|n| n as u64).sum()
    }

    /// Takes one tensor of single precision out, if it has the right shape.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let is_other = self.doubles.contains_key(name);
        taken(self.tensors.remove(name), (name, "f32"), is_other, shape)
    }

    /// Takes one tensor of double precision out, if it has the right shape.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    pub fn take_f64(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f64>, String> {
        let is_other = self.tensors.contains_key(name);
        taken(self.doubles.remove(name), (name, "f64"), is_other, shape)
    }

    /// How many rows a tensor of single precision has; 0 if there is no such tensor.
    #[must_use]
    pub fn rows_of(&self, name: &str) -> usize {
        let shape = self.tensors.get(name).map(|t| t.shape.as_slice());
        shape.and_then(<[usize]>::first).copied().unwrap_or(0)
    }

    /// Takes out all tensors whose names begin with a prefix, called without it. What is left has neither
    /// their digest nor this one's note.
    pub(crate) fn part(&mut self, prefix: &str) -> Self {
        fn taken<V>(
            from: &mut HashMap<String, Tensor<V>>,
            prefix: &str,
        ) -> HashMap<String, Tensor<V>> {
            let all = std::mem::take(from).into_iter();
            let (own, others): (Vec<_>, Vec<_>) =
                all.partition(|(name, _)| name.starts_with(prefix));
            *from = others.into_iter().collect();
            let own = own.into_iter();
            own.map(|(name, tensor)| (name[prefix.len()..].to_owned(), tensor))
                .collect()
        }
        Self {
            tensors: taken(&mut self.tensors, prefix),
            doubles: taken(&mut self.doubles, prefix),
            note: None,
            digest: self.digest,
        }
    }

    /// Refuses what was not taken: whoever wrote it meant something that is not done with it.
    ///
    /// # Errors
    /// A sentence that names a tensor.
    pub fn nothing_left(&self) -> Result<(), String> {
        let left = || self.tensors.keys().chain(self.doubles.keys());
        match left().min() {
            None => Ok(()),
            Some(name) => Err(format!(
                "it has a tensor {name:?} that does not belong to it ({} such tensors)",
                left().count()
            )),
        }
    }
}
