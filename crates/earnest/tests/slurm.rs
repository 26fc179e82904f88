//! `--executor slurm` against a real Slurm: a controller and two nodes on this machine, one of
//! which is killed midway. Needs root and the programs of Debian's slurm-wlm and munge; skipped
//! with a word elsewhere.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn shell(script: &str) -> Output {
    Command::new("sh").args(["-c", script]).output().unwrap()
}

fn there(program: &str) -> bool {
    shell(&format!("command -v {program}")).status.success()
}

/// A Slurm of our own in a folder.
struct Cluster {
    folder: PathBuf,
}

/// Ports that nothing else is likely to use.
const CONTROLLER: u16 = 26_817;
const NODES: [(&str, u16); 2] = [("n1", 26_821), ("n2", 26_822)];

impl Cluster {
    /// `None`, and a word about it, if it cannot be had here.
    fn start(folder: &Path) -> Option<Self> {
        let root = shell("id -u").stdout == b"0\n";
        let missing: Vec<&str> = ["slurmctld", "slurmd", "sbatch", "squeue", "munged"]
            .into_iter()
            .filter(|p| !there(p))
            .collect();
        if !root || !missing.is_empty() {
            eprintln!(
                "SKIPPED: Slurm cannot be started here (root: {root}; missing: {missing:?}; apt-get install slurm-wlm munge)"
            );
            return None;
        }
        if !shell("munge -n | unmunge").status.success() {
            shell(
                "mkdir -p /run/munge && chown munge: /run/munge && chmod 755 /run/munge && setpriv --reuid=munge --regid=munge --clear-groups munged --force",
            );
            std::thread::sleep(Duration::from_secs(1));
        }
        let cluster = Self {
            folder: folder.to_owned(),
        };
        for inner in ["spool.n1", "spool.n2", "state", "log", "run"] {
            fs::create_dir_all(folder.join(inner)).unwrap();
        }
        let f = folder.display();
        let nodes: String = NODES
            .iter()
            .map(|(name, port)| {
                format!("NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=2000 State=UNKNOWN\n")
            })
            .collect();
        // Seconds from a dead node to its jobs being queued again, where minutes are usual.
        let conf = format!(
            "ClusterName=test\nSlurmctldHost=localhost\nAuthType=auth/munge\nCryptoType=crypto/munge\n\
             SlurmUser=root\nSlurmdUser=root\nSlurmctldPort={CONTROLLER}\n\
             SlurmctldPidFile={f}/run/ctld.pid\nSlurmdPidFile={f}/run/d.%n.pid\n\
             StateSaveLocation={f}/state\nSlurmdSpoolDir={f}/spool.%n\n\
             SlurmctldLogFile={f}/log/ctld.log\nSlurmdLogFile={f}/log/d.%n.log\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nMpiDefault=none\nReturnToService=2\n\
             SlurmdTimeout=10\nSchedulerType=sched/backfill\nSelectType=select/cons_tres\n\
             SelectTypeParameters=CR_Core\nJobAcctGatherType=jobacct_gather/none\n\
             AccountingStorageType=accounting_storage/none\nMaxArraySize=5\n\
             SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0,requeue_delay=1\n\
             {nodes}PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
        );
        fs::write(folder.join("slurm.conf"), conf).unwrap();
        cluster.run("slurmctld", &[]);
        for (node, _) in NODES {
            cluster.run("slurmd", &["-N", node]);
        }
        let up = cluster.until(Duration::from_secs(30), || {
            let idle = cluster.run("sinfo", &["-h", "-N", "-o", "%N %t"]);
            let text = String::from_utf8_lossy(&idle.stdout).into_owned();
            text.lines().filter(|l| l.ends_with("idle")).count() == 2
        });
        if !up {
            eprintln!(
                "SKIPPED: Slurm's nodes do not come up here: {}",
                fs::read_to_string(folder.join("log/ctld.log")).unwrap_or_default()
            );
            return None;
        }
        Some(cluster)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("SLURM_CONF", self.folder.join("slurm.conf"))
            .env("NO_COLOR", "1");
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program).args(arguments).output().unwrap()
    }

    fn until(&self, most: Duration, mut check: impl FnMut() -> bool) -> bool {
        let end = Instant::now() + most;
        while Instant::now() < end {
            if check() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }

    /// Kills a node: its daemon, the steps that it watches over, and what runs in them.
    fn kill_node(&self, node: &str) {
        let pid = fs::read_to_string(self.folder.join(format!("run/d.{node}.pid"))).unwrap();
        let mut doomed = vec![pid.trim().to_owned()];
        for (pid, _) in processes_of(node) {
            doomed.push(parent(pid).to_string());
            doomed.push(pid.to_string());
        }
        doomed.retain(|pid| pid != "0" && pid != "1");
        shell(&format!("kill -9 {}", doomed.join(" ")));
    }
}

/// Processes that Slurm runs on a node, with their arguments.
fn processes_of(node: &str) -> Vec<(u32, Vec<String>)> {
    let wanted = format!("SLURMD_NODENAME={node}");
    let texts = |path: String| -> Vec<String> {
        fs::read(path)
            .unwrap_or_default()
            .split(|b| *b == 0)
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect()
    };
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| texts(format!("/proc/{pid}/environ")).contains(&wanted))
        .map(|pid| (pid, texts(format!("/proc/{pid}/cmdline"))))
        .collect()
}

fn parent(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("PPid:"));
    line.and_then(|l| l.trim().parse().ok()).unwrap_or(pid)
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run("scancel", &["--user=root"]);
        self.run("scontrol", &["shutdown"]);
        std::thread::sleep(Duration::from_secs(1));
        for name in ["ctld", "d.n1", "d.n2"] {
            let path = self.folder.join(format!("run/{name}.pid"));
            if let Ok(pid) = fs::read_to_string(path) {
                shell(&format!("kill -9 {}", pid.trim()));
            }
        }
    }
}

const EXPERIMENT: &str = r#"
name = "small"
folds = "4"
tasks = ["categorical"]

[corpus]
path = "corpus"

[robot]
kind = "simulated"
snr_db = 3.0

[[recipes]]
architecture = { kind = "rnn", layers = 2, hidden = 24 }
learning_rate = 1e-3
max_epochs = 25
patience = 25
least_steps = 1
"#;

fn results(folder: &Path) -> Vec<Vec<u8>> {
    [
        "results.csv",
        "tables.csv",
        "tables.md",
        "tables.tex",
        "report.html",
    ]
    .iter()
    .map(|f| fs::read(folder.join(f)).unwrap())
    .collect()
}

#[test]
fn a_job_array_with_a_node_killed_midway_ends_with_the_local_runs_tables() {
    let dir = tempfile::tempdir().unwrap();
    let Some(cluster) = Cluster::start(&dir.path().join("slurm")) else {
        return;
    };
    let earnest = env!("CARGO_BIN_EXE_earnest");
    let here = |arguments: &[&str]| {
        let output = cluster
            .command(earnest)
            .current_dir(dir.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    here(&[
        "corpus",
        "synthesize",
        "corpus",
        "--utterances-per-speaker",
        "8",
    ]);
    fs::write(dir.path().join("small.toml"), EXPERIMENT).unwrap();
    here(&["run", "small.toml", "--out", "local"]);

    let arguments = [
        "run",
        "small.toml",
        "--out",
        "cluster",
        "--executor",
        "slurm",
        "--partition",
        "main",
        "--time",
        "10",
        "--cpus-per-task",
        "1",
    ];
    let start = Instant::now();
    let driver = || {
        cluster
            .command(earnest)
            .current_dir(dir.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut first = driver();
    // A unit is under way on n1, past its first epoch. Then the node dies.
    let working = cluster.until(Duration::from_secs(120), || {
        processes_of("n1").iter().any(|(_, arguments)| {
            let unit = arguments.iter().skip_while(|a| *a != "--units").nth(1);
            unit.is_some_and(|unit| {
                let folder = dir.path().join("cluster/units").join(unit);
                folder.join("checkpoint.safetensors").exists()
            })
        })
    });
    assert!(working, "nothing runs on n1");
    // The one who submitted goes too; the same command takes the arrays up again.
    first.kill().unwrap();
    first.wait().unwrap();
    cluster.kill_node("n1");
    let mut second = driver();
    std::thread::sleep(Duration::from_secs(15));
    cluster.run("slurmd", &["-N", "n1"]);
    // Slurm holds what it queues again for two minutes; nobody here has the time.
    cluster.until(Duration::from_secs(300), || {
        let held = cluster.run("squeue", &["-h", "-r", "-t", "PD", "-o", "%i"]);
        for task in String::from_utf8_lossy(&held.stdout).lines() {
            let job = format!("JobId={}", task.trim());
            cluster.run("scontrol", &["update", &job, "StartTime=now"]);
        }
        std::thread::sleep(Duration::from_secs(1));
        second.try_wait().unwrap().is_some()
    });
    let output = second.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    println!(
        "{said}\nunder Slurm: {:.0} s",
        start.elapsed().as_secs_f64()
    );

    assert!(results(&dir.path().join("local")) == results(&dir.path().join("cluster")));
    // What the dead node was at was begun again elsewhere.
    let logs = shell(&format!(
        "cat {}/cluster/slurm/array-*/*.log",
        dir.path().display()
    ));
    let begun = String::from_utf8_lossy(&logs.stdout)
        .matches(": training")
        .count();
    assert!(begun > 8, "the killed node was at nothing");
    // 8 units in arrays of at most 5 tasks (MaxArraySize), submitted once but for what died.
    let submissions: serde_json::Value = serde_json::from_slice(
        &fs::read(dir.path().join("cluster/slurm/submissions.json")).unwrap(),
    )
    .unwrap();
    let sizes: Vec<usize> = submissions
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["tasks"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes[..2], [5, 3], "{sizes:?}");
    assert!(sizes[2..].iter().sum::<usize>() <= 2, "{sizes:?}");
}
