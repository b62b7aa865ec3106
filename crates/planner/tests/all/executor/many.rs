//! Gathering many cells stays fast.

use std::time::{Duration, Instant};

use gainsweep_language::parse;

use gainsweep_testkit::sweep::{Sweep, table};

#[test]
fn two_thousand_cells_are_gathered_in_seconds() {
    let sweep = Sweep::new("s");
    let values: Vec<String> = (1..=200).map(|x| x.to_string()).collect();
    sweep.write_grid("", &format!("x = [{}]\n[replicates]\nseed = 10", values.join(", ")), "");
    let parsed = parse(&sweep.folder.read("sweeps/s.toml")).expect("a sweep");
    assert_eq!(parsed.count(), 2000);
    let history: Vec<String> =
        (0..100).map(|batch| format!("{batch},{}", 1.0 / f64::from(batch + 1))).collect();
    let history = format!("batch,loss\n{}\n", history.join("\n"));
    for cell in parsed.cells() {
        let on_disk = sweep.results().cell(cell.id);
        fs_err::create_dir_all(on_disk.root()).expect("a folder");
        fs_err::write(on_disk.metrics(), format!("clarity\n0.{}\n", cell.index)).expect("written");
        fs_err::write(on_disk.history(), &history).expect("written");
        fs_err::write(on_disk.done(), "{}").expect("written");
    }
    let began = Instant::now();
    sweep.talk(0, &["gather", "s"]);
    // A generous limit: a test machine may be busy, and this build is not optimised.
    assert!(began.elapsed() < Duration::from_mins(1));
    assert_eq!(table(&sweep.results().cells_table()).len(), 2000);
    assert_eq!(table(&sweep.results().history_table()).len(), 200_000);
    assert_eq!(table(&sweep.results().summary_table()).len(), 200);
}
