//! Large sweeps work. The benchmarks measure how long that takes.

use super::Site;

#[test]
fn a_status_of_many_cells_is_two_calls() {
    let site = Site::new(5000, "");
    site.cluster.settings(|settings| {
        settings.hold = true;
        settings.max_array_size = 10_000;
    });
    site.talk(0, &["submit", "s", "--yes"]);
    let name = site.cluster.jobs()[0].name.clone();
    site.cluster.crash(1);
    site.cluster.declare(&name, &[(0, 99, "RUNNING"), (100, 4999, "PENDING")]);
    let before = site.cluster.calls().len();
    let status = site.status(&[]);
    assert_eq!(status["counts"]["pending"], 5000, "no cell has begun: {status}");
    assert_eq!(site.cluster.calls().len() - before, 2);
}

/// `cargo test --release -p gainsweep --test all how_long_large -- --ignored --nocapture`: results/benchmarks/slurm.md.
#[test]
#[ignore = "it measures; timings are no pass or fail"]
fn how_long_large_sweeps_take() {
    for cells in [1000, 10_000, 100_000] {
        let site = Site::new(cells, "");
        site.cluster.settings(|settings| {
            settings.hold = true;
            settings.max_array_size = 200_000;
        });
        let time = |arguments: &[&str]| {
            let start = std::time::Instant::now();
            site.run(arguments);
            start.elapsed().as_secs_f64()
        };
        let submit = time(&["submit", "s", "--yes"]);
        let name = site.cluster.jobs()[0].name.clone();
        site.cluster.crash(1);
        let half = cells / 2;
        let tasks = [(0, 499, "RUNNING"), (500, half, "PENDING"), (half + 1, cells - 1, "COMPLETED")];
        site.cluster.declare(&name, &tasks);
        let mut status: Vec<f64> = (0..7).map(|_| time(&["status", "s"])).collect();
        status.sort_by(f64::total_cmp);
        println!("{cells} cells: submit {submit:.2} s, status {:.3} s", status[3]);
    }
}
