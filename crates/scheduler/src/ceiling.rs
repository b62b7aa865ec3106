//! What one task may ask for at most.

use std::fmt;

/// The most of one resource that a task may ask for, and whose limit that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Of what.
    pub resource: Resource,
    /// In the unit of the resource.
    pub most: u64,
    /// Where it was found, in the scheduler's words: `MaxWall of account lab`.
    pub of: String,
}

/// What a task asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Time limit, in minutes.
    Minutes,
    /// Nodes.
    Nodes,
    /// Processors, of all its processes.
    Processors,
    /// Memory, in MiB.
    Memory,
    /// Devices such as graphics cards.
    Devices,
}

impl Resource {
    /// So much of it, in words.
    pub fn amount(self, amount: u64) -> impl fmt::Display {
        let unit = match self {
            Resource::Minutes => "min",
            Resource::Nodes => "nodes",
            Resource::Processors => "processors",
            Resource::Memory => "MiB of memory",
            Resource::Devices => "GPUs",
        };
        format!("{amount} {unit}")
    }
}
