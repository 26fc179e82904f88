//! `joined`: the columns of several front ends, side by side.

use serde::{Deserialize, Serialize};

use super::functionals::Functionals;
use super::logmel::LogMel;
use super::{FrontEnd, FrontEndError, FrontEndSettings, RowStream};
use crate::error::within;

/// Recordings of up to this length are held without allocating, s.
const ROOM_S: f64 = 60.0;

/// The most front ends.
const MOST_PARTS: usize = 16;

/// Settings of `joined`.
///
/// ```toml
/// name = "joined"
///
/// [[parts]]
/// name = "functionals"
///
/// [[parts]]
/// name = "logmel"
/// ```
///
/// Row by row the columns of all parts, in this order, each called by the number of its part and its own name
/// (`1:loudness_sma3_amean`). The one row of a part that makes one of a whole recording stands in every row; all
/// others must have as long a step from row to row. There are as many rows as of the part with the fewest. It is
/// what the members of an ensemble are given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Joined {
    /// Two front ends or more, all different.
    pub parts: Vec<FrontEndSettings>,
}

impl Default for Joined {
    fn default() -> Self {
        Self {
            parts: vec![Functionals::default().into(), LogMel::default().into()],
        }
    }
}

impl Joined {
    fn parts(&self) -> impl Iterator<Item = &dyn FrontEnd> {
        self.parts.iter().map(FrontEndSettings::as_front_end)
    }

    /// The largest of what each part says.
    fn largest(&self, of: impl Fn(&dyn FrontEnd) -> f64) -> f64 {
        self.parts().map(of).fold(0.0, f64::max)
    }

    /// Where the columns of a part begin and end.
    #[must_use]
    pub fn columns_of(&self, part: usize) -> Option<std::ops::Range<usize>> {
        let width = |part: &dyn FrontEnd| part.columns().len();
        let start = self.parts().take(part).map(width).sum();
        let own = self.parts().nth(part).map(width)?;
        Some(start..start + own)
    }
}

impl FrontEnd for Joined {
    fn name(&self) -> &'static str {
        "joined"
    }

    fn words(&self) -> String {
        let parts: Vec<String> = self.parts().map(FrontEnd::words).collect();
        format!("joined: {}", parts.join("; and "))
    }

    fn check(&self) -> Result<(), FrontEndError> {
        let n = self.parts.len();
        if !(2..=MOST_PARTS).contains(&n) {
            let problem = format!("are {n}; there must be 2 .. {MOST_PARTS} of them");
            return Err(FrontEndError::new("parts", problem));
        }
        for (number, settings) in (1..).zip(&self.parts) {
            let of = format!("parts[{number}]");
            if matches!(settings, FrontEndSettings::Joined(_)) {
                let problem = "is `joined`; name its parts beside the others";
                return Err(FrontEndError::new(format!("{of}.name"), problem));
            }
            let checked = settings.as_front_end().check();
            checked.map_err(|error| error.within(&of))?;
            if self.parts[..number - 1].contains(settings) {
                let problem = "is the same as one before it; name it once";
                return Err(FrontEndError::new(of, problem));
            }
        }
        let mut steps = self.parts().map(FrontEnd::row_s).filter(|s| s.is_finite());
        let first = steps.next();
        if let Some((first, other)) = first.and_then(|f| Some((f, steps.find(|s| *s != f)?))) {
            let problem = format!(
                "have a row each {first} s and each {other} s; rows that stand side by side must be as far apart"
            );
            return Err(FrontEndError::new("parts", problem));
        }
        Ok(())
    }

    fn columns(&self) -> Vec<String> {
        let of = |(number, part): (usize, &dyn FrontEnd)| {
            let names = part.columns().into_iter();
            names.map(move |name| format!("{number}:{name}"))
        };
        (1..).zip(self.parts()).flat_map(of).collect()
    }

    fn row_s(&self) -> f64 {
        self.parts()
            .map(FrontEnd::row_s)
            .fold(f64::INFINITY, f64::min)
    }

    fn shortest_s(&self) -> f64 {
        self.largest(|part| part.shortest_s())
    }

    fn look_ahead_s(&self) -> f64 {
        self.largest(|part| part.look_ahead_s())
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        self.check()?;
        let row_s = self.row_s();
        let held = match row_s.is_finite() {
            true => (ROOM_S.max(self.shortest_s()) / row_s).ceil() as usize,
            false => 1,
        };
        let parts = (1..).zip(self.parts()).map(|(number, part)| {
            let stream = part.open(sample_rate);
            let stream = stream.map_err(|error| error.within(&format!("parts[{number}]")))?;
            let is_one_row = part.row_s().is_infinite();
            let rows = if is_one_row { 1 } else { held };
            Ok(Part {
                is_one_row,
                waiting: Vec::with_capacity(rows * stream.columns()),
                taken: 0,
                stream,
            })
        });
        let parts = parts.collect::<Result<Vec<Part>, FrontEndError>>()?;
        let columns = parts.iter().map(|part| part.stream.columns()).sum();
        within("parts", columns as f64, 1.0..=1e5)?;
        Ok(Box::new(JoinedStream {
            parts,
            row: Vec::with_capacity(columns),
            columns,
        }))
    }
}

/// One of the front ends, and its rows that wait for others'.
struct Part {
    stream: Box<dyn RowStream>,
    is_one_row: bool,
    waiting: Vec<f32>,
    /// Values of `waiting` that were taken already.
    taken: usize,
}

impl Part {
    /// The row that is next, if it is there.
    fn next(&self) -> Option<&[f32]> {
        let row = self.waiting.get(self.taken..)?.get(..self.stream.columns());
        row.filter(|row| !row.is_empty())
    }

    /// The row was taken; one of a whole recording is there for the next, too.
    fn go_on(&mut self) {
        if self.is_one_row {
            return;
        }
        self.taken += self.stream.columns();
        if self.taken == self.waiting.len() {
            self.waiting.clear();
            self.taken = 0;
        }
    }

    fn clear(&mut self) {
        self.waiting.clear();
        self.taken = 0;
    }
}

struct JoinedStream {
    parts: Vec<Part>,
    row: Vec<f32>,
    columns: usize,
}

impl JoinedStream {
    /// Gives out rows that all parts have.
    fn give(&mut self, sink: &mut dyn FnMut(&[f32])) {
        let alike = self.parts.iter().all(|part| part.is_one_row);
        while self.parts.iter().all(|part| part.next().is_some()) {
            self.row.clear();
            for part in &mut self.parts {
                self.row.extend_from_slice(part.next().unwrap_or_default());
                part.go_on();
            }
            sink(&self.row);
            if alike {
                return;
            }
        }
    }
}

impl RowStream for JoinedStream {
    fn columns(&self) -> usize {
        self.columns
    }

    fn rows(&self, samples: usize) -> usize {
        let of_all = |part: &Part| part.stream.rows(samples);
        let fewest = |parts: &mut dyn Iterator<Item = &Part>| parts.map(of_all).min();
        let of_whole = fewest(&mut self.parts.iter().filter(|part| part.is_one_row));
        let of_rows = fewest(&mut self.parts.iter().filter(|part| !part.is_one_row));
        match (of_whole, of_rows) {
            (Some(0), _) => 0,
            (_, Some(rows)) => rows,
            (one, None) => one.unwrap_or(0),
        }
    }

    fn push(&mut self, samples: &[f32], sink: &mut dyn FnMut(&[f32])) {
        for part in &mut self.parts {
            let waiting = &mut part.waiting;
            part.stream
                .push(samples, &mut |row| waiting.extend_from_slice(row));
        }
        self.give(sink);
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[f32])) {
        for part in &mut self.parts {
            let waiting = &mut part.waiting;
            part.stream
                .finish(&mut |row| waiting.extend_from_slice(row));
        }
        self.give(sink);
        self.parts.iter_mut().for_each(Part::clear);
    }

    fn reset(&mut self) {
        for part in &mut self.parts {
            part.stream.reset();
            part.clear();
        }
    }
}
