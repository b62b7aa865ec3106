//! Texts as the library takes them.

use crate::shortened_text::shortened;

/// The longest name that is written out, in characters.
pub(super) const LONGEST_LABEL: usize = 32;

/// A name as far as there is room for it.
pub(super) fn written(name: &str) -> String {
    escaped(&shortened(name, LONGEST_LABEL))
}

/// `kuva` takes what stands between dollar signs for mathematics; names are text.
pub(super) fn escaped(text: &str) -> String {
    text.replace('$', "\\$")
}
