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
    /// All that gainsweep calls.
    pub const ALL: [SlurmCommand; 6] = [
        SlurmCommand::Sbatch,
        SlurmCommand::Squeue,
        SlurmCommand::Sacct,
        SlurmCommand::Scancel,
        SlurmCommand::Scontrol,
        SlurmCommand::Sacctmgr,
    ];

    /// What one types: the variant's name in small letters.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// The command that is called so.
    pub(crate) fn named(name: &str) -> Option<SlurmCommand> {
        SlurmCommand::ALL.into_iter().find(|command| command.name() == name)
    }
}
