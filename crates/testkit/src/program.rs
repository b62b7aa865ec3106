//! The commands stood in for.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// The variable that names the folder with the stand-in's state.
pub(crate) const FOLDER_VARIABLE: &str = "SLURM_STAND_IN";
/// The name under which the program runs jobs in the background.
pub(crate) const RUNNER: &str = "slurm-stand-in-runner";

/// One of Slurm's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Slurm's own names")]
pub enum Program {
    Sbatch,
    Squeue,
    Sacct,
    Scancel,
    Scontrol,
    Sacctmgr,
}

impl Program {
    /// All of them.
    pub const ALL: [Program; 6] = [
        Program::Sbatch,
        Program::Squeue,
        Program::Sacct,
        Program::Scancel,
        Program::Scontrol,
        Program::Sacctmgr,
    ];

    /// The command's name.
    pub fn name(self) -> &'static str {
        match self {
            Program::Sbatch => "sbatch",
            Program::Squeue => "squeue",
            Program::Sacct => "sacct",
            Program::Scancel => "scancel",
            Program::Scontrol => "scontrol",
            Program::Sacctmgr => "sacctmgr",
        }
    }

    /// The command of the name that this program was called by.
    pub(crate) fn of_call(path: &Path) -> Option<Program> {
        let name = path.file_name()?;
        Program::ALL.into_iter().find(|program| name == program.name())
    }
}
