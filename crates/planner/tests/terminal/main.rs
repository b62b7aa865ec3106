//! What a person sees: the programs in a real terminal (tmux) of several sizes, and in a pipe.
#![allow(clippy::print_stderr, reason = "what is skipped is said")]

#[path = "../common/mod.rs"]
mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::Folder;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A terminal of its own server, which ends with it.
struct Terminal {
    place: tempfile::TempDir,
}

impl Terminal {
    /// `None` where there is no tmux; continuous integration has one.
    fn open(folder: &Folder, columns: u32, rows: u32) -> Option<Terminal> {
        if Command::new("tmux").arg("-V").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "tmux is missing: see test_tools in scripts/test");
            eprintln!("skipped: tmux is not installed");
            return None;
        }
        let terminal = Terminal { place: tempfile::tempdir().expect("a folder") };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let root = folder.root().to_str().expect("text");
        let new = ["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows, "-c", root, "sh"];
        terminal.tmux(&new);
        terminal
            .type_line("PS1='$ '; unset GAINSWEEP_RESULTS GAINSWEEP_WORKER GAINSWEEP_LOG NO_COLOR; clear");
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let socket = self.place.path().join("tmux");
        let output = Command::new("tmux").arg("-S").arg(socket).args(arguments).output().expect("tmux runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.key("Enter");
    }

    fn gainsweep(&self, arguments: &str) {
        self.type_line(&format!("{} {arguments}; echo \"exit $?\"", env!("CARGO_BIN_EXE_gainsweep")));
    }

    fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn resize(&self, columns: u32, rows: u32) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen is so.
    fn wait(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(since.elapsed() < PATIENCE, "{what}:\n{screen}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let socket = self.place.path().join("tmux");
        let _ = Command::new("tmux").arg("-S").arg(socket).arg("kill-server").output();
    }
}

/// A sweep of six cells that take so many steps of a tenth of a second, with long and wide values.
fn sweep(folder: &Folder, steps: u32) {
    let worker = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workers/worker.py");
    let worker = worker.to_str().expect("text");
    folder.write(
        "sweeps/s.toml",
        &format!(
            "[worker]\ncommand = [\"python3\", {worker:?}]\n[params]\nsteps = {steps}\npause = 0.1\n[grid]\n\
             x = [1, 2, 3]\nnote = [\"a quite long value that is cut\", \"遅い変調\"]\n"
        ),
    );
}

fn count(screen: &str, text: &str) -> usize {
    screen.lines().filter(|line| line.contains(text)).count()
}

#[test]
fn the_panel_of_a_run_follows_the_size_and_leaves_nothing_behind() {
    let folder = Folder::new();
    sweep(&folder, 600);
    let Some(terminal) = Terminal::open(&folder, 80, 24) else { return };
    terminal.gainsweep("run s --jobs 4");
    let wide = terminal.wait("four cells run", |screen| count(screen, "batch") == 4);
    assert_eq!(count(&wide, "0/6 cells"), 1, "{wide}");
    for (columns, rows) in [(40, 12), (120, 40), (50, 12), (30, 4)] {
        terminal.resize(columns, rows);
        let shown = if rows == 4 { 1 } else { 4 };
        // One line a cell, however often the old ones were wrapped. (Where a terminal gets lower than the panel, what scrolled
        // off is the terminal's; so that comes last.)
        let screen = terminal.wait("it is drawn again", |screen| {
            count(screen, "0/6 cells") == 1 && count(screen, "left") == shown
        });
        assert_eq!(count(&screen, "and 3 more"), usize::from(rows == 4), "{screen}");
    }
    terminal.resize(100, 4);
    terminal.key("C-c");
    let end = terminal.wait("it ends", |screen| screen.contains("exit 1"));
    assert!(end.contains("stopping: 4 cells write a checkpoint ... done."), "{end}");
    assert!(count(&end, "stopping") == 1, "{end}");
}

#[test]
fn the_watch_fits_and_its_answer_stays() {
    let folder = Folder::new();
    sweep(&folder, 600);
    let Some(run) = Terminal::open(&folder, 80, 24) else { return };
    let Some(watch) = Terminal::open(&folder, 80, 24) else { return };
    run.gainsweep("run s --jobs 3");
    run.wait("three cells run", |screen| count(screen, "batch") == 3);
    watch.gainsweep("status s --watch");
    let is_whole = |screen: &str| count(screen, "batch") == 3 && screen.contains("q ends the watch");
    let screen = watch.wait("the watch shows them", is_whole);
    assert!(screen.contains("6 cells   nothing submitted"), "{screen}");
    assert!(!screen.contains("gainsweep submit"), "it runs already: {screen}");
    let first = screen.lines().next().unwrap_or_default();
    let seconds = first.rsplit(':').next().unwrap_or_default();
    assert_eq!(seconds.len(), 2, "the last column is there: {first}");
    watch.resize(50, 12);
    watch.wait("50 x 12", |screen| count(screen, "left") >= 3 && count(screen, "…") > 0);
    watch.resize(120, 40);
    watch.wait("120 x 40", |screen| is_whole(screen) && count(screen, "batches/s") == 3);
    watch.key("C-z");
    watch.wait("it is stopped", |screen| screen.contains("Stopped"));
    // The shell has given up the rest of the first line.
    watch.type_line("fg; echo \"exit $?\"");
    watch.wait("it goes on", is_whole);
    watch.key("q");
    let end = watch.wait("it ends", |screen| screen.contains("exit 0"));
    assert_eq!(count(&end, "  running "), 1, "the answer stays: {end}");
    watch.type_line("echo seen");
    watch.wait("what is typed is shown again", |screen| count(screen, "$ echo seen") == 1);
    run.key("C-c");
    run.wait("the run ends", |screen| screen.contains("exit 1"));
}

#[test]
fn in_a_pipe_there_is_a_line_a_change_and_nothing_else() {
    let folder = Folder::new();
    sweep(&folder, 30);
    let start = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gainsweep"));
        command.current_dir(folder.root()).args(arguments).env_remove("GAINSWEEP_RESULTS");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("gainsweep runs")
    };
    let run = start(&["run", "s", "--jobs", "2"]);
    let cells = folder.path("results/s/cells");
    let since = Instant::now();
    while !cells.read_dir().is_ok_and(|mut cells| {
        cells.any(|cell| cell.is_ok_and(|cell| cell.path().join("progress.json").exists()))
    }) {
        assert!(since.elapsed() < PATIENCE, "no cell ever ran");
        std::thread::sleep(Duration::from_millis(50));
    }
    let watch = start(&["status", "s", "--watch"]).wait_with_output().expect("it ends by itself");
    assert_eq!(watch.status.code(), Some(0));
    let text = String::from_utf8(watch.stdout).expect("text");
    assert!(!text.contains('\x1b'), "{text:?}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() >= 2 && lines.len() <= 20, "{text}");
    assert!(lines[0].contains("  s: ") && lines.last().expect("a line").contains("6 done"), "{text}");
    assert_eq!(String::from_utf8_lossy(&watch.stderr), "");
    run.wait_with_output().expect("it ends");
}
