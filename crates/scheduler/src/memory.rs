//! Amounts of memory as Slurm and people write them.

/// A text that is no amount of memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// Not a number with a unit.
    #[error("`{0}` is no amount of memory; write 512M, 4G or 4 GiB")]
    NotMemory(String),
    /// More than can be counted.
    #[error("`{0}` is more memory than can be counted")]
    TooMuch(String),
}

/// Reads `4G`, `512M`, `4 GiB`, `1.5 GB`, or a bare number of MiB, and gives MiB, rounded up.
///
/// All units count in steps of 1024, as Slurm's do. Zero is read as zero: to Slurm it means all of a node's memory.
///
/// # Errors
/// [`MemoryError`] says what an amount looks like.
pub fn parse(text: &str) -> Result<u64, MemoryError> {
    let trimmed = text.trim();
    let end = trimmed.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(end);
    let not_memory = || MemoryError::NotMemory(text.to_string());
    let kibibytes: u128 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" => 1,
        "" | "m" | "mb" | "mib" => 1 << 10,
        "g" | "gb" | "gib" => 1 << 20,
        "t" | "tb" | "tib" => 1 << 30,
        _ => return Err(not_memory()),
    };
    let thousandths = thousandths(number).ok_or_else(not_memory)?;
    let mebibytes = (u128::from(thousandths) * kibibytes).div_ceil(1000 << 10);
    // Slurm's own counter has 63 bits; a millionth of that is enough for everybody.
    u64::try_from(mebibytes)
        .ok()
        .filter(|amount| *amount <= 1 << 42)
        .ok_or_else(|| MemoryError::TooMuch(text.to_string()))
}

/// Writes MiB as `--mem` takes them.
pub fn format(mebibytes: u64) -> String {
    format!("{mebibytes}M")
}

/// A plain decimal number in thousandths, rounded up; what is too large saturates.
pub(crate) fn thousandths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u64::MAX) };
    let (kept, rest) = fraction.split_at(fraction.len().min(3));
    let kept: u64 = format!("{kept:0<3}").parse().ok()?;
    let more = u64::from(rest.bytes().any(|byte| byte != b'0'));
    Some(whole.saturating_mul(1000).saturating_add(kept + more))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_mebibytes() {
        let table = [
            ("4G", 4096),
            ("512M", 512),
            ("4 GiB", 4096),
            ("1.5 GB", 1536),
            ("300", 300),
            ("1 KiB", 1),
            ("1025k", 2),
            ("2T", 2 << 20),
            ("0", 0),
            (" 8g ", 8192),
            (".5G", 512),
        ];
        for (text, mebibytes) in table {
            assert_eq!(parse(text), Ok(mebibytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_with_advice() {
        for text in ["", "G", "4 X", "-4G", "4G4", "1.2.3G", "4e3", "."] {
            assert!(matches!(parse(text), Err(MemoryError::NotMemory(_))), "{text}");
        }
        assert!(matches!(parse("99999999999999999999T"), Err(MemoryError::TooMuch(_))));
    }

    #[test]
    fn amounts_are_written_with_their_unit() {
        assert_eq!(format(1024), "1024M");
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[0-9.]{0,30} ?[kmgtib]{0,3}|.*") {
            if let Ok(amount) = parse(&text) {
                proptest::prop_assert_eq!(parse(&format(amount)), Ok(amount));
            }
        }
    }
}
