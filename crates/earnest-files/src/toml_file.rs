//! Reading TOML that people write.

use serde::de::DeserializeOwned;

/// Reads a value from TOML text.
///
/// # Errors
/// What is wrong and on which line; of an unknown key or name, the nearest known one.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|e| with_nearest(&e.to_string()))
}

/// Adds the nearest known key to a message about an unknown one. Keys stand between
/// backticks: the unknown one first, then those that are expected.
#[must_use]
pub fn with_nearest(message: &str) -> String {
    let message = message.trim_end();
    if !message.contains("unknown field") && !message.contains("unknown variant") {
        return message.to_owned();
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some(unknown) = quoted.next() else {
        return message.to_owned();
    };
    let nearest = quoted
        .map(|known| (strsim::jaro_winkler(unknown, known), known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((likeness, known)) if likeness > 0.6 => {
            format!("{message}\ndid you mean `{known}`?")
        }
        _ => message.to_owned(),
    }
}
