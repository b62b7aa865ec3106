//! `train`: the files of a finished folder, and that kills, signals and a full disk change none of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gainsweep_contract::schema::Model;
use gainsweep_contract::{environment, files};
use gainsweep_testkit::folder::{Folder, bytes, names, read};
use gainsweep_testkit::program::{end, run, signal, start};
use gainsweep_testkit::waiting::wait_for_path;
use rustix::process::Signal;

use super::support::{tiny, train, train_with, wait_for_checkpoints, worker_after};

/// A parameters file, and a place for results.
struct Place {
    folder: Folder,
    params: PathBuf,
    engine: &'static str,
}

impl Place {
    fn new(params: &str) -> Place {
        let folder = Folder::new();
        let params = folder.write("given.toml", params);
        Place { folder, params, engine: "torch" }
    }

    fn with_engine(self, engine: &'static str) -> Place {
        Place { engine, ..self }
    }

    fn cell(&self, name: &str) -> PathBuf {
        self.folder.path(name)
    }

    fn train(&self, name: &str) -> Command {
        let mut command = train_with(self.engine, &self.params, &self.cell(name));
        command.env(environment::CHECKPOINT_SECONDS, "0");
        command
    }

    /// Trains without interruption.
    fn finished(&self, name: &str) -> PathBuf {
        run(self.train(name)).expect(0, &["done: "]);
        self.cell(name)
    }
}

/// `history.csv` without its last column, the seconds.
fn history(cell: &Path) -> Vec<String> {
    let text = read(&cell.join(files::HISTORY));
    text.lines().map(|line| line.rsplit_once(',').expect("columns").0.to_string()).collect()
}

/// Asserts that two finished cells have the same results, bit for bit.
#[track_caller]
fn assert_same(one: &Path, other: &Path) {
    for cell in [one, other] {
        let mut expected = files::FINISHED.map(String::from);
        expected.sort();
        assert_eq!(names(cell), expected);
    }
    for name in [files::MODEL, files::METRICS, files::CONTEXTS, files::PARAMETERS] {
        assert!(bytes(&one.join(name)) == bytes(&other.join(name)), "{name} differs");
    }
    assert_eq!(history(one), history(other));
}

#[test]
fn a_finished_cell_holds_its_six_files_and_a_second_start_changes_nothing() {
    for model in Model::NAMES {
        let place = Place::new(&tiny(model, &[]));
        let cell = place.finished("cell");
        let mut expected = files::FINISHED.map(String::from);
        expected.sort();
        assert_eq!(names(&cell), expected, "{model}");

        let metrics = read(&cell.join(files::METRICS));
        assert_eq!(metrics.lines().count(), 2, "{metrics}");
        let columns: Vec<usize> = metrics.lines().map(|line| line.split(',').count()).collect();
        assert!(columns[0] == columns[1] && columns[0] > 5, "{metrics}");
        let history = read(&cell.join(files::HISTORY));
        assert_eq!(history.lines().next(), Some("batch,loss,regulariser,gradient_norm,seconds"));
        let batches: Vec<&str> = history.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert_eq!(batches, ["1", "2", "3", "4", "5", "6"]);
        assert_eq!(read(&cell.join(files::CONTEXTS)).lines().count(), 1 + 3);
        let done: serde_json::Value = serde_json::from_slice(&bytes(&cell.join(files::DONE))).expect("JSON");
        for key in [
            "format",
            "exit",
            "wall_seconds",
            "cpu_seconds",
            "host",
            "version",
            "commit",
            "engine",
            "threads",
        ] {
            assert!(!done[key].is_null(), "done.json has no {key}");
        }
        assert_eq!(done["exit"], 0);

        let before: Vec<Vec<u8>> = files::FINISHED.iter().map(|name| bytes(&cell.join(name))).collect();
        run(place.train("cell")).expect(0, &["already done"]);
        let after: Vec<Vec<u8>> = files::FINISHED.iter().map(|name| bytes(&cell.join(name))).collect();
        assert!(before == after, "a second start of {model} changed something");
    }
}

/// Another spelling of the same parameters is the same cell; the parameters file of a cell trains the same
/// cell.
#[test]
fn resolved_parameters_train_the_same_network() {
    let place = Place::new(&tiny("modulation", &[("tau", "1"), ("batches", "6.0")]));
    let cell = place.finished("cell");
    let again = place.cell("again");
    run(train(&cell.join(files::PARAMETERS), &again)).expect(0, &[]);
    assert_same(&cell, &again);
}

/// Kills at random moments until the training is done. The moments are counted in checkpoints, so that the
/// machine's speed does not matter.
#[test]
fn kills_change_nothing() {
    let mut kills = 0;
    for (model, seed, engine) in
        [("modulation", 1u64, "torch"), ("dale", 2, "torch"), ("spatial", 3, "fused")]
    {
        let place = Place::new(&tiny(model, &[("batches", "60")])).with_engine(engine);
        let undisturbed = place.finished("undisturbed");
        let cell = place.cell("killed");
        let mut random = seed;
        loop {
            let mut child = start(place.train("killed"));
            // A linear congruential generator: any spread of moments is good enough.
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            wait_for_checkpoints(&mut child, &cell.join(files::CHECKPOINT), (random >> 33) % 12);
            std::thread::sleep(Duration::from_micros((random >> 45) % 3000));
            signal(&child, Signal::KILL);
            match end(child).code {
                Some(code) => {
                    assert_eq!(code, 0);
                    break;
                }
                None => kills += 1,
            }
            assert!(kills < 300, "no progress");
        }
        // If it was killed after it was done, the next start removes left-over files.
        run(place.train("killed")).expect(0, &["already done"]);
        assert_same(&undisturbed, &cell);
    }
    eprintln!("{kills} kills");
    assert!(kills >= 8, "only {kills} kills struck");
}

#[test]
fn signals_stop_with_a_checkpoint_and_it_goes_on() {
    let place = Place::new(&tiny("spatial", &[("batches", "300"), ("tau", "5")]));
    let undisturbed = place.finished("undisturbed");
    let cell = place.cell("stopped");
    for kind in [Signal::TERM, Signal::INT, Signal::USR1] {
        let _ = std::fs::remove_file(cell.join(files::PROGRESS));
        let child = start(place.train("stopped"));
        wait_for_path(&cell.join(files::PROGRESS));
        signal(&child, kind);
        end(child).expect(75, &["stopped: checkpoint at batch", "of 300"]);
        assert!(cell.join(files::CHECKPOINT).exists());
        assert!(!cell.join(files::DONE).exists());
    }
    run(place.train("stopped")).expect(0, &["resuming after batch", "done: "]);
    assert_same(&undisturbed, &cell);
}

/// A training may resume with another engine.
#[test]
fn the_engine_may_change_at_a_checkpoint() {
    let place = Place::new(&tiny("spatial", &[("batches", "100")]));
    let cell = place.cell("changed");
    let mut child = start(place.train("changed"));
    wait_for_checkpoints(&mut child, &cell.join(files::CHECKPOINT), 3);
    signal(&child, Signal::TERM);
    end(child).expect(75, &["stopped: checkpoint at batch"]);
    let place = place.with_engine("fused");
    run(place.train("changed")).expect(0, &["resuming after batch", "done: "]);
    // Both engines give the same numbers, up to the last bits.
    let undisturbed = place.finished("undisturbed");
    let loss = |cell: &Path| -> f64 {
        let history = history(cell);
        history.last().expect("rows").split(',').nth(1).expect("a loss").parse().expect("a number")
    };
    let (changed, undisturbed) = (loss(&cell), loss(&undisturbed));
    assert!((changed - undisturbed).abs() < 1e-3 * undisturbed, "{changed} {undisturbed}");
}

#[test]
fn a_second_signal_exits_at_once() {
    // One batch takes many seconds.
    let place = Place::new(&tiny("modulation", &[("samples_per_context", "200000"), ("test_contexts", "1")]));
    let child = start(place.train("cell"));
    wait_for_path(&place.cell("cell").join(files::PARAMETERS));
    std::thread::sleep(Duration::from_secs(1));
    signal(&child, Signal::TERM);
    // A batch system and the planner send the same signal: that is one request.
    signal(&child, Signal::TERM);
    std::thread::sleep(Duration::from_millis(1500));
    let begun = std::time::Instant::now();
    signal(&child, Signal::TERM);
    end(child).expect(75, &[]);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(!place.cell("cell").join(files::CHECKPOINT).exists(), "it finished its batch");
}

#[test]
fn divergence_is_told_and_the_history_kept() {
    let place = Place::new(&tiny("modulation", &[("learning_rate", "1e30")]));
    for _ in 0..2 {
        run(place.train("cell")).expect(3, &["error: diverged", "not finite at batch 2", "learning_rate"]);
        let cell = place.cell("cell");
        assert_eq!(read(&cell.join(files::HISTORY)).lines().count(), 1 + 1);
        assert!(!cell.join(files::DONE).exists());
    }
    let place = Place::new(&tiny("direct", &[("noise", "1e300")]));
    run(place.train("cell")).expect(3, &["at batch 1", "too large"]);
}

/// A full disk costs only time. (`ulimit -f` gives a similar error at the same places.)
#[test]
fn a_full_disk_loses_nothing() {
    let place = Place::new(&tiny("dale", &[("batches", "200")]));
    let undisturbed = place.finished("undisturbed");
    let cell = place.cell("full");
    let child = start(place.train("full"));
    wait_for_path(&cell.join(files::CHECKPOINT));
    signal(&child, Signal::TERM);
    end(child).expect(75, &[]);
    let checkpoint = bytes(&cell.join(files::CHECKPOINT));
    let arguments = train(&place.params, &cell);
    for limit in ["ulimit -f 0", "ulimit -f 4"] {
        let arguments: Vec<&std::ffi::OsStr> = arguments.get_args().collect();
        let mut limited = worker_after(limit, &arguments);
        limited.env(environment::CHECKPOINT_SECONDS, "0");
        run(limited).expect(1, &["error: cannot write", "checkpoint.safetensors", "larger than is allowed"]);
        assert!(checkpoint == bytes(&cell.join(files::CHECKPOINT)), "the old checkpoint is gone");
        assert!(names(&cell).iter().all(|name| !name.starts_with('.')), "a temporary file is left");
    }
    run(place.train("full")).expect(0, &["resuming after batch"]);
    assert_same(&undisturbed, &cell);
}

/// `train` with the parameter `network` of a trained cell in `trained`.
fn analysis(place: &Place, network: &str, more: &[(&str, &str)], name: &str) -> Command {
    let quoted = format!("\"{network}\"");
    let mut parameters = vec![("network", quoted.as_str())];
    parameters.extend(more);
    let params = place.folder.write(format!("{name}.toml"), tiny("spatial", &parameters));
    train_with("torch", &params, &place.cell(name))
}

#[test]
fn a_trained_network_is_tested_and_nothing_is_trained() {
    let place = Place::new(&tiny("spatial", &[]));
    let trained = place.finished("trained");
    let id = {
        let text = read(&trained.join(files::PARAMETERS));
        let values = gainsweep_contract::params_file::parse(&text).expect("parameters");
        gainsweep_contract::CellId::of(&values).to_string()
    };
    let home = place.cell("cells").join(&id);
    std::fs::create_dir_all(&home).expect("made");
    std::fs::copy(trained.join(files::MODEL), home.join(files::MODEL)).expect("copied");
    let read_from = |mut command: Command| {
        command.env(environment::NETWORKS, place.cell("cells"));
        command
    };

    run(read_from(analysis(&place, &id, &[], "same"))).expect(0, &["done: tested in 3 contexts"]);
    let mut expected = [files::PARAMETERS, files::METRICS, files::CONTEXTS, files::DONE].map(String::from);
    expected.sort();
    assert_eq!(names(&place.cell("same")), expected);
    let contexts = |name: &str| read(&place.cell(name).join(files::CONTEXTS));
    assert_eq!(contexts("same"), contexts("trained"), "the test of the training itself");
    for (number, (name, value)) in
        [("noise", "0.5"), ("test_seed", "9"), ("tau", "3"), ("test_contexts", "4")].iter().enumerate()
    {
        let cell = format!("other {number}");
        run(read_from(analysis(&place, &id, &[(name, value)], &cell))).expect(0, &["done"]);
        assert_ne!(contexts(&cell), contexts("same"), "{name}");
    }
    run(read_from(analysis(&place, &id, &[], "same"))).expect(0, &["already done"]);

    run(analysis(&place, &id, &[], "nowhere")).expect(2, &["--networks"]);
    run(read_from(analysis(&place, "0123456789abcdef", &[], "none"))).expect(1, &["not trained yet"]);
    run(read_from(analysis(&place, &id, &[("hidden_units", "5")], "shape"))).expect(2, &["another network"]);
    let other = place.cell("cells").join("0123456789abcdef");
    std::fs::rename(&home, other).expect("renamed");
    run(read_from(analysis(&place, "0123456789abcdef", &[], "moved"))).expect(1, &["was changed"]);
}
