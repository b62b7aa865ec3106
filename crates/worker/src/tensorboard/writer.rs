//! Writes event files.

use std::io::{self, Write};

use prost::Message;

use super::message::{
    Any, Event, HparamsData, Image, Metadata, PluginData, SessionEnd, SessionLog, SessionStart, Shape,
    Summary, Tensor, What, Written, summary_value,
};
use super::record;
use summary_value::{Content, Value};

/// The version of the format; from version 2 on, a session's start drops what came before.
const VERSION: &str = "brain.Event:2";

/// The tags that the hparams plugin reads, and its name.
const START: &str = "_hparams_/session_start_info";
const END: &str = "_hparams_/session_end_info";
const HPARAMS: &str = "hparams";

/// `DataClass::TENSOR`, `DataType::DT_STRING`, `Status::STATUS_SUCCESS`.
const TENSOR: i32 = 2;
const STRING: i32 = 7;
const SUCCESS: i32 = 1;

/// A parameter and its value.
pub(crate) type Hyperparameter = (String, Written);

/// The given image is not a PNG file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a PNG file")]
pub(crate) struct NotPng;

/// Writes one event file.
#[derive(Debug)]
pub(crate) struct EventWriter<W: Write> {
    out: W,
}

impl<W: Write> EventWriter<W> {
    /// Starts a file at `wall_time` (seconds since 1970). Readers drop `step` and later steps of the run's
    /// older files: they are written again.
    ///
    /// # Errors
    /// The output cannot be written; the same for the following functions.
    pub(crate) fn begin(out: W, wall_time: f64, step: u64) -> io::Result<EventWriter<W>> {
        let mut writer = EventWriter { out };
        writer.event(wall_time, 0, What::FileVersion(VERSION.into()))?;
        let start = What::SessionLog(SessionLog { status: SessionLog::START });
        writer.event(wall_time, step, start)?;
        Ok(writer)
    }

    /// Scalars of one step, by tag.
    ///
    /// # Errors
    /// As for [`EventWriter::begin`].
    pub(crate) fn scalars<'a>(
        &mut self,
        wall_time: f64,
        step: u64,
        scalars: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> io::Result<()> {
        let values =
            scalars.into_iter().map(|(tag, scalar)| value(tag, None, Content::Scalar(scalar as f32)));
        self.event(wall_time, step, What::Summary(Summary { value: values.collect() }))
    }

    /// A PNG file.
    ///
    /// # Errors
    /// As for [`EventWriter::begin`], and [`NotPng`] as `InvalidInput`.
    pub(crate) fn png(&mut self, wall_time: f64, step: u64, tag: &str, png: Vec<u8>) -> io::Result<()> {
        let (width, height) =
            size(&png).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, NotPng))?;
        let image = Image { height, width, colorspace: 4, encoded_image_string: png };
        self.value(wall_time, step, value(tag, None, Content::Image(image)))
    }

    /// A text in Markdown.
    ///
    /// # Errors
    /// As for [`EventWriter::begin`].
    pub(crate) fn text(&mut self, wall_time: f64, step: u64, tag: &str, markdown: &str) -> io::Result<()> {
        let tensor =
            Tensor { dtype: STRING, shape: Some(Shape {}), string_val: vec![markdown.as_bytes().to_vec()] };
        let metadata = Metadata { plugin_data: Some(plugin("text", Vec::new())), data_class: TENSOR };
        self.value(wall_time, step, value(tag, Some(metadata), Content::Tensor(tensor)))
    }

    /// The run's parameters, for the hparams dashboard; all scalars of the run are its metrics.
    ///
    /// # Errors
    /// As for [`EventWriter::begin`].
    pub(crate) fn hyperparameters(
        &mut self,
        wall_time: f64,
        parameters: impl IntoIterator<Item = Hyperparameter>,
    ) -> io::Result<()> {
        let hparams = parameters.into_iter().map(|(name, value)| (name, Any { kind: Some(value) })).collect();
        let start = SessionStart { hparams, start_time_secs: wall_time };
        let data = HparamsData { session_start_info: Some(start), session_end_info: None };
        self.hparams(wall_time, START, &data)
    }

    /// The run has ended successfully.
    ///
    /// # Errors
    /// As for [`EventWriter::begin`].
    pub(crate) fn finished(&mut self, wall_time: f64) -> io::Result<()> {
        let end = SessionEnd { status: SUCCESS, end_time_secs: wall_time };
        let data = HparamsData { session_start_info: None, session_end_info: Some(end) };
        self.hparams(wall_time, END, &data)
    }

    /// Flushes what was written so far.
    ///
    /// # Errors
    /// As for [`EventWriter::begin`].
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn hparams(&mut self, wall_time: f64, tag: &str, data: &HparamsData) -> io::Result<()> {
        let metadata =
            Metadata { plugin_data: Some(plugin(HPARAMS, data.encode_to_vec())), data_class: TENSOR };
        // The plugin reads the metadata; the value must exist, but is empty.
        let nothing = Tensor { dtype: STRING, shape: Some(Shape {}), string_val: vec![Vec::new()] };
        self.value(wall_time, 0, value(tag, Some(metadata), Content::Tensor(nothing)))
    }

    fn value(&mut self, wall_time: f64, step: u64, value: Value) -> io::Result<()> {
        self.event(wall_time, step, What::Summary(Summary { value: vec![value] }))
    }

    fn event(&mut self, wall_time: f64, step: u64, what: What) -> io::Result<()> {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        record::write(&mut self.out, &Event { wall_time, step, what: Some(what) }.encode_to_vec())
    }
}

fn value(tag: &str, metadata: Option<Metadata>, content: Content) -> Value {
    Value { tag: tag.into(), metadata, content: Some(content) }
}

fn plugin(name: &str, content: Vec<u8>) -> PluginData {
    PluginData { plugin_name: name.into(), content }
}

/// Width and height of a PNG file, from its first chunk.
fn size(png: &[u8]) -> Option<(i32, i32)> {
    let header = png.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
    let number = |bytes: &[u8]| i32::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok();
    Some((number(&header[..4])?, number(&header[4..])?))
}

#[cfg(test)]
mod tests {
    use super::super::events;
    use super::*;

    /// The head of a PNG file of 3 x 2 pixels.
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x03\0\0\0\x02";

    #[test]
    fn a_file_reads_back() {
        let mut file = Vec::new();
        let mut writer = EventWriter::begin(&mut file, 10.0, 4).expect("begun");
        writer.scalars(11.0, 4, [("training/loss", 0.5), ("training/rate", f64::NAN)]).expect("scalars");
        writer.png(12.0, 4, "network/outputs", PNG.to_vec()).expect("an image");
        writer.text(12.0, 0, "parameters", "tau").expect("a text");
        writer.hyperparameters(12.0, [("tau".to_string(), Written::Number(10.0))]).expect("parameters");
        writer.finished(13.0).expect("an end");
        let refused = writer.png(12.0, 4, "network/outputs", b"GIF89a".to_vec());
        assert_eq!(refused.expect_err("no PNG").to_string(), NotPng.to_string());

        let found: Vec<Event> = events(&file).collect();
        assert_eq!(found.len(), 7, "{found:?}");
        assert_eq!(found[0].what, Some(What::FileVersion("brain.Event:2".into())));
        assert_eq!((found[1].step, &found[1].what), (4, &Some(What::SessionLog(SessionLog { status: 1 }))));
        let values = |event: &Event| match &event.what {
            Some(What::Summary(summary)) => summary.value.clone(),
            other => panic!("{other:?}"),
        };
        let scalars = values(&found[2]);
        assert_eq!((found[2].wall_time, found[2].step), (11.0, 4));
        assert_eq!(
            (scalars[0].tag.as_str(), &scalars[0].content),
            ("training/loss", &Some(Content::Scalar(0.5)))
        );
        assert!(matches!(scalars[1].content, Some(Content::Scalar(rate)) if rate.is_nan()));
        let image = Image { height: 2, width: 3, colorspace: 4, encoded_image_string: PNG.to_vec() };
        assert_eq!(values(&found[3])[0].content, Some(Content::Image(image)));
        let tags: Vec<String> = found[4..].iter().map(|event| values(event)[0].tag.clone()).collect();
        assert_eq!(tags, ["parameters", START, END]);
        // The parameters themselves.
        let metadata =
            values(&found[5])[0].metadata.clone().expect("metadata").plugin_data.expect("a plugin");
        let data = HparamsData::decode(metadata.content.as_slice()).expect("a message");
        let parameters = data.session_start_info.expect("a start").hparams;
        assert_eq!(parameters["tau"], Any { kind: Some(Written::Number(10.0)) });
    }
}
