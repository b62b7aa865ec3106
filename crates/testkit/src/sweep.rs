//! A sweep in its own folder, `gainsweep` for it, and its files on disk.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use gainsweep_store::{Attempts, CellFolder, CellsOnDisk, SweepFolder};

use crate::folder::Folder;
use crate::program::{Said, run};
use crate::workers;

/// A sweep, and `gainsweep` in its folder.
#[derive(Debug)]
pub struct Sweep {
    /// Its folder: the file is in `sweeps`, the results in `results`.
    pub folder: Folder,
    name: String,
    environment: Vec<(OsString, OsString)>,
}

impl AsRef<Sweep> for Sweep {
    fn as_ref(&self) -> &Sweep {
        self
    }
}

impl Sweep {
    /// A sweep with this name, without a file yet.
    pub fn new(name: &str) -> Sweep {
        Sweep { folder: Folder::new(), name: name.into(), environment: Vec::new() }
    }

    /// Sets these variables for `gainsweep`, to find its Slurm.
    #[must_use]
    pub fn with_environment(mut self, variables: &[(&str, OsString)]) -> Sweep {
        self.environment.extend(variables.iter().map(|(name, value)| (name.into(), value.clone())));
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its file.
    pub fn file(&self) -> PathBuf {
        self.folder.path(format!("sweeps/{}.toml", self.name))
    }

    /// Writes its file.
    pub fn write(&self, text: &str) {
        self.folder.write(self.file(), text);
    }

    /// Writes its file: the fake worker that behaves as its parameters say ([`workers::behaving`]), these
    /// lines below `[params]` and `[grid]`, and `top` first.
    pub fn write_grid(&self, params: &str, grid: &str, top: &str) {
        let worker = workers::table(&["python3".as_ref(), &workers::behaving()]);
        self.write(&format!("{top}\n{worker}[params]\n{params}\n[grid]\n{grid}\n"));
    }

    /// `gainsweep` with these arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.gainsweep(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `gainsweep`.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Said {
        run(self.command(arguments))
    }

    /// Runs `gainsweep` and checks the exit code. Returns its stderr.
    #[track_caller]
    pub fn talk(&self, code: i32, arguments: &[&str]) -> String {
        self.run(arguments).expect(code, &[]).stderr
    }

    /// Runs `gainsweep`, which must succeed. Returns its stdout.
    #[track_caller]
    pub fn shown(&self, arguments: &[&str]) -> String {
        self.run(arguments).expect(0, &[]).stdout
    }

    /// `gainsweep status NAME --json`, with more options and any exit code.
    #[track_caller]
    pub fn status(&self, more: &[&str]) -> serde_json::Value {
        self.run(&[&["status", &self.name, "--json"], more].concat()).json()
    }

    /// Its results.
    pub fn results(&self) -> SweepFolder {
        SweepFolder::new(&self.folder.path("results"), &self.name)
    }

    /// Its cells on disk, in the order of their ids: their folders, or those of their newest attempts.
    pub fn cells(&self) -> Vec<CellFolder> {
        let on_disk = CellsOnDisk::read(&self.results()).expect("read");
        on_disk.cells().map(|id| on_disk.home(&self.results(), id)).collect()
    }

    /// The cells of its file, in order, on disk or not.
    pub fn cells_of_the_file(&self) -> Vec<CellFolder> {
        let text = fs_err::read_to_string(self.file()).expect("a sweep file");
        let sweep = gainsweep_language::parse(&text).expect("a sweep");
        let on_disk = CellsOnDisk::read(&self.results()).expect("read");
        sweep.cells().map(|cell| on_disk.home(&self.results(), cell.id)).collect()
    }

    /// All attempts; there must be no damage.
    pub fn attempts(&self) -> Attempts {
        let attempts = Attempts::read(&self.results().attempts()).expect("read");
        assert!(attempts.damage.is_empty(), "{:?}", attempts.damage);
        attempts
    }

    /// All logs, one after another.
    pub fn logs(&self) -> String {
        let logs = fs_err::read_dir(self.results().logs()).expect("logs").flatten();
        logs.map(|entry| fs_err::read_to_string(entry.path()).expect("a log")).collect()
    }
}

/// How often a fake worker was started in a cell.
pub fn starts(cell: &CellFolder) -> usize {
    fs_err::read(cell.root().join("starts")).map_or(0, |bytes| bytes.len())
}

/// A cell's id.
pub fn id(cell: &CellFolder) -> String {
    let name = cell.root().file_name().expect("a name").to_string_lossy();
    name.split('.').next().expect("a part").into()
}

/// The rows of a table, by column name.
pub fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let header = reader.headers().expect("a header").clone();
    let row = |record: csv::StringRecord| {
        header.iter().map(String::from).zip(record.iter().map(String::from)).collect()
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}
