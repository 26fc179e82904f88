//! Our errors as Python's exceptions, with our sentences.

use std::error::Error;
use std::io::ErrorKind;

use pyo3::PyErr;
use pyo3::exceptions::{PyFileNotFoundError, PyOSError, PyPermissionError, PyValueError};

pyo3::create_exception!(
    earnest,
    EarnestError,
    PyValueError,
    "What was asked for cannot be done. The message says what was being done, with which file, what is wrong and \
     what to try. A file that cannot be opened at all is an OSError instead, as everywhere in Python."
);

/// The exception of an error: `FileNotFoundError`, `PermissionError` or `OSError` where the system said
/// so, otherwise [`EarnestError`].
pub fn raised(error: &(dyn Error + 'static)) -> PyErr {
    let sentence = error.to_string();
    let mut next = Some(error);
    while let Some(inner) = next {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return match io.kind() {
                ErrorKind::NotFound => PyFileNotFoundError::new_err(sentence),
                ErrorKind::PermissionDenied => PyPermissionError::new_err(sentence),
                // Damage that a reader of ours found is of the content, not of the system.
                _ if io.raw_os_error().is_none() => EarnestError::new_err(sentence),
                _ => PyOSError::new_err(sentence),
            };
        }
        next = inner.source();
    }
    EarnestError::new_err(sentence)
}

/// An [`EarnestError`] that says this.
pub fn refused(sentence: impl Into<String>) -> PyErr {
    EarnestError::new_err(sentence.into())
}
