//! `squeue`: lists the queue.

use super::call::{Answer, Call, Options};
use super::fault::Fault;
use super::jobs::NODE;
use super::ranges;
use super::state::{CANCELLED, Job, PENDING, State, Task, now};

/// One line: a job, a task, or tasks that wait together.
struct Row<'a> {
    job: &'a Job,
    task: &'a Task,
    tasks: Vec<(u32, u32)>,
}

/// Without `--states`, only tasks that are not over; without `--array`, waiting tasks are one line.
pub(super) fn squeue(state: &State, call: &Call, fault: Option<&Fault>) -> Answer {
    let options = Options::read(&call.arguments);
    let fields: Vec<(&str, &str)> = options
        .list("Format")
        .unwrap_or_default()
        .into_iter()
        .filter_map(|item| item.split_once(':'))
        .collect();
    let (names, ids) = (options.list("name"), options.list("jobs"));
    let is_meant = |job: &Job| {
        names.as_ref().is_none_or(|names| names.contains(&job.name.as_str()))
            && ids.as_ref().is_none_or(|ids| ids.contains(&job.id.to_string().as_str()))
    };
    let jobs: Vec<&Job> = state.jobs.iter().filter(|job| is_meant(job)).collect();
    if ids.is_some() && jobs.is_empty() {
        return Answer::error("slurm_load_jobs error: Invalid job id specified");
    }
    let (mut text, oldest) = (String::new(), now() - state.settings.min_job_age);
    for job in jobs {
        for row in rows(job, options.has("array")) {
            if !row.task.ended_before(oldest) && (options.has("states") || !row.task.has_ended()) {
                for (name, after) in &fields {
                    text += &field(state, &row, name, fault);
                    text += after;
                }
                text.push('\n');
            }
        }
    }
    Answer::good(text)
}

fn rows(job: &Job, each: bool) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for state in [PENDING, CANCELLED] {
        let waits = |task: &&Task| task.never_ran() && task.state == state && job.array && !each;
        let waiting: Vec<&Task> = job.tasks.iter().filter(waits).collect();
        if let Some(first) = waiting.first() {
            let tasks = waiting.iter().map(|task| (task.first, task.last)).collect();
            rows.push(Row { job, task: first, tasks });
        }
    }
    for task in job.tasks.iter().filter(|task| !task.never_ran() || !job.array || each) {
        rows.extend((task.first..=task.last).map(|index| Row { job, task, tasks: vec![(index, index)] }));
    }
    rows
}

fn field(state: &State, row: &Row, name: &str, fault: Option<&Fault>) -> String {
    let (job, task) = (row.job, row.task);
    match name {
        "ArrayJobID" => job.id.to_string(),
        "ArrayTaskID" if !job.array => "N/A".into(),
        "ArrayTaskID" => task_list(&row.tasks, job.throttle.filter(|_| task.is_pending()), fault),
        "State" => word(&task.state, fault),
        "RestartCnt" => task.restarts.to_string(),
        "Reason" if task.is_pending() && task.begin > 1e12 => "JobHeldUser".into(),
        "Reason" if task.is_pending() && state.is_blocked(job) => "Dependency".into(),
        "Reason" => "None".into(),
        "StartTime" => seconds(task.start, "N/A"),
        "EndTime" => seconds(task.end, "N/A"),
        "NodeList" if task.never_ran() => String::new(),
        "NodeList" => NODE.into(),
        "Name" => job.name.clone(),
        other => panic!("the fake squeue has no field {other}"),
    }
}

/// Tasks as both squeue and sacct write them, without brackets.
pub(super) fn task_list(tasks: &[(u32, u32)], throttle: Option<usize>, fault: Option<&Fault>) -> String {
    let mut list = ranges::write(tasks.iter().copied());
    if fault == Some(&Fault::TruncatedRanges) && list.len() > 7 {
        list.truncate(4);
        list += "...";
    }
    throttle.map_or(list.clone(), |most| format!("{list}%{most}"))
}

/// The word for a state, unless a fault makes it unreadable.
pub(super) fn word(state: &str, fault: Option<&Fault>) -> String {
    match fault {
        Some(Fault::State(word)) => word.clone(),
        Some(_) | None => state.to_string(),
    }
}

/// A time as the commands write it with `SLURM_TIME_FORMAT=%s`.
pub(super) fn seconds(moment: Option<f64>, unknown: &str) -> String {
    moment.map_or(unknown.to_string(), |moment| (moment as i64).to_string())
}
