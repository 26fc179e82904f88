//! TensorBoard event files: scalars by epoch.
//!
//! The format is TFRecord around a protocol-buffer `Event`: length (u64), masked CRC-32C of
//! the length, payload, masked CRC-32C of the payload, all little-endian. Field numbers:
//! Event { 1 wall_time: double, 2 step: int64, 3 file_version: string, 5 summary },
//! Summary { 1 value }, Value { 1 tag: string, 2 simple_value: float }.

/// CRC-32C (Castagnoli), bit by bit: these files are small.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for b in bytes {
        crc ^= u32::from(*b);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

fn masked(bytes: &[u8]) -> [u8; 4] {
    crc32c(bytes)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
        .to_le_bytes()
}

fn varint(out: &mut Vec<u8>, mut x: u64) {
    while x >= 0x80 {
        out.push((x as u8 & 0x7f) | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

fn field(out: &mut Vec<u8>, number: u8, content: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn record(out: &mut Vec<u8>, event: &[u8]) {
    let length = (event.len() as u64).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&masked(&length));
    out.extend_from_slice(event);
    out.extend_from_slice(&masked(event));
}

fn event(wall_time: f64, step: u64) -> Vec<u8> {
    let mut out = vec![1 << 3 | 1];
    out.extend_from_slice(&wall_time.to_le_bytes());
    out.push(2 << 3);
    varint(&mut out, step);
    out
}

/// An event file of scalars: (step, tag, value). `wall_time` is in seconds since 1970.
#[must_use]
pub fn event_file(wall_time: f64, scalars: &[(u64, &str, f64)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut first = event(wall_time, 0);
    field(&mut first, 3, b"brain.Event:2");
    record(&mut out, &first);
    for (step, tag, value) in scalars {
        let mut one = Vec::new();
        field(&mut one, 1, tag.as_bytes());
        one.push(2 << 3 | 5);
        one.extend_from_slice(&(*value as f32).to_le_bytes());
        let mut summary = Vec::new();
        field(&mut summary, 1, &one);
        let mut scalar = event(wall_time, *step);
        field(&mut scalar, 5, &summary);
        record(&mut out, &scalar);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_rfc_3720() {
        // RFC 3720 appendix B.4: 32 bytes of zeros, of ones, and 0 .. 31.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let counting: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&counting), 0x46dd_794e);
    }
}
