//! Predictions from finished cells set the requests; and what was spent is accounted for.

use super::Site;

/// The script that would be sent.
fn script(site: &Site) -> (String, String) {
    let said = site.run(&["submit", "s", "--dry-run"]).expect(0, &[]);
    (said.stdout, said.stderr)
}

#[test]
fn predictions_are_asked_for() {
    let slurm = "[slurm]\ntime = \"auto\"\nmemory = \"auto\"\ntask_length = \"10 min\"";
    let site = Site::new(2, slurm);
    let (sent, said) = script(&site);
    assert!(sent.contains("#SBATCH --time=60\n") && sent.contains("#SBATCH --mem=1024M\n"), "{sent}");
    assert!(said.contains("no cell is finished, so \"auto\" requests 1 h and 1 GiB"), "{said}");
    assert!(sent.contains("--array=0-1"), "an hour is longer than a task: {sent}");

    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_ran_once(2);
    site.write_sweep(23, slurm);
    let (sent, said) = script(&site);
    assert!(!said.contains("no cell is finished"), "{said}");
    // A cell of less than a second requests one minute of work and one of start: of 21 cells 9 fit into 10
    // minutes.
    assert!(sent.contains("21 cells in 3 tasks") && sent.contains("--array=0-2"), "{sent}");
    let number = |name: &str| -> u64 {
        let line = sent.lines().find_map(|line| line.strip_prefix(name)).expect("a directive");
        line.trim_end_matches('M').parse().expect("a number")
    };
    assert_eq!(number("#SBATCH --time="), 10);
    assert!((128..=256).contains(&number("#SBATCH --mem=")), "{sent}");
    site.talk(0, &["submit", "s", "--yes"]);
    site.assert_each_ran_once(23);

    let hours = &site.status(&[])["core_hours"];
    let of = |name: &str| hours[name].as_f64().expect("a number");
    // Two tasks of an hour, and three of ten minutes.
    assert!((of("asked") - 2.5).abs() < 1e-9, "{hours}");
    assert!(of("spent") > 0.0 && of("spent") < of("asked") && of("in_vain") == 0.0, "{hours}");
    assert!(hours["predicted"].is_null(), "nothing was known of the first two: {hours}");
    assert!(site.shown(&["status", "s"]).contains("core-hours spent of 2.5 requested"));
}

#[test]
fn a_submission_keeps_to_the_budget_of_the_sweep() {
    // The running cell counts: nothing is known about the 12, so one goes first.
    let site = Site::new(12, "");
    let text = site.folder.read("sweeps/s.toml");
    site.write(&format!("budget_core_hours = 1e-7\n{text}"));
    let said = site.talk(0, &["submit", "s", "--yes"]);
    assert!(said.contains("one of 12 cells goes first; the other 11 wait"), "{said}");
    site.assert_each_ran_once(1);
    let said = site.talk(2, &["submit", "s", "--yes"]);
    assert!(said.contains("nothing is left of it"), "{said}");
    site.write(&format!("budget_core_hours = 1000\n{text}"));
    let said = site.talk(0, &["submit", "s", "--yes"]);
    assert!(said.contains("11 of 11 cells fit"), "{said}");
    site.assert_each_ran_once(12);
}
