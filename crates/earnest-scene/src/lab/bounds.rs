//! The bounds of every number of a laboratory, in one table. They leave room for any laboratory
//! that could be built; what lies beyond is a slip of the pen, and would make sounds of no
//! numbers, or none at all, or never end.

use toml::Value;

/// What a key's numbers may be.
struct Bounds {
    /// The key, below its table's.
    key: &'static str,
    /// The least of each of its numbers.
    least: f64,
    /// The most.
    most: f64,
    /// True of two numbers that are a range: the second is not less than the first.
    ascends: bool,
}

const fn each(key: &'static str, least: f64, most: f64) -> Bounds {
    Bounds {
        key,
        least,
        most,
        ascends: false,
    }
}

const fn range(key: &'static str, least: f64, most: f64) -> Bounds {
    Bounds {
        key,
        least,
        most,
        ascends: true,
    }
}

/// Levels, dB SPL: from far below what can be heard to a rocket's.
const QUIETEST: f64 = -100.0;
const LOUDEST: f64 = 200.0;

/// Levels of one thing over another, dB.
const OVER: f64 = 100.0;

/// Every number of a lab. A number without bounds is refused too, so none can be forgotten.
const BOUNDS: [Bounds; 43] = [
    each("room.size_m", 1.0, 100.0),
    each("room.rt60_s", 0.05, 8.0),
    each("room.celsius", -20.0, 50.0),
    each("room.humidity", 5.0, 100.0),
    each("head.place_m", 0.0, 100.0),
    each("head.facing_deg", -360.0, 360.0),
    each("head.radius_m", 0.01, 0.3),
    each("head.ears_deg", 45.0, 135.0),
    each("head.notch_hz", 0.0, 8_000.0),
    each("head.notch_db", 0.0, 60.0),
    each("speech.distance_m", 0.2, 50.0),
    each("speech.azimuths_deg", -360.0, 360.0),
    each("speech.height_m", 0.0, 100.0),
    each("speech.full_scale_db_spl", QUIETEST, LOUDEST),
    each("speech.low_hz", 0.0, 8_000.0),
    each("speech.high_hz", 20.0, 1e6),
    each("speech.screen_loss_db", -OVER, OVER),
    each("fan.rpm", 60.0, 60_000.0),
    each("fan.blades", 1.0, 1_000.0),
    each("fan.level_db_spl", QUIETEST, LOUDEST),
    each("fan.tone_db", -OVER, OVER),
    each("fan.exponent", -3.0, 3.0),
    each("fan.drift", 0.0, 0.2),
    each("fan.place_m", 0.0, 100.0),
    each("motor.level_db_spl", QUIETEST, LOUDEST),
    each("motor.whine_hz", 0.0, 8_000.0),
    each("motor.gear_hz", 0.0, 8_000.0),
    each("motor.gear_db", -OVER, OVER),
    each("motor.jerk_db", -OVER, OVER),
    each("motor.moves_per_minute", 0.0, 600.0),
    range("motor.move_s", 0.001, 60.0),
    each("hum.base_hz", 1.0, 8_000.0),
    each("hum.fall_db", 0.0, OVER),
    each("hum.level_db_spl", QUIETEST, LOUDEST),
    each("recorded.level_db_spl", QUIETEST, LOUDEST),
    each("event.per_minute", 0.0, 600.0),
    range("event.level_db_spl", QUIETEST, LOUDEST),
    range("event.seconds", 0.001, 600.0),
    each("microphones.self_noise_db_spl", QUIETEST, LOUDEST),
    each("microphones.low_hz", 0.0, 8_000.0),
    each("microphones.high_hz", 20.0, 1e6),
    each("microphones.full_scale_db_spl", 40.0, 180.0),
    each("microphones.bits", 8.0, 24.0),
];

/// The most tables of a kind: fans, motors, hums, kinds of events.
const MOST_TABLES: usize = 100;

/// The most numbers of a key: a response is kept for each loudspeaker.
const MOST_NUMBERS: usize = 360;

/// Refuses a lab, as it would be written, with a number beyond its bounds, or with too many of
/// something.
pub(super) fn check(lab: &Value) -> Result<(), String> {
    look("", "", lab)
}

/// Looks at the value of a key; `of` says in which of several tables.
fn look(key: &str, of: &str, value: &Value) -> Result<(), String> {
    match value {
        Value::Table(table) => {
            for (name, inner) in table {
                let dot = if key.is_empty() { "" } else { "." };
                look(&format!("{key}{dot}{name}"), of, inner)?;
            }
            Ok(())
        }
        Value::Array(array) if array.iter().any(Value::is_table) => {
            if array.len() > MOST_TABLES {
                return Err(format!(
                    "{key}: there are {} of them; {MOST_TABLES} are the most",
                    array.len()
                ));
            }
            for table in array {
                let name = table.get("name").or_else(|| table.get("kind"));
                let name = name.and_then(Value::as_str).unwrap_or_default();
                look(key, &format!(" of {name:?}"), table)?;
            }
            Ok(())
        }
        Value::Array(array) => {
            let numbers: Option<Vec<f64>> = array.iter().map(number).collect();
            match numbers {
                Some(numbers) if !numbers.is_empty() => fits(key, of, &numbers, true),
                // Words, or a list of tables that there are none of.
                _ => Ok(()),
            }
        }
        other => number(other).map_or(Ok(()), |x| fits(key, of, &[x], false)),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

fn fits(key: &str, of: &str, numbers: &[f64], several: bool) -> Result<(), String> {
    let Some(bounds) = BOUNDS.iter().find(|b| b.key == key) else {
        return Err(format!("{key}{of} is a number that no bounds are known of"));
    };
    if numbers.len() > MOST_NUMBERS {
        return Err(format!(
            "{key}{of} has {} numbers; {MOST_NUMBERS} are the most",
            numbers.len()
        ));
    }
    let (least, most) = (bounds.least, bounds.most);
    let beyond = |x: &f64| !(least..=most).contains(x);
    if let Some(i) = numbers.iter().position(beyond) {
        let x = written(numbers[i]);
        return Err(match several {
            true => format!(
                "{key}{of} has {x} as its number {}; each must lie within {least} .. {most}",
                i + 1
            ),
            false => format!("{key}{of} is {x}; it must lie within {least} .. {most}"),
        });
    }
    match numbers {
        [low, high] if bounds.ascends && low > high => Err(format!(
            "{key}{of} is [{low}, {high}]; it must ascend within {least} .. {most}"
        )),
        _ => Ok(()),
    }
}

/// A number as people write it: not with three hundred digits.
fn written(x: f64) -> String {
    if x.is_finite() && x.abs() >= 1e15 {
        format!("{x:e}")
    } else {
        x.to_string()
    }
}
