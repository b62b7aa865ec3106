//! Why a file cannot be read.

use std::io;

/// A file that exists but cannot be read; the message names the path.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub io::Error);
