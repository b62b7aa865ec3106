//! Texts in the form that the library expects.

use crate::shortened_text::shortened;

/// The longest name that is written out, in characters.
pub(super) const LONGEST_LABEL: usize = 32;

/// A name, cut to the available room.
pub(super) fn written(name: &str) -> String {
    escaped(&shortened(name, LONGEST_LABEL))
}

/// `kuva` reads text between dollar signs as mathematics; names are text.
pub(super) fn escaped(text: &str) -> String {
    text.replace('$', "\\$")
}
