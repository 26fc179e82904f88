//! A room that is made: box-shaped, drawn anew, by the same image sources as the virtual lab's.

use std::collections::HashMap;

use earnest_acoustics::room::bands::{BANDS, air, flat};
use earnest_acoustics::room::head::{Vector, speed_of_sound};
use earnest_acoustics::room::render::{Receiver, Renderer, Rendering};
use earnest_acoustics::room::reverberation::reverberation;
use earnest_acoustics::room::shoebox::Shoebox;
use earnest_random::{Generator, Key};
use earnest_signal::SAMPLE_RATE;
use serde::{Deserialize, Serialize};

use crate::range::Range;

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
    /// Draws one: its size, then places that are this far apart, or as far as the room lets them.
    pub(crate) fn draw(
        size_m: [Range; 3],
        rt60_s: Range,
        distance_m: Range,
        generator: &mut Generator,
    ) -> Self {
        let size_m = size_m.map(|range| range.draw(generator));
        let rt60_s = rt60_s.draw_octaves(generator);
        let wanted = distance_m.draw_octaves(generator);
        let (low, high) = (
            generator.uniform(LOW.0, LOW.1),
            generator.uniform(HIGH.0, HIGH.1),
        );
        let place = |generator: &mut Generator| -> Vector {
            size_m.map(|length| generator.uniform(MARGIN_M, length - MARGIN_M))
        };
        let (source_m, place_m) = Self::places(&size_m, wanted, place, generator);
        Self {
            size_m,
            rt60_s,
            low,
            high,
            source_m,
            place_m,
            seed: generator.next_u64() >> 32,
        }
    }

    /// A microphone somewhere, and a speaker around it at the distance: of the directions that were drawn the
    /// first that is inside, else the farthest that is, along the last.
    fn places(
        size_m: &Vector,
        distance_m: f64,
        place: impl Fn(&mut Generator) -> Vector,
        generator: &mut Generator,
    ) -> (Vector, Vector) {
        const ATTEMPTS: usize = 20;
        let inside = |at: &Vector| {
            at.iter()
                .zip(size_m)
                .all(|(x, length)| (MARGIN_M..=length - MARGIN_M).contains(x))
        };
        let mut found = None;
        for _ in 0..ATTEMPTS {
            let microphone = place(generator);
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

/// Makes responses, and keeps what makes them by their length.
#[derive(Default)]
pub(crate) struct RoomMaker {
    renderers: HashMap<u64, Renderer>,
}

impl RoomMaker {
    /// The response of a room at 16 kHz.
    pub fn response(&mut self, room: &SimulatedRoom) -> Vec<f32> {
        let longest = room.rt60_s * room.low.max(1.0).max(room.high);
        let seconds = response_s(longest);
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
        let size = [
            Range::new(4.0, 9.0),
            Range::new(3.0, 7.0),
            Range::new(2.4, 3.5),
        ];
        let mut maker = RoomMaker::default();
        for i in 0..20 {
            let mut generator = Key::new(i).generator();
            let room = SimulatedRoom::draw(
                size,
                Range::new(0.2, 0.8),
                Range::new(0.5, 3.0),
                &mut generator,
            );
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
