//! Makes foreign text harmless.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

/// Escapes a text for HTML, and makes invisible characters visible: control characters, direction marks, and
/// characters that a document must not contain. Line breaks and tabs stay.
///
/// `askama.toml` applies it to every value of every template.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visible;

impl Escaper for Visible {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(place) = rest.find(is_hidden) {
            let (plain, hidden) = rest.split_at(place);
            Html.write_escaped_str(&mut dest, plain)?;
            let mut characters = hidden.chars();
            if let Some(character) = characters.next() {
                write!(dest, "{}", character.escape_unicode())?;
            }
            rest = characters.as_str();
        }
        Html.write_escaped_str(dest, rest)
    }
}

fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm, and invisible line
        // breaks.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        // These, and the last two of each plane, are not characters.
        _ => {
            matches!(character, '\u{fdd0}'..='\u{fdef}')
                || character.is_control()
                || character as u32 & 0xfffe == 0xfffe
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = String::new();
        Visible.write_escaped_str(&mut out, text).expect("into memory");
        out
    }

    #[test]
    fn markup_and_what_is_not_seen_become_text() {
        assert_eq!(shown("<b a=\"x\" b='y'>&"), "&#60;b a=&#34;x&#34; b=&#39;y&#39;&#62;&#38;");
        assert_eq!(shown("a\u{0}\u{1b}[31m\r\n\tb\u{85}"), "a\\u{0}\\u{1b}[31m\\u{d}\n\tb\\u{85}");
        assert_eq!(shown("txt.\u{202e}exe\u{2066}\u{fffe}"), "txt.\\u{202e}exe\\u{2066}\\u{fffe}");
        assert_eq!(shown("שלום τ é 𝛕"), "שלום τ é 𝛕");
    }
}
