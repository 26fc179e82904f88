//! MATLAB's MAT files, level 5 (versions 5 to 7; MathWorks, "MAT-File Format"), as far as
//! measurements need them: numeric arrays, texts and scalar structures of them. Ours because of
//! the crates that read MAT files one knows no structures, one no text, and one refuses what
//! scipy writes.

use std::collections::BTreeMap;
use std::io::Read as _;

use flate2::read::ZlibDecoder;

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Numbers, the first dimension running fastest.
    Numbers {
        /// Size in each dimension.
        size: Vec<usize>,
        /// As many as the sizes multiply to.
        values: Vec<f64>,
    },
    /// Characters.
    Text(String),
    /// A structure of one element.
    Structure(BTreeMap<String, Value>),
    /// Anything else.
    Other,
}

/// Most bytes that the variables of a file may have when they are decoded: eight for a number,
/// and what stands round each.
const MOST_DECODED: usize = 1 << 28;
/// What an array costs beside its numbers or letters.
const ARRAY: usize = 256;
/// Bytes in which a variable's name must be found: its flags, sizes and name come first.
const HEAD: usize = 4096;
const HEADER: usize = 128;
/// Structures within structures.
const DEEPEST: usize = 8;

const CUT: &str = "it is damaged or cut short";

/// How many bytes may still be decoded.
struct Budget(usize);

impl Budget {
    fn spend(&mut self, bytes: usize) -> Result<(), String> {
        self.0 = self.0.checked_sub(bytes).ok_or_else(|| {
            format!(
                "decoded it would have more than {} MB, which is the most that is read",
                MOST_DECODED >> 20
            )
        })?;
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Bytes<'a> {
    rest: &'a [u8],
    little: bool,
}

/// A data element: its type and its bytes.
struct Element<'a> {
    kind: u32,
    data: Bytes<'a>,
}

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(CUT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.take(4)?.try_into().map_err(|_| CUT)?;
        Ok(match self.little {
            true => u32::from_le_bytes(bytes),
            false => u32::from_be_bytes(bytes),
        })
    }

    fn element(&mut self) -> Result<Element<'a>, String> {
        let first = self.u32()?;
        // Up to four bytes stand in the tag itself, their number in its upper half.
        let (kind, data) = if first >> 16 != 0 {
            let n = (first >> 16) as usize;
            let all = self.take(4)?;
            (first & 0xffff, all.get(..n).ok_or(CUT)?)
        } else {
            let n = self.u32()? as usize;
            let data = self.take(n)?;
            if first != COMPRESSED {
                let padding = n.next_multiple_of(8) - n;
                // The last element of a file may lack its padding.
                let _ = self.take(padding.min(self.rest.len()))?;
            }
            (first, data)
        };
        let data = Bytes {
            rest: data,
            little: self.little,
        };
        Ok(Element { kind, data })
    }
}

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

impl Element<'_> {
    /// Bytes that its numbers have once they are decoded.
    fn decoded(&self) -> usize {
        let size = match self.kind {
            1 | 2 | 16 => 1,
            3 | 4 | 17 => 2,
            9 | 12 | 13 => 8,
            _ => 4,
        };
        (self.data.rest.len() / size).saturating_mul(size_of::<f64>())
    }

    fn numbers(&self) -> Result<Vec<f64>, String> {
        macro_rules! read {
            ($type:ty) => {{
                const SIZE: usize = size_of::<$type>();
                let read = |c: &[u8]| {
                    let mut bytes = [0_u8; SIZE];
                    bytes.copy_from_slice(c);
                    match self.data.little {
                        true => <$type>::from_le_bytes(bytes) as f64,
                        false => <$type>::from_be_bytes(bytes) as f64,
                    }
                };
                Ok(self.data.rest.chunks_exact(SIZE).map(read).collect())
            }};
        }
        match self.kind {
            1 => read!(i8),
            2 => read!(u8),
            3 => read!(i16),
            4 => read!(u16),
            5 => read!(i32),
            6 => read!(u32),
            7 => read!(f32),
            9 => read!(f64),
            12 => read!(i64),
            13 => read!(u64),
            kind => Err(format!("it has numbers of an unknown type {kind}")),
        }
    }

    fn text(&self) -> Result<String, String> {
        match self.kind {
            1 | 2 | 16 => Ok(String::from_utf8_lossy(self.data.rest).into_owned()),
            17 => Element {
                kind: 4,
                data: self.data,
            }
            .text(),
            18 => Element {
                kind: 6,
                data: self.data,
            }
            .text(),
            4 => {
                let units = self.numbers()?;
                let units: Vec<u16> = units.into_iter().map(|x| x as u16).collect();
                Ok(String::from_utf16_lossy(&units))
            }
            _ => {
                let codes = self.numbers()?;
                let letter = |x: f64| char::from_u32(x as u32).unwrap_or('\u{fffd}');
                Ok(codes.into_iter().map(letter).collect())
            }
        }
    }
}

/// Some variables of a file, by name. Others are not decoded.
///
/// # Errors
/// It is no such file, or damaged, or larger than what is read, decoded.
pub fn read(bytes: &[u8], wanted: &[&str]) -> Result<BTreeMap<String, Value>, String> {
    let no = "it is no MATLAB 5 to 7 file";
    let little = match bytes.get(126..HEADER) {
        Some(b"IM") => true,
        Some(b"MI") => false,
        _ => return Err(no.to_owned()),
    };
    let version = if little { bytes[125] } else { bytes[124] };
    if version == 2 {
        return Err("it is a MATLAB 7.3 file; save it again with `save -v7`".to_owned());
    }
    let mut rest = Bytes {
        rest: &bytes[HEADER..],
        little,
    };
    let mut budget = Budget(MOST_DECODED);
    let mut variables = BTreeMap::new();
    while !rest.rest.is_empty() {
        let element = rest.element()?;
        let mut inner = Vec::new();
        let element = match element.kind {
            COMPRESSED => {
                inflate(element.data.rest, HEAD, &mut inner)?;
                let head = Bytes {
                    rest: &inner,
                    little,
                };
                if !wanted.contains(&name(head)?.as_str()) {
                    continue;
                }
                inner.clear();
                // One byte more than there may be tells what is too large.
                inflate(element.data.rest, budget.0 + 1, &mut inner)?;
                budget.spend(inner.len())?;
                let mut inner = Bytes {
                    rest: &inner,
                    little,
                };
                inner.element()?
            }
            MATRIX => element,
            _ => continue,
        };
        let unnamed = element.data.rest.is_empty();
        if !unnamed && wanted.contains(&header(element.data)?.2.as_str()) {
            let (name, value) = matrix(element, 0, &mut budget)?;
            variables.insert(name, value);
        }
    }
    Ok(variables)
}

/// At most so many bytes of what was compressed.
fn inflate(bytes: &[u8], most: usize, to: &mut Vec<u8>) -> Result<(), String> {
    ZlibDecoder::new(bytes)
        .take(most as u64)
        .read_to_end(to)
        .map_err(|_| CUT)?;
    Ok(())
}

/// The name of the array that begins here, of which the end may be missing.
fn name(mut bytes: Bytes<'_>) -> Result<String, String> {
    let kind = bytes.u32()?;
    let _length = bytes.u32()?;
    match kind {
        MATRIX => Ok(header(bytes)?.2),
        _ => Err(CUT.to_owned()),
    }
}

/// What stands before an array's values: class, sizes, name. An empty array has none of it.
fn header(parts: Bytes<'_>) -> Result<(u32, Vec<usize>, String, Bytes<'_>), String> {
    let mut parts = parts;
    let class = parts.element()?.data.u32()? & 0xff;
    let sizes = parts.element()?;
    let name = parts.element()?;
    // MATLAB has names of 63 letters, and arrays of a handful of dimensions.
    if sizes.data.rest.len() > HEAD || name.data.rest.len() > HEAD {
        return Err(CUT.to_owned());
    }
    let sizes = sizes.numbers()?.into_iter();
    let sizes = sizes.map(|x| x.max(0.0) as usize).collect();
    Ok((class, sizes, name.text()?, parts))
}

/// An array of any class, with its name.
fn matrix(
    element: Element<'_>,
    depth: usize,
    budget: &mut Budget,
) -> Result<(String, Value), String> {
    if element.kind != MATRIX || depth > DEEPEST {
        return Err(CUT.to_owned());
    }
    budget.spend(ARRAY)?;
    if element.data.rest.is_empty() {
        return Ok((String::new(), Value::Other));
    }
    let (class, size, name, mut parts) = header(element.data)?;
    let count = size.iter().try_fold(1_usize, |n, s| n.checked_mul(*s));
    let value = match class {
        2 if count == Some(1) => Value::Structure(structure(&mut parts, depth, budget)?),
        4 => {
            let text = parts.element()?;
            budget.spend(text.decoded())?;
            Value::Text(text.text()?)
        }
        6..=15 => {
            let values = parts.element()?;
            budget.spend(values.decoded())?;
            let values = values.numbers()?;
            if count != Some(values.len()) {
                return Err(CUT.to_owned());
            }
            Value::Numbers { size, values }
        }
        _ => Value::Other,
    };
    Ok((name, value))
}

fn structure(
    parts: &mut Bytes<'_>,
    depth: usize,
    budget: &mut Budget,
) -> Result<BTreeMap<String, Value>, String> {
    let mut length = parts.element()?;
    let length = length.data.u32()? as usize;
    if length == 0 {
        return Err(CUT.to_owned());
    }
    let names = parts.element()?;
    let mut fields = BTreeMap::new();
    for name in names.data.rest.chunks(length) {
        budget.spend(name.len())?;
        let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
        let name = String::from_utf8_lossy(&name[..end]).into_owned();
        let (_, value) = matrix(parts.element()?, depth + 1, budget)?;
        fields.insert(name, value);
    }
    Ok(fields)
}
