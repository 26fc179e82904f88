//! How a command fails: with exit code 1 if the work failed, 2 if it was asked wrongly.

use std::process::ExitCode;

use earnest_experiment::ExperimentError;

/// A failure on its way to the person who asked.
#[derive(Debug)]
pub struct Failure {
    error: anyhow::Error,
    code: u8,
}

impl Failure {
    /// The request makes no sense.
    pub fn asked(message: impl Into<String>) -> Self {
        Self {
            error: anyhow::Error::msg(message.into()),
            code: 2,
        }
    }

    /// Prints the error and what caused it.
    pub fn report(self) -> ExitCode {
        let mut text = format!("error: {}", self.error);
        for cause in self.error.chain().skip(1) {
            let cause = cause.to_string();
            // Messages of this project already say what the system said.
            if !text.contains(&cause) {
                text.push_str(&format!("\n  because: {cause}"));
            }
        }
        eprintln!("{text}");
        ExitCode::from(self.code)
    }
}

impl<E> From<E> for Failure
where
    E: Into<anyhow::Error>,
{
    fn from(error: E) -> Self {
        let error = error.into();
        let asked = matches!(
            error.downcast_ref::<ExperimentError>(),
            Some(
                ExperimentError::Setup(_)
                    | ExperimentError::Fold(_)
                    | ExperimentError::Corpus(earnest_corpus::CorpusError::Absent { .. })
                    | ExperimentError::Collection(earnest_corpus::CollectionError::Absent { .. })
            )
        );
        Self {
            error,
            code: if asked { 2 } else { 1 },
        }
    }
}
