//! How a command fails: with exit code 1 if the work failed, 2 if it was asked wrongly.

use std::process::ExitCode;

use earnest_experiment::ExperimentError;

/// Exit code when a person stopped the work, as shells have it for Ctrl-C.
pub const STOPPED: u8 = 130;

/// What may help against a fault of the file system, by what was being done (`doing`).
fn advice(cause: &(dyn std::error::Error + 'static), doing: &str) -> Option<&'static str> {
    use std::io::ErrorKind;
    const WRITING: [&str; 7] = [
        "write", "create", "make", "remove", "clear", "rename", "lock",
    ];
    let writes = WRITING
        .iter()
        .any(|verb| doing.contains(&format!("cannot {verb} ")));
    match cause.downcast_ref::<std::io::Error>()?.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(
            "make room on that disk; the same command then goes on, and what is finished is kept",
        ),
        ErrorKind::ReadOnlyFilesystem => Some("a folder that you may write to (--out)"),
        ErrorKind::PermissionDenied if writes => Some("a folder that you may write to (--out)"),
        ErrorKind::PermissionDenied => {
            Some("make it readable to you, and the folders above it; or name a copy that is")
        }
        _ => None,
    }
}

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
        let name = if self.code == STOPPED { "" } else { "error: " };
        let mut text = format!("{name}{}", self.error);
        for cause in self.error.chain().skip(1) {
            let cause = cause.to_string();
            // Messages of this project already say what the system said.
            if !text.contains(&cause) {
                text.push_str(&format!("\n  because: {cause}"));
            }
        }
        let doing = text.clone();
        if let Some(advice) = self.error.chain().find_map(|cause| advice(cause, &doing)) {
            text.push_str(&format!("\n  try: {advice}"));
        }
        tell!("{text}");
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
                    | ExperimentError::Corpus(
                        earnest_corpus::CorpusError::Absent { .. }
                            | earnest_corpus::CorpusError::Root { .. }
                    )
                    | ExperimentError::Collection(earnest_corpus::CollectionError::Absent { .. })
            )
        );
        let stopped = matches!(
            error.downcast_ref::<ExperimentError>(),
            Some(ExperimentError::Stopped)
        );
        let code = match (stopped, asked) {
            (true, _) => STOPPED,
            (_, true) => 2,
            _ => 1,
        };
        Self { error, code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_read_is_not_told_to_write_elsewhere() {
        let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let read = advice(&denied, "error: cannot read a/model.json: denied").unwrap();
        assert!(read.contains("readable"), "{read}");
        let write = advice(&denied, "error: cannot write a/model.json: denied").unwrap();
        assert!(write.contains("--out"), "{write}");
    }
}
