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

/// The tensors of a file by name, and its note.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Values by name.
    pub tensors: HashMap<String, Vec<f32>>,
    /// The note of [`save`].
    pub note: Option<String>,
}

/// Reads a file written by [`save`] or by another safetensors writer; `what` it is to be is
/// said in errors.
///
/// # Errors
/// A file that is missing, truncated or foreign, or holds a value that is not finite.
pub fn load(path: &Path, what: &'static str) -> Result<Loaded, ModelError> {
    let content = |reason: String| ModelError::Content {
        path: path.to_owned(),
        what,
        reason,
    };
    let bytes = std::fs::read(path).map_err(|source| ModelError::File {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| content(format!("not a whole safetensors file ({error})")))?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| content(e.to_string()))?;
    let note = metadata
        .metadata()
        .as_ref()
        .and_then(|m| m.get("earnest").cloned());
    let mut tensors = HashMap::new();
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(content(format!("tensor {name} is not f32")));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        if let Some(i) = values.iter().position(|x| !x.is_finite()) {
            return Err(content(format!("tensor {name} is not finite at {i}")));
        }
        tensors.insert(name, values);
    }
    Ok(Loaded { tensors, note })
}

impl Loaded {
    /// Takes one tensor out, if it has the right number of values.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    pub fn take(&mut self, name: &str, count: usize) -> Result<Vec<f32>, String> {
        match self.tensors.remove(name) {
            None => Err(format!("tensor {name} is missing")),
            Some(v) if v.len() != count => Err(format!(
                "tensor {name} has {} values, {count} expected",
                v.len()
            )),
            Some(v) => Ok(v),
        }
    }
}
