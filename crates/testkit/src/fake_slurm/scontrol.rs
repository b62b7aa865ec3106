//! `scancel`, `scontrol` and `sacctmgr`.

use super::CLUSTER;
use super::call::{Answer, Call};
use super::jobs::{cancel, requeue};
use super::ranges::Target;
use super::sbatch::PARTITION;
use super::state::State;

/// Unknown and ended jobs are ignored silently.
pub(super) fn scancel(state: &mut State, call: &Call) -> Answer {
    for target in call.arguments.iter().filter_map(|word| Target::parse(word)) {
        cancel(state, &target);
    }
    Answer::default()
}

/// `show config`, `show partition`, `requeue JOB`.
pub(super) fn scontrol(state: &mut State, call: &Call) -> Answer {
    let words: Vec<&str> =
        call.arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    match words[..] {
        ["show", "config"] => Answer::good(format!(
            "ClusterName = {CLUSTER}\nMaxArraySize = {}\nMaxJobCount = 10000\nMessageTimeout = 1 sec\nMinJobAge = {} sec\n\
             SLURM_VERSION = 22.05.8\n",
            state.settings.max_array_size, state.settings.min_job_age as u64
        )),
        ["show", "partition"] => {
            Answer::good(format!("PartitionName={PARTITION} Default=YES QoS=N/A MaxTime=UNLIMITED\n"))
        }
        ["requeue", job] => {
            let target = Target::parse(job).ok_or("Invalid job id specified");
            match target.and_then(|target| requeue(state, &target)) {
                Ok(()) => Answer::default(),
                Err(text) => Answer::error(format!("{job}: {text}")),
            }
        }
        _ => Answer::error(format!("invalid keyword: {}", words.join(" "))),
    }
}

/// The user's only association, with the fields that gainsweep asks for.
pub(super) fn sacctmgr(state: &State, call: &Call) -> Answer {
    if !state.settings.accounting {
        return Answer::error("You are not running a supported accounting_storage plugin");
    }
    let submit = state.settings.max_submit.map(|most| most.to_string()).unwrap_or_default();
    if call.arguments.iter().any(|word| word == "user") {
        Answer::good(format!("{CLUSTER}|users|users||{submit}|||||\n"))
    } else {
        Answer::good("normal|||||||\n")
    }
}
