//! Settings for Slurm in a sweep or in a site's profile: layers that override each other, and rules for some
//! cells. Pure: nothing here knows Slurm's commands.

use std::time::Duration;

use gainsweep_contract::{Value, ValueMap};

use crate::expression::Expression;

/// `[slurm]` of a sweep file or of a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SlurmSection {
    /// Settings for all cells.
    pub settings: SlurmSettings,
    /// Settings for some cells, in the order of the file: the last matching rule wins, key by key.
    pub rules: Vec<SlurmRule>,
}

/// `[[slurm.rule]]`: settings for the cells that match a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct SlurmRule {
    /// Which cells.
    pub condition: Condition,
    /// Their settings. Never [`SlurmSettings::at_most`] or [`SlurmSettings::retry`]: these apply to the
    /// sweep.
    pub settings: SlurmSettings,
}

impl SlurmSection {
    /// Does any setting need predictions?
    #[must_use]
    pub fn asks_for_predictions(&self) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.settings);
        rules.chain([&self.settings]).any(|settings| {
            settings.time == Some(Amount::Predicted) || settings.memory == Some(Amount::Predicted)
        })
    }

    /// Do lines of shell run before any cell?
    #[must_use]
    pub fn has_preamble(&self) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.settings);
        rules
            .chain([&self.settings])
            .any(|settings| settings.preamble.as_ref().is_some_and(|lines| !lines.is_empty()))
    }

    /// The settings of the cell with these parameters, defaults included ([`crate::Cell::parameters`]).
    #[must_use]
    pub fn settings_for(&self, parameters: &ValueMap) -> SlurmSettings {
        self.rules
            .iter()
            .filter(|rule| rule.condition.fits(parameters))
            .fold(self.settings.clone(), |below, rule| rule.settings.clone().over(below))
    }
}

/// A condition on a cell's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// As written.
    pub text: String,
    pub(crate) expression: Expression,
}

impl Condition {
    /// Does a cell with these parameters match? A comparison with a parameter that the cell does not have is
    /// false; a condition that cannot be computed does not match.
    #[must_use]
    pub fn fits(&self, parameters: &ValueMap) -> bool {
        self.expression.evaluate(&|name| parameters.get(name).cloned()) == Ok(Some(Value::Boolean(true)))
    }
}

/// An amount that is given, or is predicted from finished cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount<T> {
    /// This much.
    Said(T),
    /// `"auto"`: what a cell is predicted to need.
    Predicted,
}

impl<T: Copy> Amount<T> {
    /// The amount, if it is given.
    pub fn said(self) -> Option<T> {
        match self {
            Amount::Said(amount) => Some(amount),
            Amount::Predicted => None,
        }
    }
}

/// How memory is requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryRequest {
    /// `memory = "2 GiB"`: for a task as a whole.
    #[default]
    Total,
    /// `memory_per_cpu = "2 GiB"`: for each of its CPUs.
    PerCpu,
    /// `memory = "none"`: not at all, for sites that refuse it.
    Nothing,
}

/// The number of cells in a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// `cells_per_task`: this many.
    Cells(u32),
    /// `task_length`: as many as fit into this time.
    Length(Duration),
}

/// The predicted needs of a cell, safety margin included; `None` if unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Predicted {
    /// Its time.
    pub time: Option<Duration>,
    /// Its memory in MiB.
    pub memory: Option<u64>,
}

/// A struct of `Option`s that can override each other as layers.
macro_rules! layers {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $kind:ty,)* } $(nested $(#[$inner:meta])* $nested:ident: $nest:ty)?) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: Option<$kind>,)*
            $($(#[$inner])* pub $nested: $nest,)?
        }

        impl $name {
            /// These settings; those of the layer below where this one has none.
            #[must_use]
            pub fn over(self, below: Self) -> Self {
                Self {
                    $($field: self.$field.or(below.$field),)*
                    $($nested: self.$nested.over(below.$nested),)?
                }
            }
        }
    };
}

layers! {
    /// Settings for Slurm from one place; `None` where it has none. No text contains a line break.
    SlurmSettings {
        /// The partition.
        partition: String,
        /// The account that pays.
        account: String,
        /// The quality of service.
        qos: String,
        /// Features that a node must have.
        constraint: String,
        /// The reservation.
        reservation: String,
        /// Nodes to avoid.
        exclude: Vec<String>,
        /// GPUs of a task: a number, or a type and a number as in `a100:1`. `0` for none.
        gpus: String,
        /// By how much to lower the priority.
        nice: u32,
        /// Time of one cell.
        time: Amount<Duration>,
        /// Memory of one cell, or of one of its CPUs, in MiB.
        memory: Amount<u64>,
        /// Which of both; always set together with it.
        memory_request: MemoryRequest,
        /// CPUs of one cell, or of each of its ranks: the worker's threads.
        cpus: u32,
        /// Nodes of one cell.
        nodes: u32,
        /// Processes of one cell: the ranks of MPI.
        ranks: u32,
        /// Is the worker started as a step of the job, once for each rank?
        srun: bool,
        /// Tasks that run at the same time.
        at_most: u32,
        /// Cells of one task, one after the other.
        packing: Packing,
        /// Cells that run in parallel in one task.
        cells_at_once: u32,
        /// How long before its time limit a task is warned.
        signal_seconds: u32,
        /// May Slurm restart a task (after a node failure, a preemption, a time limit)?
        requeue: bool,
        /// Lines of shell before the worker.
        preamble: Vec<String>,
        /// More options of sbatch, one each.
        directives: Vec<String>,
    }
    nested
        /// What to retry, and how.
        retry: RetrySettings
}

layers! {
    /// `[slurm.retry]` from one place.
    RetrySettings {
        /// See [`Retry::attempts`].
        attempts: u32,
        /// See [`Retry::memory_factor`].
        memory_factor: f64,
        /// See [`Retry::memory_limit`].
        memory_limit: u64,
        /// See [`Retry::time_factor`].
        time_factor: f64,
        /// See [`Retry::time_limit`].
        time_limit: Duration,
        /// See [`Retry::exclude_failed_nodes`].
        exclude_failed_nodes: bool,
        /// See [`Retry::same_error_limit`].
        same_error_limit: u32,
    }
}

/// Everything that a task requests, with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The partition; `None` for the site's default, as for all that follow.
    pub partition: Option<String>,
    /// The account that pays.
    pub account: Option<String>,
    /// The quality of service.
    pub qos: Option<String>,
    /// Features that a node must have.
    pub constraint: Option<String>,
    /// The reservation.
    pub reservation: Option<String>,
    /// Nodes to avoid.
    pub exclude: Vec<String>,
    /// GPUs of a task.
    pub gpus: Option<String>,
    /// By how much to lower the priority.
    pub nice: Option<u32>,
    /// Time of one cell: 1 h, also if it should be predicted and nothing is known.
    pub time: Duration,
    /// Memory of one cell in MiB: 1 GiB; the same rule as for the time.
    pub memory: u64,
    /// How that is requested: for the task as a whole.
    pub memory_request: MemoryRequest,
    /// CPUs of one cell, or of each of its ranks: 1.
    pub cpus: u32,
    /// Nodes of one cell; `None` for as many as Slurm finds right.
    pub nodes: Option<u32>,
    /// Processes of one cell: 1.
    pub ranks: u32,
    /// Is the worker started as a step of the job, once for each rank: where there are several ranks or nodes.
    pub srun: bool,
    /// Tasks that run at the same time; `None` for as many as the site allows.
    pub at_most: Option<u32>,
    /// Cells of one task: as many as run at once.
    pub packing: Packing,
    /// Cells that run in parallel in one task: 1; never more than the task has.
    pub cells_at_once: u32,
    /// How long before its time limit a task is warned: 120 s; at most half of the time of one cell.
    pub signal: Duration,
    /// May Slurm restart a task: yes.
    pub requeue: bool,
    /// Lines of shell before the worker.
    pub preamble: Vec<String>,
    /// More options of sbatch.
    pub directives: Vec<String>,
    /// What to retry, and how.
    pub retry: Retry,
}

/// What to retry, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts at a failing cell: 3. Resuming from a checkpoint with progress does not count.
    pub attempts: u32,
    /// Factor for the memory after too little: 2.
    pub memory_factor: f64,
    /// The most memory, in MiB: 16 GiB; never less than the cell requests.
    pub memory_limit: u64,
    /// Factor for the time after a time limit without a checkpoint's progress: 1.5.
    pub time_factor: f64,
    /// The longest time: 2 d; never less than the cell requests.
    pub time_limit: Duration,
    /// Avoid nodes that failed: yes.
    pub exclude_failed_nodes: bool,
    /// After this many cells with the same error, sending stops: 5.
    pub same_error_limit: u32,
}

impl SlurmSettings {
    /// Fills in the defaults.
    #[must_use]
    pub fn resolve(self) -> Resolved {
        self.resolve_with(Predicted::default())
    }

    /// Fills in predictions where they are needed, and defaults.
    #[must_use]
    pub fn resolve_with(self, predicted: Predicted) -> Resolved {
        let time = match self.time {
            Some(Amount::Said(time)) => Some(time),
            Some(Amount::Predicted) => predicted.time,
            None => None,
        };
        let memory = match self.memory {
            Some(Amount::Said(memory)) => Some(memory),
            Some(Amount::Predicted) => predicted.memory,
            None => None,
        };
        let time = time.unwrap_or(Duration::from_hours(1));
        let memory = memory.unwrap_or(1024);
        let (cpus, ranks) = (self.cpus.unwrap_or(1), self.ranks.unwrap_or(1));
        let memory_request = self.memory_request.unwrap_or_default();
        let memory = match memory_request {
            MemoryRequest::Total | MemoryRequest::Nothing => memory,
            MemoryRequest::PerCpu => memory * u64::from(cpus) * u64::from(ranks),
        };
        let at_once = self.cells_at_once.unwrap_or(1).max(1);
        let packing = self.packing.unwrap_or(Packing::Cells(at_once));
        let at_once = match packing {
            Packing::Cells(cells) => at_once.min(cells.max(1)),
            Packing::Length(_) => at_once,
        };
        let signal = Duration::from_secs(self.signal_seconds.unwrap_or(120).into());
        Resolved {
            partition: self.partition,
            account: self.account,
            qos: self.qos,
            constraint: self.constraint,
            reservation: self.reservation,
            exclude: self.exclude.unwrap_or_default(),
            gpus: self.gpus.filter(|gpus| gpus != "0"),
            nice: self.nice,
            time,
            memory,
            memory_request,
            cpus,
            nodes: self.nodes,
            ranks,
            srun: self.srun.unwrap_or(ranks > 1 || self.nodes.is_some_and(|nodes| nodes > 1)),
            at_most: self.at_most,
            packing,
            cells_at_once: at_once,
            signal: signal.min(Duration::from_secs(time.as_secs() / 2)),
            requeue: self.requeue.unwrap_or(true),
            preamble: self.preamble.unwrap_or_default(),
            directives: self.directives.unwrap_or_default(),
            retry: self.retry.resolve(time, memory),
        }
    }
}

impl RetrySettings {
    fn resolve(self, time: Duration, memory: u64) -> Retry {
        Retry {
            attempts: self.attempts.unwrap_or(3),
            memory_factor: self.memory_factor.unwrap_or(2.0),
            memory_limit: self.memory_limit.unwrap_or(16 * 1024).max(memory),
            time_factor: self.time_factor.unwrap_or(1.5),
            time_limit: self.time_limit.unwrap_or(Duration::from_hours(48)).max(time),
            exclude_failed_nodes: self.exclude_failed_nodes.unwrap_or(true),
            same_error_limit: self.same_error_limit.unwrap_or(5),
        }
    }
}
