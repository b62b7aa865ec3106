//! Replicates are added where the interval of a mean is wider than wanted, and nowhere else.

use gainsweep_testkit::sweep::{Sweep, table};

const WORKER: &str = "\
import sys, tomllib
parameters = tomllib.load(open(sys.argv[3], 'rb'))
noise = (parameters['seed'] * 7919 % 13 - 6) / 6
if parameters['seed'] == parameters.get('fails'):
    sys.exit('no such seed')
open(sys.argv[5] + '/metrics.csv', 'w').write(f\"score,other\\n{10 + parameters['scale'] * noise},1\\n\")
";

/// Points whose scores scatter not at all, a little, or a lot.
fn write(sweep: &Sweep, params: &str, precision: &str) {
    sweep.folder.write("worker.py", WORKER);
    sweep.write(&format!(
        "[worker]\ncommand = [\"python3\", \"worker.py\"]\n[params]\n{params}\n[grid]\nscale = [0, 0.2, 9]\n\
         [replicates]\nseed = 3\n[precision]\nmetric = \"score\"\nat_most = 8\n{precision}\n"
    ));
}

fn seeds(sweep: &Sweep) -> Vec<(String, String)> {
    let rows = table(&sweep.results().cells_table());
    rows.iter().map(|row| (row["scale"].clone(), row["seed"].clone())).collect()
}

#[test]
fn seeds_are_added_where_they_matter() {
    let sweep = Sweep::new("s");
    write(&sweep, "", "half_width = 0.15");
    let said = sweep.shown(&["check", "s"]);
    assert!(said.contains("at most 24 cells = 3 scale x 3 to 8 seed"), "{said}");
    assert!(said.contains("score to +-0.15: 0 of 3 points reached"), "{said}");
    let said = sweep.shown(&["plan", "s"]);
    assert!(said.contains("to run: 9 cells"), "{said}");

    let said = sweep.talk(0, &["run", "s"]);
    assert!(
        said.contains("score to +-0.15: 1 of 3 points reached, 2 with more replicates to come"),
        "{said}"
    );
    assert!(said.contains("score to +-0.15: 2 of 3 points reached, 1 without more replicates"), "{said}");
    assert!(!said.contains("missing"), "{said}");
    let summary = table(&sweep.results().summary_table());
    let n: Vec<&str> = summary.iter().map(|row| row["score_n"].as_str()).collect();
    assert_eq!((n[0], n[2]), ("3", "8"), "{summary:?}");
    let middle: usize = n[1].parse().expect("a number");
    assert!((4..8).contains(&middle), "{middle}");
    assert!(summary.iter().all(|row| row["n_missing"] == "0"));
    let said = sweep.shown(&["plan", "s"]);
    assert!(!said.contains("to run"), "{said}");
    let first = seeds(&sweep);

    // The same seeds on both sides; the other cells have no partner.
    let compared = sweep.shown(&["compare", "s", "scale=0", "scale=9", "--csv"]);
    assert!(
        compared.starts_with("n_pairs,n_unpaired,difference,") && compared.contains("\n3,5,"),
        "{compared}"
    );
    assert!(sweep.shown(&["compare", "s", "scale=0", "scale=9"]).contains("3, 5 without"));
    for wrong in [["scale=0", "seed=2"], ["scale=0", "scale=0"], ["scale=0", "scale=77"], ["scale=0", "0123"]]
    {
        sweep.talk(2, &["compare", "s", wrong[0], wrong[1]]);
    }
    let said = sweep.talk(2, &["compare", "s", "scale=0", "scale=9", "--metric", "scor"]);
    assert!(said.contains("did you mean `score`?"), "{said}");
    // Bootstrap intervals are different, and are named.
    let low = || table(&sweep.results().summary_table())[2]["score_ci95_low"].clone();
    let before = low();
    let text = sweep.folder.read("sweeps/s.toml");
    sweep.write(&format!("{text}[gather]\ninterval = \"bootstrap\"\n"));
    let shown = sweep.shown(&["gather", "s"]);
    assert!(shown.contains("95 % bootstrap interval"), "{shown}");
    assert_ne!(low(), before);

    // Another order, with some results already there: the same cells.
    let other = Sweep::new("s");
    write(&other, "", "half_width = 0.15");
    other.talk(0, &["run", "s", "--only", "scale=9", "--jobs", "1"]);
    other.talk(0, &["run", "s", "--jobs", "3"]);
    assert_eq!(seeds(&other), first);

    // Wider: existing cells are kept. Narrower: more at the one point that may have more.
    write(&sweep, "", "half_width = 50");
    sweep.talk(0, &["run", "s"]);
    assert_eq!(seeds(&sweep), first);
    write(&sweep, "", "relative = 0.0001");
    sweep.talk(0, &["run", "s"]);
    assert_eq!(sweep.cells().len(), 3 + 8 + 8);
}

#[test]
fn a_point_whose_cell_failed_waits_and_the_others_go_on() {
    let sweep = Sweep::new("s");
    write(&sweep, "fails = 2", "half_width = 0.15");
    let said = sweep.talk(1, &["run", "s"]);
    assert!(said.contains("score to +-0.15: 0 of 3 points reached"), "{said}");
    assert_eq!(sweep.cells().len(), 9, "each point waits for its second");
    write(&sweep, "fails = 4", "half_width = 0.15");
    let said = sweep.talk(1, &["run", "s"]);
    // The other points are wanted with it, and run; then the point waits.
    assert!(said.contains("with more replicates to come"), "{said}");
}

#[test]
fn a_metric_that_nobody_measured_is_refused() {
    let sweep = Sweep::new("s");
    write(&sweep, "", "half_width = 0.15");
    let text = sweep.folder.read("sweeps/s.toml");
    sweep.write(&text.replace("\"score\"", "\"scroe\""));
    let said = sweep.talk(2, &["run", "s"]);
    assert!(said.contains("no cell measured `scroe`") && said.contains("did you mean `score`?"), "{said}");
    assert_eq!(sweep.cells().len(), 9);
    assert!(sweep.results().cells_table().exists(), "what was measured is gathered");
}
