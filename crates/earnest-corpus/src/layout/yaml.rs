//! YAML of strangers, read within limits: at most so many bytes, values and levels. An alias is
//! the value that it stands for, shared and not copied, so that aliases of aliases cost nothing.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use saphyr_parser::{Event, Parser};

/// The most bytes of a file.
pub(super) const MOST_BYTES: u64 = 1 << 26;
/// The most values in a file: as many labels as a corpus with a million utterances may list.
const MOST_VALUES: usize = 1_000_000;
/// The most levels, aliases included.
const MOST_LEVELS: usize = 64;

/// A value.
#[derive(Debug)]
pub(super) enum Value {
    /// A scalar, as it is written; without quotes.
    Text(String),
    /// A sequence.
    List(Vec<Rc<Node>>),
    /// A mapping whose keys are scalars.
    Map(BTreeMap<String, Rc<Node>>),
}

/// A value, and how many levels it has.
#[derive(Debug)]
pub(super) struct Node {
    pub value: Value,
    levels: usize,
}

impl Node {
    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.map()?.get(key).map(Rc::as_ref)
    }

    /// The entries of a mapping.
    pub fn map(&self) -> Option<&BTreeMap<String, Rc<Self>>> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A sequence or a mapping that has begun.
struct Open {
    anchor: usize,
    levels: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Rc<Node>>),
    Map {
        map: BTreeMap<String, Rc<Node>>,
        key: Option<String>,
    },
}

/// The first document of a text.
///
/// # Errors
/// A sentence that says what is wrong, and in which line.
pub(super) fn read(text: &str) -> Result<Rc<Node>, String> {
    let mut anchors: HashMap<usize, Rc<Node>> = HashMap::new();
    let mut open: Vec<Open> = Vec::new();
    let mut values = 0_usize;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| format!("it is no YAML: {e}"))?;
        let line = span.start.line();
        let wrong = |why: String| format!("line {line}: {why}");
        let too_deep = || wrong(format!("more than {MOST_LEVELS} levels are not read"));
        if !matches!(event, Event::MappingEnd | Event::SequenceEnd) {
            values += 1;
            if values > MOST_VALUES {
                return Err(wrong(format!(
                    "more than {MOST_VALUES} values are not read"
                )));
            }
        }
        let (anchor, node) = match event {
            Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _) => {
                if open.len() >= MOST_LEVELS {
                    return Err(too_deep());
                }
                open.push(Open {
                    anchor,
                    levels: 1,
                    kind: match event {
                        Event::SequenceStart(..) => Kind::List(Vec::new()),
                        _ => Kind::Map {
                            map: BTreeMap::new(),
                            key: None,
                        },
                    },
                });
                continue;
            }
            Event::Scalar(text, _, anchor, _) => {
                let value = Value::Text(text.into_owned());
                (anchor, Rc::new(Node { value, levels: 1 }))
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(node) => (0, Rc::clone(node)),
                None => return Err(wrong("an alias stands for what it lies in".into())),
            },
            Event::MappingEnd | Event::SequenceEnd => match open.pop() {
                Some(Open {
                    anchor,
                    levels,
                    kind: Kind::List(list),
                }) => {
                    let value = Value::List(list);
                    (anchor, Rc::new(Node { value, levels }))
                }
                Some(Open {
                    anchor,
                    levels,
                    kind: Kind::Map { map, .. },
                }) => {
                    let value = Value::Map(map);
                    (anchor, Rc::new(Node { value, levels }))
                }
                None => return Err(wrong("something ends that did not begin".into())),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        if anchor != 0 {
            anchors.insert(anchor, Rc::clone(&node));
        }
        let depth = open.len();
        let Some(around) = open.last_mut() else {
            return Ok(node);
        };
        if depth + node.levels > MOST_LEVELS {
            return Err(too_deep());
        }
        around.levels = around.levels.max(node.levels + 1);
        match &mut around.kind {
            Kind::List(list) => list.push(node),
            Kind::Map { map, key } => match key.take() {
                None => match node.text() {
                    Some(text) => *key = Some(text.to_owned()),
                    None => return Err(wrong("a key is no single value".into())),
                },
                Some(name) if map.contains_key(&name) => {
                    return Err(wrong(format!("the key {name:?} is there twice")));
                }
                Some(name) => {
                    map.insert(name, node);
                }
            },
        }
    }
    Err("there is nothing in it".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_as_audformat_writes_it_is_read_with_its_flow_maps_and_aliases() {
        let header = read(
            "name: x\nlabels: &id001 [a, 'b: c']\nschemes:\n  emotion: {dtype: str, labels: *id001}\n  long: {text: two\n      lines., minimum: 0}\n",
        )
        .unwrap();
        let scheme = header
            .get("schemes")
            .and_then(|s| s.get("emotion"))
            .unwrap();
        let Value::List(labels) = &scheme.get("labels").unwrap().value else {
            panic!()
        };
        assert_eq!(labels[1].text(), Some("b: c"));
        let long = header.get("schemes").and_then(|s| s.get("long")).unwrap();
        assert_eq!(long.get("text").and_then(Node::text), Some("two lines."));
    }

    #[test]
    fn aliases_of_aliases_cost_nothing_and_too_much_is_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..40 {
            let last = i - 1;
            let many = format!("*a{last}, ").repeat(9);
            bomb.push_str(&format!("a{i}: &a{i} [{many}]\n"));
        }
        assert!(read(&bomb).unwrap().get("a39").is_some());
        for i in 40..80 {
            bomb.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
        }
        assert!(read(&bomb).unwrap_err().contains("64 levels"));
        for deep in ["[".repeat(5_000), "- ".repeat(5_000), "{a: ".repeat(5_000)] {
            assert!(read(&deep).is_err());
        }
        assert!(read("a: &a [*a]").is_err());
        assert!(read("a: *b").is_err());
        assert!(read("a: 1\na: 2").unwrap_err().contains("twice"));
        assert!(read("").is_err());
        let many = format!("[{}]", "a,".repeat(1_100_000));
        assert!(read(&many).unwrap_err().contains("1000000 values"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-\\[\\]{}:, &*a-c\n\"'|>#?!%]{0,60}|.{0,40}") {
            let _ = read(&text);
        }
    }
}
