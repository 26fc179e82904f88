//! The smoothest path through the F0 candidates: docs/descriptors.md, section 7.3.
//!
//! Two oddities of the original are part of the definition and kept: one "last change"
//! variable is shared by all pairs in the order in which they are evaluated, and staying
//! unvoiced costs 1.

use std::collections::VecDeque;

use super::{CANDIDATES, Candidate};

const STATES: usize = CANDIDATES + 1;
const UNVOICED: usize = CANDIDATES;
const BUFFER: usize = 40;
const THRESHOLD: f32 = 0.7;
const W_LOCAL: f64 = 2.0;
const W_THRESHOLD: f64 = 4.0;
const W_RANGE: f64 = 1.0;
const W_VOICED: f64 = 10.0;
const W_CHANGE: f64 = 10.0;
const W_VOICING_CHANGE: f64 = 10.0;
const STAY_UNVOICED: f64 = 1.0;
const IMPOSSIBLE: f64 = 999.0;

struct Column {
    candidates: [Candidate; CANDIDATES],
    from: [usize; STATES],
}

/// An online Viterbi search. Frames go in one at a time; decisions come out in order,
/// at most 40 frames later.
pub(crate) struct Viterbi {
    columns: VecDeque<Column>,
    cost: [f64; STATES],
    last: f64,
    started: bool,
}

fn range_cost(f: f64) -> f64 {
    if f <= 0.0 {
        2.0
    } else if f < 100.0 {
        1.0 - f / 100.0
    } else if f < 350.0 {
        0.0
    } else if f < 600.0 {
        (f - 350.0) / 250.0
    } else {
        1.2
    }
}

impl Viterbi {
    /// Frames that can wait for a decision at once.
    pub const LONGEST_WAIT: usize = BUFFER;

    pub fn new() -> Self {
        Self {
            columns: VecDeque::with_capacity(BUFFER + 2),
            cost: [0.0; STATES],
            last: 1.0,
            started: false,
        }
    }

    /// Adds a frame; calls `decided` with the F0 in Hz (0 = unvoiced) of every frame that
    /// is now settled, oldest first.
    pub fn push(&mut self, candidates: [Candidate; CANDIDATES], mut decided: impl FnMut(f32)) {
        let mut local = [0.0; STATES];
        let mut any_voiced = false;
        for (c, cost) in candidates.iter().zip(&mut local) {
            any_voiced |= c.voicing >= THRESHOLD;
            let v = f64::from(c.voicing).clamp(0.01, 1.0);
            let below = if c.voicing < THRESHOLD {
                W_THRESHOLD
            } else {
                0.0
            };
            *cost = W_LOCAL * (-v.ln() + below) + W_RANGE * range_cost(f64::from(c.frequency));
        }
        local[UNVOICED] = if any_voiced {
            W_LOCAL * W_THRESHOLD
        } else {
            0.0
        };

        let mut from = [0; STATES];
        if let (true, Some(previous)) = (self.started, self.columns.back()) {
            let mut cost = [0.0; STATES];
            for i in 0..STATES {
                let mut best = f64::INFINITY;
                for j in 0..STATES {
                    let total = self.cost[j]
                        + transition(&candidates, i, &previous.candidates, j, &mut self.last);
                    if total < best {
                        best = total;
                        from[i] = j;
                    }
                }
                cost[i] = best + local[i];
            }
            self.cost = cost;
        } else {
            self.cost = local;
            self.started = true;
        }
        self.columns.push_back(Column { candidates, from });

        if self.columns.len() + 1 > BUFFER {
            let state = self.oldest_of_cheapest();
            self.decide(state, &mut decided);
        } else {
            while let Some(state) = self.agreed() {
                self.decide(state, &mut decided);
            }
        }
    }

    /// The F0 that the oldest frame that waits would be given by [`Self::finish`]; 0 if none waits.
    pub fn leading(&self) -> f32 {
        let state = self.oldest_of_cheapest();
        let oldest = self.columns.front();
        oldest
            .and_then(|column| column.candidates.get(state))
            .map_or(0.0, |c| c.frequency)
    }

    /// The state of the oldest frame on the cheapest path.
    fn oldest_of_cheapest(&self) -> usize {
        let mut state = self.cheapest();
        for column in self.columns.iter().skip(1).rev() {
            state = column.from[state];
        }
        state
    }

    /// Settles what is left along the cheapest path, and starts anew.
    pub fn finish(&mut self, mut decided: impl FnMut(f32)) {
        let mut states = [self.cheapest(); Self::LONGEST_WAIT];
        let waiting = self.columns.len();
        for i in (1..waiting).rev() {
            states[i - 1] = self.columns[i].from[states[i]];
        }
        for state in &states[..waiting] {
            self.decide(*state, &mut decided);
        }
        self.reset();
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.columns.clear();
        self.cost = [0.0; STATES];
        self.last = 1.0;
        self.started = false;
    }

    fn decide(&mut self, state: usize, decided: &mut impl FnMut(f32)) {
        if let Some(column) = self.columns.pop_front() {
            decided(column.candidates.get(state).map_or(0.0, |c| c.frequency));
        }
    }

    fn cheapest(&self) -> usize {
        let mut best = 0;
        for (i, cost) in self.cost.iter().enumerate() {
            if *cost < self.cost[best] {
                best = i;
            }
        }
        best
    }

    /// The state of the oldest frame, if all surviving paths agree on it.
    fn agreed(&self) -> Option<usize> {
        if self.columns.is_empty() {
            return None;
        }
        let mut states: [usize; STATES] = std::array::from_fn(|i| i);
        for column in self.columns.iter().skip(1).rev() {
            for state in &mut states {
                *state = column.from[*state];
            }
        }
        states.iter().all(|s| *s == states[0]).then_some(states[0])
    }
}

fn transition(
    current: &[Candidate; CANDIDATES],
    i: usize,
    previous: &[Candidate; CANDIDATES],
    j: usize,
    last: &mut f64,
) -> f64 {
    match (current.get(i), previous.get(j)) {
        (Some(c), Some(p)) => {
            if c.frequency == 0.0 || p.frequency == 0.0 {
                return IMPOSSIBLE;
            }
            let r = f64::from(c.frequency / p.frequency).ln();
            let cost = W_VOICED * r.abs() + W_CHANGE * (r - *last).abs();
            *last = r;
            cost
        }
        (None, None) => STAY_UNVOICED,
        _ => {
            *last = 0.0;
            W_VOICING_CHANGE
        }
    }
}
