//! The names of Slurm's programs and of the environment that they read.

/// What people call all of them together.
pub(crate) const NAME: &str = "Slurm";

/// Submits.
pub(crate) const SBATCH: &str = "sbatch";
/// Lists what is queued, runs, or ended a moment ago.
pub(crate) const SQUEUE: &str = "squeue";
/// Lists what the accounting database remembers.
pub(crate) const SACCT: &str = "sacct";
/// Cancels.
pub(crate) const SCANCEL: &str = "scancel";
/// Asks and changes the controller's settings and jobs.
pub(crate) const SCONTROL: &str = "scontrol";
/// Asks the accounting database for users, their limits and qualities of service.
pub(crate) const SACCTMGR: &str = "sacctmgr";
/// Not Slurm's own: tells the user's name, which may come from a directory service.
pub(crate) const ID: &str = "id";

/// Where submissions go; they win over what a script says.
pub(crate) const WHERE_TO: &[(&str, &str)] = &[
    ("SBATCH_ACCOUNT", "account"),
    ("SBATCH_PARTITION", "partition"),
    ("SBATCH_QOS", "qos"),
    ("SBATCH_RESERVATION", "reservation"),
    ("SBATCH_CONSTRAINT", "constraint"),
    ("SBATCH_WCKEY", "wckey"),
];

/// Beginnings of variables that change what a command prints or whom it acts on.
const CHANGES_ANSWERS: &[&str] =
    &["SQUEUE_", "SACCT_", "SCANCEL_", "SCONTROL_", "SBATCH_", "SLURM_TIME_FORMAT"];

/// Beginnings of variables that Slurm sets in a job. A planner may itself run in one, and what it submits must not
/// inherit that.
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

/// Must this variable be taken from a command's environment?
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
