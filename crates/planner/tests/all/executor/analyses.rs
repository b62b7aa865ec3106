//! A sweep of analyses, from the training of the networks that it reads to its table.

use gainsweep_testkit::folder::{Folder, names};
use gainsweep_testkit::program;

/// Trains nothing, and tests only networks that exist.
const WORKER: &str = r#"#!/bin/sh
network=$(sed -n 's/^network = "\(.*\)"/\1/p' "$3")
if [ -n "$network" ]; then
    clarity=$(cat "$GAINSWEEP_NETWORKS/$network/model.safetensors") || exit 1
else
    clarity=0.$(sed -n 's/^seed = //p' "$3")
    echo "$clarity" > "$5/model.safetensors"
fi
printf 'clarity\n%s\n' "$clarity" > "$5/metrics.csv"
printf '{"format":1,"exit":0,"wall_seconds":1,"cpu_seconds":1,"host":"h","version":"0","commit":"c","engine":"e","device":"cpu","threads":1}' > "$5/done.json"
"#;

fn run(folder: &Folder, code: i32, arguments: &[&str]) -> String {
    let mut command = folder.gainsweep(arguments);
    let said = program::run(command.env("GAINSWEEP_WORKER", folder.path("worker.sh"))).expect(code, &[]);
    said.stderr + &said.stdout
}

#[test]
fn analyses_read_the_networks_of_another_sweep() {
    let folder = Folder::new();
    folder.write_script("worker.sh", WORKER);
    folder.write("sweeps/trained.toml", "[grid]\ntau = [1, 10]\n[replicates]\nseed = 3\n");
    let analyses = "[networks]\nsweep = \"trained\"\n[params]\ntest_seed = 1\n[grid]\nnoise = [0, 0.1]\n";
    folder.write("sweeps/noise.toml", analyses);

    let before = run(&folder, 2, &["check", "noise"]);
    assert!(before.contains("there are no results of a sweep `trained`"), "{before}");
    run(&folder, 0, &["run", "trained", "--only", "seed=1"]);
    let planned = run(&folder, 0, &["plan", "noise"]);
    assert!(planned.contains("reads 6 of 6 networks of `trained`; 4 are not trained yet"), "{planned}");
    let refused = run(&folder, 2, &["run", "noise"]);
    assert!(refused.contains("gainsweep run trained"), "{refused}");

    let finished = analyses.replace("\"trained\"\n", "\"trained\"\nfinished = true\n");
    folder.write("sweeps/finished.toml", &finished);
    run(&folder, 0, &["run", "finished"]);
    assert_eq!(rows(&folder, "finished"), 1 + 2 * 2);
    folder.write("sweeps/slow.toml", analyses.replace("\"trained\"\n", "\"trained\"\nonly = [\"tau=10\"]\n"));
    run(&folder, 0, &["run", "trained"]);
    run(&folder, 0, &["run", "slow"]);
    assert_eq!(rows(&folder, "slow"), 1 + 3 * 2);

    run(&folder, 0, &["run", "noise"]);
    assert_eq!(rows(&folder, "noise"), 1 + 6 * 2);
    let table = folder.read("results/noise/tables/cells.csv");
    // The columns of the networks' sweep come first, and each analysis read its own network.
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).expect(name);
    assert!(column("tau") < column("seed") && column("seed") < column("noise"), "{table}");
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[column("clarity")], format!("0.{}", fields[column("seed")]), "{line}");
    }
    // A missing network is not replaced by another.
    let cells = folder.path("results/trained/cells");
    fs_err::remove_file(cells.join(&names(&cells)[0]).join("model.safetensors")).expect("removed");
    folder.write("sweeps/more.toml", analyses.replace("[0, 0.1]", "[0.2]"));
    let failed = run(&folder, 1, &["run", "more"]);
    assert!(failed.contains("5 cells done"), "{failed}");
}

fn rows(folder: &Folder, sweep: &str) -> usize {
    folder.read(format!("results/{sweep}/tables/cells.csv")).lines().count()
}
