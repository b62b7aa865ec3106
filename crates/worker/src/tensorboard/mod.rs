//! Event files, as TensorBoard reads them: records of TFRecord, each one protocol buffer `Event`.
//!
//! Nothing here knows what is logged (`event_log.rs` decides that), opens a file or reads a clock: an [`EventWriter`]
//! writes to any [`Write`](std::io::Write), and times are given in seconds since 1970. [`events`] reads a file back up to
//! the first record that is torn. Nothing here uses other modules of the worker, so that a test can include this one.
//!
//! The messages are those of TensorBoard's `event.proto`, `summary.proto` and `plugin_data.proto` (of its hparams
//! plugin), as far as they are used.

pub(crate) mod message;
mod record;
mod writer;

pub(crate) use message::{Event, SessionLog, What, Written};
pub(crate) use record::records;
pub(crate) use writer::EventWriter;

use prost::Message;

/// The events of a file up to the first record that is torn or damaged.
pub(crate) fn events(bytes: &[u8]) -> impl Iterator<Item = Event> + '_ {
    records(bytes).map_while(|record| Event::decode(record).ok())
}
