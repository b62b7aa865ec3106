//! Submits.

use std::fmt::Write as _;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::commands::control::ensure_runner;
use crate::commands::filter::items;
use crate::commands::{Context, Said};
use crate::options::{Known, LONG, Options, of_script};
use crate::ranges;
use crate::state::{Job, State, Task, Warning, now};

const KNOWN: &[Known] = &[
    ('A', "account", true),
    ('a', "array", true),
    (LONG, "begin", true),
    ('D', "chdir", true),
    ('M', "clusters", true),
    (LONG, "comment", true),
    ('C', "constraint", true),
    ('c', "cpus-per-task", true),
    ('d', "dependency", true),
    ('e', "error", true),
    ('x', "exclude", true),
    (LONG, "exclusive", false),
    (LONG, "export", true),
    (LONG, "gpus", true),
    (LONG, "gres", true),
    (LONG, "hint", true),
    ('H', "hold", false),
    ('i', "input", true),
    ('J', "job-name", true),
    (LONG, "kill-on-invalid-dep", true),
    (LONG, "licenses", true),
    (LONG, "mail-type", true),
    (LONG, "mail-user", true),
    (LONG, "mem", true),
    (LONG, "mem-per-cpu", true),
    (LONG, "nice", true),
    (LONG, "no-requeue", false),
    ('w', "nodelist", true),
    ('N', "nodes", true),
    ('n', "ntasks", true),
    (LONG, "ntasks-per-node", true),
    (LONG, "open-mode", true),
    ('o', "output", true),
    (LONG, "parsable", false),
    ('p', "partition", true),
    ('q', "qos", true),
    ('Q', "quiet", false),
    (LONG, "requeue", false),
    (LONG, "reservation", true),
    (LONG, "signal", true),
    (LONG, "test-only", false),
    (LONG, "threads-per-core", true),
    ('t', "time", true),
    (LONG, "tmp", true),
    ('v', "verbose", false),
    (LONG, "wckey", true),
];

/// sbatch.
pub(crate) fn sbatch(context: &Context) -> io::Result<Said> {
    match prepare(context) {
        Err(said) => Ok(said),
        Ok((options, script)) => context.folder.change(|state| submit(context, state, &options, &script))?,
    }
}

/// An error of the command line: exit 255, as here nothing has been asked of the controller.
fn usage(text: &str) -> Said {
    Said::failed(text).with_code(255)
}

fn refused(text: &str) -> Said {
    Said::failed(format!("sbatch: error: Batch job submission failed: {text}"))
}

fn prepare(context: &Context) -> Result<(Options, String), Said> {
    let unknown =
        |error: String| usage(&format!("sbatch: {error}\nTry \"sbatch --help\" for more information"));
    let given = Options::parse(context.arguments, KNOWN, true).map_err(unknown)?;
    let path = given.rest.first().ok_or_else(|| usage("sbatch: error: no script"))?;
    let text = fs_err::read_to_string(path)
        .map_err(|_| Said::failed(format!("sbatch: error: Unable to open file {path}")))?;
    if !text.starts_with("#!") {
        return Err(Said::failed(
            "sbatch: error: This does not look like a batch script.  The first\n\
            sbatch: error: line must start with #! followed by the path to an interpreter.",
        ));
    }
    if text.contains("\r\n") {
        return Err(Said::failed("sbatch: error: Batch script contains DOS line breaks (\\r\\n)"));
    }
    let script = Options::parse(&of_script(&text), KNOWN, true).map_err(unknown)?;
    let options = given.over(script);
    for (name, sound) in [
        ("time", minutes(options.value("time").unwrap_or("1")).is_some()),
        ("mem", is_memory(options.value("mem").unwrap_or("1"))),
        ("mem-per-cpu", is_memory(options.value("mem-per-cpu").unwrap_or("1"))),
        ("signal", options.value("signal").is_none_or(|text| warning(text, 60.0).is_some())),
    ] {
        if !sound {
            return Err(usage(&format!("sbatch: error: Invalid --{name} specification")));
        }
    }
    Ok((options, text))
}

fn submit(context: &Context, state: &mut State, options: &Options, script: &str) -> io::Result<Said> {
    let mut job = match check(state, options) {
        Ok(job) => job,
        Err(said) => return Ok(said),
    };
    let (when, cpus) = (jiff::Timestamp::now(), job.cpus);
    if options.has("test-only") {
        let text = format!(
            "sbatch: Job {} to start at {when:.0} using {cpus} processors on nodes node1 in partition {}\n",
            state.next_job, job.partition
        );
        return Ok(Said { stderr: text, ..Said::default() });
    }
    job.directory = match options.value("chdir") {
        Some(folder) => std::env::current_dir()?.join(folder),
        None => std::env::current_dir()?,
    };
    job.arguments = options.rest.iter().skip(1).cloned().collect();
    let home = context.folder.job(job.id);
    fs_err::create_dir_all(&home)?;
    fs_err::write(home.join("script"), script)?;
    fs_err::set_permissions(home.join("script"), PermissionsExt::from_mode(0o700))?;
    fs_err::write(home.join("environment"), environment(options.value("export")))?;
    let answer = if options.has("parsable") {
        format!("{}\n", job.id)
    } else {
        format!("Submitted batch job {}\n", job.id)
    };
    state.next_job += 1;
    state.jobs.push(job);
    ensure_runner(context.folder)?;
    Ok(Said::fine(answer))
}

/// What the controller checks.
fn check(state: &State, options: &Options) -> Result<Job, Said> {
    let settings = &state.settings;
    let partition = options.value("partition").unwrap_or(&settings.partitions[0]);
    if !settings.partitions.iter().any(|known| known == partition) {
        return Err(Said::failed(format!(
            "sbatch: error: invalid partition specified: {partition}\n\
            sbatch: error: Batch job submission failed: Invalid partition name specified"
        )));
    }
    let account = options.value("account").unwrap_or(&settings.account);
    if account != settings.account {
        return Err(refused("Invalid account or account/partition combination specified"));
    }
    if options.value("qos").is_some_and(|quality| quality != "normal") {
        return Err(refused("Invalid qos specification"));
    }
    let cpus =
        options.value("cpus-per-task").map_or(Some(1), |text| text.parse().ok()).filter(|cpus| *cpus > 0);
    let cpus: u32 = cpus.ok_or_else(|| usage("sbatch: error: Invalid --cpus-per-task specification"))?;
    if cpus > settings.cpus {
        return Err(Said::failed(
            "sbatch: error: CPU count per node can not be satisfied\n\
            sbatch: error: Batch job submission failed: Requested node configuration is not available",
        ));
    }
    if options.value("gres").is_some() || options.value("gpus").is_some() {
        return Err(refused("Invalid generic resource (gres) specification"));
    }
    let array = options.value("array").filter(|list| !list.is_empty());
    let indices = match array.map(ranges::parse) {
        None => None,
        Some(Some((ranges, throttle))) if ranges.iter().all(|(_, last)| *last < settings.max_array_size) => {
            Some((ranges, throttle))
        }
        Some(_) => return Err(refused("Invalid job array specification")),
    };
    let (ranges, throttle) = indices.clone().unwrap_or((vec![(0, 0)], None));
    let count: u64 = ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
    if settings.max_submit.is_some_and(|most| state.queued() + count > most) {
        return Err(Said::failed(
            "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates \
            accounting/QOS policy (job submit limit, user's size and/or time limits)",
        ));
    }
    let dependencies = match options.value("dependency").map(dependencies) {
        None => Vec::new(),
        Some(Some(list)) => list,
        Some(None) => return Err(refused("Job dependency problem")),
    };
    let minutes = options.value("time").and_then(minutes).filter(|minutes| minutes.is_finite());
    let too_long = settings.max_time.is_some_and(|most| minutes.is_none_or(|minutes| minutes > most as f64));
    let id = state.next_job;
    let held = options.has("hold");
    let tasks = ranges.iter().map(|(first, last)| {
        let mut task = Task::waiting(*first, *last);
        if held || too_long {
            task.reason = if held { "JobHeldUser" } else { "PartitionTimeLimit" }.into();
            task.begin = f64::MAX;
        }
        task
    });
    let pattern = if indices.is_some() { "slurm-%A_%a.out" } else { "slurm-%j.out" };
    let script_name = options.rest.first().map(PathBuf::from).unwrap_or_default();
    let script_name = script_name.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Job {
        id,
        name: options.value("job-name").map_or(script_name, String::from),
        account: account.into(),
        partition: partition.into(),
        comment: options.value("comment").unwrap_or("(null)").into(),
        array: indices.is_some(),
        indices: ranges.clone(),
        throttle,
        dependencies,
        limit: minutes.map(|minutes| minutes * settings.minute),
        warning: options.value("signal").and_then(|text| warning(text, settings.minute)),
        requeue: !options.has("no-requeue"),
        append: options.value("open-mode") == Some("append"),
        output: options.value("output").unwrap_or(pattern).into(),
        error: options.value("error").map(String::from),
        directory: PathBuf::new(),
        arguments: Vec::new(),
        cpus,
        submitted: now(),
        tasks: tasks.collect(),
        bulk: false,
    })
}

/// What the job inherits: everything, or what its submitter chose.
fn environment(export: Option<&str>) -> Vec<u8> {
    let chosen = export.map(items).unwrap_or_default();
    let all = chosen.is_empty() || chosen.contains(&"ALL");
    let mut bytes = Vec::new();
    for (name, value) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let needed = text.starts_with("SLURM_") || ["PATH", "HOME", "USER"].contains(&text.as_ref());
        if all || needed || chosen.contains(&text.as_ref()) {
            bytes.extend([name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat());
        }
    }
    for setting in chosen.iter().filter(|item| item.contains('=')) {
        bytes.extend([setting.as_bytes(), b"\0"].concat());
    }
    bytes
}

/// `afterany:1:2,afterok:3`.
fn dependencies(text: &str) -> Option<Vec<(String, u32)>> {
    let mut list = Vec::new();
    for part in text.split([',', '?']) {
        let (kind, jobs) = part.split_once(':')?;
        if !["after", "afterany", "afterok", "afternotok"].contains(&kind) {
            return None;
        }
        for job in jobs.split(':') {
            list.push((kind.to_string(), job.split(['_', '+']).next()?.parse().ok()?));
        }
    }
    Some(list)
}

/// Slurm's times in minutes, seconds rounded up; infinite without a limit.
fn minutes(text: &str) -> Option<f64> {
    if ["UNLIMITED", "INFINITE"].contains(&text.to_uppercase().as_str()) || text == "0" {
        return Some(f64::INFINITY);
    }
    let (days, rest) = text.split_once('-').map_or((None, text), |(days, rest)| (Some(days), rest));
    let parts = rest.split(':').map(|part| part.parse::<f64>().ok()).collect::<Option<Vec<f64>>>()?;
    let minutes = match (days, &parts[..]) {
        (None, [minutes]) => *minutes,
        (None, [minutes, seconds]) => minutes + seconds / 60.0,
        (Some(_), [hours]) => hours * 60.0,
        (Some(_), [hours, minutes]) => hours * 60.0 + minutes,
        (_, [hours, minutes, seconds]) => hours * 60.0 + minutes + seconds / 60.0,
        _ => return None,
    };
    let days = days.map_or(Some(0.0), |days| days.parse::<f64>().ok())?;
    Some((days * 1440.0 + minutes).ceil())
}

fn is_memory(text: &str) -> bool {
    let number = text.trim_end_matches(|letter: char| "KMGTBkmgtb".contains(letter));
    number.parse::<u64>().is_ok()
}

/// `B:USR1@60`: a second of it is a sixtieth of what a minute takes here.
fn warning(text: &str, minute: f64) -> Option<Warning> {
    let (flags, rest) = text.split_once(':').unwrap_or(("", text));
    let (name, seconds) = rest.split_once('@').unwrap_or((rest, "60"));
    let signal = signal_number(name)?;
    Some(Warning { signal, before: seconds.parse::<f64>().ok()? * minute / 60.0, shell: flags.contains('B') })
}

/// A signal by name or number.
pub(crate) fn signal_number(name: &str) -> Option<i32> {
    use rustix::process::Signal;
    let name = name.trim_start_matches("SIG");
    let signal = match name {
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        "TERM" => Signal::TERM,
        "INT" => Signal::INT,
        "HUP" => Signal::HUP,
        "KILL" => Signal::KILL,
        "CONT" => Signal::CONT,
        "STOP" => Signal::STOP,
        "QUIT" => Signal::QUIT,
        _ => return name.parse().ok().filter(|number| (1..32).contains(number)),
    };
    Some(signal.as_raw())
}

/// `[0-9,12]` and the like for `scontrol show job`.
pub(crate) fn describe(job: &Job) -> String {
    let mut text = String::new();
    for task in &job.tasks {
        let name = if job.array {
            format!("JobId={} ArrayJobId={}", task.own.unwrap_or(job.id), job.id)
        } else {
            format!("JobId={}", job.id)
        };
        let index = if job.array {
            format!(" ArrayTaskId={}", ranges::write(&[(task.first, task.last)]))
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{name}{index} JobName={} JobState={} Reason={} Requeue={} Restarts={} ExitCode={}:{} Partition={} \
            NodeList={} WorkDir={} StdOut={}",
            job.name,
            task.state,
            task.reason,
            u8::from(job.requeue),
            task.restarts,
            task.exit,
            task.signal,
            job.partition,
            task.node,
            job.directory.display(),
            job.output,
        );
    }
    text
}
