//! The names of Slurm's programs, and of the environment variables that they read.

/// The name of the whole system.
pub(crate) const NAME: &str = "Slurm";

/// Submits jobs.
pub(crate) const SBATCH: &str = "sbatch";
/// Lists jobs that are queued, run, or ended a moment ago.
pub(crate) const SQUEUE: &str = "squeue";
/// Lists jobs of the accounting database.
pub(crate) const SACCT: &str = "sacct";
/// Starts a program on the nodes of a job.
pub(crate) const SRUN: &str = "srun";
/// Cancels jobs.
pub(crate) const SCANCEL: &str = "scancel";
/// Shows and changes the controller's settings and jobs.
pub(crate) const SCONTROL: &str = "scontrol";
/// Shows users, limits and qualities of service of the accounting database.
pub(crate) const SACCTMGR: &str = "sacctmgr";
/// Not part of Slurm: prints the user's name, which may come from a directory service.
pub(crate) const ID: &str = "id";

/// Where submissions go; these override the script.
pub(crate) const WHERE_TO: &[(&str, &str)] = &[
    ("SBATCH_ACCOUNT", "account"),
    ("SBATCH_PARTITION", "partition"),
    ("SBATCH_QOS", "qos"),
    ("SBATCH_RESERVATION", "reservation"),
    ("SBATCH_CONSTRAINT", "constraint"),
    ("SBATCH_WCKEY", "wckey"),
];

/// Prefixes of variables that change a command's output, or the jobs that it acts on.
const CHANGES_ANSWERS: &[&str] =
    &["SQUEUE_", "SACCT_", "SCANCEL_", "SCONTROL_", "SBATCH_", "SLURM_TIME_FORMAT"];

/// Prefixes of variables that belong to one job. A planner may itself run in a job, and its submissions must not inherit
/// them: `srun` would take their sizes for its own, and MPI would look for the ranks of another job.
const OF_ONE_JOB: &[&str] =
    &["SLURM_", "SLURMD_", "PMI_", "PMI2_", "PMIX_", "OMPI_", "PRTE_", "HYDRA_", "ALPS_", "PALS_"];

/// The exceptions, and why jobs and commands need them.
const OF_THE_SITE: &[(&str, &str)] = &[
    ("SLURM_CONF", "where the configuration is"),
    ("SLURM_CONF_SERVER", "who hands it out"),
    ("SLURM_JWT", "proves who asks"),
    ("SLURM_CLUSTERS", "which of several clusters is meant"),
    ("SLURM_DEBUG_FLAGS", "an administrator looks for something"),
    ("SLURM_ROOT", "where a module says that Slurm is installed, as the three below"),
    ("SLURM_HOME", ""),
    ("SLURM_DIR", ""),
    ("SLURM_PREFIX", ""),
];

/// Must this variable be removed from a command's environment?
pub(crate) fn is_in_the_way(name: &str) -> bool {
    let starts = |list: &[&str]| list.iter().any(|start| name.starts_with(start));
    let needed = OF_THE_SITE.iter().any(|(kept, _)| *kept == name);
    !needed && (starts(CHANGES_ANSWERS) || starts(OF_ONE_JOB))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_the_cluster_stays_and_what_changes_answers_goes() {
        for name in ["SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_CLUSTERS", "SLURM_JWT", "PATH", "SLURM_ROOT"] {
            assert!(!is_in_the_way(name), "{name}");
        }
        for name in [
            "SQUEUE_FORMAT",
            "SQUEUE_STATES",
            "SBATCH_ARRAY_INX",
            "SLURM_JOB_ID",
            "SLURMD_NODENAME",
            "SLURM_EXACT",
            "SLURM_WHOLE",
            "SLURM_HINT",
            "PMI_RANK",
            "PMIX_NAMESPACE",
            "SACCT_FORMAT",
        ] {
            assert!(is_in_the_way(name), "{name}");
        }
    }
}
