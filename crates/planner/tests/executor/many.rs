//! Gathering many cells stays fast.

use std::time::{Duration, Instant};

use gainsweep_language::parse;

use crate::{Folder, results, sweep, table, talk};

#[test]
fn two_thousand_cells_are_gathered_in_seconds() {
    let folder = Folder::new();
    let values: Vec<String> = (1..=200).map(|x| x.to_string()).collect();
    sweep(&folder, "", &format!("x = [{}]\n[replicates]\nseed = 10", values.join(", ")), "");
    let sweep = parse(&fs_err::read_to_string(folder.path("sweeps/s.toml")).expect("read")).expect("a sweep");
    assert_eq!(sweep.count(), 2000);
    let history: Vec<String> =
        (0..100).map(|batch| format!("{batch},{}", 1.0 / f64::from(batch + 1))).collect();
    let history = format!("batch,loss\n{}\n", history.join("\n"));
    for cell in sweep.cells() {
        let on_disk = results(&folder).cell(cell.id);
        fs_err::create_dir_all(on_disk.root()).expect("a folder");
        fs_err::write(on_disk.metrics(), format!("clarity\n0.{}\n", cell.index)).expect("written");
        fs_err::write(on_disk.history(), &history).expect("written");
        fs_err::write(on_disk.done(), "{}").expect("written");
    }
    let began = Instant::now();
    talk(&folder, 0, &["gather", "s"]);
    // Generous: a machine for tests may be busy, and this is not optimised.
    assert!(began.elapsed() < Duration::from_mins(1));
    assert_eq!(table(&results(&folder).cells_table()).len(), 2000);
    assert_eq!(table(&results(&folder).history_table()).len(), 200_000);
    assert_eq!(table(&results(&folder).summary_table()).len(), 200);
}
