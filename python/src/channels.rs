//! Which channels of a recording are heard.

use std::borrow::Cow;

use pyo3::prelude::*;

/// Which channels are heard: each by itself, or their mean.
#[derive(Clone, Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub struct Channels {
    /// Numbers from 0; negative ones count from the last.
    pub numbers: Vec<i64>,
    /// True if their mean is heard.
    pub mixdown: bool,
}

impl Channels {
    /// How many signals are heard.
    pub fn count(&self) -> usize {
        if self.mixdown { 1 } else { self.numbers.len() }
    }

    /// Those channels of all, in the order in which they were asked for.
    pub fn of<'a>(&self, planes: &[&'a [f32]]) -> Result<Vec<Cow<'a, [f32]>>, String> {
        let all = planes.len() as i64;
        let place = |number: &i64| {
            let place = if *number < 0 { number + all } else { *number };
            usize::try_from(place)
                .ok()
                .and_then(|i| planes.get(i).copied())
                .ok_or_else(|| {
                    format!(
                        "channel {number} was asked for, but there are {all}: channels=0 is the first, channels=-1 the last"
                    )
                })
        };
        let chosen: Vec<&[f32]> = self.numbers.iter().map(place).collect::<Result<_, _>>()?;
        Ok(match (self.mixdown, chosen.as_slice()) {
            (true, [_, _, ..]) => vec![Cow::Owned(earnest_audio::mono(&chosen).collect())],
            _ => chosen.into_iter().map(Cow::Borrowed).collect(),
        })
    }
}
