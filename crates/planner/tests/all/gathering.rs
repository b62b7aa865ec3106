//! A gathering that reads only what is new writes the same tables as one that reads everything.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

use gainsweep_store::{CellFolder, SweepFolder};
use gainsweep_testkit::folder::Folder;
use gainsweep_testkit::program::run;
use gainsweep_testkit::sweep::id;

/// A sweep whose cells are written by the test.
struct Gathering {
    folder: Folder,
    results: SweepFolder,
}

impl Gathering {
    fn new() -> Gathering {
        let folder = Folder::new();
        let results = SweepFolder::new(&folder.path("results"), "s");
        let new = Gathering { folder, results };
        new.sweep("one", 4);
        new
    }

    /// Two cases, the first with this name, and this many seeds.
    fn sweep(&self, case: &str, seeds: u32) {
        self.folder.write(
            "sweeps/s.toml",
            format!(
                "[worker]\ncommand = [\"true\"]\n[[case]]\nname = {case:?}\nx = 1\n[[case]]\nname = \"two, \\\"2\\\"\"\nx = 2\n\
                 [replicates]\nseed = {seeds}\n"
            ),
        );
    }

    /// The same without quotes, and with these lines in `[gather]`.
    fn plain(&self, case: &str, seeds: u32, gather: &str) {
        self.folder.write(
            "sweeps/s.toml",
            format!(
                "[worker]\ncommand = [\"true\"]\n[[case]]\nname = {case:?}\nx = 1\n[[case]]\nname = \"two\"\nx = 2\n\
                 [replicates]\nseed = {seeds}\n[gather]\n{gather}\n"
            ),
        );
    }

    fn cell(&self, index: usize) -> CellFolder {
        let plan = run(self.folder.gainsweep(&["plan", "s", "--json"])).json();
        self.results.cell(plan["cells"][index]["cell"].as_str().expect("an id").parse().expect("an id"))
    }

    /// Writes a cell's tables, and marks it done.
    fn finish(&self, index: usize, metrics: &str, contexts: &str) {
        let cell = self.cell(index);
        fs_err::create_dir_all(cell.root()).expect("made");
        fs_err::write(cell.metrics(), metrics).expect("written");
        fs_err::write(cell.contexts(), contexts).expect("written");
        fs_err::write(cell.done(), "{}").expect("written");
    }

    /// Gathers. Returns the messages, and the tables by name.
    fn gather(&self) -> (String, BTreeMap<String, String>) {
        let said = run(self.folder.gainsweep(&["gather", "s"]));
        let code = said.code;
        let said = said.stdout + &said.stderr;
        assert_eq!(code, Some(i32::from(said.contains("files that are not gathered"))), "{said}");
        let tables = fs_err::read_dir(self.results.tables()).expect("tables").flatten();
        let named = tables.map(|entry| entry.file_name().into_string().expect("text"));
        let csv = named.filter(|name| name.strip_suffix(".csv").is_some());
        let read = |name: String| {
            let bytes = fs_err::read(self.results.tables().join(&name)).expect("read");
            (name, String::from_utf8_lossy(&bytes).into_owned())
        };
        (said, csv.map(read).collect())
    }

    /// Gathers what is new, then everything: both must give the same.
    fn both(&self, what: &str) -> BTreeMap<String, String> {
        let (said, tables) = self.gather();
        fs_err::remove_file(self.results.gathered()).expect("it was remembered");
        assert_eq!((said, tables.clone()), self.gather(), "{what}");
        tables
    }

    /// Is this cell known, so that its files are not read again?
    fn is_known(&self, index: usize) -> bool {
        let text = fs_err::read_to_string(self.results.gathered()).expect("remembered");
        let id = id(&self.cell(index));
        text.lines().any(|line| line.starts_with(&(id.clone() + " ")))
    }
}

#[test]
fn what_is_new_and_all_there_is_give_the_same_tables() {
    let sweep = Gathering::new();
    sweep.finish(0, "score,other\n1.50,a\n", "context,clarity\n1,0.5\n2,0.25\n");
    sweep.finish(5, "score,other\n2,\"b, c\"\n", "context,clarity\n1,0.75\n");
    sweep.both("the first");
    // Before an existing cell, and after it.
    sweep.finish(2, "score,other\n3,\n", "context,clarity\n1,1e-3\n");
    sweep.finish(6, "score,other\nnan,d\n", "");
    let tables = sweep.both("more cells");
    assert_eq!(tables["contexts.csv"].lines().count(), 1 + 2 + 1 + 1);
    assert!(sweep.is_known(0) && sweep.is_known(5) && sweep.is_known(2));
    assert!(!sweep.is_known(6), "its contexts are damaged: they are named each time");

    sweep.finish(1, "score,third\n4,x\n", "context,clarity,error\n1,0.5,0.5\n");
    let tables = sweep.both("new columns");
    assert!(tables["contexts.csv"].starts_with("case,seed,cell,state,context,clarity,error\n"));
    let running = sweep.cell(3);
    fs_err::create_dir_all(running.root()).expect("made");
    fs_err::write(running.history(), "batch,loss\n0,1\n1,0.").expect("written");
    let tables = sweep.both("a cell that runs");
    assert_eq!(tables["history.csv"].lines().count(), 2);
    fs_err::write(running.history(), "batch,loss\n0,1\n1,0.5\n").expect("written");
    sweep.both("it got further");
    sweep.finish(3, "score\n5\n", "context,clarity\n1,0.125\n");
    sweep.both("it is done");

    // A known cell is computed again, one is removed, a case gets a new name, the sweep grows.
    fs_err::remove_dir_all(sweep.cell(0).root()).expect("removed");
    sweep.both("one is gone");
    sweep.finish(0, "score,other\n9.75,z\n", "context,clarity\n1,0.0625\n");
    let tables = sweep.both("it is there again");
    assert!(tables["cells.csv"].contains("9.75"));
    sweep.sweep("uno", 4);
    let tables = sweep.both("another name");
    assert!(tables["contexts.csv"].contains("uno,1,") && !tables["contexts.csv"].contains("\none,"));
    sweep.sweep("uno", 6);
    sweep.both("more seeds");
    sweep.sweep("uno", 3);
    sweep.both("fewer seeds");
}

/// The same without quotes, so that rows are copied from the old table.
#[test]
fn tables_without_quotes_are_the_same_too() {
    let sweep = Gathering::new();
    sweep.plain("one", 4, "");
    sweep.finish(0, "score,other\n1.50,a\n", "context,score\n1,0.5\n2,0.25\n");
    sweep.finish(5, "score,other\n2,\n", "context,score\n1,0.75\n");
    let tables = sweep.both("the first");
    assert!(
        tables["summary_contexts.csv"].contains(",done,2,2,0.375,"),
        "{}",
        tables["summary_contexts.csv"]
    );
    sweep.finish(2, "score,other\n3,x\n", "");
    sweep.finish(7, "score,other\n4,y\n", "context,score\n1,1\n2,x\n3,3\n");
    let tables = sweep.both("before, between and after");
    assert!(tables["summary_contexts.csv"].contains(",done,3,2,2.0,"), "{}", tables["summary_contexts.csv"]);
    assert!(sweep.is_known(7) && !sweep.is_known(2), "an empty table of contexts is named each time");
    sweep.finish(1, "score,other\n5,\"a, b\"\n", "context,score\n1,\"0.5\"\n");
    sweep.both("a quote");
    sweep.finish(3, "score\n6\n", "context,score,late\n1,0.5,2\n");
    sweep.both("one metric less, a column more");
    fs_err::remove_dir_all(sweep.cell(1).root()).expect("removed");
    sweep.both("no quote any more");
    sweep.plain("one", 4, "metrics = [\"late\", \"score\"]");
    let tables = sweep.both("other metrics");
    assert!(tables["summary_contexts.csv"].starts_with("case,seed,cell,state,n_rows,score_n,"));
    assert!(tables["summary_contexts.csv"].lines().next().is_some_and(|header| header.contains(",late_n,")));
    sweep.plain("one", 4, "interval = \"bootstrap\"");
    let tables = sweep.both("another interval");
    sweep.plain("one", 4, "");
    assert_ne!(sweep.both("and back")["summary_contexts.csv"], tables["summary_contexts.csv"]);
    sweep.plain("uno", 5, "");
    sweep.both("another name and more seeds");
    fs_err::write(sweep.cell(2).metrics(), "score,other\n7,z\n").expect("written");
    fs_err::write(sweep.cell(2).contexts(), "context,score\n1,0.5\n").expect("written");
    sweep.both("one that was damaged is whole");
}

/// Also a large table is replaced whole: whoever reads it has one gathering's rows, and a full disk costs none.
#[test]
fn a_large_table_is_replaced_whole() {
    let sweep = Gathering::new();
    sweep.plain("one", 4, "");
    let rows = |count: usize, value: &str| -> String {
        let row = |number| format!("{number},{value},{}\n", "x".repeat(200));
        std::iter::once("context,score,filler\n".into()).chain((0..count).map(row)).collect()
    };
    sweep.finish(2, "score\n1\n", &rows(200_000, "0.5"));
    sweep.finish(5, "score\n2\n", &rows(200_000, "0.25"));
    sweep.gather();
    let before = fs_err::metadata(sweep.results.contexts_table()).expect("there");
    assert!(before.len() > 64 << 20);
    sweep.finish(0, "score\n3\n", &rows(3, "0.125"));
    let (said, added) = sweep.gather();
    let after = fs_err::metadata(sweep.results.contexts_table()).expect("there");
    assert_ne!(before.ino(), after.ino(), "it is another file");
    assert_eq!((said.clone(), added.clone()), sweep.gather(), "nothing new");
    fs_err::remove_file(sweep.results.gathered()).expect("removed");
    assert!(sweep.gather() == (said, added), "the same as from nothing");
    // A cell with another column rewrites all of it.
    sweep.finish(1, "score\n4\n", "context,score,error\n1,0.5,2\n");
    let (_, tables) = sweep.gather();
    assert_eq!(tables["contexts.csv"].lines().count(), 1 + 400_000 + 3 + 1);
    fs_err::remove_file(sweep.results.gathered()).expect("removed");
    assert!(sweep.gather().1 == tables);
}

#[test]
fn every_table_says_what_is_missing_failed_or_a_part() {
    let sweep = Gathering::new();
    sweep.plain("one", 4, "");
    sweep.finish(0, "score\n1\n", "context,score\n1,0.5\n2,1.5\n");
    // Killed in the middle of writing its contexts and its history.
    let part = sweep.cell(1);
    fs_err::create_dir_all(part.root()).expect("made");
    fs_err::write(part.contexts(), "context,score\n1,9\n2,9").expect("written");
    fs_err::write(part.history(), "batch,loss\n0,1\n1,0.").expect("written");
    fs_err::create_dir_all(sweep.results.attempts()).expect("made");
    let attempt = |index: usize, outcome: &str| {
        let id = id(&sweep.cell(index));
        format!("2,{id},1,2026-01-01T00:00:00Z,,,{outcome},,,n,,,\n")
    };
    let columns =
        "format,cell,attempt,started,ended,seconds,outcome,exit_code,signal,host,job,peak_bytes,reason\n";
    let rows = [attempt(0, "done"), attempt(1, "started"), attempt(2, "diverged"), attempt(4, "failed")];
    fs_err::write(sweep.results.attempts().join("a.csv"), format!("{columns}{}2,torn", rows.concat()))
        .expect("written");
    let (said, tables) = sweep.gather();
    for what in [
        "1 of 8 cells (7 missing: 1 unknown, 1 diverged, 4 new, 1 failed)",
        "contexts.csv: the last line is torn (3 bytes without a line break)",
        "history.csv: the last line is torn (4 bytes without a line break)",
        "a.csv: the last line is torn",
        "1.000  n=1, 1 failed",
        "4 of 4 missing, 1 failed",
        "over the contexts of one network: summary_contexts.csv",
    ] {
        assert!(said.contains(what), "{what}: {said}");
    }
    let has = |table: &str, what: &str| assert!(tables[table].contains(what), "{what}: {}", tables[table]);
    has("summary.csv", "case,n_cells,n_missing,n_failed,n_unfinished,score_n,");
    has("summary.csv", "\none,4,3,1,1,1,1.0,");
    has("summary.csv", "\ntwo,4,4,1,0,0,,");
    has("cells.csv", ",one,2,unknown,1,\n");
    has("cells.csv", ",one,3,diverged,1,\n");
    has("cells.csv", ",two,2,new,0,\n");
    has("contexts.csv", ",unknown,1,9\n");
    has("history.csv", ",unknown,0,1\n");
    assert_eq!(tables["summary_contexts.csv"].lines().count(), 1 + 8);
    has("summary_contexts.csv", ",done,2,2,1.0,");
    // A part of the contexts gives no mean.
    has("summary_contexts.csv", ",unknown,0,0,,");
    has("summary_contexts.csv", ",new,0,0,,");
}

#[test]
fn junk_is_named_and_stops_nothing() {
    let sweep = Gathering::new();
    sweep.plain("one", 4, "");
    sweep.finish(0, "score,late\n1,2\n", "context,score\n1,0.5\n");
    sweep.finish(1, "score,late\n", "context,score\n");
    sweep.finish(2, "score\n3\n", "context,score\n1,0.5\n");
    sweep.finish(3, "score,late\n1,2\n3,4\n", "context,score\n1\n2,0.5\n");
    let junk = sweep.cell(4);
    sweep.finish(4, "", "");
    fs_err::write(junk.metrics(), b"\x00\xff\xfe,\x80\n\x01\"\r\n,,,\n").expect("written");
    fs_err::write(junk.contexts(), b"\x7fELF\x02\x01\x00\n\xff,\xff\n").expect("written");
    sweep.finish(5, "score,late\ninf,\n", "context,score\n1,0.25\n");
    let (said, tables) = sweep.gather();
    for what in [
        "metrics.csv: it has no row. Write a line of values below the names",
        "metrics.csv: it has 2 rows and must have one. Write only the final values there",
        "contexts.csv: line 2 has 1 field, and the header has 2",
        "contexts.csv: line 2 is not UTF-8",
    ] {
        assert!(said.contains(what), "{what}: {said}");
    }
    assert!(said.contains("3 of 8 cells (5 missing: 3 damaged, 2 new)"), "{said}");
    // A column that only some cells have is empty in the others.
    assert!(tables["cells.csv"].contains(",one,3,done,0,3,\n"), "{}", tables["cells.csv"]);
    let summary = &tables["summary.csv"];
    assert!(summary.contains("\none,4,2,2,0,2,"), "two of the four cells have a score: {summary}");
    assert!(summary.contains("\ntwo,4,3,1,0,0,"), "{summary}");
    sweep.both("junk, read once more");
}

#[test]
fn tables_that_somebody_changed_are_made_anew() {
    let sweep = Gathering::new();
    sweep.finish(0, "score\n1\n", "context,clarity\n1,0.5\n");
    let (_, tables) = sweep.gather();
    for name in ["cells.csv", "contexts.csv"] {
        let path = sweep.results.tables().join(name);
        fs_err::write(&path, tables[name].replace("0.5", "7.5").replace("done,0,1", "done,0,8"))
            .expect("written");
        assert_eq!(sweep.gather().1, tables, "{name}");
    }
    fs_err::write(sweep.results.gathered(), "{\"format\":1").expect("written");
    assert_eq!(sweep.gather().1, tables);
    fs_err::remove_file(sweep.results.tables().join("contexts.csv")).expect("removed");
    assert_eq!(sweep.gather().1, tables);
}

/// The tests of `gainsweep-columnar` check the content of the files.
#[test]
fn parquet_is_written_where_somebody_asks_and_kept_up_to_date() {
    let sweep = Gathering::new();
    sweep.plain("one", 4, "");
    sweep.finish(0, "score\n1\n", "context,score\n1,0.5\n");
    let parquet = |name: &str| fs_err::read(sweep.results.tables().join(name)).ok();
    sweep.gather();
    assert_eq!(parquet("cells.parquet"), None);
    run(sweep.folder.gainsweep(&["gather", "s", "--parquet"]))
        .expect(0, &["{cells,summary,summary_contexts,contexts}.parquet"]);
    let [cells, contexts] = ["cells.parquet", "contexts.parquet"].map(|name| parquet(name).expect("there"));
    assert!(cells.starts_with(b"PAR1") && cells.ends_with(b"PAR1"));
    sweep.finish(1, "score\n2\n", "context,score\n1,0.25\n");
    let (said, _) = sweep.gather();
    assert!(said.contains("parquet"), "{said}");
    assert_ne!(parquet("cells.parquet"), Some(cells));
    assert_ne!(parquet("contexts.parquet"), Some(contexts));
    for index in [0, 1] {
        fs_err::remove_dir_all(sweep.cell(index).root()).expect("removed");
    }
    sweep.gather();
    assert_eq!(parquet("contexts.parquet"), None, "no cell has contexts any more");
    let sweep = Gathering::new();
    sweep.plain("one", 4, "parquet = true");
    sweep.finish(0, "score\n1\n", "");
    let (said, _) = sweep.gather();
    assert!(said.contains("{cells,summary") && sweep.results.tables().join("cells.parquet").exists());
}

/// Two processes at once would write into each other's tables: the second one waits.
#[test]
fn two_gatherings_take_turns() {
    let sweep = Gathering::new();
    sweep.finish(0, "score\n1\n", "context,score\n1,0.5\n");
    let lock = fs_err::OpenOptions::new().create(true).append(true).open(sweep.results.gather_lock());
    let lock = lock.expect("opened");
    lock.file().lock().expect("locked");
    let (waited, (said, tables)) = std::thread::scope(|scope| {
        let gathering = scope.spawn(|| sweep.gather());
        std::thread::sleep(std::time::Duration::from_secs(1));
        let waited = !sweep.results.cells_table().exists();
        lock.file().unlock().expect("unlocked");
        (waited, gathering.join().expect("it ended"))
    });
    assert!(waited, "nothing is written while another one gathers");
    assert!(said.contains("another gainsweep is gathering this sweep; waiting for it"), "{said}");
    assert!(tables["cells.csv"].contains(",done,"), "{tables:?}");
}
