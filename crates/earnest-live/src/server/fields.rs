//! Objects of JSON that clients send, read field by field, so that what is wrong is said in words that clients know.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

/// An object and what it is called; its fields are all known.
pub struct Fields<'a> {
    name: String,
    object: &'a Map<String, Value>,
}

/// Reads JSON, which `what` names.
pub fn read(what: &str, bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|e| {
        format!(
            "{what} is no JSON (line {}, column {})",
            e.line(),
            e.column()
        )
    })
}

impl<'a> Fields<'a> {
    /// Of a value; one that is no object, or has other fields than these, is refused.
    pub fn of(name: &str, value: &'a Value, known: &[&str]) -> Result<Self, String> {
        let object = value
            .as_object()
            .ok_or_else(|| format!("{name} is no JSON object"))?;
        if let Some(other) = object.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!(
                "{name} has a field {other:?}; it may have {}",
                known.join(", ")
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            object,
        })
    }

    /// What is there: nothing where a field is left out or null.
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// A whole number within bounds.
    pub fn whole(&self, key: &str, bounds: RangeInclusive<u64>) -> Result<Option<u64>, String> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.as_u64().filter(|n| bounds.contains(n)) {
            Some(n) => Ok(Some(n)),
            None => Err(format!(
                "{key} in {} is {value}; it is a whole number from {} to {}",
                self.name,
                bounds.start(),
                bounds.end()
            )),
        }
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, String> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = value.as_str();
        text.map(Some)
            .ok_or_else(|| format!("{key} in {} is no text", self.name))
    }

    /// An object within.
    pub fn part(&self, key: &str, known: &[&str]) -> Result<Option<Fields<'a>>, String> {
        let part = self.get(key).map(|value| Self::of(key, value, known));
        part.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_words_that_clients_know() {
        let value = read("it", br#"{"a":1.5,"b":"x","c":null,"d":{"e":3}}"#).unwrap();
        let fields = Fields::of("it", &value, &["a", "b", "c", "d"]).unwrap();
        assert_eq!(
            fields.whole("a", 1..=5),
            Err("a in it is 1.5; it is a whole number from 1 to 5".into())
        );
        assert_eq!(fields.text("a"), Err("a in it is no text".into()));
        assert_eq!(fields.text("b"), Ok(Some("x")));
        assert_eq!(fields.whole("c", 1..=5), Ok(None));
        assert_eq!(fields.whole("missing", 1..=5), Ok(None));
        let part = fields.part("d", &["e"]).unwrap().unwrap();
        assert_eq!(part.whole("e", 1..=5), Ok(Some(3)));
        assert_eq!(
            fields.part("d", &["f"]).err().unwrap(),
            "d has a field \"e\"; it may have f"
        );
        assert_eq!(
            Fields::of("it", &Value::Null, &[]).err().unwrap(),
            "it is no JSON object"
        );
        assert_eq!(
            read("it", b"{").unwrap_err(),
            "it is no JSON (line 1, column 1)"
        );
    }
}
