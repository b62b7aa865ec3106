//! `sbatch`: submits a job.

use std::io;
use std::os::unix::fs::PermissionsExt;

use super::call::{Answer, Call, Options};
use super::jobs::{NODE, script_of};
use super::ranges;
use super::state::{Job, State, Task, now};

/// The only partition.
pub(super) const PARTITION: &str = "main";

fn refused(text: &str) -> Answer {
    Answer::error(format!("sbatch: error: Batch job submission failed: {text}"))
}

/// Accepts a job. It refuses only unknown partitions, long arrays and too many jobs.
pub(super) fn sbatch(state: &mut State, call: &Call) -> io::Result<Answer> {
    let given = Options::read(&call.arguments);
    let Some(script) = given.words.first().cloned() else { return Ok(refused("no script")) };
    let text = fs_err::read_to_string(call.folder.join(&script))?;
    let options = given.over(Options::read_script(&text));
    if options.value("partition").is_some_and(|name| name != PARTITION) {
        return Ok(refused("Invalid partition name specified"));
    }
    let array = options.value("array").map(|array| array.split_once('%').unwrap_or((array, "")));
    let tasks = match array.map(|(tasks, _)| ranges::parse(tasks)) {
        None => vec![(0, 0)],
        Some(Some(tasks)) if tasks.iter().all(|(_, last)| *last < state.settings.max_array_size) => tasks,
        Some(_) => return Ok(refused("Invalid job array specification")),
    };
    let tasks: Vec<Task> = tasks
        .into_iter()
        .map(|(first, last)| {
            let begin = if options.has("hold") { f64::MAX } else { 0.0 };
            Task { begin, ..Task::waiting(first, last) }
        })
        .collect();
    let count: u64 = tasks.iter().map(Task::count).sum();
    if state.settings.max_submit.is_some_and(|most| state.queued() + count > most) {
        return Ok(Answer::error(
            "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates \
            accounting/QOS policy (job submit limit, user's size and/or time limits)",
        ));
    }
    if options.has("test-only") {
        let text = format!(
            "sbatch: Job 1 to start at 2026-01-01T00:00:00 on nodes {NODE} in partition {PARTITION}\n"
        );
        return Ok(Answer { stderr: text, ..Answer::default() });
    }
    state.last_job += 1;
    let id = state.last_job;
    // A copy: Slurm does not see later changes of the submitted file.
    let script = script_of(&state.folder, id);
    fs_err::write(&script, text)?;
    fs_err::set_permissions(&script, PermissionsExt::from_mode(0o700))?;
    state.jobs.push(Job {
        id,
        name: options.value("job-name").unwrap_or("job").into(),
        array: array.is_some(),
        throttle: array.and_then(|(_, most)| most.parse().ok()),
        after: options.value("dependency").and_then(|text| text.rsplit(':').next()?.parse().ok()),
        requeue: !options.has("no-requeue"),
        output: options.value("output").unwrap_or("slurm-%A_%a.out").into(),
        folder: call.folder.join(options.value("chdir").unwrap_or_default()),
        script,
        environment: call.environment.clone(),
        submitted: now(),
        tasks,
        declared: false,
    });
    Ok(Answer::good(format!("{id}\n")))
}
