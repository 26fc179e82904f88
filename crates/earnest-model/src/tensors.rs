//! Named f32 tensors in a safetensors file, written whole or not at all.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, View};

use crate::error::ModelError;

/// A tensor on its way to a file.
struct Outgoing<'a> {
    shape: Vec<usize>,
    values: &'a [f32],
}

impl View for Outgoing<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.values.iter().flat_map(|x| x.to_le_bytes()).collect())
    }
    fn data_len(&self) -> usize {
        self.values.len() * 4
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

/// Writes tensors (name, shape, values) and a note into a safetensors file.
///
/// # Errors
/// [`ModelError::File`].
pub fn save<'a>(
    path: &Path,
    tensors: impl Iterator<Item = (String, Vec<usize>, &'a [f32])>,
    note: Option<String>,
) -> Result<(), ModelError> {
    let list: Vec<(String, Outgoing<'a>)> = tensors
        .map(|(name, shape, values)| (name, Outgoing { shape, values }))
        .collect();
    let note = note.map(|n| HashMap::from([("earnest".to_owned(), n)]));
    let bytes = safetensors::serialize(list, note).map_err(|error| ModelError::Content {
        path: path.to_owned(),
        what: "tensor file",
        reason: error.to_string(),
    })?;
    write(path, &bytes)
}

/// A tensor of a file.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Values, row-major; all finite.
    pub values: Vec<f32>,
}

/// The tensors of a file by name, and its note.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The tensors by name.
    pub tensors: HashMap<String, Tensor>,
    /// The note of [`save`].
    pub note: Option<String>,
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
    let mut tensors = HashMap::new();
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(content(format!(
                "tensor {name} is not f32, but {:?}",
                view.dtype()
            )));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        if let Some(i) = values.iter().position(|x| !x.is_finite()) {
            return Err(content(format!("tensor {name} is not finite at {i}")));
        }
        let shape = view.shape().to_vec();
        tensors.insert(name, Tensor { shape, values });
    }
    Ok(Loaded { tensors, note })
}

impl Loaded {
    /// How many values there are in all tensors.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.tensors.values().map(|t| t.values.len() as u64).sum()
    }

    /// Takes one tensor out, if it has the right shape.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        match self.tensors.remove(name) {
            None => Err(format!("tensor {name} is missing")),
            Some(tensor) if tensor.shape != shape => Err(format!(
                "tensor {name} has the shape {:?}, {shape:?} expected",
                tensor.shape
            )),
            Some(tensor) => Ok(tensor.values),
        }
    }

    /// Refuses what was not taken: whoever wrote it meant something that is not done with it.
    ///
    /// # Errors
    /// A sentence that names a tensor.
    pub fn nothing_left(&self) -> Result<(), String> {
        match self.tensors.keys().min() {
            None => Ok(()),
            Some(name) => Err(format!(
                "it has a tensor {name:?} that does not belong to it ({} such tensors)",
                self.tensors.len()
            )),
        }
    }
}
