//! Starts one task as a process.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::pattern::{Names, fill};
use crate::state::{Job, Settings, Task};

/// Why a task did not start, as its exit code and signal.
pub(crate) struct NotStarted(pub(crate) i32, pub(crate) i32);

/// Starts the batch script of a task.
pub(crate) fn spawn(
    folder: &Folder,
    settings: &Settings,
    job: &Job,
    task: &Task,
) -> Result<Child, NotStarted> {
    let own = task.own.unwrap_or(job.id);
    let index = job.array.then_some(task.first);
    let names = Names { job_name: &job.name, array_job: job.id, own_job: own, task: index, node: &task.node };
    // With its folder gone, a job runs in /tmp, without a word.
    let directory = if job.directory.is_dir() { job.directory.as_path() } else { Path::new("/tmp") };
    let open = |pattern: &str| open(&directory.join(fill(pattern, &names)), job.append);
    // No log, no job: code 0, signal 53, and nothing says why.
    let no_log = |_| NotStarted(0, 53);
    let output = open(&job.output).map_err(no_log)?;
    let error = match &job.error {
        Some(pattern) => open(pattern),
        None => output.try_clone(),
    };
    let home = folder.job(job.id);
    let mut command = Command::new(home.join("script"));
    command.args(&job.arguments).current_dir(directory);
    command.stdin(Stdio::null()).stdout(output).stderr(error.map_err(no_log)?);
    command.env_clear().process_group(0);
    for setting in fs_err::read(home.join("environment")).unwrap_or_default().split(|byte| *byte == 0) {
        if let Some(at) = setting.iter().position(|byte| *byte == b'=').filter(|at| *at > 0) {
            let text = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
            command.env(text(&setting[..at]), text(&setting[at + 1..]));
        }
    }
    command.envs(variables(settings, job, task));
    command.spawn().map_err(|_| NotStarted(2, 0))
}

fn open(path: &Path, append: bool) -> io::Result<File> {
    // Two streams may share the file, so each write goes to its end.
    if !append {
        File::create(path)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

/// What Slurm tells a task.
fn variables(settings: &Settings, job: &Job, task: &Task) -> Vec<(&'static str, String)> {
    let own = task.own.unwrap_or(job.id).to_string();
    let mut list = vec![
        ("SLURM_JOB_ID", own.clone()),
        ("SLURM_JOBID", own),
        ("SLURM_JOB_NAME", job.name.clone()),
        ("SLURM_JOB_ACCOUNT", job.account.clone()),
        ("SLURM_JOB_PARTITION", job.partition.clone()),
        ("SLURM_JOB_NODELIST", task.node.clone()),
        ("SLURM_NODELIST", task.node.clone()),
        ("SLURMD_NODENAME", task.node.clone()),
        ("SLURM_NODEID", "0".into()),
        ("SLURM_PROCID", "0".into()),
        ("SLURM_JOB_NUM_NODES", "1".into()),
        ("SLURM_NNODES", "1".into()),
        ("SLURM_CPUS_ON_NODE", job.cpus.to_string()),
        ("SLURM_CPUS_PER_TASK", job.cpus.to_string()),
        ("SLURM_CLUSTER_NAME", settings.cluster.clone()),
        ("SLURM_SUBMIT_DIR", job.directory.to_string_lossy().into_owned()),
    ];
    if job.array {
        let count: u64 = job.indices.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
        let first = job.indices.first().map_or(0, |(first, _)| *first);
        let last = job.indices.last().map_or(0, |(_, last)| *last);
        list.extend([
            ("SLURM_ARRAY_JOB_ID", job.id.to_string()),
            ("SLURM_ARRAY_TASK_ID", task.first.to_string()),
            ("SLURM_ARRAY_TASK_COUNT", count.to_string()),
            ("SLURM_ARRAY_TASK_MIN", first.to_string()),
            ("SLURM_ARRAY_TASK_MAX", last.to_string()),
        ]);
    }
    if task.restarts > 0 {
        list.push(("SLURM_RESTART_COUNT", task.restarts.to_string()));
    }
    list
}
