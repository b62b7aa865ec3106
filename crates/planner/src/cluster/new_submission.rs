//! A new submission: its name, its sealed programs, its script, its records.

use std::ffi::OsString;
use std::path::Path;

use gainsweep_language::slurm::{MemoryRequest, Resolved};
use gainsweep_scheduler::{
    Array, BadJob, JobDescription, LogFolder, Memory, Scheduler, Share, SubmitOptions,
};
use gainsweep_store::SweepFolder;
use gainsweep_store::submissions::{self, SUBMISSION_FORMAT, Scripts, Submission, Submitted};
use gainsweep_store::this_machine::host;
use jiff::Timestamp;

use super::grouping::Group;
use super::kill_points;
use crate::local::WorkerProgram;
use crate::screen::failure::Failure;
use crate::sealing;
use crate::sealing::code::SealedCode;

/// What the groups of one submission share.
pub(crate) struct Order<'a> {
    pub(crate) scheduler: &'a dyn Scheduler,
    pub(crate) sweep: &'a str,
    pub(crate) text: &'a str,
    pub(crate) folder: &'a SweepFolder,
    pub(crate) worker: &'a WorkerProgram,
    pub(crate) canary: bool,
}

/// Memory of the small job that sends the next wave, in MiB.
const NEXT_MEMORY: u64 = 512;

/// The letters of random names: no two look alike.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// A name that cannot be guessed and is unique: `gs-timescale-k3v9x2qm`.
fn unguessable(sweep: &str) -> Result<String, Failure> {
    let mut bytes = [0_u8; 10];
    let mut random = fs_err::File::open("/dev/urandom")?;
    std::io::Read::read_exact(&mut random, &mut bytes)?;
    let letters: String = bytes.iter().map(|byte| LETTERS[*byte as usize % LETTERS.len()] as char).collect();
    // Some tools cut long job names: keep the random part.
    let sweep: String = sweep.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    Ok(format!("gs-{sweep}-{letters}"))
}

/// The site's options for a task: name and value.
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
/// A value cannot be written in the scheduler's scripts.
pub(crate) fn script(order: &Order, group: &Group, planner: &Path, home: &Path) -> Result<String, Failure> {
    let resources = &group.resources;
    let Resolved { requeue, signal, preamble, directives, nodes, .. } = resources;
    let job = JobDescription {
        minutes: group.seconds() / 60,
        memory: group.memory_request(),
        cpus: Some(if resources.srun { resources.cpus } else { group.cpus() }),
        nodes: *nodes,
        processes: resources.srun.then(|| group.processes()),
        warning: Some(*signal),
        requeue: Some(*requeue),
        comment: Some(format!("gainsweep {}", order.sweep)),
        site: site(&group.resources),
        directives: directives.clone(),
        preamble: preamble.clone(),
        command: vec![planner.into(), OsString::from("task"), home.into()],
    };
    order.scheduler.script(&job).map_err(bad_job)
}

fn bad_job(BadJob(message): BadJob) -> Failure {
    Failure::user(message)
}

/// The words that start a cell's worker on its share of a task; none where the planner starts it itself.
fn launcher(scheduler: &dyn Scheduler, group: &Group) -> Vec<String> {
    let Resolved { srun, nodes, ranks, cpus, .. } = group.resources;
    let share = Share { nodes, processes: ranks, cpus, shared: group.at_once() > 1 };
    if srun { scheduler.launcher(share) } else { Vec::new() }
}

/// Writes a complete folder for a submission. Nothing is sent yet.
///
/// # Errors
/// A file cannot be read, copied or written.
pub(crate) fn create(order: &Order, group: &Group) -> Result<Submitted, Failure> {
    let folder = order.folder;
    for path in [
        folder.submissions(),
        folder.sealed(),
        folder.cells(),
        folder.works(),
        folder.logs(),
        folder.attempts(),
        folder.claims(),
    ] {
        fs_err::create_dir_all(path)?;
    }
    sealing::check_that_programs_run(folder)?;
    let worker_from = order.worker.words();
    kill_points::passed();
    let worker = if order.worker.is_foreign() {
        worker_from.clone()
    } else {
        let seal = |word| Ok(sealing::file(folder, Path::new(word))?.to_string_lossy().into_owned());
        worker_from.iter().map(seal).collect::<Result<_, Failure>>()?
    };
    let planner = sealing::file(folder, &std::env::current_exe().map_err(anyhow::Error::from)?)?;
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
        worker,
        worker_from,
        foreign: order.worker.is_foreign(),
        root: order.worker.root().map(|root| root.to_string_lossy().into_owned()),
        code: order.worker.code().map(SealedCode::name),
        tasks: group.tasks.len() as u32,
        cells_at_once: group.at_once(),
        at_most: group.resources.at_most,
        canary: order.canary,
        requeue: group.resources.requeue,
        seconds: group.seconds(),
        memory: group.memory(),
        cpus: group.cpus(),
        launcher: launcher(order.scheduler, group),
        predicted_core_hours: group.predicted_core_hours(),
        same_error_limit: group.resources.retry.same_error_limit,
        attempts: group.resources.retry.attempts,
        folder: Some(home.clone()),
        site: site(&group.resources),
    };
    let script = script(order, group, &planner, &home)?;
    kill_points::passed();
    let scripts = Scripts { task: script, next: next_script(order, &group.resources, &planner)? };
    let created =
        submissions::create(&folder.submissions(), &submission, order.text, &group.tasks, &scripts)?;
    kill_points::passed();
    Ok(created)
}

/// The script of the small job that sends the next wave: for where the sweep's tasks go, as the site wants it.
///
/// # Errors
/// A value cannot be written in the scheduler's scripts.
fn next_script(order: &Order, resources: &Resolved, planner: &Path) -> Result<String, Failure> {
    let root = std::path::absolute(order.folder.root()).map_err(anyhow::Error::from)?;
    // It computes nothing, so it waits for no device.
    let site = site(resources).into_iter().filter(|(name, _)| name != "gpus");
    let job = JobDescription {
        minutes: 10,
        memory: match resources.memory_request {
            MemoryRequest::Total => Memory::Total(NEXT_MEMORY),
            MemoryRequest::PerCpu => Memory::PerCpu(NEXT_MEMORY),
            MemoryRequest::Nothing => Memory::Unsaid,
        },
        site: site.collect(),
        directives: resources.directives.clone(),
        command: vec![planner.into(), OsString::from("advance"), root.into()],
        ..JobDescription::default()
    };
    order.scheduler.script(&job).map_err(bad_job)
}

/// The folder for the logs of a sweep's jobs.
///
/// # Errors
/// The scheduler cannot take this path.
pub(super) fn logs(scheduler: &dyn Scheduler, folder: &SweepFolder) -> Result<LogFolder, Failure> {
    let logs = std::path::absolute(folder.logs()).map_err(anyhow::Error::from)?;
    scheduler.log_folder(&logs).map_err(bad_job)
}

/// What would be sent for a group: the script, and the command. Nothing is written.
///
/// # Errors
/// A value cannot be written in the scheduler's scripts.
pub(crate) fn preview(order: &Order, group: &Group) -> Result<(String, String), Failure> {
    let name = format!("gs-{}-XXXXXXXXXX", order.sweep);
    let home = std::path::absolute(order.folder.submission(&name)).map_err(anyhow::Error::from)?;
    let sealed = std::path::absolute(order.folder.sealed().join("XXXXXXXXXXXXXXXX/gainsweep"))
        .map_err(anyhow::Error::from)?;
    let script = script(order, group, &sealed, &home)?;
    let options = SubmitOptions {
        name: format!("{name}-1"),
        array: Some(Array { tasks: group.tasks.len() as u32, at_most: group.resources.at_most }),
        logs: logs(order.scheduler, order.folder)?,
        after: None,
        pause_minutes: None,
    };
    Ok((script, order.scheduler.command_line(&home.join("task.sh"), &options)))
}
