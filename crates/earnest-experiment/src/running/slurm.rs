//! The Slurm executor: the same command, run by a cluster. Units become tasks of job arrays
//! over the run's folder, which all nodes share; each task is `earnest run … --units …`. What
//! counts is the unit folders, never the accounting: a unit is finished when its `done` file
//! stands, and one that vanishes from the queue without it is submitted again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::experiment::Unit;
use crate::observer::{Notice, Observer};
use crate::running::finished::{predictions_of, time_taken};
use crate::running::prepare::Prepared;
use crate::running::run_folder::settle_folder;
use crate::running::unit_runner::{is_done, summary, unit_folder};
use crate::storage::{create_folder, read_text, write_whole};

/// How units are handed to Slurm.
#[derive(Clone, Debug)]
pub struct SlurmOptions {
    /// `--partition` of sbatch.
    pub partition: Option<String>,
    /// `--time` of sbatch, for each task.
    pub time: Option<String>,
    /// `--cpus-per-task` of sbatch.
    pub cpus_per_task: Option<usize>,
    /// The most tasks that run at the same time.
    pub array_limit: Option<usize>,
    /// Units that a task runs one after the other.
    pub units_per_task: usize,
    /// The program that tasks run: `earnest`, where all nodes find it.
    pub program: PathBuf,
}

/// How often a unit is submitted before somebody should look at it.
const SUBMISSIONS: usize = 4;

/// Between looks at the queue: quick at first, then out of the scheduler's way.
const FIRST_LOOK: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// One job array.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Submission {
    /// Slurm's number of the array.
    job: u64,
    /// Where its script and logs are.
    folder: PathBuf,
    /// Units of each task.
    tasks: Vec<Vec<String>>,
}

/// Runs a program of Slurm's and gives what it prints.
fn call(program: &str, arguments: &[String]) -> Result<String, ExperimentError> {
    let failed =
        |what: String| ExperimentError::Slurm(format!("{program} {}: {what}", arguments.join(" ")));
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|e| {
            failed(format!(
                "cannot be started ({e}); is this a machine from which jobs are submitted?"
            ))
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(failed(match said.as_str() {
            "" => output.status.to_string(),
            _ => said,
        }));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The most tasks an array may have: indices must stay below `MaxArraySize`.
fn max_array_size() -> Result<usize, ExperimentError> {
    let text = call("scontrol", &["show".into(), "config".into()])?;
    Ok(in_config(&text).unwrap_or(1001))
}

fn in_config(text: &str) -> Option<usize> {
    text.lines()
        .find_map(|line| line.trim().strip_prefix("MaxArraySize"))
        .and_then(|rest| rest.trim_start_matches([' ', '=']).trim().parse().ok())
}

/// Which tasks of an array are still in the queue, by `squeue --json`.
#[derive(Debug, Default, PartialEq)]
struct Queue {
    /// Arrays and tasks with an entry of their own.
    tasks: BTreeSet<(u64, u64)>,
    /// Tasks of those that wait together in one entry, as a text such as `3-7,9%2`.
    waiting: Vec<(u64, String)>,
}

/// A number that newer versions wrap as `{"set": true, "number": 3}`.
fn wrapped(value: &serde_json::Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let set = value.get("set").and_then(serde_json::Value::as_bool);
        (set != Some(false)).then(|| value.get("number")?.as_u64())?
    })
}

/// True for states from which a job does not come back by itself.
fn is_over(state: &str) -> bool {
    [
        "COMPLETED",
        "CANCELLED",
        "FAILED",
        "TIMEOUT",
        "BOOT_FAIL",
        "DEADLINE",
        "OUT_OF_MEMORY",
    ]
    .contains(&state)
}

impl Queue {
    fn from_json(text: &str) -> Result<Self, String> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let jobs = value
            .get("jobs")
            .and_then(serde_json::Value::as_array)
            .ok_or("no list of jobs")?;
        let mut queue = Self::default();
        for job in jobs {
            let states: Vec<&str> = match job.get("job_state") {
                Some(serde_json::Value::String(one)) => vec![one],
                Some(serde_json::Value::Array(several)) => several
                    .iter()
                    .filter_map(serde_json::Value::as_str)
                    .collect(),
                _ => Vec::new(),
            };
            // Requeued jobs keep a state such as NODE_FAIL beside PENDING.
            if states.iter().any(|s| is_over(s)) {
                continue;
            }
            let number = |key: &str| job.get(key).and_then(wrapped);
            let Some(array) = number("array_job_id").filter(|n| *n > 0) else {
                continue;
            };
            let text = job
                .get("array_task_string")
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default();
            if !text.is_empty() {
                queue.waiting.push((array, text.to_owned()));
            } else if let Some(task) = number("array_task_id") {
                queue.tasks.insert((array, task));
            }
        }
        Ok(queue)
    }

    fn has(&self, job: u64, task: u64) -> bool {
        self.tasks.contains(&(job, task))
            || self
                .waiting
                .iter()
                .any(|(array, text)| *array == job && in_task_string(text, task))
    }
}

/// True if a text such as `3-7,9%2` (or, when long, `1,3,5...`) names a task.
fn in_task_string(text: &str, task: u64) -> bool {
    let list = text.split('%').next().unwrap_or_default();
    list.split(',').any(|part| {
        let part = part.trim_matches(['[', ']']);
        // Slurm leaves the rest out of a long list: then any later task may be meant.
        let (part, and_more) = match part.strip_suffix("...") {
            Some(part) => (part, true),
            None => (part, false),
        };
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let high = high.split(':').next().unwrap_or(high);
        match (low.parse::<u64>(), high.parse::<u64>()) {
            (Ok(low), Ok(high)) => low <= task && (task <= high || and_more),
            _ => and_more,
        }
    })
}

/// What waits or runs of these arrays.
fn queue(jobs: &[u64]) -> Result<Queue, ExperimentError> {
    if jobs.is_empty() {
        return Ok(Queue::default());
    }
    let list: Vec<String> = jobs.iter().map(u64::to_string).collect();
    let arguments = ["--json".to_owned(), format!("--jobs={}", list.join(","))];
    match call("squeue", &arguments) {
        // Slurm has forgotten them: they are over.
        Err(ExperimentError::Slurm(said)) if said.contains("Invalid job id") => {
            Ok(Queue::default())
        }
        Err(error) => Err(error),
        Ok(text) => Queue::from_json(&text)
            .map_err(|e| ExperimentError::Slurm(format!("squeue --json is not understood: {e}"))),
    }
}

/// A path for a shell.
///
/// # Errors
/// It has a byte that no shell takes.
fn quoted(path: &Path) -> Result<String, ExperimentError> {
    let text = path.display().to_string();
    match shlex::try_quote(&text) {
        Ok(quoted) => Ok(quoted.into_owned()),
        Err(e) => Err(ExperimentError::Setup(format!(
            "{} cannot stand in a job's script: {e}",
            path.display()
        ))),
    }
}

struct Driver<'a> {
    prepared: &'a Prepared,
    folder: PathBuf,
    options: &'a SlurmOptions,
    submissions: Vec<Submission>,
    /// How many of them an earlier command made.
    earlier: usize,
    observer: &'a dyn Observer,
}

impl Driver<'_> {
    fn file(&self) -> PathBuf {
        self.folder.join("slurm/submissions.json")
    }

    fn unfinished(&self) -> Vec<&Unit> {
        let units = self.prepared.units.iter();
        units.filter(|u| !is_done(&self.folder, u)).collect()
    }

    /// Units that some task in the queue will still do.
    fn covered(&self) -> Result<BTreeSet<&str>, ExperimentError> {
        let jobs: Vec<u64> = self.submissions.iter().map(|s| s.job).collect();
        let queue = queue(&jobs)?;
        Ok(self
            .submissions
            .iter()
            .flat_map(|s| {
                let tasks = s.tasks.iter().enumerate();
                tasks.filter(|(i, _)| queue.has(s.job, *i as u64))
            })
            .flat_map(|(_, units)| units.iter().map(String::as_str))
            .collect())
    }

    /// Submits what is neither finished nor in the queue. True if there was anything.
    fn submit_rest(&mut self) -> Result<bool, ExperimentError> {
        // The queue first: a unit may finish between the two looks, not start again.
        let covered = self.covered()?;
        let rest: Vec<String> = self
            .unfinished()
            .iter()
            .map(|u| u.id())
            .filter(|id| !covered.contains(id.as_str()))
            .collect();
        if rest.is_empty() {
            return Ok(false);
        }
        for id in &rest {
            let times = self.submissions[self.earlier..]
                .iter()
                .filter(|s| s.tasks.iter().flatten().any(|u| u == id))
                .count();
            if times >= SUBMISSIONS {
                return Err(ExperimentError::Slurm(format!(
                    "unit {id} was submitted {times} times and is not finished; its last log is {}. The same command tries again from its last epoch",
                    self.log_of(id)
                )));
            }
        }
        let tasks: Vec<Vec<String>> = rest
            .chunks(self.options.units_per_task.max(1))
            .map(<[String]>::to_vec)
            .collect();
        for array in tasks.chunks(max_array_size()?.max(1)) {
            self.submit(array)?;
        }
        Ok(true)
    }

    fn log_of(&self, id: &str) -> String {
        self.submissions
            .iter()
            .rev()
            .find_map(|s| {
                let task = s.tasks.iter().position(|t| t.iter().any(|u| u == id))?;
                Some(s.folder.join(format!("{task}.log")).display().to_string())
            })
            .unwrap_or_default()
    }

    fn submit(&mut self, tasks: &[Vec<String>]) -> Result<(), ExperimentError> {
        let number = self.submissions.len() + 1;
        let folder = self.folder.join(format!("slurm/array-{number}"));
        create_folder(&folder)?;
        let units = folder.join("units.txt");
        let lines: Vec<String> = tasks.iter().map(|t| t.join(",")).collect();
        write_whole(&units, format!("{}\n", lines.join("\n")).as_bytes())?;
        let script = folder.join("job.sh");
        let text = format!(
            "#!/bin/sh\n# Written by Earnest: one line of units.txt for each task of the array.\nset -eu\nunits=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" {units})\nexec {program} --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" run {experiment} --out {out} --units \"$units\"\n",
            units = quoted(&units)?,
            program = quoted(&self.options.program)?,
            experiment = quoted(&self.folder.join("experiment.toml"))?,
            out = quoted(&self.folder)?,
        );
        write_whole(&script, text.as_bytes())?;
        let limit = self
            .options
            .array_limit
            .map_or(String::new(), |n| format!("%{n}"));
        let mut arguments = vec![
            "--parsable".to_owned(),
            format!("--array=0-{}{limit}", tasks.len() - 1),
            "--requeue".into(),
            "--open-mode=append".into(),
            format!("--job-name=earnest-{}", self.prepared.experiment.name),
            format!("--output={}", folder.join("%a.log").display()),
        ];
        if let Some(partition) = &self.options.partition {
            arguments.push(format!("--partition={partition}"));
        }
        if let Some(time) = &self.options.time {
            arguments.push(format!("--time={time}"));
        }
        if let Some(cpus) = self.options.cpus_per_task {
            arguments.push(format!("--cpus-per-task={cpus}"));
        }
        arguments.push(script.display().to_string());
        let said = call("sbatch", &arguments)?;
        let id = said.trim().split(';').next().unwrap_or_default();
        let job = id.parse().map_err(|_| {
            ExperimentError::Slurm(format!(
                "sbatch answered {:?}, which is no job",
                said.trim()
            ))
        })?;
        self.submissions.push(Submission {
            job,
            folder,
            tasks: tasks.to_vec(),
        });
        write_whole(
            &self.file(),
            &serde_json::to_vec_pretty(&self.submissions).unwrap_or_default(),
        )?;
        let count: usize = tasks.iter().map(Vec::len).sum();
        self.observer.event(Notice::Submitted {
            job,
            units: count,
            tasks: tasks.len(),
        });
        Ok(())
    }

    /// Tells of units that were finished since the last look.
    fn tell(&self, told: &mut BTreeSet<String>) -> Result<(), ExperimentError> {
        let total = self.prepared.units.len();
        for (i, unit) in self.prepared.units.iter().enumerate() {
            let id = unit.id();
            if told.contains(&id) || !is_done(&self.folder, unit) {
                continue;
            }
            let folder = unit_folder(&self.folder, unit);
            let predictions = predictions_of(unit, &folder)?;
            self.observer.event(Notice::UnitFinished {
                id: &id,
                number: i + 1,
                total,
                took: time_taken(&folder),
                summary: summary(unit.task, &predictions),
            });
            told.insert(id);
        }
        Ok(())
    }
}

/// Has Slurm run the units that are not finished, and waits for them. The same command takes
/// up arrays that an earlier one submitted.
///
/// # Errors
/// Slurm's programs fail, or a unit does not finish in several submissions. Stopped by a
/// person, it leaves the arrays in the queue.
pub fn run_on_slurm(
    prepared: &Prepared,
    folder: &Path,
    options: &SlurmOptions,
    observer: &dyn Observer,
) -> Result<(), ExperimentError> {
    settle_folder(&prepared.experiment, folder)?;
    let folder = folder
        .canonicalize()
        .map_err(ExperimentError::file("find", folder))?;
    create_folder(&folder.join("slurm"))?;
    let mut driver = Driver {
        prepared,
        folder,
        options,
        submissions: Vec::new(),
        earlier: 0,
        observer,
    };
    if driver.file().is_file() {
        driver.submissions = serde_json::from_str(&read_text(&driver.file())?).map_err(|e| {
            ExperimentError::Content {
                path: driver.file(),
                reason: e.to_string(),
            }
        })?;
        driver.earlier = driver.submissions.len();
    }
    let mut told = BTreeSet::new();
    let mut pause = FIRST_LOOK;
    let mut gone = 0;
    loop {
        driver.tell(&mut told)?;
        if driver.unfinished().is_empty() {
            return Ok(());
        }
        // A task that has just left the queue may still be writing, as its node's file system
        // shows it later: look twice before submitting again.
        let first = driver.submissions.is_empty();
        let covered = driver.covered()?.len();
        gone = if covered == 0 || driver.unfinished().len() > covered {
            gone + 1
        } else {
            0
        };
        if first || gone >= 2 {
            driver.submit_rest()?;
            gone = 0;
        }
        let until = std::time::Instant::now() + pause;
        while std::time::Instant::now() < until {
            if observer.stopping() {
                let jobs: Vec<String> = driver
                    .submissions
                    .iter()
                    .map(|s| s.job.to_string())
                    .collect();
                observer.event(Notice::Warning(&format!(
                    "the arrays stay in the queue; `scancel {}` takes them out",
                    jobs.join(" ")
                )));
                return Err(ExperimentError::Stopped);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        pause = (pause * 5 / 4).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_read_as_old_and_new_versions_write_it() {
        // squeue 22.05 (openapi v0.0.38): plain numbers and one state.
        let old = r#"{"jobs": [
            {"job_id": 8, "array_job_id": 7, "array_task_id": 0, "array_task_string": "", "job_state": "RUNNING"},
            {"job_id": 7, "array_job_id": 7, "array_task_id": null, "array_task_string": "2-3", "job_state": "PENDING"},
            {"job_id": 9, "array_job_id": 7, "array_task_id": 1, "array_task_string": "", "job_state": "COMPLETED"},
            {"job_id": 1, "array_job_id": 0, "array_task_id": null, "job_state": "RUNNING"}]}"#;
        // From 23.02 on: numbers that may be unset, lists of states.
        let new = r#"{"jobs": [
            {"array_job_id": {"set": true, "infinite": false, "number": 7}, "array_task_id": {"set": true, "number": 0}, "array_task_string": "", "job_state": ["RUNNING"]},
            {"array_job_id": {"set": true, "number": 7}, "array_task_id": {"set": false, "number": 0}, "array_task_string": "2-3%1", "job_state": ["PENDING"]}]}"#;
        for text in [old, new] {
            let queue = Queue::from_json(text).unwrap();
            let there: Vec<u64> = (0..5).filter(|t| queue.has(7, *t)).collect();
            assert_eq!(there, [0, 2, 3]);
            assert!(!queue.has(8, 0));
        }
        assert!(Queue::from_json("slurm_load_jobs error").is_err());
    }

    #[test]
    fn lists_of_tasks_are_read_as_slurm_writes_them() {
        let all =
            |text: &str| -> Vec<u64> { (0..12).filter(|t| in_task_string(text, *t)).collect() };
        assert_eq!(all("3"), [3]);
        assert_eq!(all("1,4-6%2"), [1, 4, 5, 6]);
        assert_eq!(all("[2-3]"), [2, 3]);
        assert_eq!(all("1,9..."), [1, 9, 10, 11]);
        assert_eq!(all(""), [] as [u64; 0]);
    }

    #[test]
    fn the_largest_array_is_what_the_configuration_says() {
        let text =
            "Configuration data as of 2026\nMaxArraySize            = 101\nMaxJobCount = 10000\n";
        assert_eq!(in_config(text), Some(101));
        assert_eq!(in_config(""), None);
    }

    #[test]
    fn paths_with_quotes_stay_whole_in_the_script() {
        for path in [
            "/a b/it's",
            "/plain",
            "/with \"both\" 'kinds'",
            "/$HOME `x` \\",
        ] {
            let line = format!("echo {}", quoted(Path::new(path)).unwrap());
            assert_eq!(shlex::split(&line).unwrap(), ["echo", path]);
        }
        assert!(quoted(Path::new("/a\0b")).is_err());
    }
}
