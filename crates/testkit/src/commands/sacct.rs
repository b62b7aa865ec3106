//! Lists what the database remembers.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::commands::filter::{Target, is_this_user, items};
use crate::commands::{Context, Said};
use crate::fault::Fault;
use crate::options::{Known, LONG, Options};
use crate::ranges;
use crate::state::{Job, Record, State, Task, now};

const KNOWN: &[Known] = &[
    ('X', "allocations", false),
    ('a', "allusers", false),
    (LONG, "delimiter", true),
    ('D', "duplicates", false),
    ('E', "endtime", true),
    ('o', "format", true),
    ('j', "jobs", true),
    (LONG, "name", true),
    ('n', "noheader", false),
    ('P', "parsable2", false),
    ('p', "parsable", false),
    ('S', "starttime", true),
    ('s', "state", true),
    ('u', "user", true),
];

/// One line.
struct Row {
    job: u32,
    array: bool,
    tasks: Vec<(u32, u32)>,
    own: u32,
    name: String,
    state: String,
    exit: i32,
    signal: i32,
    submit: f64,
    start: Option<f64>,
    end: Option<f64>,
    node: String,
}

/// sacct.
pub(crate) fn sacct(context: &Context, state: &State) -> Said {
    let options = match Options::parse(context.arguments, KNOWN, false) {
        Ok(options) => options,
        Err(error) => return Said::failed(format!("sacct: {error}")),
    };
    if !state.settings.accounting {
        return Said::failed("Slurm accounting storage is disabled");
    }
    let mut targets = Vec::new();
    for word in options.value("jobs").map(items).unwrap_or_default() {
        match Target::parse(word) {
            Some(target) => targets.push(target),
            None => return Said::failed(format!("sacct: fatal: Bad job/step specified: {word}")),
        }
    }
    let fields = items(options.value("format").unwrap_or("jobid,jobname,partition,account,state,exitcode"));
    if let Some(unknown) = fields.iter().find(|field| !FIELDS.contains(&field.to_lowercase().as_str())) {
        return Said::failed(format!("sacct: error: Invalid field requested: \"{unknown}\""));
    }
    let since = options.value("starttime").and_then(moment).unwrap_or(0.0);
    let names = options.value("name").map(items);
    let nobody = options.value("user").is_some_and(|list| !is_this_user(list));
    let delimiter = options.value("delimiter").unwrap_or("|");
    let mut rows = all(context, state);
    if !options.has("duplicates") {
        rows = last_runs(rows);
    }
    let mut said = Said::default();
    for row in rows {
        let named = names.as_ref().is_none_or(|names| names.contains(&row.name.as_str()));
        let asked = targets.is_empty()
            || targets.iter().any(|target| {
                target.job == row.job && row.tasks.iter().all(|(first, last)| target.covers(*first, *last))
            });
        if !nobody && named && asked && row.end.is_none_or(|end| end >= since) {
            let line: Vec<String> =
                fields.iter().map(|name| field(context, &row, &name.to_lowercase())).collect();
            let _ = writeln!(said.stdout, "{}", line.join(delimiter));
        }
    }
    said
}

const FIELDS: &[&str] = &[
    "jobid",
    "jobidraw",
    "jobname",
    "partition",
    "account",
    "state",
    "exitcode",
    "start",
    "end",
    "submit",
    "nodelist",
];

/// `now-90seconds`, `uts1700000000`.
fn moment(text: &str) -> Option<f64> {
    if let Some(seconds) = text.strip_prefix("uts") {
        return seconds.parse().ok();
    }
    let rest = text.strip_prefix("now")?;
    let number = rest.trim_start_matches('-').trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match rest.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic()) {
        "minutes" => 60.0,
        "hours" => 3600.0,
        "days" => 86_400.0,
        _ => 1.0,
    };
    Some(now() - if number.is_empty() { 0.0 } else { number.parse::<f64>().ok()? * unit })
}

/// All runs, as the database knows them by now.
fn all(context: &Context, state: &State) -> Vec<Row> {
    let seen = now() - state.settings.accounting_lag;
    let mut rows = Vec::new();
    for record in &state.records {
        // What has not arrived yet still runs, or is not known at all.
        let arrived = record.end <= seen;
        let started = record.start.is_some_and(|start| start <= seen);
        if arrived || started || record.submit <= seen {
            rows.push(of_record(record, arrived, started));
        }
    }
    for job in &state.jobs {
        for task in job.tasks.iter().filter(|task| job.bulk || !task.has_ended()) {
            let started = task.start.is_some_and(|start| start <= seen);
            if job.submitted > seen {
                continue;
            }
            if task.start.is_none() {
                rows.push(of_task(job, task, (task.first, task.last), started));
            } else {
                rows.extend(
                    (task.first..=task.last).map(|index| of_task(job, task, (index, index), started)),
                );
            }
        }
    }
    for row in &mut rows {
        match context.fault {
            Some(Fault::UnfinishedRows) if row.end.is_some() => {
                (row.state, row.exit, row.signal, row.end) = ("FAILED".into(), 0, 0, None);
            }
            Some(Fault::StaleRow(state)) if row.end.is_none() => {
                let start = row.start.unwrap_or(row.submit);
                (row.state, row.start, row.end) = (state.clone(), Some(start - 20.0), Some(start - 10.0));
            }
            _ => {}
        }
    }
    rows
}

fn of_record(record: &Record, arrived: bool, started: bool) -> Row {
    let tasks = if record.more.is_empty() { vec![(record.first, record.last)] } else { record.more.clone() };
    let mut row = Row {
        job: record.job,
        array: record.array,
        tasks,
        own: record.own,
        name: record.name.clone(),
        state: record.state.clone(),
        exit: record.exit,
        signal: record.signal,
        submit: record.submit,
        start: record.start,
        end: Some(record.end),
        node: record.node.clone(),
    };
    if !arrived {
        row.state = if started { "RUNNING" } else { "PENDING" }.into();
        (row.exit, row.signal, row.end) = (0, 0, None);
        row.start = row.start.filter(|_| started);
    }
    row
}

fn of_task(job: &Job, task: &Task, range: (u32, u32), started: bool) -> Row {
    let state = if job.bulk {
        task.state.as_str()
    } else if started {
        "RUNNING"
    } else {
        "PENDING"
    };
    Row {
        job: job.id,
        array: job.array,
        tasks: vec![range],
        own: task.own.unwrap_or(job.id),
        name: job.name.clone(),
        state: state.into(),
        exit: task.exit,
        signal: task.signal,
        submit: job.submitted,
        start: task.start.filter(|_| started),
        end: task.end,
        node: if started { task.node.clone() } else { String::new() },
    }
}

/// Of the runs of a task only the last.
fn last_runs(rows: Vec<Row>) -> Vec<Row> {
    let key = |row: &Row| (row.job, row.tasks.clone());
    let last: HashMap<_, usize> = rows.iter().enumerate().map(|(at, row)| (key(row), at)).collect();
    let is_last = |(at, row): &(usize, Row)| last.get(&key(row)) == Some(at);
    rows.into_iter().enumerate().filter(is_last).map(|(_, row)| row).collect()
}

fn field(context: &Context, row: &Row, name: &str) -> String {
    match name {
        "jobid" if !row.array => row.job.to_string(),
        "jobid" => match row.tasks[..] {
            [(first, last)] if first == last && row.start.is_some() => format!("{}_{first}", row.job),
            _ => format!("{}_[{}]", row.job, ranges::cut(&ranges::write(&row.tasks), context.list_length)),
        },
        "jobidraw" => row.own.to_string(),
        "jobname" => row.name.clone(),
        "state" => context.word(&row.state),
        "exitcode" => format!("{}:{}", row.exit, row.signal),
        "start" => context.time(row.start, "Unknown"),
        "end" => context.time(row.end, "Unknown"),
        "submit" => context.time(Some(row.submit), "Unknown"),
        "nodelist" if row.node.is_empty() => "None assigned".into(),
        "nodelist" => row.node.clone(),
        _ => String::new(),
    }
}
