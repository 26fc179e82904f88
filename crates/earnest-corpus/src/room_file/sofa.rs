//! SOFA (AES69-2022): measured responses of M measurements and R receivers in an HDF5 file.

use std::path::Path;

use hdf5_pure::{AttrValue, File};

use super::{MeasuredResponse, checked_rate};

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
    let file = File::open(path).map_err(|e| format!("it is no SOFA (HDF5) file: {e}"))?;
    let attributes = file.root().attrs().map_err(|e| e.to_string())?;
    let attribute = |name: &str| attributes.get(name).and_then(text);
    let kind = attribute("DataType").unwrap_or_default();
    if !kind.starts_with("FIR") {
        return Err(match kind.as_str() {
            "" => "it does not say what its data are (no attribute DataType)".to_owned(),
            kind => format!("its data are of type {kind}; impulse responses (FIR) are read"),
        });
    }
    let (values, shape) = array(&file, "Data.IR")?;
    // FIR is M x R x N; FIR-E has emitters too, M x R x N x E.
    let (m, r, n, e) = match shape.as_slice() {
        [m, r, n] => (*m, *r, *n, 1),
        [m, r, n, e] => (*m, *r, *n, *e),
        _ => {
            return Err(format!(
                "Data.IR has {} dimensions, not 3 or 4",
                shape.len()
            ));
        }
    };
    let expected = m
        .checked_mul(r)
        .and_then(|x| x.checked_mul(n)?.checked_mul(e));
    if expected != Some(values.len()) || values.is_empty() {
        return Err("Data.IR is empty or cut short".to_owned());
    }
    let (rates, _) = array(&file, "Data.SamplingRate")?;
    let sample_rate = checked_rate(rates.first().copied().unwrap_or(0.0))?;
    if rates.iter().any(|x| *x != rates[0]) {
        return Err("its measurements have different sampling rates".to_owned());
    }
    let delays = array(&file, "Data.Delay").ok();
    let places = array(&file, "SourcePosition").ok();
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
    for measurement in 0..m {
        let mut metadata = told.clone();
        if let Some(place) = row(places.as_ref(), measurement).filter(|_| spherical) {
            for (name, value) in ["azimuth", "elevation", "distance"].iter().zip(place) {
                metadata.push(((*name).to_owned(), value.to_string()));
            }
        }
        for receiver in 0..r {
            let delay = row(delays.as_ref(), measurement)
                .and_then(|d| d.get(receiver).copied())
                .filter(|d| (0.0..f64::from(sample_rate)).contains(d))
                .map_or(0, |d| d.round() as usize);
            for emitter in 0..e {
                let mut samples = vec![0.0_f32; delay];
                let start = (measurement * r + receiver) * n;
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
    Ok(responses)
}

type Array = (Vec<f64>, Vec<usize>);

fn array(file: &File, name: &str) -> Result<Array, String> {
    let of = |e: hdf5_pure::Error| format!("{name}: {e}");
    let dataset = file.dataset(name).map_err(of)?;
    let shape = dataset.shape().map_err(of)?;
    let values = dataset.read_f64().map_err(of)?;
    Ok((values, shape.into_iter().map(|n| n as usize).collect()))
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

fn text(value: &AttrValue) -> Option<String> {
    match value {
        AttrValue::String(s)
        | AttrValue::AsciiString(s)
        | AttrValue::StringSized { value: s, .. }
        | AttrValue::AsciiStringSized { value: s, .. } => {
            Some(s.trim_end_matches('\0').trim().to_owned())
        }
        AttrValue::StringArray(list) | AttrValue::AsciiStringArray(list) => list.first().cloned(),
        _ => None,
    }
}
