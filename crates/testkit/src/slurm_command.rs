//! Slurm's commands by name.

/// One of Slurm's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Slurm's own")]
pub enum SlurmCommand {
    Sbatch,
    Squeue,
    Sacct,
    Scancel,
    Scontrol,
    Sacctmgr,
}

impl SlurmCommand {
    /// All commands that gainsweep calls.
    pub const ALL: [SlurmCommand; 6] = [
        SlurmCommand::Sbatch,
        SlurmCommand::Squeue,
        SlurmCommand::Sacct,
        SlurmCommand::Scancel,
        SlurmCommand::Scontrol,
        SlurmCommand::Sacctmgr,
    ];

    /// Its name on the command line: the variant's name in lower case.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// The command with this name.
    pub(crate) fn named(name: &str) -> Option<SlurmCommand> {
        SlurmCommand::ALL.into_iter().find(|command| command.name() == name)
    }
}
