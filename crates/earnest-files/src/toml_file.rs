//! Reading TOML that people write.

use serde::de::{DeserializeOwned, Unexpected};
use toml::Value;

use crate::nearest::{LIKE, nearest};

/// Reads a value from TOML text.
///
/// # Errors
/// What is wrong and on which line; of an unknown key or name, the nearest known one.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|e| {
        let message = with_nearest(&e.to_string());
        match keys_at_fault(text, &message).as_slice() {
            [] => message,
            keys => format!("{message}\nthis is {}", keys.join(" or ")),
        }
    })
}

/// The keys whose value a message complains of without saying whose it is: in a table that is
/// chosen by a word, the reader knows the line of the table only.
fn keys_at_fault(text: &str, message: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let (Ok(table), true) = (toml::from_str(text), message.contains("invalid ")) {
        look(&Value::Table(table), "", message, &mut found);
    }
    found.dedup();
    found
}

fn look(value: &Value, key: &str, message: &str, found: &mut Vec<String>) {
    let said = match value {
        Value::Table(table) => {
            for (name, inner) in table {
                let dot = if key.is_empty() { "" } else { "." };
                look(inner, &format!("{key}{dot}{name}"), message, found);
            }
            return;
        }
        Value::Array(array) => {
            array.iter().for_each(|v| look(v, key, message, found));
            return;
        }
        Value::Float(x) => Unexpected::Float(*x).to_string(),
        Value::Integer(n) => Unexpected::Signed(*n).to_string(),
        Value::Boolean(b) => Unexpected::Bool(*b).to_string(),
        Value::String(text) => Unexpected::Str(text).to_string(),
        Value::Datetime(_) => return,
    };
    let name = key.rsplit('.').next().unwrap_or(key);
    if message.contains(&said) && !message.contains(name) {
        found.push(key.to_owned());
    }
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
    match nearest(unknown, quoted, LIKE) {
        Some(known) => format!("{message}\ndid you mean `{known}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum Thing {
        Box { width: u32 },
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct File {
        thing: Vec<Thing>,
        height: u32,
    }

    #[test]
    fn a_value_of_the_wrong_type_is_said_with_its_key_in_a_table_that_a_word_chooses() {
        let text = "height = 1\n[[thing]]\nkind = \"box\"\nwidth = 7\n";
        let Thing::Box { width } = parse::<File>(text).unwrap().thing[0];
        assert_eq!(width, 7);
        let read = |from: &str, to: &str| parse::<File>(&text.replace(from, to)).unwrap_err();
        for wrong in ["nan", "-7", "1e300", "true", "\"wide\""] {
            let error = read("7", wrong);
            assert!(error.contains("thing.width"), "{error}");
        }
        let error = read("height = 1", "height = nan");
        assert!(error.contains("height = nan"), "{error}");
        assert!(!error.contains("this is"), "{error}");
    }
}
