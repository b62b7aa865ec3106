//! Lists the queue.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::commands::filter::{is_this_user, items};
use crate::commands::{Context, Said};
use crate::options::{Known, LONG, Options};
use crate::ranges;
use crate::state::{Job, State, Task, now};

const KNOWN: &[Known] = &[
    ('r', "array", false),
    ('o', "format", true),
    ('O', "Format", true),
    ('j', "jobs", true),
    (LONG, "me", false),
    ('n', "name", true),
    ('h', "noheader", false),
    ('p', "partition", true),
    ('S', "sort", true),
    ('t', "states", true),
    ('u', "user", true),
];

/// A field and the text between it and the next.
type Field = (String, String);

/// One line.
struct Row<'a> {
    job: &'a Job,
    task: &'a Task,
    /// The tasks, if the job is an array: one, or a list.
    tasks: Vec<(u32, u32)>,
    reason: String,
}

/// squeue.
pub(crate) fn squeue(context: &Context, state: &State) -> Said {
    let options = match Options::parse(context.arguments, KNOWN, false) {
        Ok(options) => options,
        Err(error) => return Said::failed(format!("squeue: {error}")),
    };
    let fields = match (options.value("Format"), options.value("format")) {
        (Some(list), _) => long_fields(list),
        (None, format) => Ok(short_fields(format.unwrap_or("%.18i %.9P %.8j %.8u %.2t %.10M %.6D %R"))),
    };
    let fields = match fields {
        Ok(fields) => fields,
        Err(name) => {
            let text = format!("squeue: error: Invalid job format specification: {name}");
            return Said { code: 0, ..Said::failed(text) };
        }
    };
    let jobs = match options.value("jobs").map(numbers) {
        None => None,
        Some(Err(word)) => return Said::failed(format!("squeue: error: Invalid job id: {word}")),
        Some(Ok(jobs)) => Some(jobs),
    };
    if let Some([only]) = jobs.as_deref()
        && !state.jobs.iter().any(|job| is_meant(job, *only))
    {
        return Said::failed("slurm_load_jobs error: Invalid job id specified");
    }
    let names = options.value("name").map(|list| items(list).into_iter().collect::<BTreeSet<_>>());
    let nobody = options.value("user").is_some_and(|list| !is_this_user(list));
    let (mut said, when) = (Said::default(), now());
    for job in &state.jobs {
        let named = names.as_ref().is_none_or(|names| names.contains(job.name.as_str()));
        if nobody || !named || jobs.as_ref().is_some_and(|jobs| !jobs.iter().any(|id| is_meant(job, *id))) {
            continue;
        }
        for row in rows(job, options.has("array")) {
            let only_own = jobs
                .as_ref()
                .is_none_or(|jobs| jobs.iter().any(|id| job.id == *id || row.task.own == Some(*id)));
            let forgotten = row.task.end.is_some_and(|end| end + state.settings.min_job_age < when);
            if only_own && !forgotten && is_wanted(row.task, options.value("states")) {
                write_row(context, &mut said.stdout, &row, &fields);
            }
        }
    }
    said
}

fn numbers(list: &str) -> Result<Vec<u32>, String> {
    let number =
        |word: &str| word.split('_').next().and_then(|job| job.parse().ok()).ok_or_else(|| word.to_string());
    items(list).into_iter().map(number).collect()
}

fn is_meant(job: &Job, id: u32) -> bool {
    job.id == id || job.tasks.iter().any(|task| task.own == Some(id))
}

/// Without a list squeue shows what is not over.
fn is_wanted(task: &Task, states: Option<&str>) -> bool {
    match states {
        None => !task.has_ended(),
        Some(list) => items(list).iter().any(|state| {
            state.eq_ignore_ascii_case("all")
                || state.eq_ignore_ascii_case(task.state.split_whitespace().next().unwrap_or_default())
                || compact(&task.state) == *state
        }),
    }
}

/// What waits is one line, unless one a task is wanted.
fn rows(job: &Job, each: bool) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let alone = |task| Row { job, task, tasks: Vec::new(), reason: task.reason.clone() };
    if !job.array {
        return job.tasks.iter().map(alone).collect();
    }
    let waits = |task: &&Task| task.start.is_none() && (task.is_pending() || task.has_ended());
    for state in ["PENDING", "CANCELLED"] {
        let waiting: Vec<&Task> =
            job.tasks.iter().filter(waits).filter(|task| task.state == state && !each).collect();
        if let Some(first) = waiting.first() {
            let list = ranges::merge(waiting.iter().map(|task| (task.first, task.last)).collect());
            let reasons: BTreeSet<&str> = waiting.iter().map(|task| task.reason.as_str()).collect();
            let reason = reasons.into_iter().rev().collect::<Vec<_>>().join(",");
            rows.push(Row { job, task: first, tasks: list, reason });
        }
    }
    for task in job.tasks.iter().filter(|task| each || !waits(task)) {
        let one = |index| Row { job, task, tasks: vec![(index, index)], reason: task.reason.clone() };
        rows.extend((task.first..=task.last).map(one));
    }
    rows
}

fn write_row(context: &Context, text: &mut String, row: &Row, fields: &[Field]) {
    for (name, after) in fields {
        field(context, text, row, name);
        text.push_str(after);
    }
    text.push('\n');
}

fn field(context: &Context, text: &mut String, row: &Row, name: &str) {
    let (job, task) = (row.job, row.task);
    // Writing to a text cannot fail.
    let _ = match name {
        "arrayjobid" => write!(text, "{}", job.id),
        "arraytaskid" => match &row.tasks[..] {
            [] => write!(text, "N/A"),
            [(first, last)] if first == last && !task.is_pending() => write!(text, "{first}"),
            _ => write!(text, "{}", tasks(context, row)),
        },
        "jobarrayid" => match &row.tasks[..] {
            [] => write!(text, "{}", job.id),
            [(first, last)] if first == last && !task.is_pending() => write!(text, "{}_{first}", job.id),
            _ => write!(text, "{}_[{}]", job.id, tasks(context, row)),
        },
        "jobid" => write!(text, "{}", task.own.unwrap_or(job.id)),
        "state" => {
            let word = task.state.split_whitespace().next().unwrap_or_default();
            write!(text, "{}", context.word(word))
        }
        "statecompact" => write!(text, "{}", context.word(compact(&task.state))),
        "restartcnt" => write!(text, "{}", task.restarts),
        "reason" => write!(text, "{}", row.reason),
        "name" => write!(text, "{}", job.name),
        "starttime" => write!(text, "{}", context.time(task.start, "N/A")),
        "endtime" => {
            let limit = task.start.map(|start| start + job.limit.unwrap_or(31_536_000.0));
            write!(text, "{}", context.time(task.end.or(limit), "N/A"))
        }
        "nodelist" => write!(text, "{}", task.node),
        "partition" => write!(text, "{}", job.partition),
        "comment" => write!(text, "{}", job.comment),
        "username" => write!(text, "user"),
        _ => Ok(()),
    };
}

fn tasks(context: &Context, row: &Row) -> String {
    let list = ranges::cut(&ranges::write(&row.tasks), context.list_length);
    match row.job.throttle {
        Some(throttle) => format!("{list}%{throttle}"),
        None => list,
    }
}

/// Fields of `--Format`: `Name:SUFFIX,Other:SUFFIX`.
fn long_fields(list: &str) -> Result<Vec<Field>, String> {
    const NAMES: &[&str] = &[
        "arrayjobid",
        "arraytaskid",
        "jobarrayid",
        "jobid",
        "state",
        "statecompact",
        "restartcnt",
        "reason",
        "name",
        "starttime",
        "endtime",
        "nodelist",
        "partition",
        "comment",
        "username",
    ];
    list.split(',')
        .map(|item| {
            let (name, suffix) = item.split_once(':').unwrap_or((item, " "));
            let lower = name.to_lowercase();
            if NAMES.contains(&lower.as_str()) {
                Ok((lower, suffix.to_string()))
            } else {
                Err(name.to_string())
            }
        })
        .collect()
}

/// Fields of `--format`: `%i|%T`, widths passed over.
fn short_fields(format: &str) -> Vec<Field> {
    let mut parts = format.split('%');
    let mut fields = vec![(String::new(), parts.next().unwrap_or_default().to_string())];
    for part in parts {
        let part = part.trim_start_matches(|letter: char| letter == '.' || letter.is_ascii_digit());
        let mut letters = part.chars();
        let name = match letters.next() {
            Some('i') => "jobarrayid",
            Some('F') => "arrayjobid",
            Some('K') => "arraytaskid",
            Some('A') => "jobid",
            Some('T') => "state",
            Some('t') => "statecompact",
            Some('r' | 'R') => "reason",
            Some('j') => "name",
            Some('S') => "starttime",
            Some('e') => "endtime",
            Some('N') => "nodelist",
            Some('P') => "partition",
            Some('k') => "comment",
            Some('u') => "username",
            _ => "",
        };
        fields.push((name.to_string(), letters.as_str().to_string()));
    }
    fields
}

fn compact(state: &str) -> &'static str {
    match state.split_whitespace().next().unwrap_or_default() {
        "PENDING" => "PD",
        "RUNNING" => "R",
        "COMPLETING" => "CG",
        "COMPLETED" => "CD",
        "CANCELLED" => "CA",
        "TIMEOUT" => "TO",
        "NODE_FAIL" => "NF",
        "PREEMPTED" => "PR",
        "OUT_OF_MEMORY" => "OOM",
        "FAILED" => "F",
        _ => "?",
    }
}
