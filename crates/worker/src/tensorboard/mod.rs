//! Event files for TensorBoard: TFRecord records, each with one protocol buffer `Event`.
//!
//! Nothing here decides what is logged (`event_log.rs` does), opens a file or reads a clock. An
//! [`EventWriter`] writes to any [`Write`](std::io::Write), with times in seconds since 1970. [`events`]
//! reads a file up to the first torn record. This module uses no other module of the worker, so that a test
//! can include it.
//!
//! The messages are the used parts of TensorBoard's `event.proto`, `summary.proto` and `plugin_data.proto`
//! (of its hparams plugin).

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
