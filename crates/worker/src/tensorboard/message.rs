//! The messages, with the numbers of their fields.

use std::collections::BTreeMap;

/// One record of an event file.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub(crate) wall_time: f64,
    /// The step: the horizontal axis of scalars.
    #[prost(int64, tag = "2")]
    pub(crate) step: i64,
    /// The content.
    #[prost(oneof = "What", tags = "3, 5, 7")]
    pub(crate) what: Option<What>,
}

/// The content of an event.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum What {
    /// The first event of a file.
    #[prost(string, tag = "3")]
    FileVersion(String),
    /// Values at the event's step.
    #[prost(message, tag = "5")]
    Summary(Summary),
    /// The start of a session.
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

/// A session: after a [`SessionLog::START`], readers drop its step and later ones of older files.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SessionLog {
    /// The status.
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
}

impl SessionLog {
    /// It starts.
    pub(crate) const START: i32 = 1;
}

/// Values.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Summary {
    /// Each with its tag.
    #[prost(message, repeated, tag = "1")]
    pub(crate) value: Vec<summary_value::Value>,
}

/// One value of a summary.
pub(crate) mod summary_value {
    use super::{Image, Metadata, Tensor};

    /// A value under a tag.
    #[derive(Clone, PartialEq, prost::Message)]
    pub(crate) struct Value {
        /// Its name; a part before a `/` makes groups.
        #[prost(string, tag = "1")]
        pub(crate) tag: String,
        /// Which plugin shows it.
        #[prost(message, optional, tag = "9")]
        pub(crate) metadata: Option<Metadata>,
        /// The value itself.
        #[prost(oneof = "Content", tags = "2, 4, 8")]
        pub(crate) content: Option<Content>,
    }

    /// The kind of value.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(crate) enum Content {
        /// A scalar.
        #[prost(float, tag = "2")]
        Scalar(f32),
        /// A picture.
        #[prost(message, tag = "4")]
        Image(Image),
        /// Text.
        #[prost(message, tag = "8")]
        Tensor(Tensor),
    }
}

/// A picture.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Image {
    /// In pixels.
    #[prost(int32, tag = "1")]
    pub(crate) height: i32,
    /// In pixels.
    #[prost(int32, tag = "2")]
    pub(crate) width: i32,
    /// Channels: 3 of RGB, 4 of RGBA.
    #[prost(int32, tag = "3")]
    pub(crate) colorspace: i32,
    /// A PNG file.
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) encoded_image_string: Vec<u8>,
}

/// Which plugin a value belongs to.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub(crate) plugin_data: Option<PluginData>,
    /// 2: a tensor.
    #[prost(int32, tag = "4")]
    pub(crate) data_class: i32,
}

/// A plugin's name, and its data for a value.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PluginData {
    #[prost(string, tag = "1")]
    pub(crate) plugin_name: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) content: Vec<u8>,
}

/// A tensor of strings.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Tensor {
    /// 7: strings.
    #[prost(int32, tag = "1")]
    pub(crate) dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) shape: Option<Shape>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub(crate) string_val: Vec<Vec<u8>>,
}

/// A tensor's sizes; a scalar has none.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Shape {}

/// The data of the hparams plugin for a run.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HparamsData {
    #[prost(message, optional, tag = "3")]
    pub(crate) session_start_info: Option<SessionStart>,
    #[prost(message, optional, tag = "4")]
    pub(crate) session_end_info: Option<SessionEnd>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SessionStart {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) hparams: BTreeMap<String, Any>,
    #[prost(double, tag = "5")]
    pub(crate) start_time_secs: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SessionEnd {
    /// 1: success.
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
    #[prost(double, tag = "2")]
    pub(crate) end_time_secs: f64,
}

/// `google.protobuf.Value`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Any {
    #[prost(oneof = "Written", tags = "2, 3, 4")]
    pub(crate) kind: Option<Written>,
}

/// A number, a text or a truth value.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Written {
    /// A number.
    #[prost(double, tag = "2")]
    Number(f64),
    /// A text.
    #[prost(string, tag = "3")]
    Text(String),
    /// Yes or no.
    #[prost(bool, tag = "4")]
    Flag(bool),
}
