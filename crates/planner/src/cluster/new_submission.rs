//! A new submission: its name, its sealed programs, its script, its records.

use std::ffi::OsString;
use std::path::Path;

use gainsweep_language::slurm::Resolved;
use gainsweep_scheduler::script::Script;
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::{self, SUBMISSION_FORMAT, Submission, Submitted};
use gainsweep_store::this_machine::host;
use jiff::Timestamp;

use super::grouping::Group;
use super::{seal, steps};
use crate::local::WorkerProgram;
use crate::screen::failure::Failure;

/// What is common to the groups of one submission.
pub(crate) struct Order<'a> {
    pub(crate) sweep: &'a str,
    pub(crate) text: &'a str,
    pub(crate) folder: &'a SweepFolder,
    pub(crate) worker: &'a WorkerProgram,
    pub(crate) canary: bool,
}

/// The letters of random names: none that looks like another.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A name that nobody can guess and no other submission has: `gs-timescale-k3v9x2qm`.
fn unguessable(sweep: &str) -> Result<String, Failure> {
    let mut bytes = [0_u8; 10];
    let mut random = fs_err::File::open("/dev/urandom")?;
    std::io::Read::read_exact(&mut random, &mut bytes)?;
    let letters: String = bytes.iter().map(|byte| LETTERS[*byte as usize % LETTERS.len()] as char).collect();
    // Some tools cut long job names; the random part must not be what is lost.
    let sweep: String = sweep.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    Ok(format!("gs-{sweep}-{letters}"))
}

/// The site's options of a task: name and value.
fn site(resources: &Resolved) -> Vec<(String, String)> {
    let exclude = (!resources.exclude.is_empty()).then(|| resources.exclude.join(","));
    let options = [
        ("partition", resources.partition.clone()),
        ("account", resources.account.clone()),
        ("qos", resources.qos.clone()),
        ("constraint", resources.constraint.clone()),
        ("reservation", resources.reservation.clone()),
        ("exclude", exclude),
        ("gpus", resources.gpus.clone()),
        ("nice", resources.nice.map(|nice| nice.to_string())),
    ];
    options.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
}

/// The script that a group's tasks run, with these programs.
///
/// # Errors
/// Something that Slurm's directives cannot hold.
pub(crate) fn script(order: &Order, group: &Group, planner: &Path, home: &Path) -> Result<String, Failure> {
    let Resolved { requeue, signal, preamble, directives, .. } = &group.resources;
    let minutes = group.seconds() / 60;
    let mut options: Vec<(String, Option<String>)> = Vec::new();
    let mut option = |name: &str, value: String| options.push((name.to_string(), Some(value)));
    option("time", minutes.to_string());
    option("mem", format!("{}M", group.memory()));
    option("cpus-per-task", group.cpus().to_string());
    option("ntasks", "1".into());
    option("signal", format!("B:USR1@{}", signal.as_secs()));
    option("open-mode", "append".into());
    option("comment", format!("gainsweep {}", order.sweep));
    for (name, value) in site(&group.resources) {
        option(&name, value);
    }
    options.push((if *requeue { "requeue" } else { "no-requeue" }.to_string(), None));
    let script = Script {
        options,
        directives: directives.clone(),
        preamble: preamble.clone(),
        command: vec![planner.into(), OsString::from("task"), home.into()],
    };
    script.render().map_err(|error| Failure::user(error.to_string()))
}

/// Lays a submission's folder, whole. Nothing is sent yet.
///
/// # Errors
/// Something cannot be read, copied or written.
pub(crate) fn create(order: &Order, group: &Group) -> Result<Submitted, Failure> {
    let folder = order.folder;
    for path in [folder.submissions(), folder.sealed(), folder.logs(), folder.attempts(), folder.claims()] {
        fs_err::create_dir_all(path)?;
    }
    let worker_from = order.worker.words();
    steps::passed();
    let planner = seal::file(folder, &std::env::current_exe().map_err(anyhow::Error::from)?)?;
    let name = unguessable(order.sweep)?;
    let home = std::path::absolute(folder.submission(&name)).map_err(anyhow::Error::from)?;
    let submission = Submission {
        format: SUBMISSION_FORMAT,
        name,
        sweep: order.sweep.to_string(),
        created: Timestamp::now().to_string(),
        host: host(),
        arguments: std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("GAINSWEEP_COMMIT").into(),
        worker: seal::command(folder, &worker_from, !order.worker.foreign)?,
        worker_from,
        foreign: order.worker.foreign,
        tasks: group.tasks.len() as u32,
        cells_at_once: group.at_once(),
        at_most: group.resources.at_most,
        canary: order.canary,
        requeue: group.resources.requeue,
        seconds: group.seconds(),
        memory: group.memory(),
        cpus: group.cpus(),
        predicted_core_hours: group.predicted_core_hours(),
        same_error_limit: group.resources.retry.same_error_limit,
        site: site(&group.resources),
    };
    let script = script(order, group, &planner, &home)?;
    steps::passed();
    let created = submissions::create(&folder.submissions(), &submission, order.text, &group.tasks, &script)?;
    steps::passed();
    Ok(created)
}

/// The script of the small job that sends the next wave.
///
/// # Errors
/// It cannot be written.
pub(crate) fn next_script(
    folder: &SweepFolder,
    submitted: &Submitted,
) -> Result<std::path::PathBuf, Failure> {
    let path = submitted.folder().join("next.sh");
    let planner = seal::file(folder, &std::env::current_exe().map_err(anyhow::Error::from)?)?;
    let root = std::path::absolute(folder.root()).map_err(anyhow::Error::from)?;
    let mut options: Vec<(String, Option<String>)> = [("time", "10"), ("ntasks", "1"), ("mem", "512M")]
        .map(|(name, value)| (name.into(), Some(value.into())))
        .into();
    // It computes nothing, so it waits for no device.
    let site = submitted.submission.site.iter().filter(|(name, _)| name != "gpus");
    options.extend(site.map(|(name, value)| (name.clone(), Some(value.clone()))));
    let command = vec![planner.into(), OsString::from("advance"), root.into()];
    let script = Script { options, directives: Vec::new(), preamble: Vec::new(), command };
    let text = script.render().map_err(|error| Failure::user(error.to_string()))?;
    if !fs_err::read_to_string(&path).is_ok_and(|present| present == text) {
        gainsweep_store::atomic::write(&path, text.as_bytes())?;
    }
    Ok(path)
}

/// Where a job's words go: a name in the folder of logs, in the letters of Slurm's patterns.
///
/// # Errors
/// A path that Slurm cannot take.
pub(crate) fn log_pattern(folder: &SweepFolder, name: &str) -> Result<String, Failure> {
    let logs = std::path::absolute(folder.logs()).map_err(anyhow::Error::from)?;
    let text = logs.to_str().ok_or_else(|| Failure::user(format!("{} is not UTF-8", logs.display())))?;
    let path =
        gainsweep_scheduler::script::log_path(text).map_err(|error| Failure::user(error.to_string()))?;
    Ok(format!("{path}/{name}"))
}

/// What would be sent for a group: the script, and the command. Nothing is written.
///
/// # Errors
/// Something that Slurm's directives cannot hold.
pub(crate) fn preview(order: &Order, group: &Group) -> Result<(String, String), Failure> {
    let name = format!("gs-{}-XXXXXXXXXX", order.sweep);
    let home = std::path::absolute(order.folder.submission(&name)).map_err(anyhow::Error::from)?;
    let sealed = std::path::absolute(order.folder.sealed().join("XXXXXXXXXXXXXXXX/gainsweep"))
        .map_err(anyhow::Error::from)?;
    let script = script(order, group, &sealed, &home)?;
    let throttle = group.resources.at_most.map(|most| format!("%{most}")).unwrap_or_default();
    let words = [
        "sbatch --parsable".to_string(),
        format!("--job-name={name}-1"),
        format!("--array=0-{}{throttle}", group.tasks.len() - 1),
        format!(
            "--output={}",
            gainsweep_scheduler::script::shell_quote(log_pattern(order.folder, "%x-%A_%a.log")?.as_ref())
        ),
        gainsweep_scheduler::script::shell_quote(home.join("task.sh").as_os_str()),
    ];
    Ok((script, words.join(" ")))
}
