//! Programs that were not made for gainsweep: the same tables as from a local run.

use std::time::Duration;

use gainsweep_testkit::examples::{self, Example};
use gainsweep_testkit::program::run;
use gainsweep_testkit::real_slurm::RealSlurm;
use gainsweep_testkit::waiting::wait_for;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(170);

pub(crate) fn examples_as_they_are(cluster: &RealSlurm) {
    let examples: Vec<(&str, Example)> =
        examples::ALL.iter().filter_map(|name| Some((*name, Example::prepare(name)?))).collect();
    let gainsweep =
        |example: &Example, arguments: &[&str]| run(example.command(arguments).envs(cluster.environment()));
    for (_, example) in &examples {
        gainsweep(example, &["submit", &example.file(), "--yes"]).expect(0, &[]);
    }
    for (name, example) in &examples {
        wait_for(name, PATIENCE, Duration::from_millis(700), || {
            let status = gainsweep(example, &["status", &example.file()]);
            if status.code == Some(0) && status.stdout.contains("done") {
                Ok(())
            } else {
                Err(format!("{status:?}"))
            }
        });
        gainsweep(example, &["gather", &example.file()]).expect(0, &[]);
        let there = example.table();
        // The same cells here: into other results.
        let here = Example::prepare(name).expect("as before");
        here.gainsweep(&["run", &here.file()]).expect(0, &[]);
        assert_eq!(there, here.table(), "{name}");
    }
}
