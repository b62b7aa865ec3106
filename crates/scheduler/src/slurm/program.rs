//! The names of Slurm's programs, and of the environment variables that they read.

/// The name of the whole system.
pub(crate) const NAME: &str = "Slurm";

/// Submits jobs.
pub(crate) const SBATCH: &str = "sbatch";
/// Lists jobs that are queued, run, or ended a moment ago.
pub(crate) const SQUEUE: &str = "squeue";
/// Lists jobs of the accounting database.
pub(crate) const SACCT: &str = "sacct";
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

/// Prefixes of variables that Slurm sets in a job. A planner may itself run in a job, and its submissions
/// must not inherit them.
const SET_IN_JOBS: &[&str] = &[
    "SLURM_ARRAY_",
    "SLURM_BITSTR_LEN",
    "SLURM_CLUSTER_NAME",
    "SLURM_CPU",
    "SLURM_DISTRIBUTION",
    "SLURM_EXPORT_ENV",
    "SLURM_GPU",
    "SLURM_GTIDS",
    "SLURM_HET_",
    "SLURM_JOB",
    "SLURM_LAUNCH_",
    "SLURM_LOCALID",
    "SLURM_MEM_",
    "SLURM_NNODES",
    "SLURM_NODE",
    "SLURM_NPROCS",
    "SLURM_NTASKS",
    "SLURM_OOM_",
    "SLURM_OPEN_MODE",
    "SLURM_PRIO_",
    "SLURM_PROCID",
    "SLURM_RESTART_COUNT",
    "SLURM_SCRIPT_CONTEXT",
    "SLURM_SRUN_",
    "SLURM_STEP",
    "SLURM_SUBMIT_",
    "SLURM_TASK",
    "SLURM_THREADS_PER_CORE",
    "SLURM_TOPOLOGY_",
    "SLURM_TRES_",
    "SLURM_UMASK",
    "SLURM_WORKING_CLUSTER",
    "SLURMD_",
];

/// Must this variable be removed from a command's environment?
pub(crate) fn is_in_the_way(name: &str) -> bool {
    CHANGES_ANSWERS.iter().chain(SET_IN_JOBS).any(|start| name.starts_with(start))
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
            "SACCT_FORMAT",
        ] {
            assert!(is_in_the_way(name), "{name}");
        }
    }
}
