//! Robots drawn at random, to be surprised by: a model that is chosen on the robots of one's own lab
//! is good at those.
//!
//! The priors are wide on purpose, and are choices of ours: from a cupboard of a room to a hall, from a
//! toy's head to a mascot's, from a robot without a fan to one that is louder than who speaks to it.

use earnest_random::{Generator, Key};

use super::description::{
    ByBand, EventKind, HeadDescription, Lab, Microphones, RoomDescription, SpeechDescription,
};
use earnest_acoustics::machine::event::BUILT_IN;
use earnest_acoustics::machine::fan::Fan;
use earnest_acoustics::machine::hum::Hum;
use earnest_acoustics::machine::motor::Motor;
use earnest_acoustics::room::bands::BANDS;
use earnest_acoustics::room::reverberation::reverberation as reverberation_of;

/// The least and the most by which speech is above the noise that never stops, dB, at the head without
/// its room: what lies below nobody would understand, above it is nothing to be robust against.
const SNR_DB: (f64, f64) = (-3.0, 25.0);

/// Level of usual speech below a full-scale sine, dB.
const SPEECH_BELOW_FULL_SCALE_DB: f64 = 20.0;

/// Draws from ranges, to as many places as one would write.
struct Draw {
    generator: Generator,
}

impl Draw {
    /// To so many decimal places.
    fn uniform(&mut self, low: f64, high: f64, places: i32) -> f64 {
        rounded(self.generator.uniform(low, high), places)
    }

    /// Uniform in octaves, to three digits.
    fn octaves(&mut self, low: f64, high: f64) -> f64 {
        let drawn = low * (high / low).powf(self.generator.unit());
        rounded(drawn, 2 - drawn.log10().floor() as i32)
    }

    /// From the first to the last.
    fn whole(&mut self, first: usize, last: usize) -> usize {
        first + self.generator.below(last - first + 1)
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.generator.chance(probability)
    }

    /// Two, the lesser first.
    fn pair(&mut self, low: f64, high: f64, places: i32) -> [f64; 2] {
        let (a, b) = (
            self.uniform(low, high, places),
            self.uniform(low, high, places),
        );
        [a.min(b), a.max(b)]
    }
}

fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10.0_f64.powi(places.abs());
    match places < 0 {
        true => (value / scale).round() * scale,
        false => (value * scale).round() / scale,
    }
}

impl Lab {
    /// A robot in a room, everything about both drawn at random: the same seed gives the same. Its noises are
    /// made, so it needs no recordings.
    ///
    /// | what | from |
    /// |---|---|
    /// | room | 2.4 .. 12 x 2.2 .. 9 x 2.2 .. 4.5 m; reverberation .15 .. 1.2 s at 1 kHz, longer below and shorter above |
    /// | loudspeaker | .5 .. 4 m away (in octaves), .9 .. 1.8 m high, at 3 to 9 places, ahead, around the front half, or anywhere |
    /// | head | .25 .. 1.7 m high, radius 3 .. 15 cm, ears 70 .. 120 degrees from the nose, every other one with pinnae |
    /// | noise that never stops | up to 3 fans in the head (30 .. 66 dB SPL), up to 2 in the room, a hum |
    /// | joints | up to 5 motors, 35 .. 68 dB SPL, up to 40 movements a minute |
    /// | events | air conditioner, babble, knocks and telephone, .1 .. 2 a minute each, 35 .. 66 dB SPL |
    /// | microphones | self-noise 20 .. 46 dB SPL, from 20 .. 250 to 3,400 .. 7,900 Hz, full scale at 84 .. 124 dB SPL |
    ///
    /// A robot at which usual speech would be less than 3 dB below, or more than 25 dB above, the noise that
    /// never stops is drawn again.
    #[must_use]
    pub fn random(seed: u64) -> Self {
        let key = Key::new(seed).with("random robot");
        let draw_of = |key: Key| Draw {
            generator: key.generator(),
        };
        // Once for all attempts: near ones fit into more rooms and are heard better.
        let distance_m = draw_of(key.with("distance")).octaves(0.5, 4.0);
        let mut attempt = 0;
        loop {
            let lab = drawn(&mut draw_of(key.with(attempt)), seed, distance_m);
            let (least, most) = SNR_DB;
            if lab.check().is_ok() && (least..=most).contains(&steady_snr_db(&lab)) {
                return lab;
            }
            attempt += 1;
        }
    }
}

/// How far usual speech is above the noise that never stops, dB, by levels at the head alone.
fn steady_snr_db(lab: &Lab) -> f64 {
    let power = |db: f64| 10.0_f64.powf(db / 10.0);
    let fans = lab.fan.iter().map(|fan| fan.level_db_spl);
    let hums = lab.hum.iter().map(|hum| hum.level_db_spl);
    let own = [lab.microphones.self_noise_db_spl];
    let noise: f64 = fans.chain(hums).chain(own).map(power).sum();
    let speech = lab.speech.full_scale_db_spl
        - SPEECH_BELOW_FULL_SCALE_DB
        - 20.0 * lab.speech.distance_m.log10();
    speech - 10.0 * noise.log10()
}

fn drawn(draw: &mut Draw, seed: u64, distance_m: f64) -> Lab {
    let size_m = [
        draw.uniform(2.4, 12.0, 1),
        draw.uniform(2.2, 9.0, 1),
        draw.uniform(2.2, 4.5, 1),
    ];
    let room = RoomDescription {
        size_m,
        rt60_s: Some(ByBand::Each(reverberation(draw))),
        walls: None,
        responses: None,
        celsius: draw.uniform(16.0, 28.0, 0),
        humidity: draw.uniform(25.0, 70.0, 0),
    };
    let has_pinnae = draw.chance(0.5);
    let radius_m = draw.uniform(0.03, 0.15, 3);
    let margin = 0.1 + radius_m;
    let head = HeadDescription {
        place_m: [
            draw.uniform(margin, size_m[0] - margin, 2),
            draw.uniform(margin, size_m[1] - margin, 2),
            draw.uniform(0.25, 1.7, 2),
        ],
        facing_deg: draw.uniform(0.0, 360.0, 0),
        radius_m,
        ears_deg: draw.uniform(70.0, 120.0, 0),
        notch_hz: if has_pinnae {
            draw.octaves(4_500.0, 8_000.0)
        } else {
            0.0
        },
        notch_db: if has_pinnae {
            draw.uniform(4.0, 15.0, 0)
        } else {
            0.0
        },
    };
    let has_screen = draw.chance(0.2);
    let speech = SpeechDescription {
        distance_m,
        azimuths_deg: azimuths(draw),
        height_m: draw.uniform(0.9, 1.8, 2),
        full_scale_db_spl: draw.uniform(78.0, 95.0, 0),
        low_hz: draw.octaves(50.0, 200.0),
        high_hz: draw.octaves(8_000.0, 18_000.0),
        screen_loss_db: match has_screen {
            true => ByBand::Each(std::array::from_fn(|b| {
                draw.uniform(0.0, 0.9 * b as f64 + 0.1, 1)
            })),
            false => ByBand::All(0.0),
        },
    };
    let mut fan = Vec::new();
    for i in 0..draw.whole(0, 3) {
        fan.push(some_fan(draw, format!("head {}", i + 1), (30.0, 66.0)));
    }
    for i in 0..draw.whole(0, 2) {
        let mut own = some_fan(draw, format!("room {}", i + 1), (28.0, 52.0));
        let place = size_m.map(|length| draw.uniform(0.1, length - 0.1, 1));
        own.place_m = Some(place);
        fan.push(own);
    }
    let motor = (0..draw.whole(0, 5)).map(|i| some_motor(draw, i)).collect();
    let has_hum = draw.chance(0.4);
    let hum = match has_hum {
        true => vec![Hum {
            name: "mains".to_owned(),
            base_hz: if draw.chance(0.5) { 50.0 } else { 60.0 } * draw.whole(1, 2) as f64,
            fall_db: draw.uniform(2.0, 10.0, 0),
            level_db_spl: draw.uniform(20.0, 44.0, 0),
        }],
        false => Vec::new(),
    };
    Lab {
        name: format!("a robot drawn at random (seed {seed})"),
        room,
        head,
        speech,
        fan,
        motor,
        hum,
        recorded: None,
        event: BUILT_IN.iter().map(|kind| some_event(draw, kind)).collect(),
        microphones: Microphones {
            self_noise_db_spl: draw.uniform(20.0, 46.0, 0),
            low_hz: draw.octaves(20.0, 250.0),
            high_hz: draw.octaves(3_400.0, 7_900.0),
            full_scale_db_spl: draw.uniform(84.0, 124.0, 0),
            bits: if draw.chance(0.8) { 16 } else { 24 },
        },
    }
}

/// Reverberation times by octave: longer below 1 kHz and shorter above, as walls and air make them.
fn reverberation(draw: &mut Draw) -> [f64; BANDS] {
    let middle = draw.octaves(0.15, 1.2);
    let (low, high) = (draw.uniform(0.9, 1.5, 2), draw.uniform(0.45, 1.0, 2));
    reverberation_of(middle, low, high).map(|seconds| rounded(seconds, 2).max(0.08))
}

/// Where the loudspeaker is: ahead is 90.
fn azimuths(draw: &mut Draw) -> Vec<f64> {
    let reach = [40.0, 90.0, 180.0][draw.whole(0, 2)];
    let places = draw.whole(3, 9);
    let mut all: Vec<f64> = (0..places)
        .map(|_| draw.uniform(90.0 - reach, 90.0 + reach, 0))
        .collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

fn some_fan(draw: &mut Draw, name: String, level_db_spl: (f64, f64)) -> Fan {
    Fan {
        name,
        rpm: draw.octaves(900.0, 9_000.0),
        blades: draw.whole(3, 11) as u32,
        level_db_spl: draw.uniform(level_db_spl.0, level_db_spl.1, 0),
        tone_db: draw.uniform(-22.0, 3.0, 0),
        exponent: draw.uniform(0.2, 1.8, 1),
        drift: draw.uniform(0.0, 0.05, 3),
        place_m: None,
    }
}

fn some_motor(draw: &mut Draw, number: usize) -> Motor {
    let shortest = draw.uniform(0.08, 0.8, 2);
    Motor {
        name: format!("joint {}", number + 1),
        level_db_spl: draw.uniform(35.0, 68.0, 0),
        whine_hz: draw.octaves(250.0, 3_500.0),
        gear_hz: draw.octaves(30.0, 500.0),
        gear_db: draw.uniform(-12.0, 4.0, 0),
        jerk_db: draw.uniform(-6.0, 10.0, 0),
        moves_per_minute: draw.octaves(1.0, 40.0),
        move_s: [shortest, rounded(shortest * draw.uniform(1.2, 4.0, 1), 2)],
    }
}

fn some_event(draw: &mut Draw, kind: &str) -> EventKind {
    let brief = matches!(kind, "knocks" | "telephone");
    let seconds = match brief {
        true => draw.pair(0.5, 4.0, 1),
        false => draw.pair(2.0, 20.0, 1),
    };
    EventKind {
        kind: kind.to_owned(),
        per_minute: draw.octaves(0.1, 2.0),
        level_db_spl: draw.pair(35.0, 66.0, 0),
        seconds,
        classes: Vec::new(),
        made: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_robot_can_be_set_up_survives_its_toml_and_no_two_are_alike() {
        let mut all: Vec<Lab> = Vec::new();
        for seed in 0..200 {
            let lab = Lab::random(seed);
            assert_eq!(lab.check(), Ok(()), "seed {seed}");
            let text = toml::to_string(&lab).unwrap();
            assert_eq!(Lab::from_toml(&text).unwrap(), lab, "seed {seed}");
            assert_eq!(Lab::random(seed), lab);
            assert!(!all.contains(&lab));
            all.push(lab);
        }
        let share = |is: &dyn Fn(&Lab) -> bool| {
            all.iter().filter(|lab| is(lab)).count() as f64 / all.len() as f64
        };
        // Wide: near and far, dry and live, quiet and loud are all among them.
        assert!(share(&|lab| lab.speech.distance_m < 0.8) > 0.15);
        assert!(share(&|lab| lab.speech.distance_m > 2.0) > 0.25);
        let live = |lab: &Lab| lab.room.rt60_s.is_some_and(|t| t.each()[3] > 0.6);
        assert!((0.2..0.6).contains(&share(&live)));
        assert!(share(&|lab| steady_snr_db(lab) < 5.0) > 0.1);
        assert!(share(&|lab| steady_snr_db(lab) > 15.0) > 0.1);
        assert!(share(&|lab| lab.microphones.full_scale_db_spl > 110.0) > 0.2);
    }
}
