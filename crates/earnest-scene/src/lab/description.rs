//! What a laboratory is: a room, a robot's head, loudspeakers, machines that make noise. Read
//! from TOML that people fit to their own. Levels are dB SPL (re 20 uPa, unweighted RMS).

use std::path::{Path, PathBuf};

use earnest_files::{LIKE, nearest, toml_file};
use serde::{Deserialize, Serialize};

use super::bounds;
use earnest_acoustics::machine::event::BUILT_IN as BUILT_IN_EVENTS;
use earnest_acoustics::machine::fan::Fan;
use earnest_acoustics::machine::hum::Hum;
use earnest_acoustics::machine::motor::Motor;
use earnest_acoustics::room::bands::{BANDS, air, flat};
use earnest_acoustics::room::head::{SphericalHead, Vector, speed_of_sound};
use earnest_acoustics::room::material;
use earnest_acoustics::room::shoebox::Shoebox;

/// A laboratory with a robot in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lab {
    /// What it is, in words.
    pub name: String,
    /// The room.
    pub room: RoomDescription,
    /// The robot's head in it.
    pub head: HeadDescription,
    /// How speech is played.
    pub speech: SpeechDescription,
    /// Fans, in the head or elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fan: Vec<Fan>,
    /// Motors of joints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub motor: Vec<Motor>,
    /// Mains hum and buzz.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hum: Vec<Hum>,
    /// The robot's own noise as it was recorded, instead of fans and motors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// What happens now and then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub event: Vec<EventKind>,
    /// The robot's microphones and converters.
    pub microphones: Microphones,
}

/// A value for all bands, or one for each octave from 125 Hz to 8 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a number, or one for each of the 7 octaves from 125 Hz to 8 kHz"
)]
pub enum ByBand {
    /// The same in all.
    All(f64),
    /// One for each.
    Each([f64; BANDS]),
}

impl ByBand {
    /// One for each.
    #[must_use]
    pub fn each(&self) -> [f64; BANDS] {
        match self {
            Self::All(value) => flat(*value),
            Self::Each(values) => *values,
        }
    }
}

/// A box-shaped room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomDescription {
    /// Length, width, height, m.
    pub size_m: Vector,
    /// Reverberation time, s; or `walls`, or `responses`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rt60_s: Option<ByBand>,
    /// Materials of the walls at x = 0, x = length, y = 0, y = width, floor, ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walls: Option<[String; 6]>,
    /// A folder of measured responses of two channels (audio files, SOFA), one for each place
    /// of the loudspeaker, instead of a computed room. Relative to the TOML file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses: Option<PathBuf>,
    /// Temperature, Celsius.
    #[serde(default = "twenty")]
    pub celsius: f64,
    /// Relative humidity, percent.
    #[serde(default = "fifty")]
    pub humidity: f64,
}

fn twenty() -> f64 {
    20.0
}
fn fifty() -> f64 {
    50.0
}

/// A head with two microphones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadDescription {
    /// Where its centre is, m.
    pub place_m: Vector,
    /// Where it faces, degrees from the room's x axis, counterclockwise.
    pub facing_deg: f64,
    /// Radius of the sphere that stands for it, m.
    pub radius_m: f64,
    /// Angle between nose and each ear, degrees.
    #[serde(default = "ninety")]
    pub ears_deg: f64,
    /// The pinna's notch, Hz; 0 is no pinna.
    #[serde(default)]
    pub notch_hz: f64,
    /// Its depth, dB.
    #[serde(default)]
    pub notch_db: f64,
}

fn ninety() -> f64 {
    90.0
}

/// How speech is played to the robot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechDescription {
    /// From the head to the loudspeakers, m.
    pub distance_m: f64,
    /// Where they stand: 0 is to the robot's right, 90 ahead, 180 to its left. One is drawn for
    /// each utterance.
    pub azimuths_deg: Vec<f64>,
    /// Their height, m.
    pub height_m: f64,
    /// Level of a full-scale sine at 1 m. Nothing is normalised: utterances keep their levels.
    pub full_scale_db_spl: f64,
    /// Where the loudspeakers' low end begins to fall, Hz.
    pub low_hz: f64,
    /// Where their high end begins to fall, Hz.
    pub high_hz: f64,
    /// What a screen before them takes, dB.
    #[serde(default = "nothing")]
    pub screen_loss_db: ByBand,
}

fn nothing() -> ByBand {
    ByBand::All(0.0)
}

/// The robot's own noise as it was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// A folder of recordings. Relative to the TOML file.
    pub folder: PathBuf,
    /// Level at the ears.
    pub level_db_spl: f64,
}

/// Something that happens now and then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventKind {
    /// `air conditioner`, `babble`, `knocks` or `telephone` are built in; others need recordings.
    pub kind: String,
    /// How often in a minute.
    pub per_minute: f64,
    /// Least and most level at the head.
    pub level_db_spl: [f64; 2],
    /// Shortest and longest, s.
    pub seconds: [f64; 2],
    /// Classes of a noise collection that are of this kind; its own name if left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// True if it is made though there is a noise collection: of a built-in kind only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made: bool,
}

impl EventKind {
    /// Classes of a noise collection that are of this kind.
    #[must_use]
    pub fn wanted(&self) -> Vec<&str> {
        match self.classes.as_slice() {
            [] => vec![self.kind.as_str()],
            classes => classes.iter().map(String::as_str).collect(),
        }
    }
}

/// Microphones and converters, the same for both ears.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microphones {
    /// Level of their own noise.
    pub self_noise_db_spl: f64,
    /// Where their low end begins to fall, Hz.
    pub low_hz: f64,
    /// Where their high end begins to fall, Hz.
    pub high_hz: f64,
    /// Level of the sine that just reaches full scale.
    pub full_scale_db_spl: f64,
    /// Of the converter.
    pub bits: u32,
}

/// Built-in laboratories.
const BUILT_IN: [(&str, &str); 3] = [
    ("icub", include_str!("icub.toml")),
    ("nao", include_str!("nao.toml")),
    ("pepper", include_str!("pepper.toml")),
];

/// The most images of a source, which are all visited: some seconds for each response.
const MOST_IMAGES: f64 = 2e9;

/// The most events of a kind that sound at once.
const MOST_AT_ONCE: f64 = 100.0;

impl Lab {
    /// Names of the built-in ones.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    /// The TOML of a built-in one.
    #[must_use]
    pub fn built_in(name: &str) -> Option<&'static str> {
        let found = BUILT_IN.iter().find(|(n, _)| *n == name)?;
        Some(found.1)
    }

    /// From the text of a TOML file.
    ///
    /// # Errors
    /// A sentence with the line or the key and what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let lab: Self = toml_file::parse(text)?;
        lab.check()?;
        Ok(lab)
    }

    /// The text of a TOML file that has all of it.
    ///
    /// # Errors
    /// A sentence: a number that TOML cannot write.
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|e| format!("the lab cannot be written: {e}"))
    }

    /// Refuses numbers that no laboratory has, and a laboratory that does not fit together.
    ///
    /// # Errors
    /// A sentence that names the key and what it may be.
    pub fn check(&self) -> Result<(), String> {
        let written = toml::Value::try_from(self);
        bounds::check(&written.map_err(|e| format!("the lab cannot be written: {e}"))?)?;
        let room = &self.room;
        let size = &room.size_m;
        let ways = [
            room.rt60_s.is_some(),
            room.walls.is_some(),
            room.responses.is_some(),
        ];
        if ways.iter().filter(|w| **w).count() != 1 {
            return Err("room: give one of rt60_s, walls and responses".to_owned());
        }
        for name in room.walls.iter().flatten() {
            if material::absorption(name).is_none() {
                return Err(format!(
                    "room.walls: there is no material `{name}`; there are {}",
                    material::names().join(", ")
                ));
            }
        }
        if let Some(rt60) = &room.rt60_s {
            let longest = rt60.each().into_iter().fold(0.0, f64::max);
            let reach = longest * speed_of_sound(room.celsius);
            let volume: f64 = size.iter().product();
            let images = 4.0 / 3.0 * std::f64::consts::PI * reach.powi(3) / volume;
            if images > MOST_IMAGES {
                return Err(format!(
                    "room.rt60_s: a room of {size:?} m that sounds for {longest} s has {images:.1e} images of each source, too many to count; make room.rt60_s shorter or room.size_m larger"
                ));
            }
        }
        let inside = |what: &str, place: &Vector, margin: f64| {
            let fits = place
                .iter()
                .zip(size)
                .all(|(x, length)| *x >= margin && *x <= length - margin);
            match fits {
                true => Ok(()),
                false => Err(format!(
                    "{what} at {place:?} is not inside the room of {size:?} m"
                )),
            }
        };
        inside("head.place_m", &self.head.place_m, self.head.radius_m)?;
        if self.speech.azimuths_deg.is_empty() {
            return Err("speech.azimuths_deg is empty".to_owned());
        }
        for azimuth in &self.speech.azimuths_deg {
            inside(
                &format!("the loudspeaker at {azimuth} degrees"),
                &self.loudspeaker(*azimuth),
                0.0,
            )?;
        }
        for fan in &self.fan {
            if let Some(place) = &fan.place_m {
                inside(&format!("fan {}", fan.name), place, 0.0)?;
            }
        }
        for event in &self.event {
            if event.made && !BUILT_IN_EVENTS.contains(&event.kind.as_str()) {
                return Err(format!(
                    "event {}: made = true, but only {} can be made",
                    event.kind,
                    BUILT_IN_EVENTS.join(", ")
                ));
            }
            let at_once = event.per_minute / 60.0 * event.seconds[1];
            if at_once > MOST_AT_ONCE {
                return Err(format!(
                    "event.per_minute of {:?} is {}: with event.seconds up to {} some {at_once:.0} would sound at once; {MOST_AT_ONCE} are the most",
                    event.kind, event.per_minute, event.seconds[1]
                ));
            }
        }
        let (s, m) = (&self.speech, &self.microphones);
        for (table, low, high) in [
            ("speech", s.low_hz, s.high_hz),
            ("microphones", m.low_hz, m.high_hz),
        ] {
            if low >= high {
                return Err(format!(
                    "{table}.low_hz is {low}; it must lie below high_hz, which is {high}"
                ));
            }
        }
        Ok(())
    }

    /// The same lab with its relative paths below a folder: its TOML file's.
    #[must_use]
    pub fn below(mut self, folder: &Path) -> Self {
        if let Some(recorded) = &mut self.recorded {
            recorded.folder = folder.join(&recorded.folder);
        }
        if let Some(responses) = &mut self.room.responses {
            *responses = folder.join(&*responses);
        }
        self
    }

    /// Has a kind of events made, though there may be a noise collection.
    ///
    /// # Errors
    /// The lab has no such kind, of which the nearest is named, or it cannot be made.
    pub fn make_event(&mut self, kind: &str) -> Result<(), String> {
        let kinds: Vec<String> = self.event.iter().map(|e| e.kind.clone()).collect();
        let Some(event) = self.event.iter_mut().find(|e| e.kind == kind) else {
            let nearest = nearest(kind, kinds.iter().map(String::as_str), LIKE);
            return Err(format!(
                "the lab has no kind of event {kind:?}{}; it has {}",
                nearest.map_or(String::new(), |name| format!(" (did you mean {name:?}?)")),
                kinds.join(", ")
            ));
        };
        if !BUILT_IN_EVENTS.contains(&kind) {
            return Err(format!(
                "{kind} cannot be made, only {} can",
                BUILT_IN_EVENTS.join(", ")
            ));
        }
        event.made = true;
        Ok(())
    }

    /// Where the loudspeaker at an azimuth stands, m.
    #[must_use]
    pub fn loudspeaker(&self, azimuth_deg: f64) -> Vector {
        let [x, y, _] = self.head.place_m;
        // 90 is ahead; counterclockwise.
        let angle = (self.head.facing_deg + azimuth_deg - 90.0).to_radians();
        let d = self.speech.distance_m;
        [
            x + d * angle.cos(),
            y + d * angle.sin(),
            self.speech.height_m,
        ]
    }

    /// The head as the renderer has it.
    #[must_use]
    pub fn head(&self) -> SphericalHead {
        let h = &self.head;
        SphericalHead {
            radius_m: h.radius_m,
            facing_deg: h.facing_deg,
            ears_deg: h.ears_deg,
            notch_hz: h.notch_hz,
            notch_db: h.notch_db,
        }
    }

    /// The room as the renderer has it, and its longest reverberation time, s.
    #[must_use]
    pub fn shoebox(&self) -> (Shoebox, f64) {
        let r = &self.room;
        let mut room = Shoebox {
            size_m: r.size_m,
            absorption: [flat(0.2); 6],
            air: air(r.celsius, r.humidity),
            speed: speed_of_sound(r.celsius),
        };
        if let Some(walls) = &r.walls {
            for (a, name) in room.absorption.iter_mut().zip(walls) {
                *a = material::absorption(name).unwrap_or(flat(0.2));
            }
        }
        if let Some(rt60) = &r.rt60_s {
            room = room.with_rt60(&rt60.each());
        }
        let decay = room.decay(
            &self.loudspeaker(self.speech.azimuths_deg[0]),
            &self.head.place_m,
            2.0,
            0.004,
        );
        let longest = (0..BANDS)
            .filter_map(|b| decay.rt60_s(b))
            .fold(0.1, f64::max);
        (room, longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_labs_are_read_and_survive_their_own_toml() {
        for name in Lab::names() {
            let lab = Lab::from_toml(Lab::built_in(name).unwrap()).unwrap();
            let again = toml::to_string(&lab).unwrap();
            assert_eq!(Lab::from_toml(&again).unwrap(), lab, "{name}");
        }
        assert!(Lab::built_in("asimo").is_none());
    }

    #[test]
    fn the_icub_stands_as_in_the_paper() {
        let lab = Lab::from_toml(Lab::built_in("icub").unwrap()).unwrap();
        assert_eq!(lab.speech.distance_m, 1.6);
        let azimuths = &lab.speech.azimuths_deg;
        assert_eq!((azimuths[0], azimuths[azimuths.len() - 1]), (0.0, 180.0));
        let ahead = lab.loudspeaker(90.0);
        let facing = lab.head.facing_deg.to_radians();
        let way = (ahead[0] - lab.head.place_m[0]) * facing.cos()
            + (ahead[1] - lab.head.place_m[1]) * facing.sin();
        assert!((way - 1.6).abs() < 1e-9);
        let (_, longest) = lab.shoebox();
        assert!((0.2..1.0).contains(&longest), "{longest}");
    }

    #[test]
    fn senseless_labs_are_refused_with_the_key() {
        let good = Lab::built_in("icub").unwrap();
        for (from, to, words) in [
            (
                "distance_m = 1.6",
                "distance_m = 9.0",
                "not inside the room",
            ),
            (
                "distance_m = 1.6",
                "distence_m = 1.6",
                "did you mean `distance_m`",
            ),
            ("radius_m = ", "radius_m = 7", "head.radius_m"),
            ("bits = 16", "bits = 64", "microphones.bits"),
            (
                "size_m = [",
                "walls = [\"jelly\", \"jelly\", \"jelly\", \"jelly\", \"jelly\", \"jelly\"]\nsize_m = [",
                "one of rt60_s",
            ),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Lab::from_toml(&good.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
