//! Names that become folders, files and columns.

/// Longest name: room for suffixes below the 255 bytes of common file systems.
const LONGEST: usize = 100;

/// Is this name safe as a folder, a file and a column? It may have letters, digits, `-`, `_` and `.`, and
/// does not begin with `.` or `-` (hidden files, options of commands).
///
/// # Errors
/// What is wrong with it; the text continues a sentence that begins with the name.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("is empty".into());
    }
    if let Some(odd) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(*c))) {
        return Err(format!("contains {odd:?}; names have letters, digits, `-`, `_` and `.`"));
    }
    if name.starts_with(['.', '-']) {
        return Err("starts with a dot or a dash; start with a letter or a digit".into());
    }
    if name.len() > LONGEST {
        return Err(format!("has {} characters; at most {LONGEST} are allowed", name.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_are_safe_as_folders() {
        for good in ["timescale", "a-b_c.2", "1", "_x"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", ".", "..", ".x", "-x", "a/b", "a b", "a'b", "é", "a\nb", &"x".repeat(101)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
