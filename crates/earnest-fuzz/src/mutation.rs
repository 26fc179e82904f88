//! Files that are nearly right.

use earnest_random::Generator;

/// The largest file that is made.
const MOST: usize = 1 << 20;

/// Numbers that readers stumble over.
const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x0010_0000_0000,
    i64::MAX as u64,
    u64::MAX,
];

/// The same for people's files.
const WORDS: [&str; 16] = [
    "nan",
    "inf",
    "-inf",
    "1e308",
    "1e39",
    "-1",
    "0",
    "-0.0",
    "1e-320",
    "9223372036854775807",
    "18446744073709551616",
    "",
    "\"",
    "../../x",
    "\u{1b}[31m",
    "=1+1",
];

/// One of some files, changed in a few places; no larger than a megabyte.
#[must_use]
pub fn mutated(seeds: &[Vec<u8>], generator: &mut Generator) -> Vec<u8> {
    let mut index = |n: usize| generator.below(n.max(1));
    let mut file = seeds.get(index(seeds.len())).cloned().unwrap_or_default();
    for _ in 0..1 + index(6) {
        let at = index(file.len());
        let end = (at + 1 + index(32)).min(file.len());
        let at = at.min(end);
        match index(11) {
            0 if at < end => file[at] ^= 1 << index(8),
            1 if at < end => file[at] = index(256) as u8,
            2 => drop(file.drain(at..end)),
            3 => {
                let part = file[at..end].to_vec();
                file.splice(at..at, part);
            }
            4 => {
                let part: Vec<u8> = (0..index(12)).map(|_| index(256) as u8).collect();
                file.splice(at..at, part);
            }
            // A number in a header, of two, four or eight bytes, either way round.
            5 | 6 => {
                let mut bytes = NUMBERS[index(NUMBERS.len())].to_le_bytes();
                let size = [1, 2, 4, 8][index(4)];
                if index(2) == 0 {
                    bytes[..size].reverse();
                }
                for (to, from) in file[at..].iter_mut().zip(&bytes[..size]) {
                    *to = *from;
                }
            }
            // A number in a text.
            7 | 8 => {
                let digit = |b: &u8| b.is_ascii_digit() || b"+-.eE_".contains(b);
                let Some(start) = (at..file.len()).find(|i| file[*i].is_ascii_digit()) else {
                    continue;
                };
                let length = file[start..].iter().take_while(|b| digit(b)).count();
                let word = WORDS[index(WORDS.len())].bytes();
                file.splice(start..start + length, word);
            }
            9 => {
                // The end of another file.
                let other = &seeds[index(seeds.len())];
                let from = index(other.len()).min(other.len());
                file.truncate(at);
                file.extend_from_slice(&other[from..]);
            }
            _ => {
                // Much of the same.
                let part = file[at..end].to_vec();
                let power = index(14);
                let times = 1 + index(1 << power);
                let room = (MOST - file.len().min(MOST)) / part.len().max(1);
                let many = part.repeat(times.min(room));
                file.splice(at..at, many);
            }
        }
    }
    file.truncate(MOST);
    file
}
