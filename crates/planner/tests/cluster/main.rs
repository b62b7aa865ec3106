//! Sweeps on a real Slurm on this machine, started by `scripts/local-slurm`: everything that a person types,
//! from outside.
//!
//! Each test has its own cluster and runs its scenarios step by step. This is a separate program, so that
//! `cargo test` runs it alone: on a machine that is busy with other tests, nodes look dead.

mod endings;
mod few_at_once;
mod limits;
mod ordinary;
mod programs;
mod trouble;

use std::panic::resume_unwind;
use std::thread;

use gainsweep_testkit::real_slurm::RealSlurm;

/// Scenarios that disturb no other run in parallel; then those that stop the whole cluster.
#[test]
fn on_a_cluster_with_accounting() {
    let Some(cluster) = RealSlurm::start(&["--nodes", "2", "--cpus-per-node", "8"]) else { return };
    thread::scope(|scope| {
        // On node1, which no other scenario removes.
        let long = [
            scope.spawn(|| endings::a_time_limit_shorter_than_the_training(&cluster)),
            scope.spawn(|| endings::a_time_limit_without_requeue(&cluster)),
            scope.spawn(|| endings::too_little_memory(&cluster)),
            scope.spawn(|| ordinary::an_edit_while_cells_wait(&cluster)),
            scope.spawn(|| endings::what_we_cancel(&cluster)),
            scope.spawn(|| endings::what_others_cancel(&cluster)),
        ];
        ordinary::many_cells_to_a_table(&cluster);
        ordinary::hostile_names(&cluster);
        ordinary::cells_with_ranks_on_two_nodes(&cluster);
        endings::a_preempted_task(&cluster);
        endings::a_node_that_fails(&cluster);
        for thread in long {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
    trouble::the_controller_is_away(&cluster);
    trouble::a_planner_that_was_cut_off(&cluster);
}

#[test]
fn on_a_cluster_without_accounting_and_with_short_arrays() {
    let options = ["--nodes", "2", "--cpus-per-node", "8", "--max-array", "50", "--no-accounting"];
    let Some(cluster) = RealSlurm::start(&options) else { return };
    limits::three_arrays(&cluster);
    limits::the_whole_way_without_accounting(&cluster);
}

/// On this machine's own Slurm: in the chroots of other releases there are no interpreters.
#[test]
fn on_a_cluster_programs_of_others() {
    if RealSlurm::is_in_a_chroot() {
        return;
    }
    let Some(cluster) = RealSlurm::start(&["--nodes", "2", "--cpus-per-node", "8"]) else { return };
    ordinary::a_program_that_a_preamble_brings(&cluster);
    programs::examples_as_they_are(&cluster);
}

#[test]
fn on_a_cluster_that_takes_few_jobs_at_once() {
    let Some(cluster) = RealSlurm::start(&["--nodes", "2", "--cpus-per-node", "8", "--max-submit", "30"])
    else {
        return;
    };
    few_at_once::in_waves_with_nobody_there(&cluster);
    few_at_once::whoever_looks_sends_the_next_wave(&cluster);
    few_at_once::requests_that_no_limit_allows(&cluster);
}
