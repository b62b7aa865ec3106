//! What a person sees: the programs in a real terminal (tmux) of several sizes, and in a pipe.

use std::process::Command;
use std::time::Duration;

use gainsweep_testkit::fake_slurm::FakeSlurm;
use gainsweep_testkit::program::{built, end, run, start};
use gainsweep_testkit::skip::has_program;
use gainsweep_testkit::sweep::{Sweep, starts};
use gainsweep_testkit::waiting::{PATIENCE, wait_for, wait_until};
use gainsweep_testkit::workers;

/// A terminal with its own server, which ends with it.
struct Terminal {
    place: tempfile::TempDir,
}

impl Terminal {
    /// `None` without tmux; continuous integration has it.
    fn open(sweep: &Sweep, columns: u32, rows: u32) -> Option<Terminal> {
        if !has_program("tmux") {
            return None;
        }
        let terminal = Terminal { place: tempfile::tempdir().expect("a folder") };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let root = sweep.folder.root().to_str().expect("text");
        let new = ["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows, "-c", root, "sh"];
        terminal.tmux(&new);
        terminal
            .type_line("PS1='$ '; unset GAINSWEEP_RESULTS GAINSWEEP_WORKER GAINSWEEP_LOG NO_COLOR; clear");
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let socket = self.place.path().join("tmux");
        run(Command::new("tmux").arg("-S").arg(socket).args(arguments)).expect(0, &[]).stdout
    }

    fn type_line(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.key("Enter");
    }

    fn gainsweep(&self, arguments: &str) {
        self.type_line(&format!("{} {arguments}; echo \"exit $?\"", built("gainsweep").display()));
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

    /// Waits until the screen matches.
    fn wait(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        wait_for(what, PATIENCE, Duration::from_millis(100), || {
            let screen = self.screen();
            if is_so(&screen) { Ok(screen) } else { Err(format!("the screen is\n{screen}")) }
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let socket = self.place.path().join("tmux");
        let _ = Command::new("tmux").arg("-S").arg(socket).arg("kill-server").output();
    }
}

/// A sweep of six cells with this many steps of a tenth of a second each, with long and wide values.
fn sweep(steps: u32) -> Sweep {
    let sweep = Sweep::new("s");
    let note = "note = [\"a quite long value that is cut\", \"遅い変調\"]";
    sweep.write_grid(&format!("steps = {steps}\npause = 0.1"), &format!("x = [1, 2, 3]\n{note}"), "");
    sweep
}

fn count(screen: &str, text: &str) -> usize {
    screen.lines().filter(|line| line.contains(text)).count()
}

#[test]
fn the_panel_of_a_run_follows_the_size_and_leaves_nothing_behind() {
    let sweep = sweep(600);
    let Some(terminal) = Terminal::open(&sweep, 80, 24) else { return };
    terminal.gainsweep("run s --jobs 4");
    let wide = terminal.wait("four cells run", |screen| count(screen, "batch") == 4);
    assert_eq!(count(&wide, "0/6 cells"), 1, "{wide}");
    for (columns, rows) in [(40, 12), (120, 40), (50, 12), (30, 4)] {
        terminal.resize(columns, rows);
        let shown = if rows == 4 { 1 } else { 4 };
        // One line a cell, however often the old ones were wrapped. (In a terminal lower than the panel,
        // lines that scrolled off cannot be redrawn; so that comes last.)
        let screen = terminal.wait("it is drawn again", |screen| {
            count(screen, "0/6 cells") == 1 && count(screen, "left") == shown
        });
        assert_eq!(count(&screen, "and 3 more"), usize::from(rows == 4), "{screen}");
    }
    terminal.resize(100, 5);
    terminal.key("C-c");
    let end = terminal.wait("it ends", |screen| screen.contains("exit 1"));
    assert!(end.contains("stopping: 4 cells write a checkpoint ... done."), "{end}");
    assert!(count(&end, "stopping") == 1, "{end}");
}

#[test]
fn the_watch_fits_and_its_answer_stays() {
    let sweep = sweep(600);
    let Some(run) = Terminal::open(&sweep, 80, 24) else { return };
    let Some(watch) = Terminal::open(&sweep, 80, 24) else { return };
    run.gainsweep("run s --jobs 3");
    run.wait("three cells run", |screen| count(screen, "batch") == 3);
    watch.gainsweep("status s --watch");
    let is_whole = |screen: &str| count(screen, "batch") == 3 && screen.contains("q quits");
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
    // The shell has overwritten the rest of the first line.
    watch.type_line("fg; echo \"exit $?\"");
    watch.wait("it resumes", is_whole);
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
    let sweep = sweep(30);
    let run = start(sweep.command(&["run", "s", "--jobs", "2"]));
    wait_until("a cell runs", || sweep.cells().iter().any(|cell| cell.progress().exists()));
    let watch = sweep.run(&["status", "s", "--watch"]).expect(0, &[]);
    let text = watch.stdout;
    assert!(!text.contains('\x1b'), "{text:?}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() >= 2 && lines.len() <= 20, "{text}");
    assert!(lines[0].contains("  s: ") && lines.last().expect("a line").contains("6 done"), "{text}");
    assert_eq!(watch.stderr, "");
    end(run).expect(0, &[]);
}

#[test]
fn an_open_question_keeps_nobody_waiting_and_sends_nothing_twice() {
    let place = tempfile::tempdir().expect("a folder");
    let cluster = FakeSlurm::start(&place.path().join("slurm"));
    let sweep = Sweep::new("s").with_environment(&cluster.environment());
    sweep.write(&format!("{}[replicates]\nseed = 3\n", workers::table(&[&workers::quick()])));
    let Some(terminal) = Terminal::open(&sweep, 100, 24) else { return };
    for (name, value) in cluster.environment() {
        terminal.type_line(&format!("export {name}='{}'", value.to_str().expect("text")));
    }
    terminal.gainsweep("submit s");
    terminal.wait("it asks", |screen| screen.contains("Submit? [y/N]"));
    sweep.run(&["cancel", "s"]).expect(0, &[]);
    sweep.run(&["submit", "s", "--yes"]).expect(0, &["3 cells"]);
    terminal.type_line("y");
    let screen = terminal.wait("it ends", |screen| screen.contains("exit 0"));
    assert!(screen.contains("another gainsweep has meanwhile sent or finished 3 cells"), "{screen}");
    assert!(cluster.wait_until_idle(PATIENCE), "{:?}", cluster.jobs());
    assert_eq!(sweep.cells().iter().map(starts).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(cluster.jobs().len(), 1, "{:?}", cluster.jobs());
}
