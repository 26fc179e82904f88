//! The Aachen Impulse Response database (Jeub et al. 2009): a MATLAB file for each channel of
//! each measurement, `air_binaural_<room>_<channel>_<head>_<number>[_<azimuth>].mat`, with the
//! response in `h_air` and what it is in `air_info`.

use std::path::Path;

use earnest_files::read_file;

use super::mat5::{self, Value};
use super::{MOST_BYTES, MeasuredResponse, checked_rate, shortened};

/// The room that a file's name says: all words between the type and the first number.
pub(crate) fn room(stem: &str) -> Option<String> {
    let rest = stem.strip_prefix("air_")?;
    let (_kind, rest) = rest.split_once('_')?;
    let words: Vec<&str> = rest
        .split('_')
        .take_while(|w| !w.chars().all(|c| c.is_ascii_digit()))
        // Of a telephone: hand-held or hands-free.
        .filter(|w| !matches!(*w, "hhp" | "hfrp" | "bt"))
        .collect();
    (!words.is_empty()).then(|| words.join("_"))
}

/// Fields that a description of a measurement may have; the database's have a dozen.
const MOST_FACTS: usize = 100;

/// Channels as the database numbers them.
fn ear(channel: &str) -> Option<&'static str> {
    match channel {
        "0" => Some("right"),
        "1" => Some("left"),
        _ => None,
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<MeasuredResponse>, String> {
    let bytes = read_file(path, MOST_BYTES).map_err(|e| e.to_string())?;
    let mut file = mat5::read(&bytes, &["h_air", "air_info"])?;
    let (size, values) = match file.remove("h_air") {
        Some(Value::Numbers { size, values }) => (size, values),
        Some(_) => return Err("h_air holds no numbers".to_owned()),
        None => {
            return Err(
                "it has no variable h_air: is it of the Aachen Impulse Response database?"
                    .to_owned(),
            );
        }
    };
    let Some(Value::Structure(info)) = file.remove("air_info") else {
        return Err("it has no structure air_info, which has the sampling rate".to_owned());
    };
    let rate = match info.get("fs") {
        Some(Value::Numbers { values, .. }) => values.first().copied(),
        _ => None,
    };
    let sample_rate = checked_rate(rate.ok_or("air_info has no number fs")?)?;
    let mut metadata: Vec<(String, String)> = info
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), in_words(value)?)))
        .collect();
    if metadata.len() > MOST_FACTS {
        return Err(format!(
            "air_info has {} fields; {MOST_FACTS} are read at most",
            metadata.len()
        ));
    }
    let channel = metadata.iter().find(|(name, _)| name == "channel");
    if let Some(side) = channel.and_then(|(_, c)| ear(c)) {
        metadata.push(("ear".to_owned(), side.to_owned()));
    }
    // A row or a column is one channel; MATLAB stores columns one after the other.
    let [rows, columns] = size.as_slice() else {
        return Err(format!("h_air has {} dimensions, not two", size.len()));
    };
    let (by_row, channels) = (rows < columns, *rows.min(columns));
    if !(1..=64).contains(&channels) {
        return Err(format!(
            "h_air has {rows} x {columns} values, which are no responses"
        ));
    }
    let length = values.len() / channels;
    let response = |i: usize| MeasuredResponse {
        label: match channels {
            1 => String::new(),
            _ => format!("channel {}", i + 1),
        },
        samples: (0..length)
            .map(|k| values[if by_row { i + k * rows } else { i * rows + k }] as f32)
            .collect(),
        sample_rate,
        metadata: metadata.clone(),
    };
    Ok((0..channels).map(response).collect())
}

/// A text, or a few numbers, for people.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(shortened(text.trim())),
        Value::Numbers { values, .. } if (1..=4).contains(&values.len()) => {
            let words: Vec<String> = values.iter().map(f64::to_string).collect();
            Some(words.join(" "))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_room_stands_in_the_name() {
        for (stem, expected) in [
            ("air_binaural_booth_0_1_1", Some("booth")),
            ("air_binaural_aula_carolina_1_3_90_3", Some("aula_carolina")),
            ("air_binaural_stairway_1_1_2_45", Some("stairway")),
            ("air_phone_bathroom_hfrp_1", Some("bathroom")),
            ("air_phone_bt_corridor_hhp_0", Some("corridor")),
            ("air_binaural", None),
            ("office", None),
        ] {
            assert_eq!(room(stem).as_deref(), expected);
        }
    }
}
