//! The programs in `docs/examples` that know nothing of gainsweep, each in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Said, built, command, run};
use crate::skip::{has, has_program};

/// All of them.
pub const ALL: [&str; 8] =
    ["argparse", "compiled", "csv-logger", "hydra", "key-value", "processes", "r", "virtual-environment"];

/// One of them, ready to run.
#[derive(Debug)]
pub struct Example {
    name: &'static str,
    /// With a plain name: not every program of others takes an odd one.
    folder: tempfile::TempDir,
}

impl Example {
    /// Copies an example and makes what it needs; `None`, with a message, if this machine lacks its language.
    pub fn prepare(name: &'static str) -> Option<Example> {
        let example = Example { name, folder: tempfile::tempdir().expect("a folder") };
        copy(&repository().join("docs/examples").join(name), &example.home());
        let home = example.home();
        let is_ready = match name {
            "compiled" => {
                has_program("cc") && has_program("make") && {
                    run(Command::new("make").current_dir(&home)).expect(0, &[]);
                    true
                }
            }
            "hydra" => link_environment(&home),
            "r" => has_program("Rscript"),
            "key-value" => has_program("perl"),
            "virtual-environment" => {
                let venv = Command::new("python3")
                    .args(["-m", "venv", "--without-pip"])
                    .arg(home.join("venv"))
                    .output();
                let made = venv.is_ok_and(|output| output.status.success());
                has(made, "venv of Python", "install python3-venv") && {
                    install(&home);
                    true
                }
            }
            _ => has_program("python3"),
        };
        is_ready.then_some(example)
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    /// Its sweep file, as it is typed.
    pub fn file(&self) -> String {
        format!("{}/{}.toml", self.name, self.name)
    }

    /// `gainsweep` in the folder above it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(built("gainsweep"), arguments);
        command.current_dir(self.folder.path()).env("XDG_CONFIG_HOME", self.folder.path().join("config"));
        command
    }

    /// Runs it.
    pub fn gainsweep(&self, arguments: &[&str]) -> Said {
        run(self.command(arguments))
    }

    /// Cells, parameters and metrics, without what differs from run to run.
    pub fn table(&self) -> String {
        let path = self.home().join("results").join(self.name).join("tables/cells.csv");
        let mut reader = csv::Reader::from_path(&path).expect("a table");
        let names = reader.headers().expect("a header").clone();
        let keep: Vec<usize> = (0..names.len()).filter(|place| !VARYING.contains(&&names[*place])).collect();
        let line = |record: &csv::StringRecord| {
            keep.iter().map(|place| &record[*place]).collect::<Vec<_>>().join(",") + "\n"
        };
        reader.records().fold(line(&names), |text, record| text + &line(&record.expect("a row")))
    }
}

/// Columns that say how a cell was computed, not what.
const VARYING: [&str; 8] =
    ["attempts", "wall_seconds", "cpu_seconds", "seconds", "host", "peak_mib", "version", "commit"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).expect("made");
    for entry in fs_err::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target);
        } else {
            fs_err::copy(&source, &target).expect("copied");
        }
    }
}

/// The environment that `scripts/setup-examples` makes.
fn link_environment(home: &Path) -> bool {
    let environment = repository().join(".venv/examples");
    let is_there = environment.join("installed").is_file();
    if is_there {
        let environment = fs_err::canonicalize(&environment).expect("a folder");
        fs_err::os::unix::fs::symlink(environment, home.join("venv")).expect("a link");
    }
    has(is_there, "Hydra", "scripts/setup-examples installs it")
}

/// Puts the package of the virtual environment where pip would.
fn install(home: &Path) {
    let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let place = run(Command::new(home.join("venv/bin/python")).args(["-c", ask])).expect(0, &[]).stdout;
    fs_err::copy(home.join("package/decaying.py"), Path::new(place.trim()).join("decaying.py"))
        .expect("copied");
}
