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

/// Most bytes that a compressed variable may grow to.
const MOST_BYTES: u64 = 1 << 29;
const HEADER: usize = 128;
/// Structures within structures.
const DEEPEST: usize = 8;

const CUT: &str = "it is damaged or cut short";

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

/// All variables of a file.
///
/// # Errors
/// It is no such file, or damaged.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<String, Value>, String> {
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
    let mut variables = BTreeMap::new();
    while !rest.rest.is_empty() {
        let element = rest.element()?;
        let (name, value) = match element.kind {
            COMPRESSED => {
                let mut inner = Vec::new();
                ZlibDecoder::new(element.data.rest)
                    .take(MOST_BYTES)
                    .read_to_end(&mut inner)
                    .map_err(|_| CUT)?;
                let mut inner = Bytes {
                    rest: &inner,
                    little,
                };
                let element = inner.element()?;
                matrix(element, 0)?
            }
            MATRIX => matrix(element, 0)?,
            _ => continue,
        };
        variables.insert(name, value);
    }
    Ok(variables)
}

/// An array of any class, with its name.
fn matrix(element: Element<'_>, depth: usize) -> Result<(String, Value), String> {
    if element.kind != MATRIX || depth > DEEPEST {
        return Err(CUT.to_owned());
    }
    let mut parts = element.data;
    if parts.rest.is_empty() {
        return Ok((String::new(), Value::Other));
    }
    let class = parts.element()?.data.u32()? & 0xff;
    let size = parts.element()?.numbers()?;
    let size: Vec<usize> = size.into_iter().map(|x| x.max(0.0) as usize).collect();
    let count = size.iter().try_fold(1_usize, |n, s| n.checked_mul(*s));
    let name = parts.element()?.text()?;
    let value = match class {
        2 if count == Some(1) => Value::Structure(structure(&mut parts, depth)?),
        4 => Value::Text(parts.element()?.text()?),
        6..=15 => {
            let values = parts.element()?.numbers()?;
            if count != Some(values.len()) {
                return Err(CUT.to_owned());
            }
            Value::Numbers { size, values }
        }
        _ => Value::Other,
    };
    Ok((name, value))
}

fn structure(parts: &mut Bytes<'_>, depth: usize) -> Result<BTreeMap<String, Value>, String> {
    let length = parts.element()?.numbers()?.first().copied().unwrap_or(0.0) as usize;
    if length == 0 {
        return Err(CUT.to_owned());
    }
    let names = parts.element()?;
    let mut fields = BTreeMap::new();
    for name in names.data.rest.chunks(length) {
        let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
        let name = String::from_utf8_lossy(&name[..end]).into_owned();
        let (_, value) = matrix(parts.element()?, depth + 1)?;
        fields.insert(name, value);
    }
    Ok(fields)
}
