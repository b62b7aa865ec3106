//! Texts that are too long for their place.

/// A text cut to a number of characters.
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    let head: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{head}...")
}

#[cfg(test)]
mod tests {
    #[test]
    fn long_texts_are_cut() {
        assert_eq!(super::shortened("abcdefgh", 6), "abc...");
        assert_eq!(super::shortened("äöü", 3), "äöü");
    }
}
