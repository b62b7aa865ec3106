//! Without finished cells: times some training batches of some cells on this machine.

use std::process::Stdio;

use gainsweep_contract::records::{Done, RECORD_FORMAT};
use gainsweep_contract::{Value, ValueMap, params_file};
use gainsweep_language::Sweep;
use gainsweep_store::SweepFolder;
use gainsweep_store::this_machine::host;

use crate::local::WorkerProgram;
use crate::prediction::costs::{Costs, Finished, Source};
use crate::prediction::forecast;
use crate::screen::failure::Failure;
use crate::screen::{self, wording};

/// Number of timed cells, with different parameters, spread evenly.
const MEASURED: usize = 6;
/// Batches of each, after one warm-up batch.
const BATCHES: u32 = 3;

/// Learns what cells cost from finished ones. Without any, times some of the cells to run, if asked.
///
/// # Errors
/// The benchmark fails.
pub(crate) fn learn_or_measure(
    sweep: &Sweep,
    folder: &SweepFolder,
    cells: &[u64],
    to_run: &[u64],
    measure: bool,
) -> Result<Option<Costs>, Failure> {
    match forecast::learn(sweep, folder, cells) {
        None if measure && !to_run.is_empty() => time_some(sweep, to_run).map(Some),
        known => {
            if measure && known.is_some() {
                screen::talk("note: predicted from finished cells; nothing was measured");
            }
            Ok(known)
        }
    }
}

/// Times some batches of some cells.
///
/// # Errors
/// The worker cannot do that, or not with these parameters.
fn time_some(sweep: &Sweep, to_run: &[u64]) -> Result<Costs, Failure> {
    let worker = WorkerProgram::find(sweep, std::path::Path::new("."))?;
    let chosen = choose(sweep, to_run);
    screen::talk(&format!("timing {BATCHES} batches of {} ...", wording::count(chosen.len() as u64, "cell")));
    let measured: Vec<Finished> =
        chosen.into_iter().map(|parameters| time(&worker, parameters)).collect::<Result<_, _>>()?;
    Costs::learn(&measured, true, Source::Benchmark)
        .ok_or_else(|| Failure::user("there is no cell to measure"))
}

/// Cells that differ in more than the seed and the length of the training.
fn choose(sweep: &Sweep, to_run: &[u64]) -> Vec<ValueMap> {
    let mut chosen: Vec<ValueMap> = Vec::new();
    let mut kinds: Vec<ValueMap> = Vec::new();
    let stride = (to_run.len() / MEASURED).max(1);
    for index in to_run.iter().step_by(stride) {
        let parameters = sweep.cell(*index).parameters;
        let mut kind = parameters.clone();
        kind.retain(|name, _| !["seed", "test_seed", "batches"].contains(&name.as_str()));
        if !kinds.contains(&kind) {
            kinds.push(kind);
            chosen.push(parameters);
        }
    }
    chosen.truncate(MEASURED);
    chosen
}

/// A finished cell with this cell's batches, at the measured speed.
fn time(worker: &WorkerProgram, parameters: ValueMap) -> Result<Finished, Failure> {
    let failed = |what: String| {
        Failure::user_hint(
            format!("the benchmark failed: {what}"),
            "`gainsweep-worker bench --params FILE` does the same by hand",
        )
    };
    let file = std::env::temp_dir().join(format!("gainsweep-bench-{}.toml", std::process::id()));
    fs_err::write(&file, params_file::render(&parameters))?;
    let Some(mut command) = worker.benchmark(&file, BATCHES) else {
        return Err(Failure::user_hint(
            "only the built-in worker can be measured beforehand",
            "run one cell first: `--only` with the beginning of its id",
        ));
    };
    let output = command.stdin(Stdio::null()).output();
    let _ = fs_err::remove_file(&file);
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()));
    }
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(format!("it prints no JSON ({error})")))?;
    let per_batch = report["seconds_per_batch"].as_f64().filter(|seconds| seconds.is_finite());
    let per_batch = per_batch.ok_or_else(|| failed("it prints no `seconds_per_batch`".into()))?;
    let batches = parameters.get("batches").and_then(Value::as_number).unwrap_or(1.0);
    let word = |name: &str| report[name].as_str().unwrap_or_default().to_string();
    let done = Done {
        format: RECORD_FORMAT,
        exit: 0,
        wall_seconds: per_batch * batches,
        cpu_seconds: per_batch * batches,
        host: host(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("GAINSWEEP_COMMIT").into(),
        engine: word("engine"),
        device: word("device"),
        threads: report["threads"].as_u64().unwrap_or(1) as usize,
        code: None,
    };
    Ok(Finished { parameters, done, peak_bytes: report["peak_bytes"].as_u64() })
}
