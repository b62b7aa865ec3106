//! TFRecord: `u64` length, masked CRC of the length, data, masked CRC of the data; all little-endian.

use std::io::{self, Write};

/// Bytes of a length and of a checksum.
const LENGTH: usize = 8;
const CHECKSUM: usize = 4;

/// CRC-32C, rotated and shifted: so the checksum of data that contain checksums is a good one, too.
fn masked_checksum(data: &[u8]) -> [u8; CHECKSUM] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// Writes one record.
pub(crate) fn write(out: &mut impl Write, data: &[u8]) -> io::Result<()> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(LENGTH + data.len() + 2 * CHECKSUM);
    record.extend(length);
    record.extend(masked_checksum(&length));
    record.extend(data);
    record.extend(masked_checksum(data));
    // In one piece, so that a buffer that is flushed between two calls contains whole records.
    out.write_all(&record)
}

/// The data of a file's records, up to the first torn or damaged one.
pub(crate) fn records(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
        let (checksum, rest) = rest.split_first_chunk::<CHECKSUM>()?;
        if *checksum != masked_checksum(length) {
            return None;
        }
        let (data, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let (checksum, rest) = rest.split_first_chunk::<CHECKSUM>()?;
        if *checksum != masked_checksum(data) {
            return None;
        }
        bytes = rest;
        Some(data)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The checksums of eight zero bytes and of none, computed bit by bit from the definition of CRC-32C and its mask.
    #[test]
    fn an_empty_record_has_the_bytes_of_the_format() {
        let mut file = Vec::new();
        write(&mut file, b"").expect("written");
        assert_eq!(file[..8], [0; 8]);
        assert_eq!(u32::from_le_bytes(file[8..12].try_into().expect("four")), 0x0798_0329);
        assert_eq!(u32::from_le_bytes(file[12..].try_into().expect("four")), 0xa282_ead8);
    }

    proptest! {
        #[test]
        fn records_read_back_as_far_as_a_file_is_whole(
            data in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6),
            cut in 0.0..1.0_f64,
        ) {
            let (mut file, mut ends) = (Vec::new(), Vec::new());
            for record in &data {
                write(&mut file, record).expect("written");
                ends.push(file.len());
            }
            let whole: Vec<&[u8]> = records(&file).collect();
            prop_assert_eq!(&whole, &data);
            let cut = (cut * file.len() as f64) as usize;
            let expected = ends.iter().filter(|end| **end <= cut).count();
            prop_assert_eq!(records(&file[..cut]).count(), expected);
            if !file.is_empty() {
                file[cut] ^= 1;
                let before = ends.iter().filter(|end| **end <= cut).count();
                prop_assert_eq!(records(&file).count(), before);
            }
        }
    }
}
