//! `sacct`: lists the accounting database, one line a run.

use super::call::{Answer, Call, Options};
use super::fault::Fault;
use super::jobs::NODE;
use super::squeue::{seconds, task_list, word};
use super::state::{PENDING, RUNNING, Record, State, Task, now};

/// All runs of the jobs with these names, or of all jobs, whatever their age.
pub(super) fn sacct(state: &State, call: &Call, fault: Option<&Fault>) -> Answer {
    if !state.settings.accounting {
        return Answer::error("Slurm accounting storage is disabled");
    }
    let options = Options::read(&call.arguments);
    let names = options.list("name");
    let fields = options.list("format").unwrap_or_default();
    let mut text = String::new();
    for mut row in known(state) {
        if names.as_ref().is_none_or(|names| names.contains(&row.name.as_str())) {
            spoil(&mut row.run, row.submitted, fault);
            let line: Vec<String> = fields.iter().map(|name| field(&row, name, fault)).collect();
            text += &line.join(options.value("delimiter").unwrap_or("|"));
            text.push('\n');
        }
    }
    Answer::good(text)
}

/// All runs that the database knows by now. A run whose end has not arrived is still running, or unknown.
fn known(state: &State) -> Vec<Record> {
    let seen = now() - state.settings.accounting_lag;
    let mut rows = Vec::new();
    let mut add = |mut row: Record| {
        let run = &mut row.run;
        let started = run.start.is_some_and(|start| start <= seen);
        if run.end.is_none_or(|end| end > seen) {
            let state = if started { RUNNING } else { PENDING };
            *run = Task {
                state: state.into(),
                start: run.start.filter(|_| started),
                ..Task::waiting(run.first, run.last)
            };
        }
        if row.submitted <= seen {
            rows.push(row);
        }
    };
    state.records.iter().cloned().for_each(&mut add);
    for job in &state.jobs {
        for task in job.tasks.iter().filter(|task| job.declared || !task.has_ended()) {
            if task.never_ran() {
                add(job.record(task.clone(), vec![(task.first, task.last)]));
            } else {
                (task.first..=task.last)
                    .for_each(|index| add(job.record(task.clone(), vec![(index, index)])));
            }
        }
    }
    rows
}

fn spoil(run: &mut Task, submitted: f64, fault: Option<&Fault>) {
    match fault {
        Some(Fault::UnfinishedRows) if run.end.is_some() => {
            (run.state, run.exit, run.signal, run.end) = ("FAILED".into(), 0, 0, None);
        }
        Some(Fault::StaleRow(state)) if run.end.is_none() => {
            let start = run.start.unwrap_or(submitted);
            (run.state, run.start, run.end) = (state.clone(), Some(start - 20.0), Some(start - 10.0));
        }
        Some(_) | None => {}
    }
}

fn field(row: &Record, name: &str, fault: Option<&Fault>) -> String {
    let run = &row.run;
    match name {
        "jobid" if !row.array => row.job.to_string(),
        "jobid" if run.never_ran() => format!("{}_[{}]", row.job, task_list(&row.tasks, None, fault)),
        "jobid" => format!("{}_{}", row.job, task_list(&row.tasks, None, fault)),
        "state" => word(&run.state, fault),
        "exitcode" => format!("{}:{}", run.exit, run.signal),
        "start" => seconds(run.start, "Unknown"),
        "end" => seconds(run.end, "Unknown"),
        "submit" => seconds(Some(row.submitted), "Unknown"),
        "nodelist" if run.never_ran() => "None assigned".into(),
        "nodelist" => NODE.into(),
        "jobname" => row.name.clone(),
        other => panic!("the fake sacct has no field {other}"),
    }
}
