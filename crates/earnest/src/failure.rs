//! How a command fails: with exit code 1 if the work failed, 2 if it was asked wrongly.

use std::io::ErrorKind;
use std::process::ExitCode;

use earnest_experiment::ExperimentError;

/// Exit code when a person stopped the work, as shells have it for Ctrl-C.
pub const STOPPED: u8 = 130;

const ROOM: &str =
    "the disk is full; make room on it, and give the same command again: what is finished is kept";

/// True if a message says what the system says of a full disk. Some errors keep the system's
/// words only.
fn says_full(text: &str) -> bool {
    #[cfg(unix)]
    // ENOSPC, and EDQUOT on Linux and on others.
    const CODES: [i32; 3] = [28, 122, 69];
    #[cfg(not(unix))]
    const CODES: [i32; 2] = [112, 39];
    CODES
        .map(std::io::Error::from_raw_os_error)
        .iter()
        .filter(|e| matches!(e.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
        .any(|e| text.contains(&e.to_string()))
}

/// What may help against a fault of the file system, by what was being done (`doing`).
fn advice(cause: &(dyn std::error::Error + 'static), doing: &str) -> Option<&'static str> {
    const WRITING: [&str; 7] = [
        "write", "create", "make", "remove", "clear", "rename", "lock",
    ];
    let writes = WRITING
        .iter()
        .any(|verb| doing.contains(&format!("cannot {verb} ")));
    match cause.downcast_ref::<std::io::Error>()?.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(ROOM),
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
        let advice = self
            .error
            .chain()
            .find_map(|cause| advice(cause, &doing))
            .or_else(|| says_full(&text).then_some(ROOM));
        if let Some(advice) = advice {
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
                            | earnest_corpus::CorpusError::Joined(_)
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
        let denied = std::io::Error::from(ErrorKind::PermissionDenied);
        let read = advice(&denied, "error: cannot read a/model.json: denied").unwrap();
        assert!(read.contains("readable"), "{read}");
        let write = advice(&denied, "error: cannot write a/model.json: denied").unwrap();
        assert!(write.contains("--out"), "{write}");
    }
}
