//! What may happen next.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use gainsweep_testkit::fake_slurm::Fault;
use gainsweep_testkit::slurm_command::SlurmCommand;
use gainsweep_testkit::sweep::id;
use rustix::process::{Pid, Signal};

use super::Random;
use super::world::World;

/// The commands, more often what changes more.
const COMMANDS: [&str; 16] = [
    "run",
    "run",
    "run",
    "submit",
    "submit",
    "submit",
    "submit",
    "status --send",
    "retry",
    "retry",
    "cancel",
    "gather",
    "gather",
    "plan",
    "release",
    "status",
];

/// What else happens.
const EVENTS: [&str; 15] = [
    "kill a worker",
    "kill a worker",
    "kill a task",
    "kill a planner",
    "lose a node",
    "lose a node",
    "requeue",
    "Slurm is away",
    "sbatch's answer is lost",
    "the controller forgets",
    "accounting lags",
    "the clock jumps",
    "a file's time jumps",
    "the disk is full",
    "workers fail",
];

/// One operation: a command, or something else.
pub(super) fn one(world: &mut World, random: &mut Random) {
    // All numbers are drawn first: what follows from the seed does not depend on the time.
    let (kind, how, pause) = (random.below(10), random.below(10), 10 + random.below(400));
    let command = random.one_of(&COMMANDS);
    let event = random.one_of(&EVENTS);
    let number = random.next();
    if kind < 6 {
        start(world, command, number);
        match how {
            // A `run` that is waited for leaves nothing to do.
            0..4 if command != "run" => world.wait_for_last(),
            4..7 => {
                std::thread::sleep(Duration::from_millis(pause));
                world.note("kill -9", command);
                world.kill_last();
            }
            _ => std::thread::sleep(Duration::from_millis(pause / 2)),
        }
    } else {
        happen(world, event, number);
        std::thread::sleep(Duration::from_millis(pause / 2));
    }
}

fn start(world: &mut World, command: &'static str, number: u64) {
    let cells = world.sweep.cells_of_the_file();
    let cell = id(&cells[number as usize % cells.len()]);
    let cell = cell.as_str();
    world.note(command, cell);
    match command {
        "run" => world.start(&["run", "s", "--jobs", "2"]),
        "submit" => world.start(&["submit", "s", "--yes"]),
        "status --send" => world.start(&["status", "s", "--send"]),
        "retry" => world.start(&["retry", "s", "--force"]),
        "cancel" => world.start(&["cancel", "s"]),
        "release" => world.start(&["release", "s", cell]),
        other => world.start(&[other, "s"]),
    }
}

fn happen(world: &mut World, event: &'static str, number: u64) {
    world.note(event, "");
    let of = |count: usize| (count > 0).then(|| number as usize % count.max(1));
    match event {
        "kill a worker" | "kill a planner" => {
            let words = if event == "kill a worker" { "plain.sh" } else { " task " };
            let found = world.processes(words);
            if let Some(at) = of(found.len()) {
                kill(found[at]);
            }
        }
        "kill a task" => {
            let jobs = world.cluster.jobs();
            let found: Vec<u32> =
                jobs.iter().flat_map(|job| &job.tasks).filter_map(|task| task.pid).collect();
            if let Some(at) = of(found.len()) {
                kill(found[at]);
            }
        }
        "lose a node" => world.cluster.lose_node(number.is_multiple_of(2)),
        "requeue" => world.cluster.lose_node(true),
        "Slurm is away" => {
            for command in SlurmCommand::ALL {
                world.cluster.fault_times(command, Fault::Away, 1 + (number % 2) as u32);
            }
        }
        "sbatch's answer is lost" => {
            let faults = [
                Fault::TimedOutAfter,
                Fault::KilledAfter,
                Fault::TimedOutBefore,
                Fault::HangAfter { seconds: 0.3 },
                Fault::Empty,
            ];
            // The first call may be the one that only tests.
            world.cluster.fault_times(
                SlurmCommand::Sbatch,
                faults[number as usize % faults.len()].clone(),
                2,
            );
        }
        "the controller forgets" => world.cluster.crash(1),
        "accounting lags" => {
            world.cluster.settings(|settings| settings.accounting_lag = (number % 3) as f64);
        }
        "the clock jumps" => {
            let offsets = ["+2h", "-2h", "+40d", "-400d", "+30s"];
            world.clock = (number % 6 < 5).then(|| offsets[number as usize % 5].to_string());
        }
        "a file's time jumps" => {
            let found = files(world.sweep.results().root().to_path_buf());
            if let Some(at) = of(found.len()) {
                let hours = Duration::from_hours(1 + number % 1000);
                let now = SystemTime::now();
                let time = if number.is_multiple_of(2) { now + hours } else { now - hours };
                // It may be gone by now.
                let _ =
                    std::fs::File::options().write(true).open(&found[at]).map(|file| file.set_modified(time));
            }
        }
        "the disk is full" => fill(world, number),
        "workers fail" => {
            if number.is_multiple_of(3) {
                let _ = fs_err::remove_file(world.sweep.folder.path("broken"));
            } else {
                world.sweep.folder.write("broken", "");
            }
        }
        other => unreachable!("{other}"),
    }
}

fn kill(id: u32) {
    if let Some(id) = Pid::from_raw(id.cast_signed()) {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process(id, Signal::KILL);
    }
}

/// Leaves some KiB on the disk; the next time, all of it again.
fn fill(world: &World, number: u64) {
    let Some(disk) = &world.disk else { return };
    if number.is_multiple_of(3) {
        disk.resize(2 << 20);
    } else {
        // It may be written to at this moment.
        disk.try_resize(disk.used() + number % 128);
    }
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder];
    while let Some(folder) = open.pop() {
        for entry in fs_err::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                Ok(_) | Err(_) => {}
            }
        }
    }
    found.sort();
    found
}
