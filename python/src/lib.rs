//! The native part of the Python package `earnest`: arrays in, arrays out, no lock of the
//! interpreter held while anything is computed. What users call is in `python/earnest/`, which stands on this;
//! `python/README.md` is its documentation.

mod augmenter;
mod channels;
mod errors;
mod experiment;
mod front_end;
mod matrix;
mod parts;
mod picked;
mod pool;
mod rates;
mod recogniser;
mod row_stream;
mod samples;

use pyo3::prelude::*;

/// The native part of `earnest`. Everything in it is reached by the package's own names.
#[pymodule]
mod _earnest {
    #[pymodule_export]
    use crate::augmenter::{Augmenter, read_audio};
    #[pymodule_export]
    use crate::errors::EarnestError;
    #[pymodule_export]
    use crate::experiment::read_run;
    #[pymodule_export]
    use crate::front_end::FrontEnd;
    #[pymodule_export]
    use crate::recogniser::{Recogniser, RecogniserStream};
    #[pymodule_export]
    use crate::row_stream::RowStream;
    #[pymodule_export]
    use crate::samples::loudest;

    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // What numpy has for others is looked up at its first use, which fails, and cannot be mended, where a
        // person has just pressed Ctrl-C. So its first use is here.
        let first = numpy::PyArray1::<f32>::zeros(module.py(), 1, false);
        drop(numpy::PyArrayMethods::try_readonly(&first)?);
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("STARTER_CARD", earnest_recogniser::Recogniser::STARTER_CARD)?;
        module.add("NATIVE_RATE", earnest_audio::SAMPLE_RATE)?;
        let rates = earnest_audio::RATES;
        module.add("RATES", (*rates.start(), *rates.end()))?;
        module.add("MOST_THREADS", pool::MOST)
    }
}
