//! One process at a time works on a unit, whichever machines share the run's folder.
//!
//! The operating system's lock on a file decides: it is gone with the process that held it,
//! however that ended. Some shared file systems have no such locks, or keep them to one
//! machine; so the file also names its owner, who writes it again every few seconds. An owner on
//! another machine who has been silent for a minute is taken for dead.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::storage::create_folder;

/// How often an owner shows that it lives.
const BEAT: Duration = Duration::from_secs(5);

/// After so long a silence it is taken for dead.
const SILENCE: Duration = Duration::from_secs(60);

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Owner {
    host: String,
    pid: u32,
}

impl Owner {
    fn this() -> Self {
        Self {
            host: gethostname::gethostname().to_string_lossy().into_owned(),
            pid: std::process::id(),
        }
    }
}

/// True if this machine has a process of this number.
fn is_running(pid: u32) -> bool {
    let pid = sysinfo::Pid::from_u32(pid);
    let mut system = sysinfo::System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true);
    system.process(pid).is_some()
}

/// A unit that is ours until this is dropped, or the process ends.
pub(crate) struct Lock {
    beat: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.beat.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

/// What the clock of the folder's file system says, which may differ from ours.
fn now_there(folder: &Path) -> std::io::Result<SystemTime> {
    let path = folder.join(format!(".now-{}.part", std::process::id()));
    std::fs::write(&path, b"now")?;
    let now = std::fs::metadata(&path).and_then(|m| m.modified());
    let _ = std::fs::remove_file(&path);
    now
}

impl Lock {
    /// Takes the lock `name` in a folder of locks; `None` if another process has it.
    ///
    /// # Errors
    /// The folder cannot be written to.
    pub fn take(folder: &Path, name: &str) -> Result<Option<Self>, ExperimentError> {
        create_folder(folder)?;
        let path: PathBuf = folder.join(format!("{name}.lock"));
        let failed = |e| ExperimentError::file("lock", &path)(e);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let enforced = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return Ok(None),
            // No locks on this file system: what the file says must do.
            Err(TryLockError::Error(_)) => false,
        };
        let this = Owner::this();
        let mut text = String::new();
        let _ = file.read_to_string(&mut text);
        if let Ok(owner) = serde_json::from_str::<Owner>(&text) {
            let here = owner.host == this.host;
            let silent = || -> std::io::Result<bool> {
                let beat = file.metadata()?.modified()?;
                let silence = now_there(folder)?.duration_since(beat);
                Ok(silence.is_ok_and(|s| s > SILENCE))
            };
            let dead = match (here, enforced) {
                // The system would have kept the lock for it.
                (true, true) => true,
                (true, false) if owner.pid == this.pid => false,
                (true, false) => !is_running(owner.pid),
                (false, _) => silent().map_err(failed)?,
            };
            if !dead {
                return Ok(None);
            }
        }
        let content = serde_json::to_vec(&this).unwrap_or_default();
        write_owner(&mut file, &content).map_err(failed)?;
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BEAT) {
                let _ = write_owner(&mut file, &content);
            }
            // Nobody is the owner any more.
            let _ = file.set_len(0);
        });
        Ok(Some(Self {
            beat: Some((stop, thread)),
        }))
    }
}

/// Writes the owner anew, so that the file system notes the time.
fn write_owner(file: &mut File, content: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(content)?;
    file.set_len(content.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_has_a_lock_and_dropping_it_lets_the_next_in() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), "unit").unwrap();
        assert!(first.is_some());
        assert!(Lock::take(dir.path(), "unit").unwrap().is_none());
        assert!(Lock::take(dir.path(), "other").unwrap().is_some());
        drop(first);
        assert!(Lock::take(dir.path(), "unit").unwrap().is_some());
    }

    fn left_by(folder: &Path, host: &str, pid: u32, silent: Duration) {
        let path = folder.join("unit.lock");
        let owner = Owner {
            host: host.into(),
            pid,
        };
        std::fs::write(&path, serde_json::to_vec(&owner).unwrap()).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - silent).unwrap();
    }

    #[test]
    fn an_owner_on_another_machine_is_believed_until_it_falls_silent() {
        let dir = tempfile::tempdir().unwrap();
        left_by(dir.path(), "node-7", 1, Duration::from_secs(20));
        assert!(Lock::take(dir.path(), "unit").unwrap().is_none());
        left_by(dir.path(), "node-7", 1, SILENCE * 2);
        assert!(Lock::take(dir.path(), "unit").unwrap().is_some());
    }

    #[test]
    fn this_process_runs_on_a_machine_with_a_name_and_one_of_no_number_does_not() {
        assert!(!Owner::this().host.is_empty());
        assert!(is_running(std::process::id()));
        assert!(!is_running(u32::MAX - 1));
    }

    #[test]
    fn a_process_of_this_machine_that_was_killed_leaves_nothing_to_wait_for() {
        let dir = tempfile::tempdir().unwrap();
        left_by(
            dir.path(),
            &Owner::this().host,
            u32::MAX - 1,
            Duration::ZERO,
        );
        assert!(Lock::take(dir.path(), "unit").unwrap().is_some());
    }
}
