//! What a parameter is drawn from.

use std::fmt;

use earnest_random::Generator;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits::Limits;

/// A range `[low, high]`; in a file also one number, which is then always drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(into = "[f64; 2]")]
pub struct Range {
    /// The least that is drawn.
    pub low: f64,
    /// The most.
    pub high: f64,
}

impl Range {
    /// From `low` to `high`.
    #[must_use]
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// Always this number.
    #[must_use]
    pub const fn exactly(value: f64) -> Self {
        Self::new(value, value)
    }

    /// Uniform within the range.
    pub(crate) fn draw(&self, generator: &mut Generator) -> f64 {
        generator.uniform(self.low, self.high)
    }

    /// Uniform in octaves, for frequencies.
    pub(crate) fn draw_octaves(&self, generator: &mut Generator) -> f64 {
        let u = generator.unit();
        if self.low == self.high {
            return self.low;
        }
        self.low * (self.high / self.low).powf(u)
    }

    /// What is wrong with it as `name`, if it must lie within these bounds.
    pub(crate) fn check(&self, name: &str, (least, most): Limits) -> Result<(), String> {
        let Self { low, high } = *self;
        if low >= least && high <= most && low <= high {
            Ok(())
        } else {
            Err(format!(
                "{name} = [{low}, {high}] must ascend within [{least}, {most}]"
            ))
        }
    }
}

/// A seed that any JSON reader holds exactly.
pub(crate) fn seed_of(generator: &mut Generator) -> u64 {
    generator.next_u64() >> 32
}

impl From<[f64; 2]> for Range {
    fn from([low, high]: [f64; 2]) -> Self {
        Self::new(low, high)
    }
}

impl From<Range> for [f64; 2] {
    fn from(range: Range) -> Self {
        [range.low, range.high]
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Range;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a range [low, high] or one number")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Range, E> {
                Ok(Range::exactly(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Range, E> {
                Ok(Range::exactly(value as f64))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Range, E> {
                Ok(Range::exactly(value as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Range, A::Error> {
                let mut next = |i| {
                    seq.next_element::<f64>()?
                        .ok_or_else(|| de::Error::invalid_length(i, &self))
                };
                let range = Range::new(next(0)?, next(1)?);
                match seq.next_element::<f64>()? {
                    None => Ok(range),
                    Some(_) => Err(de::Error::invalid_length(3, &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
