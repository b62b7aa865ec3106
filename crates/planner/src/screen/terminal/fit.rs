//! Text in columns. A letter may take two columns, or none.

/// The columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// The text in at most this many columns; an ellipsis marks a cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if columns == 0 {
        return String::new();
    }
    let mut cut = console::truncate_str(text, columns, "…").into_owned();
    // A wide letter may not leave room for the ellipsis.
    while width(&cut) > columns && cut.pop().is_some() {}
    cut
}

/// The text, padded with spaces to this many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `[=====>------]` in this many columns; empty if there is no room.
pub(crate) fn bar(done: u64, total: u64, columns: usize) -> String {
    let Some(inside) = columns.checked_sub(2).filter(|inside| *inside >= 3) else { return String::new() };
    let part = if total == 0 { 0.0 } else { done as f64 / total as f64 };
    let filled = ((part * inside as f64) as usize).min(inside);
    let head = usize::from(filled < inside && filled > 0);
    let filled = filled - head;
    format!("[{}{}{}]", "=".repeat(filled), ">".repeat(head), "-".repeat(inside - filled - head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_it_may_be() {
        let texts =
            ["", "a", "tau=100 input=xy", "遅い変調 = 速い", "e\u{301}e\u{301}e\u{301}", "🧠🧠🧠🧠", "a\tb"];
        for text in texts {
            for columns in 0..20 {
                let cut = cut(text, columns);
                assert!(width(&cut) <= columns, "{text:?} in {columns}: {cut:?}");
                assert!(width(text) > columns || cut == text, "{text:?} needs no cut in {columns}");
            }
        }
        assert_eq!(cut("遅い変調", 5), "遅い…");
        assert_eq!(cut("遅い変調", 4), "遅…");
        assert_eq!(pad("遅い", 6), "遅い  ");
    }

    #[test]
    fn bars() {
        assert_eq!(bar(0, 10, 12), "[----------]");
        assert_eq!(bar(3, 10, 12), "[==>-------]");
        assert_eq!(bar(10, 10, 12), "[==========]");
        assert_eq!(bar(0, 0, 12), "[----------]");
        assert_eq!(bar(1, 2, 4), "");
    }
}
