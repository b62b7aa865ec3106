//! Shows the configuration, and changes jobs and nodes.

use std::io;

use crate::commands::control::{ensure_runner, fail_node, requeue, resolve};
use crate::commands::filter::Target;
use crate::commands::sbatch::describe;
use crate::commands::{Context, Said};
use crate::state::{Settings, State, now};

/// scontrol.
pub(crate) fn scontrol(context: &Context) -> io::Result<Said> {
    let words: Vec<&str> =
        context.arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    match words[..] {
        ["ping"] => Ok(Said::fine("Slurmctld(primary) at stand-in is UP\n")),
        ["show", "config"] => Ok(Said::fine(config(&context.state()?.settings))),
        ["show", "partition" | "partitions", ..] => {
            Ok(Said::fine(partitions(&context.state()?.settings, words.get(2).copied())))
        }
        ["show", "job" | "jobs", ref rest @ ..] => Ok(show_jobs(&context.state()?, rest.first().copied())),
        ["requeue", list] => on_jobs(context, list, requeue),
        ["hold", list] => {
            on_jobs(context, list, |state, target| set_begin(state, target, f64::MAX, "JobHeldUser"))
        }
        ["release", list] => on_jobs(context, list, |state, target| set_begin(state, target, 0.0, "None")),
        ["update", ref settings @ ..] => update(context, settings),
        _ => Ok(Said::failed(format!("invalid keyword: {}", words.join(" ")))),
    }
}

fn config(settings: &Settings) -> String {
    format!(
        "Configuration data as of 2026-01-01T00:00:00\n\
        ClusterName             = {}\n\
        MaxArraySize            = {}\n\
        MaxJobCount             = 10000\n\
        MinJobAge               = {} sec\n\
        SLURM_VERSION           = 22.05.8\n\n\
        Slurmctld(primary) at stand-in is UP\n",
        settings.cluster, settings.max_array_size, settings.min_job_age as u64
    )
}

fn partitions(settings: &Settings, only: Option<&str>) -> String {
    let time = |minutes: u64| format!("{}-{:02}:{:02}:00", minutes / 1440, minutes / 60 % 24, minutes % 60);
    let longest = settings.max_time.map_or("UNLIMITED".to_string(), time);
    let line = |(at, name): (usize, &String)| {
        let default = if at == 0 { "YES" } else { "NO" };
        format!(
            "PartitionName={name} AllowGroups=ALL AllowAccounts=ALL Default={default} QoS=N/A DefaultTime=NONE \
            MaxNodes=UNLIMITED MaxTime={longest} State=UP TotalCPUs={} TotalNodes={}\n",
            settings.nodes * settings.cpus,
            settings.nodes
        )
    };
    settings
        .partitions
        .iter()
        .enumerate()
        .filter(|(_, name)| only.is_none_or(|only| only == *name))
        .map(line)
        .collect()
}

fn show_jobs(state: &State, only: Option<&str>) -> Said {
    let target = only.map(|word| Target::parse(word).and_then(|target| resolve(state, &target)));
    if target == Some(None) {
        return Said::failed("slurm_load_jobs error: Invalid job id specified");
    }
    let wanted = target.flatten();
    let jobs = state.jobs.iter().filter(|job| wanted.as_ref().is_none_or(|target| target.job == job.id));
    Said::fine(jobs.map(describe).collect::<String>())
}

/// Does it to each job of a comma list.
fn on_jobs(
    context: &Context,
    list: &str,
    mut work: impl FnMut(&mut State, &Target) -> Result<(), String>,
) -> io::Result<Said> {
    context.folder.change(|state| {
        state.forget(now());
        let mut said = Said::default();
        let words = if list.contains('[') { vec![list] } else { list.split(',').collect() };
        for word in words {
            let target = Target::parse(word).and_then(|target| resolve(state, &target));
            let outcome = match &target {
                Some(target) => work(state, target),
                None => Err("Invalid job id specified".to_string()),
            };
            if let Err(text) = outcome {
                let text = if word.contains('_') {
                    format!("{word}: {text}\n")
                } else {
                    format!("{text} for job {word}\n")
                };
                said.stderr.push_str(&text);
                said.code = 1;
            }
        }
        ensure_runner(context.folder).map(|()| said)
    })?
}

fn set_begin(state: &mut State, target: &Target, begin: f64, reason: &str) -> Result<(), String> {
    let job = state.job(target.job).ok_or("Invalid job id specified")?;
    for task in job.tasks.iter_mut().filter(|task| task.is_pending() && target.covers(task.first, task.last))
    {
        (task.begin, task.reason) = (begin, reason.into());
    }
    Ok(())
}

fn update(context: &Context, settings: &[&str]) -> io::Result<Said> {
    let value = |name: &str| {
        settings.iter().find_map(|word| {
            let (key, value) = word.split_once('=')?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    if let Some(node) = value("nodename") {
        let state_word = value("state").unwrap_or_default().to_lowercase();
        return context.folder.change(|state| {
            match state_word.as_str() {
                // Its daemon lives on and registers again, so it takes work at once.
                "down" => fail_node(state, node),
                "drain" => drop(state.down.insert(node.to_string())),
                "resume" | "idle" => drop(state.down.remove(node)),
                _ => return Ok(Said::failed(format!("Invalid input: state={state_word}"))),
            }
            ensure_runner(context.folder).map(|()| Said::default())
        })?;
    }
    let Some(list) = value("jobid") else {
        return Ok(Said::failed("No valid entity in update command"));
    };
    let throttle = value("arraytaskthrottle").and_then(|text| text.parse::<u32>().ok());
    let ends_now = value("endtime").is_some_and(|text| text.starts_with("now"));
    on_jobs(context, list, |state, target| {
        let job = state.job(target.job).ok_or("Invalid job id specified")?;
        if let Some(throttle) = throttle {
            job.throttle = Some(throttle).filter(|throttle| *throttle > 0);
        }
        for task in job.tasks.iter_mut().filter(|task| target.covers(task.first, task.last)) {
            if ends_now && task.is_running() && task.wish.is_none() {
                crate::commands::control::wish(task, "TIMEOUT", false, false);
            }
        }
        Ok(())
    })
}
