//! Values of parameters in the JSON that commands print.

use gainsweep_contract::Value;
use gainsweep_language::Sweep;
use serde::{Serialize, Serializer};

/// Values by name, in order.
pub(super) struct Named<'p>(pub(super) Vec<(&'p str, &'p Value)>);

impl<'p> Named<'p> {
    /// A cell's values on the axes. An axis that the cell does not have is left out.
    pub(super) fn axes(sweep: &'p Sweep, values: &'p [Option<Value>]) -> Named<'p> {
        let names = sweep.axes().iter().map(|axis| axis.name.as_str());
        Named(names.zip(values).filter_map(|(name, value)| Some((name, value.as_ref()?))).collect())
    }
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Json(value))))
    }
}

/// A parameter's value. JSON has no infinity: it becomes the text `inf`.
pub(super) struct Json<'p>(pub(super) &'p Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Boolean(flag) => serializer.serialize_bool(*flag),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Float(number) => serializer.collect_str(number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items.iter().map(Json)),
        }
    }
}
