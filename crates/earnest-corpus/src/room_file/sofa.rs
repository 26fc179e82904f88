//! SOFA (AES69-2022): measured responses of M measurements and R receivers in an HDF5 file.

use std::path::Path;

use earnest_files::{open_file, read_file};
use hdf5_pure::{AttrValue, ChunkIndex, Dataset, File, FormatError};

use super::layout5;
use super::{MOST_BYTES, MOST_SAMPLES, MeasuredResponse, checked_rate, shortened, too_many};

/// Attributes of the file that say what was measured.
const TOLD: [&str; 6] = [
    "SOFAConventions",
    "Title",
    "DatabaseName",
    "RoomType",
    "RoomDescription",
    "ListenerShortName",
];

pub(crate) fn read(path: &Path) -> Result<Vec<MeasuredResponse>, String> {
    let no = |e: hdf5_pure::Error| format!("it is no SOFA (HDF5) file: {e}");
    // hdf5-pure opens the file again by itself, and would wait for ever at a pipe.
    let opened = open_file(path).map_err(|e| e.to_string())?;
    let length = opened.metadata().map_err(|e| e.to_string())?.len();
    let file = File::open_streaming(path).map_err(no)?;
    match responses(&file, length) {
        // Any table of the file may be the one; the error's own type is hidden in others.
        Err(why) if why.contains(&FormatError::InvalidLayoutVersion(5).to_string()) => {
            let bytes = read_file(path, MOST_BYTES).map_err(|e| e.to_string())?;
            responses(
                &File::from_bytes(layout5::lowered(bytes)).map_err(no)?,
                length,
            )
        }
        result => result,
    }
}

/// All responses of a file of so many bytes.
fn responses(file: &File, length: u64) -> Result<Vec<MeasuredResponse>, String> {
    let attributes = file.root().attrs().map_err(|e| e.to_string())?;
    let attribute = |name: &str| attributes.get(name).and_then(text);
    let kind = attribute("DataType").unwrap_or_default();
    if !kind.starts_with("FIR") {
        return Err(match kind.as_str() {
            "" => "it does not say what its data are (no attribute DataType)".to_owned(),
            kind => format!("its data are of type {kind}; impulse responses (FIR) are read"),
        });
    }
    let data = Table::open(file, length, "Data.IR")?;
    // FIR is M x R x N; FIR-E has emitters too, M x R x N x E.
    let (m, r, n, e) = match data.shape.as_slice() {
        [m, r, n] => (*m, *r, *n, 1),
        [m, r, n, e] => (*m, *r, *n, *e),
        shape => {
            return Err(format!(
                "Data.IR has {} dimensions, not 3 or 4",
                shape.len()
            ));
        }
    };
    if data.values == 0 {
        return Err("Data.IR is empty".to_owned());
    }
    let rates = Table::open(file, length, "Data.SamplingRate")?.read()?;
    let sample_rate = checked_rate(rates.first().copied().unwrap_or(0.0))?;
    if rates.iter().any(|x| *x != rates[0]) {
        return Err("its measurements have different sampling rates".to_owned());
    }
    let delays = whole(file, length, "Data.Delay")?;
    let places = whole(file, length, "SourcePosition")?;
    let delay_of = |measurement: usize, receiver: usize| -> usize {
        row(delays.as_ref(), measurement)
            .and_then(|d| d.get(receiver).copied())
            .filter(|d| (0.0..f64::from(sample_rate)).contains(d))
            .map_or(0, |d| d.round() as usize)
    };
    // Known before anything of it is made: no response is without its cost.
    let mut samples = 0_u64;
    for measurement in 0..m {
        for receiver in 0..r {
            let each = (n + delay_of(measurement, receiver) + RESPONSE) as u64;
            samples = samples.saturating_add(each.saturating_mul(e as u64));
            if samples > MOST_SAMPLES {
                return Err(too_many(samples));
            }
        }
    }
    let spherical = file
        .dataset("SourcePosition")
        .and_then(|d| d.attrs())
        .ok()
        .and_then(|a| a.get("Type").and_then(text))
        .is_none_or(|t| t == "spherical");
    let told: Vec<(String, String)> = TOLD
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), attribute(name)?)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let mut responses = Vec::with_capacity(m * r * e);
    // Measurements that lie in one chunk are decoded together, and no others.
    let together = data.rows_at_once();
    for first in (0..m).step_by(together) {
        let count = together.min(m - first);
        let values = data.rows(first, count)?;
        for measurement in first..first + count {
            let mut metadata = told.clone();
            if let Some(place) = row(places.as_ref(), measurement).filter(|_| spherical) {
                for (name, value) in ["azimuth", "elevation", "distance"].iter().zip(place) {
                    metadata.push(((*name).to_owned(), value.to_string()));
                }
            }
            for receiver in 0..r {
                let start = ((measurement - first) * r + receiver) * n;
                for emitter in 0..e {
                    let mut samples = vec![0.0_f32; delay_of(measurement, receiver)];
                    samples.extend((0..n).map(|i| values[(start + i) * e + emitter] as f32));
                    let mut label = format!("measurement {}", measurement + 1);
                    if r > 1 {
                        label.push_str(&format!(" receiver {}", receiver + 1));
                    }
                    if e > 1 {
                        label.push_str(&format!(" emitter {}", emitter + 1));
                    }
                    responses.push(MeasuredResponse {
                        label,
                        samples,
                        sample_rate,
                        metadata: metadata.clone(),
                    });
                }
            }
        }
    }
    Ok(responses)
}

/// What a response costs beside its samples, in samples.
const RESPONSE: usize = 256;

/// A table of numbers in the file, of which no more is decoded than is asked for.
struct Table {
    name: &'static str,
    dataset: Dataset,
    shape: Vec<usize>,
    /// How many numbers it has.
    values: usize,
    /// Rows of a chunk, if it is stored in chunks.
    chunk_rows: Option<usize>,
}

impl Table {
    /// Opens a table that can be read within the limits: all that the file says of its size is
    /// compared with them before anything is decoded.
    fn open(file: &File, length: u64, name: &'static str) -> Result<Self, String> {
        let of = |e: hdf5_pure::Error| format!("{name}: {e}");
        let dataset = file.dataset(name).map_err(of)?;
        let wrong = |what: String| Err(format!("{name}: {what}"));
        let element = dataset.element_size().map_err(of)?;
        if !(1..=8).contains(&element) {
            return wrong(format!("its values of {element} bytes are no numbers"));
        }
        let shape = dataset.shape().map_err(of)?;
        let product = |sides: &[u64]| sides.iter().try_fold(1_u64, |n, s| n.checked_mul(*s));
        let values = match product(&shape) {
            Some(values) if values <= MOST_SAMPLES => values,
            _ => return wrong(too_many(product(&shape).unwrap_or(u64::MAX))),
        };
        let mut chunk_rows = None;
        if let Some(chunk) = dataset.chunk_shape().map_err(of)? {
            if chunk.len() != shape.len() || chunk.contains(&0) {
                return wrong("its chunks do not fit its values".to_owned());
            }
            // A chunk may be larger than the table, where that is to grow.
            let most = values.max(1 << 20);
            if product(&chunk).is_none_or(|n| n > most) {
                return wrong("its chunks are larger than all its values".to_owned());
            }
            // As many chunks as there are places for, or some are read again and again.
            let places = shape.iter().zip(&chunk).map(|(s, c)| s.div_ceil(*c));
            let places = places.fold(1_u64, u64::saturating_mul);
            if dataset.chunk_index().map_err(of)? == Some(ChunkIndex::BTreeV2) {
                return wrong("it may grow in several directions, and such a table cannot be read here; write it with a fixed size".to_owned());
            }
            let chunks = dataset.chunks().map_err(of)?;
            if chunks.len() as u64 > places {
                return wrong(format!(
                    "it has {} chunks for {places} places",
                    chunks.len()
                ));
            }
            // Room is made for a chunk before it is read.
            let end = |address: u64, size: u64| address.saturating_add(size);
            if chunks
                .iter()
                .any(|c| end(c.address, c.storage_size) > length)
            {
                return wrong("it goes on beyond the end of the file".to_owned());
            }
            chunk_rows = chunk.first().map(|n| *n as usize);
        }
        Ok(Self {
            name,
            dataset,
            shape: shape.into_iter().map(|n| n as usize).collect(),
            values: values as usize,
            chunk_rows,
        })
    }

    /// How many rows are best read at once: those of a chunk, or some thousands of values.
    fn rows_at_once(&self) -> usize {
        let rows = self.shape.first().copied().unwrap_or(1).max(1);
        let some = (1 << 16) / (self.values / rows).max(1);
        self.chunk_rows.unwrap_or(some).clamp(1, rows)
    }

    fn rows(&self, first: usize, count: usize) -> Result<Vec<f64>, String> {
        let read = self.dataset.read_f64_rows(first as u64, count as u64);
        let rows = self.shape.first().copied().unwrap_or(0).max(1);
        self.whole(read, self.values / rows * count)
    }

    fn read(&self) -> Result<Vec<f64>, String> {
        self.whole(self.dataset.read_f64(), self.values)
    }

    fn whole(
        &self,
        read: Result<Vec<f64>, hdf5_pure::Error>,
        expected: usize,
    ) -> Result<Vec<f64>, String> {
        match read {
            Ok(values) if values.len() == expected => Ok(values),
            Ok(_) => Err(format!("{} is cut short", self.name)),
            Err(e) => Err(format!("{}: {e}", self.name)),
        }
    }
}

type Array = (Vec<f64>, Vec<usize>);

/// All of a table that a file may lack.
fn whole(file: &File, length: u64, name: &'static str) -> Result<Option<Array>, String> {
    if file.dataset(name).is_err() {
        return Ok(None);
    }
    let table = Table::open(file, length, name)?;
    Ok(Some((table.read()?, table.shape)))
}

/// A measurement's row of a table that has one for each, or one for all.
fn row(table: Option<&Array>, measurement: usize) -> Option<&[f64]> {
    let (values, shape) = table?;
    let (rows, width) = match shape.as_slice() {
        [rows, width, ..] => (*rows, *width),
        _ => return None,
    };
    let i = if rows == 1 { 0 } else { measurement };
    values.get(i * width..(i + 1) * width)
}

/// The text of an attribute, in any of the ways in which HDF5 stores one.
fn text(value: &AttrValue) -> Option<String> {
    let text = match value {
        AttrValue::String(s)
        | AttrValue::AsciiString(s)
        | AttrValue::VarLenString(s)
        | AttrValue::VarLenAsciiString(s)
        | AttrValue::StringSized { value: s, .. }
        | AttrValue::AsciiStringSized { value: s, .. } => s,
        AttrValue::StringArray(list)
        | AttrValue::AsciiStringArray(list)
        | AttrValue::VarLenStringArray(list)
        | AttrValue::VarLenAsciiStringArray(list)
        | AttrValue::StringArraySized { values: list, .. }
        | AttrValue::AsciiStringArraySized { values: list, .. } => list.first()?,
        _ => return None,
    };
    Some(shortened(text.trim_end_matches('\0').trim()))
}
