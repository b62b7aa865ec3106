//! Event files, as TensorBoard reads them: records of TFRecord, each one protocol buffer `Event`.
//!
//! Nothing here knows what is logged, opens a file or reads a clock: an [`EventWriter`] writes to whatever can be written
//! to, and times are given in seconds since 1970. [`events`] reads such a file back as far as it is whole.
//!
//! The messages are those of TensorBoard's `event.proto`, `summary.proto` and `plugin_data.proto` (of its hparams
//! plugin), as far as they are used.

mod message;
mod record;
mod writer;

pub use message::{Event, Image, SessionLog, Summary, What, Written, summary_value};
pub use record::records;
pub use writer::{EventWriter, Hyperparameter, NotPng};

use prost::Message;

/// The events of a file up to the first record that is torn or damaged.
pub fn events(bytes: &[u8]) -> impl Iterator<Item = Event> + '_ {
    records(bytes).map_while(|record| Event::decode(record).ok())
}
