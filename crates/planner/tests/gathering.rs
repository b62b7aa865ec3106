//! A gathering that reads only what is new gives the tables of one that reads everything.

mod common;

use std::collections::BTreeMap;

use common::Folder;
use gainsweep_store::{CellFolder, SweepFolder};

/// A sweep whose cells are written by hand.
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

    /// Two cases, the first under this name, and so many seeds.
    fn sweep(&self, case: &str, seeds: u32) {
        self.folder.write(
            "sweeps/s.toml",
            &format!(
                "[worker]\ncommand = [\"true\"]\n[[case]]\nname = {case:?}\nx = 1\n[[case]]\nname = \"two, \\\"2\\\"\"\nx = 2\n\
                 [replicates]\nseed = {seeds}\n"
            ),
        );
    }

    fn cell(&self, index: usize) -> CellFolder {
        let output = self.folder.gainsweep(&["plan", "s", "--json"]).output().expect("it runs");
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        self.results.cell(plan["cells"][index]["cell"].as_str().expect("an id").parse().expect("an id"))
    }

    /// Writes a cell's tables, and that it is done.
    fn finish(&self, index: usize, metrics: &str, contexts: &str) {
        let cell = self.cell(index);
        fs_err::create_dir_all(cell.root()).expect("made");
        fs_err::write(cell.metrics(), metrics).expect("written");
        fs_err::write(cell.contexts(), contexts).expect("written");
        fs_err::write(cell.done(), "{}").expect("written");
    }

    /// Gathers; what was said, and the tables by name.
    fn gather(&self) -> (String, BTreeMap<String, String>) {
        let output = self.folder.gainsweep(&["gather", "s"]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let said = text(output.stdout) + &text(output.stderr);
        let tables = fs_err::read_dir(self.results.tables()).expect("tables").flatten();
        let named = tables.map(|entry| entry.file_name().into_string().expect("text"));
        let csv = named.filter(|name| name.strip_suffix(".csv").is_some());
        let read = |name: String| {
            (name.clone(), fs_err::read_to_string(self.results.tables().join(name)).expect("read"))
        };
        (said, csv.map(read).collect())
    }

    /// Gathers what is new, then everything: it must be the same.
    fn both(&self, what: &str) -> BTreeMap<String, String> {
        let (said, tables) = self.gather();
        fs_err::remove_file(self.results.gathered()).expect("it was remembered");
        assert_eq!((said, tables.clone()), self.gather(), "{what}");
        tables
    }

    /// Is this cell known, so that nobody reads its files?
    fn is_known(&self, index: usize) -> bool {
        let text = fs_err::read_to_string(self.results.gathered()).expect("remembered");
        let id = self.cell(index).root().file_name().expect("a name").to_string_lossy().into_owned();
        text.lines().any(|line| line.starts_with(&id))
    }
}

#[test]
fn what_is_new_and_all_there_is_give_the_same_tables() {
    let sweep = Gathering::new();
    sweep.finish(0, "score,other\n1.50,a\n", "context,clarity\n1,0.5\n2,0.25\n");
    sweep.finish(5, "score,other\n2,\"b, c\"\n", "context,clarity\n1,0.75\n");
    sweep.both("the first");
    // Before one that is there, and after it.
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

    // A cell that was known is made anew, one goes, a case is called otherwise, the sweep grows.
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
