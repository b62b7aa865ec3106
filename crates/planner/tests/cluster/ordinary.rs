//! What happens on most days.

use gainsweep_testkit::real_slurm::{ClusterSweep, RealSlurm};

/// 200 cells on two nodes; four of them fail until the cause is fixed.
pub(crate) fn many_cells_to_a_table(cluster: &RealSlurm) {
    let numbers: Vec<String> = (1..=50).map(|number| number.to_string()).collect();
    let grid = format!("x = [{}]\n[replicates]\nseed = 4", numbers.join(", "));
    let sweep = ClusterSweep::new(cluster, "many", "cells_per_task = 4\nat_most = 6", "", &grid);
    let words = sweep.submit();
    assert!(words.contains("200 cells in 1 array (50 tasks of 4 cells, "), "{words}");
    assert!(words.contains("at most 6 at once"), "{words}");
    let job = sweep.jobs()[0].to_string();
    let mut most = 0;
    sweep.wait_until("all done", || {
        let running = cluster.slurm("squeue", &["-h", "-r", "-t", "R", "-j", &job, "-o", "%i %N"]);
        most = most.max(running.lines().count());
        let states = sweep.states();
        if states.get("done") == Some(&200) { Ok(()) } else { Err(format!("{states:?}")) }
    });
    assert!((2..=6).contains(&most), "{most} ran at once");
    sweep.assert_each_ran_once();
    let status = sweep.gainsweep(0, "status", &[]);
    assert!(status.stdout.contains("asked squeue and sacct once"), "{}", status.stdout);
    assert!(status.stderr.contains(&format!("gather {}", sweep.name())), "{}", status.stderr);
    sweep.gainsweep(0, "gather", &[]);
    let table = fs_err::read_to_string(sweep.results().cells_table()).expect("a table");
    assert_eq!(table.lines().filter(|line| line.contains(",done,")).count(), 200);
    let words = sweep.submit();
    assert!(words.contains("nothing to submit; 200 done"), "{words}");
    some_fail(cluster);
}

fn some_fail(cluster: &RealSlurm) {
    let sweep =
        ClusterSweep::new(cluster, "fails", "", "", "behave = [\"good\", \"fail\", \"diverge\", \"child\"]");
    sweep.submit();
    sweep.wait_for(&[("done", 2), ("failed", 1), ("diverged", 1)]);
    let status = sweep.gainsweep(1, "status", &[]);
    assert!(status.stdout.contains("ValueError: the weights are wrong"), "{}", status.stdout);
    assert!(status.stdout.contains("loss not finite at batch 512"), "{}", status.stdout);
    let failed = sweep.ids()[1][..8].to_string();
    assert!(status.stdout.contains(&failed) && status.stderr.contains(&failed), "{}", status.stderr);
    let page = sweep.gainsweep(0, "explain", &[&failed]).stdout;
    for text in ["failed: ValueError: the weights are wrong", "Traceback", "behave=fail", "gainsweep retry"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let log = sweep.gainsweep(0, "logs", &[&failed]).stdout;
    assert!(log.contains("ValueError: the weights are wrong"), "{log}");
    // `retry` sends only the failed one; `submit` sends nothing.
    let words = sweep.submit();
    assert!(words.contains("nothing to submit; 2 done, 1 failed, 1 diverged"), "{words}");
    let words = sweep.gainsweep(0, "retry", &[]).stderr;
    assert!(words.contains("1 cell: it failed"), "{words}");
    sweep.wait_until("tried twice", || {
        let starts = sweep.starts();
        let states = sweep.states();
        let over = starts == [1, 2, 1, 1] && states.get("failed") == Some(&1);
        if over { Ok(()) } else { Err(format!("{starts:?} {states:?}")) }
    });
}

/// Cells wait for a job; meanwhile the sweep file and the worker change.
pub(crate) fn an_edit_while_cells_wait(cluster: &RealSlurm) {
    let before = cluster.job(&["--hold", "--exclude=node2"], "true");
    let slurm = "exclude = [\"node2\"]\ndirectives = [\"--hold\"]";
    let sweep = ClusterSweep::new(cluster, "edit", slurm, "", "x = [1, 2, 4]");
    sweep.submit();
    let job = sweep.jobs()[0].to_string();
    let dependency = format!("dependency=afterany:{before}");
    cluster.slurm("scontrol", &["update", &format!("jobid={job}"), &dependency]);
    cluster.slurm("scontrol", &["release", &job]);
    sweep.wait_for(&[("pending", 3)]);
    sweep.wait_until("waiting for that job", || {
        let status = sweep.gainsweep(0, "status", &[]).stdout;
        if status.contains("waits for another job") { Ok(()) } else { Err(status) }
    });
    let worker = sweep.worker();
    fs_err::write(&worker, "raise SystemExit('this must not run')\n").expect("written");
    let status = sweep.gainsweep(0, "status", &[]);
    assert!(status.stderr.contains("the code has changed since this was submitted"), "{}", status.stderr);
    sweep.write_slurm("", "", "x = [4, 8]");
    cluster.slurm("scontrol", &["release", &before]);
    sweep.write_slurm(slurm, "", "x = [1, 2, 4]");
    sweep.wait_for(&[("done", 3)]);
    sweep.assert_each_ran_once();
    let plan = sweep.gainsweep(0, "plan", &[]);
    assert!(plan.stdout.contains("stale         3   of these, made by code "), "{}", plan.stdout);
    assert!(plan.stderr.contains("--stale"), "{}", plan.stderr);
    // Only the new cell of the new file is left to do.
    sweep.write_slurm(slurm, "", "x = [4, 8]");
    assert_eq!(sweep.states(), [("done".to_string(), 1), ("new".to_string(), 1)].into());
}

/// Lines before the cells choose the program: a bare name is looked up in the job, after them.
pub(crate) fn a_program_that_a_preamble_brings(cluster: &RealSlurm) {
    let sweep = ClusterSweep::new(cluster, "brought", "", "", "x = [1]");
    let program = "#!/bin/sh\necho \"{\\\"x\\\": $1, \\\"set\\\": $SET}\"\n";
    let bin = sweep.folder.write_script("site/bin/brought-by-the-site", program);
    let bin = bin.parent().and_then(std::path::Path::to_str).expect("text").replace('\'', "'\\''");
    let lines = toml::Value::String(format!("export PATH='{bin}':$PATH"));
    sweep.write(&format!(
        "[worker]\ncommand = \"brought-by-the-site {{x}}\"\nresults = \"stdout\"\nsetup = [\"export SET=7\"]\n[grid]\nx = [1, 2]\n\
         [slurm]\ntime = \"2 min\"\nmemory = \"100 MiB\"\npreamble = [{lines}]\n"
    ));
    sweep.submit();
    sweep.wait_for(&[("done", 2)]);
    for cell in sweep.cells() {
        let text = fs_err::read_to_string(cell.metrics()).expect("read");
        assert!(text.starts_with("x,set\n") && text.ends_with(",7\n"), "{text}");
    }
}

/// Folder, worker, parameters and comment contain text that a shell would run.
pub(crate) fn hostile_names(cluster: &RealSlurm) {
    let texts = r#"name = ["$(touch hacked)", "'; touch hacked; '", "a\n#SBATCH --array=0-9\n\"b\"", "%j%A\\", "`touch hacked`"]"#;
    let sweep = ClusterSweep::new(cluster, "odd.-_", "cells_per_task = 2", "", texts);
    sweep.submit();
    sweep.wait_for(&[("done", 5)]);
    sweep.assert_each_ran_once();
    sweep.assert_nothing_was_hacked();
    let parameters = fs_err::read_to_string(sweep.cells_of_the_file()[2].parameters()).expect("read");
    let parameters = gainsweep_contract::params_file::parse(&parameters).expect("parameters");
    assert_eq!(parameters["name"].to_string(), "a\n#SBATCH --array=0-9\n\"b\"");
    let table = sweep.gainsweep(0, "gather", &[]).stderr;
    assert!(!table.contains("error"), "{table}");
    // A folder that Slurm's patterns cannot hold is refused before anything is sent.
    let odd = sweep.folder.path("back\\slash");
    let odd = odd.to_str().expect("text");
    sweep.write_slurm("", "", "x = [1]");
    let refused = sweep.gainsweep(2, "submit", &["--yes", "--results", odd]);
    assert!(refused.stderr.contains("backslash"), "{}", refused.stderr);
    let odd = sweep.folder.path("100%A %j # and\ta tab");
    let odd = odd.to_str().expect("text").to_string();
    sweep.gainsweep(0, "submit", &["--yes", "--results", &odd]);
    let done = std::path::Path::new(&odd).join(sweep.name()).join("cells");
    sweep.wait_until("done in an odd folder", || {
        let mut cells = std::fs::read_dir(&done).into_iter().flatten().flatten();
        if cells.any(|cell| cell.path().join("done.json").exists()) { Ok(()) } else { Err("not".into()) }
    });
    let status = sweep.gainsweep(0, "status", &["--results", &odd]);
    assert!(status.stdout.contains("done"), "{}", status.stdout);
    let logs = std::fs::read_dir(std::path::Path::new(&odd).join(sweep.name()).join("logs")).expect("logs");
    assert_eq!(logs.count(), 1);
    sweep.assert_nothing_was_hacked();
}

/// Cells of four processes on two nodes, side by side in a task, each with its GPUs.
pub(crate) fn cells_with_ranks_on_two_nodes(cluster: &RealSlurm) {
    let sweep = ClusterSweep::new(cluster, "ranks", "", "", "x = [1, 2]");
    // Rank 0 writes the results when all others have written their part.
    let worker = "#!/bin/sh\nout=$5\n\
        echo \"$SLURM_NTASKS $SLURM_NNODES $OMPI_COMM_WORLD_RANK\" > \"$out/rank.$SLURM_PROCID\"\n\
        [ \"$SLURM_PROCID\" = 0 ] || exit 0\n\
        for i in $(seq 100); do [ \"$(ls \"$out\"/rank.* | wc -l)\" = 4 ] && break; sleep 0.1; done\n\
        printf 'ranks,nodes\\n%s,%s\\n' \"$(ls \"$out\"/rank.* | wc -l)\" \"$SLURM_NNODES\" > \"$out/metrics.csv\"\n";
    sweep.folder.write("ranks.sh", worker);
    sweep.write(
        "[worker]\ncommand = [\"sh\", \"ranks.sh\"]\n[grid]\nx = [1, 2]\n[slurm]\ntime = \"5 min\"\n\
         memory_per_cpu = \"50 MiB\"\nnodes = 2\ntasks = 4\n",
    );
    sweep.submit();
    sweep.wait_for(&[("done", 2)]);
    for cell in sweep.cells() {
        assert_eq!(fs_err::read_to_string(cell.metrics()).expect("read"), "ranks,nodes\n4,2\n");
    }
    // A rank that fails ends the cell.
    sweep
        .folder
        .write("ranks.sh", "[ \"$SLURM_PROCID\" = 3 ] && { echo rank 3 is broken >&2; exit 9; }; sleep 100");
    sweep.write(
        "[worker]\ncommand = [\"sh\", \"ranks.sh\"]\n[grid]\nx = [3]\n[slurm]\ntime = \"5 min\"\n\
         memory_per_cpu = \"50 MiB\"\nnodes = 2\ntasks = 4\n",
    );
    sweep.submit();
    sweep.wait_for(&[("failed", 1)]);
}
