//! Replicates are added where the interval of a mean is wider than asked for, and nowhere else.

use crate::{Folder, cells, gainsweep, results, table, talk};

const WORKER: &str = "\
import sys, tomllib
parameters = tomllib.load(open(sys.argv[3], 'rb'))
noise = (parameters['seed'] * 7919 % 13 - 6) / 6
if parameters['seed'] == parameters.get('fails'):
    sys.exit('no such seed')
open(sys.argv[5] + '/metrics.csv', 'w').write(f\"score,other\\n{10 + parameters['scale'] * noise},1\\n\")
";

/// Points whose scores scatter not at all, a little, a lot.
fn sweep(folder: &Folder, params: &str, precision: &str) {
    folder.write("worker.py", WORKER);
    folder.write(
        "sweeps/s.toml",
        &format!(
            "[worker]\ncommand = [\"python3\", \"worker.py\"]\n[params]\n{params}\n[grid]\nscale = [0, 0.2, 9]\n\
             [replicates]\nseed = 3\n[precision]\nmetric = \"score\"\nat_most = 8\n{precision}\n"
        ),
    );
}

fn seeds(folder: &Folder) -> Vec<(String, String)> {
    let rows = table(&results(folder).cells_table());
    rows.iter().map(|row| (row["scale"].clone(), row["seed"].clone())).collect()
}

#[test]
fn seeds_are_added_where_they_matter() {
    let folder = Folder::new();
    sweep(&folder, "", "half_width = 0.15");
    let said = String::from_utf8(gainsweep(&folder, &["check", "s"]).stdout).expect("text");
    assert!(said.contains("at most 24 cells = 3 scale x 3 to 8 seed"), "{said}");
    assert!(said.contains("score to +-0.15: 0 of 3 points there"), "{said}");
    let said = String::from_utf8(gainsweep(&folder, &["plan", "s"]).stdout).expect("text");
    assert!(said.contains("to run: 9 cells"), "{said}");

    let said = talk(&folder, 0, &["run", "s"]);
    assert!(said.contains("score to +-0.15: 1 of 3 points there, 2 with more replicates to come"), "{said}");
    assert!(said.contains("score to +-0.15: 2 of 3 points there, 1 with all they may have"), "{said}");
    assert!(!said.contains("missing"), "{said}");
    let summary = table(&results(&folder).summary_table());
    let n: Vec<&str> = summary.iter().map(|row| row["score_n"].as_str()).collect();
    assert_eq!((n[0], n[2]), ("3", "8"), "{summary:?}");
    let middle: usize = n[1].parse().expect("a number");
    assert!((4..8).contains(&middle), "{middle}");
    assert!(summary.iter().all(|row| row["n_missing"] == "0"));
    let said = String::from_utf8(gainsweep(&folder, &["plan", "s"]).stdout).expect("text");
    assert!(!said.contains("to run"), "{said}");
    let first = seeds(&folder);

    // The same seeds on both sides; the others have no partner.
    let output = gainsweep(&folder, &["compare", "s", "scale=0", "scale=9", "--csv"]);
    let compared = String::from_utf8(output.stdout).expect("text");
    assert!(
        compared.starts_with("n_pairs,n_unpaired,difference,") && compared.contains("\n3,5,"),
        "{compared}"
    );
    let shown = String::from_utf8(gainsweep(&folder, &["compare", "s", "scale=0", "scale=9"]).stdout);
    assert!(shown.expect("text").contains("3, 5 without"));
    for wrong in [["scale=0", "seed=2"], ["scale=0", "scale=0"], ["scale=0", "scale=77"], ["scale=0", "0123"]]
    {
        talk(&folder, 2, &["compare", "s", wrong[0], wrong[1]]);
    }
    let said = talk(&folder, 2, &["compare", "s", "scale=0", "scale=9", "--metric", "scor"]);
    assert!(said.contains("did you mean `score`?"), "{said}");
    // Bootstrap intervals are others, and are called so.
    let low = || table(&results(&folder).summary_table())[2]["score_ci95_low"].clone();
    let before = low();
    let text = fs_err::read_to_string(folder.path("sweeps/s.toml")).expect("read");
    folder.write("sweeps/s.toml", &format!("{text}[gather]\ninterval = \"bootstrap\"\n"));
    let output = gainsweep(&folder, &["gather", "s"]);
    let shown = String::from_utf8(output.stdout).expect("text");
    assert!(shown.contains("95 % bootstrap interval"), "{shown}");
    assert_ne!(low(), before);

    // Another order, and results that were there before: the same cells.
    let other = Folder::new();
    sweep(&other, "", "half_width = 0.15");
    talk(&other, 0, &["run", "s", "--only", "scale=9", "--jobs", "1"]);
    talk(&other, 0, &["run", "s", "--jobs", "3"]);
    assert_eq!(seeds(&other), first);

    // Wider: what is there is kept. Narrower: more at the one point that may have more.
    sweep(&folder, "", "half_width = 50");
    talk(&folder, 0, &["run", "s"]);
    assert_eq!(seeds(&folder), first);
    sweep(&folder, "", "relative = 0.0001");
    talk(&folder, 0, &["run", "s"]);
    assert_eq!(cells(&folder).len(), 3 + 8 + 8);
}

#[test]
fn a_point_whose_cell_failed_waits_and_the_others_go_on() {
    let folder = Folder::new();
    sweep(&folder, "fails = 2", "half_width = 0.15");
    let said = talk(&folder, 1, &["run", "s"]);
    assert!(said.contains("score to +-0.15: 0 of 3 points there"), "{said}");
    assert_eq!(cells(&folder).len(), 9, "each point waits for its second");
    sweep(&folder, "fails = 4", "half_width = 0.15");
    let said = talk(&folder, 1, &["run", "s"]);
    // The others are wanted with it, and run; then the point waits.
    assert!(said.contains("with more replicates to come"), "{said}");
}

#[test]
fn a_metric_that_nobody_measured_is_refused() {
    let folder = Folder::new();
    sweep(&folder, "", "half_width = 0.15");
    let text = fs_err::read_to_string(folder.path("sweeps/s.toml")).expect("read");
    folder.write("sweeps/s.toml", &text.replace("\"score\"", "\"scroe\""));
    let said = talk(&folder, 2, &["run", "s"]);
    assert!(said.contains("no cell measured `scroe`") && said.contains("did you mean `score`?"), "{said}");
    assert_eq!(cells(&folder).len(), 9);
    assert!(results(&folder).cells_table().exists(), "what was measured is gathered");
}
