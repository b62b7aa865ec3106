//! What programs write as CSV: read rightly, or refused with a sentence.

use gainsweep_store::CellFolder;
use gainsweep_testkit::folder::read;
use gainsweep_testkit::sweep::{Sweep, table};

/// A sweep whose worker is a shell script; each case of it writes other tables.
fn writes(cases: &[(&str, &str)]) -> Sweep {
    let sweep = Sweep::new("s");
    let arms: Vec<String> =
        cases.iter().map(|(name, script)| format!("*\\\"{name}\\\"*) {script} ;;\n")).collect();
    sweep.folder.write("worker.sh", format!("cd \"$5\"\ncase $(cat \"$3\") in\n{}esac\n", arms.concat()));
    let names: Vec<&str> = cases.iter().map(|(name, _)| *name).collect();
    sweep.write(&format!("[worker]\ncommand = [\"sh\", \"worker.sh\"]\n[grid]\nkind = {names:?}\n"));
    sweep
}

const METRICS: &str = "printf 'score\\n1\\n' > metrics.csv";

#[test]
fn tables_that_could_be_misread_fail_the_attempt_with_the_reason() {
    let sweep = writes(&[
        ("good", METRICS),
        ("epochs", "printf 'epoch,score\\n0,9\\n1,8\\n2,7\\n' > metrics.csv"),
        ("percent", "printf 'score\\n95%%\\n' > metrics.csv"),
        ("twice", "printf 'score,score\\n1,2\\n' > metrics.csv"),
        ("short", &format!("printf 'batch,loss\\n0,1\\n1\\n' > history.csv; {METRICS}")),
        ("nameless", &format!("printf ',loss\\n7,1\\n' > contexts.csv; {METRICS}")),
        ("own", "printf 'score\\n0\\n1\\n' > metrics.csv; printf '{}' > done.json"),
    ]);
    let talk = sweep.talk(1, &["run", "s"]);
    let zero = "the worker ended with exit code 0, but its";
    for (kind, reason) in [
        (
            "epochs",
            format!(
                "{zero} metrics.csv is refused: it has 3 rows and must have one. Write only the final values there; \
                 values over time belong into history.csv"
            ),
        ),
        (
            "percent",
            format!(
                "{zero} metrics.csv is refused: line 2: `95%` in column `score` has a percent sign. Write 95% as \
                 0.95 or as 95"
            ),
        ),
        (
            "twice",
            format!("{zero} metrics.csv is refused: two columns are named `score`. Give each another name"),
        ),
        (
            "nameless",
            format!(
                "{zero} contexts.csv is refused: its first column has no name, and in line 2 it does not count the \
                 rows. Name it, or leave it out (pandas: `index=False`)"
            ),
        ),
        ("own", "the worker wrote done.json, but its metrics.csv is refused: it has 2 rows".into()),
    ] {
        let attempts = sweep.attempts();
        let found = attempts.by_cell.values().flatten().any(|attempt| attempt.reason.starts_with(&reason));
        assert!(found, "{kind}: {talk}");
    }
    assert!(talk.contains("2 of 7 cells (5 missing: 5 failed)"), "{talk}");
    // The training is done all the same; its history is left out.
    assert!(talk.contains("history.csv: line 3 has 1 field, and the header has 2"), "{talk}");
    // The next attempt does not take the record of this one for its own.
    let talk = sweep.talk(1, &["run", "s"]);
    assert!(talk.contains("2 of 7 cells (5 missing: 5 failed)"), "{talk}");
}

#[test]
fn marks_index_columns_and_repeated_headers_are_no_values() {
    let sweep = writes(&[
        ("mark", "printf '\\357\\273\\277score,steps\\r\\n0.5,10\\r\\n' > metrics.csv"),
        ("index", "printf ',steps,score\\n0,10,0.5\\n' > metrics.csv"),
        ("semicolons", "printf 'score;steps\\n0.5;10\\n' > metrics.csv"),
        (
            "resumed",
            "printf 'batch,loss\\n0,1\\n' > history.csv; printf 'batch,loss\\n1,0.5\\n\\n' >> history.csv; \
             printf 'score,steps\\n0.5,10\\n' > metrics.csv",
        ),
    ]);
    sweep.talk(0, &["run", "s"]);
    let cells = table(&sweep.results().cells_table());
    assert_eq!(cells.len(), 4);
    for row in cells {
        assert_eq!((row["score"].as_str(), row["steps"].as_str(), row.len()), ("0.5", "10", 6), "{row:?}");
    }
    let history = table(&sweep.results().history_table());
    let losses: Vec<_> = history.iter().map(|row| (row["batch"].as_str(), row["loss"].as_str())).collect();
    assert_eq!(losses, [("0", "1"), ("1", "0.5")]);
}

#[test]
fn a_refused_file_on_disk_is_named_and_costs_nothing_else() {
    let sweep = writes(&[("good", METRICS), ("bad", METRICS), ("history", METRICS)]);
    sweep.talk(0, &["run", "s"]);
    let cells = sweep.cells_of_the_file();
    // As an earlier version may have left them.
    fs_err::write(cells[1].metrics(), "epoch,score\n0,9\n1,8\n").expect("written");
    fs_err::write(cells[2].history(), "batch,loss\n0,1\nbatch,accuracy\n").expect("written");
    let gather = |code| {
        let talk = sweep.talk(code, &["gather", "s"]);
        for (file, why) in [
            (CellFolder::metrics(&cells[1]), "it has 2 rows and must have one."),
            (cells[2].history(), "line 3 is a second header with other names."),
        ] {
            let is_named =
                talk.contains(&format!("{}: {why}", file.file_name().expect("a name").to_string_lossy()));
            assert_eq!(is_named, code == 1, "{talk}");
        }
        let rows = table(&sweep.results().cells_table());
        rows.iter().map(|row| format!("{} {}", row["state"], row["score"])).collect::<Vec<_>>()
    };
    // It is said each time.
    for _ in 0..2 {
        assert_eq!(gather(1), ["done 1", "damaged ", "done 1"]);
        assert!(!sweep.results().history_table().exists());
    }
    fs_err::write(cells[1].metrics(), "score\n8\n").expect("corrected");
    fs_err::write(cells[2].history(), "batch,loss\n0,1\n").expect("corrected");
    assert_eq!(gather(0), ["done 1", "done 8", "done 1"]);
    assert!(read(&sweep.results().history_table()).ends_with(",done,0,1\n"));
}
