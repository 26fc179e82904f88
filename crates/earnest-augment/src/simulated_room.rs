//! A room that is made: box-shaped, drawn anew, by the same image sources as the virtual lab's.

use std::collections::HashMap;
use std::fmt;

use earnest_acoustics::room::bands::{BANDS, air, flat};
use earnest_acoustics::room::head::{Vector, speed_of_sound};
use earnest_acoustics::room::render::{Receiver, Renderer, Rendering};
use earnest_acoustics::room::reverberation::reverberation;
use earnest_acoustics::room::shoebox::Shoebox;
use earnest_random::{Generator, Key};
use earnest_signal::SAMPLE_RATE;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::range::{Range, seed_of};

/// What a room is drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomRanges {
    /// m.
    #[serde(default = "usual_length")]
    pub length_m: Range,
    /// m.
    #[serde(default = "usual_width")]
    pub width_m: Range,
    /// m.
    #[serde(default = "usual_height")]
    pub height_m: Range,
    /// Reverberation time at 1 kHz, s; drawn in octaves.
    #[serde(default = "usual_rt60")]
    pub rt60_s: Range,
    /// From the speaker to the microphone, m; drawn in octaves.
    #[serde(default = "usual_distance")]
    pub distance_m: Range,
}

fn usual_length() -> Range {
    Range::new(2.6, 11.0)
}
fn usual_width() -> Range {
    Range::new(2.3, 8.0)
}
fn usual_height() -> Range {
    Range::new(2.2, 4.2)
}
fn usual_rt60() -> Range {
    Range::new(0.15, 1.0)
}
fn usual_distance() -> Range {
    Range::new(0.4, 4.0)
}

impl RoomRanges {
    pub(crate) fn check(&self) -> Result<(), String> {
        self.length_m.check("length_m", limits::SIDE_M)?;
        self.width_m.check("width_m", limits::SIDE_M)?;
        self.height_m.check("height_m", limits::SIDE_M)?;
        self.rt60_s.check("rt60_s", limits::RT60_S)?;
        self.distance_m.check("distance_m", limits::DISTANCE_M)
    }

    /// Draws a room: its size, then places that are so far apart, or as far as it lets them.
    pub(crate) fn draw(&self, generator: &mut Generator) -> SimulatedRoom {
        let size_m =
            [self.length_m, self.width_m, self.height_m].map(|range| range.draw(generator));
        let rt60_s = self.rt60_s.draw_octaves(generator);
        let wanted = self.distance_m.draw_octaves(generator);
        let (low, high) = (
            generator.uniform(LOW.0, LOW.1),
            generator.uniform(HIGH.0, HIGH.1),
        );
        let (source_m, place_m) = SimulatedRoom::places(&size_m, wanted, generator);
        SimulatedRoom {
            size_m,
            rt60_s,
            low,
            high,
            source_m,
            place_m,
            seed: seed_of(generator),
        }
    }
}

/// A box-shaped room, who speaks in it and who hears. Walls absorb alike, so much that Eyring's
/// formula gives the reverberation times; the air is at 20 degrees and 50 % humidity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedRoom {
    /// Length, width, height, m.
    pub size_m: Vector,
    /// Reverberation time at 1 kHz, s.
    pub rt60_s: f64,
    /// Reverberation at 125 Hz over that.
    pub low: f64,
    /// Reverberation at 8 kHz over that.
    pub high: f64,
    /// Where the speaker is, m.
    pub source_m: Vector,
    /// Where the microphone is, m.
    pub place_m: Vector,
    /// Of the late part's noise.
    pub seed: u64,
}

/// From when to when arrivals pass from early to late, s.
const MIXING_S: (f64, f64) = (0.03, 0.05);
/// How far from a wall speaker and microphone stay, m.
const MARGIN_M: f64 = 0.2;
/// Lengths of responses are multiples of this, s, so that a few plans serve all.
const STEP_S: f64 = 0.25;
/// The longest response, s.
const LONGEST_S: f64 = 2.5;
/// Until when images of the speaker are counted, s.
const COUNTED_S: f64 = 0.15;

/// Longer reverberation below 1 kHz, and shorter above.
const LOW: (f64, f64) = (0.9, 1.5);
const HIGH: (f64, f64) = (0.45, 1.0);

/// How long a response is, s.
fn response_s(rt60_s: f64) -> f64 {
    ((rt60_s / STEP_S).ceil() * STEP_S).min(LONGEST_S)
}

impl SimulatedRoom {
    /// A microphone somewhere, and a speaker around it at the distance: of the directions that were drawn the
    /// first that is inside, else the farthest that is, along the last.
    fn places(size_m: &Vector, distance_m: f64, generator: &mut Generator) -> (Vector, Vector) {
        const ATTEMPTS: usize = 20;
        let inside = |at: &Vector| {
            at.iter()
                .zip(size_m)
                .all(|(x, length)| (MARGIN_M..=length - MARGIN_M).contains(x))
        };
        let mut found = None;
        for _ in 0..ATTEMPTS {
            let microphone = size_m.map(|length| generator.uniform(MARGIN_M, length - MARGIN_M));
            let angle = generator.uniform(0.0, std::f64::consts::TAU);
            // Mouths are a little above or below ears, not overhead.
            let rise = generator.uniform(-0.5, 0.5);
            let (sine, cosine) = angle.sin_cos();
            let length = (1.0 + rise * rise).sqrt();
            let towards = [cosine / length, sine / length, rise / length];
            let at = |d: f64| -> Vector { std::array::from_fn(|i| microphone[i] + d * towards[i]) };
            let mut distance = distance_m;
            while !inside(&at(distance)) && distance > 0.1 {
                distance *= 0.9;
            }
            let is_right = distance == distance_m;
            found = Some((at(distance), microphone));
            if is_right {
                break;
            }
        }
        // There was one attempt at least.
        found.unwrap_or(([0.3; 3], [0.5; 3]))
    }

    /// From the speaker to the microphone, m.
    #[must_use]
    pub fn distance_m(&self) -> f64 {
        let apart = self.source_m.iter().zip(&self.place_m);
        apart.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    /// Its longest reverberation time, s.
    fn longest_s(&self) -> f64 {
        self.rt60_s * self.low.max(1.0).max(self.high)
    }

    /// What is wrong with it, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        let numbers = [self.rt60_s, self.low, self.high].into_iter();
        let places = [self.size_m, self.source_m, self.place_m];
        let all = numbers.chain(places.into_iter().flatten());
        if !all.into_iter().all(|x| x.is_finite() && x > 0.0) {
            return Err("a number of the room is none, or not above 0".to_owned());
        }
        for (name, place) in [("source_m", self.source_m), ("place_m", self.place_m)] {
            if place
                .iter()
                .zip(&self.size_m)
                .any(|(x, length)| x >= length)
            {
                return Err(format!(
                    "{name} = {place:?} is not inside {:?} m",
                    self.size_m
                ));
            }
        }
        Ok(())
    }

    fn shoebox(&self) -> Shoebox {
        let room = Shoebox {
            size_m: self.size_m,
            absorption: [flat(0.2); 6],
            air: air(20.0, 50.0),
            speed: speed_of_sound(20.0),
        };
        let rt60_s: [f64; BANDS] = reverberation(self.rt60_s, self.low, self.high);
        room.with_eyrings_rt60(&rt60_s)
    }
}

impl fmt::Display for SimulatedRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "room of {:.1} x {:.1} x {:.1} m that sounds for {:.2} s, speaker {:.1} m away",
            self.size_m[0],
            self.size_m[1],
            self.size_m[2],
            self.rt60_s,
            self.distance_m()
        )
    }
}

/// Makes responses, and keeps what makes them by their length.
#[derive(Default)]
pub(crate) struct RoomMaker {
    renderers: HashMap<u64, Renderer>,
}

impl RoomMaker {
    /// The response of a room at 16 kHz.
    pub fn response(&mut self, room: &SimulatedRoom) -> Vec<f32> {
        let seconds = response_s(room.longest_s());
        let steps = (seconds / STEP_S).round() as u64;
        let renderer = self.renderers.entry(steps).or_insert_with(|| {
            Renderer::new(Rendering {
                sample_rate: SAMPLE_RATE,
                seconds,
                mixing_s: MIXING_S,
                counted_s: COUNTED_S,
            })
        });
        let key = Key::new(room.seed);
        let mut out = renderer.response(
            &room.shoebox(),
            &room.source_m,
            &room.place_m,
            &Receiver::Point,
            &key,
        );
        out.pop().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_signal::ResponseFacts;

    #[test]
    fn rooms_are_as_large_as_far_and_as_live_as_asked_for() {
        let ranges = RoomRanges {
            length_m: Range::new(4.0, 9.0),
            width_m: Range::new(3.0, 7.0),
            height_m: Range::new(2.4, 3.5),
            rt60_s: Range::new(0.2, 0.8),
            distance_m: Range::new(0.5, 3.0),
        };
        let mut maker = RoomMaker::default();
        for i in 0..20 {
            let mut generator = Key::new(i).generator();
            let room = ranges.draw(&mut generator);
            assert_eq!(room.check(), Ok(()));
            assert!((0.1..3.01).contains(&room.distance_m()), "{room:?}");
            let response = maker.response(&room);
            let facts = ResponseFacts::of(&response, 16_000).unwrap();
            // Eyring's formula, and a measure over all frequencies.
            let ratio = facts.rt60_s / room.rt60_s;
            assert!((0.5..1.9).contains(&ratio), "{ratio}: {room:?}");
            let again = maker.response(&room);
            assert_eq!(response, again);
        }
    }
}
