//! What the workers of cells printed, from the logs of local runs and of tasks on Slurm.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use gainsweep_contract::CellId;
use gainsweep_scheduler::logs;
use gainsweep_store::{SweepFolder, regular_file};

use crate::cells::evidence::Evidence;
use crate::screen::wording;

/// Separates the beginning of a cell's id from the worker's line.
const BAR: &str = " | ";

/// What a log says of memory that was not enough, in lower case.
const OUT_OF_MEMORY: [&str; 3] = ["exceeded memory limit", "oom-kill", "oom_kill"];

/// It says so at its end: so many bytes are read, however long it is.
const LAST_BYTES: u64 = 16 << 10;

/// The last lines of each of these cells, at most `most`. Each log is read once.
pub(crate) fn last_lines(evidence: &Evidence, cells: &[CellId], most: usize) -> HashMap<CellId, Vec<String>> {
    let mut lines: HashMap<CellId, Vec<String>> = HashMap::new();
    let mut without = Vec::new();
    let mut tasks: HashMap<PathBuf, Vec<CellId>> = HashMap::new();
    for cell in cells {
        match evidence.sent.place(*cell).and_then(|place| evidence.log(place)).filter(|path| path.is_file()) {
            Some(path) => tasks.entry(path).or_default().push(*cell),
            None => without.push(*cell),
        }
    }
    for (path, cells) in tasks {
        let mut said = Said::new(&cells, most, true);
        said.read(&path);
        lines.extend(said.lines());
    }
    if !without.is_empty() {
        let mut said = Said::new(&without, most, false);
        for path in files(&evidence.folder) {
            said.read(&path);
        }
        lines.extend(said.lines());
    }
    lines
}

/// What the end of a task's log says of the task's end.
#[derive(Debug, Default)]
pub(super) struct LogWords {
    /// The batch system says of the whole task that its memory was not enough.
    of_task: bool,
    /// The beginnings of the ids of the cells whose workers say it.
    of_cells: Vec<String>,
    /// Why no cell began.
    pub(super) not_begun: Option<String>,
}

impl LogWords {
    /// Reads the end of a log. One that cannot be read says nothing.
    pub(super) fn read(log: &Path) -> LogWords {
        let end = end_of(log).unwrap_or_default();
        let mut words = LogWords { not_begun: logs::why_not_begun(&end), ..LogWords::default() };
        let end = end.to_lowercase();
        for line in end.lines().filter(|line| OUT_OF_MEMORY.iter().any(|words| line.contains(words))) {
            match line.split_once(BAR) {
                Some((cell, _)) => words.of_cells.push(cell.to_string()),
                None => words.of_task = true,
            }
        }
        words
    }

    /// Do they say it of this cell's memory? What is said of the task concerns the cells that were killed in it.
    pub(super) fn say_memory(&self, cell: CellId, was_killed: bool) -> bool {
        (self.of_task && was_killed) || self.of_cells.contains(&cell.short())
    }
}

/// The last bytes of a log, however long it is.
fn end_of(log: &Path) -> io::Result<String> {
    let mut file = regular_file::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_BYTES)))?;
    let mut end = Vec::new();
    file.take(LAST_BYTES).read_to_end(&mut end)?;
    Ok(String::from_utf8_lossy(&end).into_owned())
}

/// All logs of a sweep, in the order of their names.
pub(crate) fn files(folder: &SweepFolder) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        folder.logs().read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The lines of some cells.
struct Said {
    cells: HashMap<Vec<u8>, (CellId, VecDeque<String>)>,
    most: usize,
    /// Lines without a cell's name, such as those of the batch system, belong to all cells.
    of_all: bool,
}

impl Said {
    fn new(cells: &[CellId], most: usize, of_all: bool) -> Said {
        let cells = cells.iter().map(|cell| (cell.short().into_bytes(), (*cell, VecDeque::new())));
        Said { cells: cells.collect(), most, of_all }
    }

    /// Reads a log. A log that cannot be read adds nothing.
    fn read(&mut self, path: &Path) {
        let Ok(file) = regular_file::open(path) else { return };
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            self.line(line.trim_ascii_end());
            line.clear();
        }
    }

    fn line(&mut self, line: &[u8]) {
        let named = line.get(8..8 + BAR.len()) == Some(BAR.as_bytes())
            || line.get(8..).is_some_and(|rest| rest == BAR.trim_ascii_end().as_bytes());
        let most = self.most;
        let add = |lines: &mut VecDeque<String>| {
            if lines.len() == most {
                lines.pop_front();
            }
            lines.push_back(wording::one_line(&String::from_utf8_lossy(line)));
        };
        if named {
            self.cells.get_mut(&line[..8]).into_iter().for_each(|(_, lines)| add(lines));
        } else if self.of_all {
            self.cells.values_mut().for_each(|(_, lines)| add(lines));
        }
    }

    fn lines(self) -> impl Iterator<Item = (CellId, Vec<String>)> {
        self.cells.into_values().map(|(cell, lines)| (cell, lines.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_has_its_own_last_lines_and_those_of_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let text =
            "7c1f0a2b | one\n7c1f0a2b | two\nslurmstepd: killed\n00000000 | three\n7c1f0a2b |\nno newline";
        fs_err::write(&log, text).expect("written");
        let cell: CellId = "7c1f0a2b00000000".parse().expect("an id");
        let lines = |most, of_all| {
            let mut said = Said::new(&[cell], most, of_all);
            said.read(&log);
            said.lines().next().expect("the cell").1
        };
        assert_eq!(lines(9, false), ["7c1f0a2b | one", "7c1f0a2b | two", "7c1f0a2b |"]);
        assert_eq!(lines(2, true), ["7c1f0a2b |", "no newline"]);
        assert_eq!(lines(9, true).len(), 5);
    }
    #[test]
    fn one_cells_lack_of_memory_is_not_anothers() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let [one, other]: [CellId; 2] =
            ["7c1f0a2b00000000", "8c1f0a2b00000000"].map(|id| id.parse().expect("an id"));
        let words = |text: &str| {
            fs_err::write(&log, text).expect("written");
            LogWords::read(&log)
        };
        let of_cell = words("7c1f0a2b | torch: oom-kill\n8c1f0a2b | fine\n");
        assert_eq!([one, other].map(|cell| of_cell.say_memory(cell, true)), [true, false]);
        let of_task = words("slurmstepd: error: Detected 1 oom_kill event in StepId=7.batch\n");
        assert_eq!([true, false].map(|was_killed| of_task.say_memory(one, was_killed)), [true, false]);
        let of_setup = words("a module is missing\nset-up failed with exit code 1: module load X\n");
        assert_eq!(of_setup.not_begun.as_deref(), Some("its set-up failed with exit code 1: module load X"));
        assert!(!LogWords::read(folder.path()).say_memory(one, true), "a folder is no log");
    }
}
