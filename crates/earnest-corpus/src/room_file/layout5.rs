//! HDF5 2.0 writes the layout of a compressed table as version 5 of that message when it is asked
//! for the latest format (h5py's `libver="latest"`), and hdf5-pure 0.47 reads up to version 4. For
//! tables whose chunks are smaller than 4 GB the two differ in nothing but their number: the width
//! of a chunk's size, which version 5 changes, stands in the index. So the number is changed in
//! memory, and the checksum that covers it. To be taken out when hdf5-pure reads version 5.

/// Object headers and their continuations, "Version 2 Data Object Header Prefix" of the HDF5 file
/// format specification.
const HEADER: &[u8] = b"OHDR";
const CONTINUED: &[u8] = b"OCHK";
const LAYOUT: u8 = 8;
const CONTINUATION: u8 = 16;
/// Continuations of one header.
const MOST_PARTS: usize = 64;

/// Changes all layouts of version 5 in a file. What is no sound header is left as it is.
pub(crate) fn lowered(mut file: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while let Some(found) = file
        .get(at..)
        .and_then(|rest| rest.windows(4).position(|w| w == HEADER))
    {
        at += found;
        let _ = lower_header(&mut file, at);
        at += HEADER.len();
    }
    file
}

fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    let mut wide = [0; 8];
    wide.get_mut(..size)?.copy_from_slice(bytes);
    usize::try_from(u64::from_le_bytes(wide)).ok()
}

fn lower_header(file: &mut [u8], at: usize) -> Option<()> {
    let [2, flags] = *file.get(at + 4..at + 6)? else {
        return None;
    };
    let mut messages = at + 6;
    messages += if flags & 0x20 != 0 { 16 } else { 0 };
    messages += if flags & 0x10 != 0 { 4 } else { 0 };
    let width = 1 << (flags & 3);
    let size = number(file, messages, width)?;
    messages += width;
    let ordered = flags & 4 != 0;
    let mut parts = vec![(at, messages, messages.checked_add(size)?)];
    let mut next = 0;
    while let Some((start, from, to)) = parts.get(next).copied() {
        next += 1;
        for (offset, length) in lower_part(file, start, from, to, ordered)? {
            let end = offset.checked_add(length)?.checked_sub(4)?;
            if parts.len() < MOST_PARTS && file.get(offset..offset + 4)? == CONTINUED {
                parts.push((offset, offset + 4, end));
            }
        }
    }
    Some(())
}

/// One part of a header, from its signature to the checksum at `end`; gives where others are.
fn lower_part(
    file: &mut [u8],
    start: usize,
    from: usize,
    end: usize,
    ordered: bool,
) -> Option<Vec<(usize, usize)>> {
    let stored = number(file, end, 4)?;
    if checksum(file.get(start..end)?) as usize != stored {
        return None;
    }
    let prefix = if ordered { 6 } else { 4 };
    let (mut at, mut continued, mut changed) = (from, Vec::new(), false);
    while at + prefix <= end {
        let (kind, size) = (*file.get(at)?, number(file, at + 1, 2)?);
        let body = at + prefix;
        if body + size > end {
            break;
        }
        if kind == LAYOUT && size > 1 && file[body] == 5 {
            file[body] = 4;
            changed = true;
        }
        if kind == CONTINUATION {
            continued.push((number(file, body, 8)?, number(file, body + 8, 8)?));
        }
        at = body + size;
    }
    if changed {
        let sum = checksum(file.get(start..end)?).to_le_bytes();
        file.get_mut(end..end + 4)?.copy_from_slice(&sum);
    }
    Some(continued)
}

/// Bob Jenkins' lookup3 (2006), with which HDF5 covers its metadata.
fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let mut s = [start; 3];
    let word = |block: &[u8], i: usize| {
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(block.iter().skip(4 * i)) {
            *to = *from;
        }
        u32::from_le_bytes(word)
    };
    let mut blocks = bytes.chunks(12).peekable();
    while let Some(block) = blocks.next() {
        for (i, x) in s.iter_mut().enumerate() {
            *x = x.wrapping_add(word(block, i));
        }
        let [mut a, mut b, mut c] = s;
        if blocks.peek().is_some() {
            for (i, turn) in [4, 6, 8, 16, 19, 4].into_iter().enumerate() {
                let (x, y, z) = match i % 3 {
                    0 => (&mut a, &mut b, &mut c),
                    1 => (&mut b, &mut c, &mut a),
                    _ => (&mut c, &mut a, &mut b),
                };
                *x = x.wrapping_sub(*z) ^ z.rotate_left(turn);
                *z = z.wrapping_add(*y);
            }
        } else {
            for (i, turn) in [14, 11, 25, 16, 4, 14, 24].into_iter().enumerate() {
                let (x, y) = match i % 3 {
                    0 => (&mut c, &b),
                    1 => (&mut a, &c),
                    _ => (&mut b, &a),
                };
                *x = (*x ^ *y).wrapping_sub(y.rotate_left(turn));
            }
        }
        s = [a, b, c];
    }
    s[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_its_author() {
        // The examples of lookup3.c.
        assert_eq!(checksum(b""), 0xdead_beef);
        assert_eq!(checksum(b"Four score and seven years ago"), 0x1777_0551);
    }

    #[test]
    fn what_is_no_header_is_left_as_it_is() {
        let file = [b"OHDR\x02\x00\xff".as_slice(), b"OHDR"].concat();
        assert_eq!(lowered(file.clone()), file);
    }
}
