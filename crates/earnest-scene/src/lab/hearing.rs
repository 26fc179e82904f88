//! What the robot hears of an utterance in a laboratory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use earnest_corpus::{Clip, Collection, LeftOut, SoundMemory, load_noises, read_responses};
use earnest_random::{Generator, Key};
use earnest_signal::{
    Convolver, SAMPLE_RATE, SoundBank, SoundError, SpectrumShaper, amplitude, coloured_noise,
    direct_path, high_pass, low_pass, rms,
};
use serde::{Deserialize, Deserializer, Serialize};

use super::description::{EventKind, Lab};
use earnest_acoustics::machine::event::{BUILT_IN, synthetic};
use earnest_acoustics::machine::fan::fan;
use earnest_acoustics::machine::hum::hum;
use earnest_acoustics::machine::motor::{Movement, add_motor, movements};
use earnest_acoustics::machine::{RATE, db_spl, level, pascal};
use earnest_acoustics::room::bands::{BANDS, share};
use earnest_acoustics::room::head::Vector;
use earnest_acoustics::room::render::{Receiver, Renderer, Rendering};

/// Left and right.
type Ears = [Vec<f32>; 2];

/// Why a laboratory cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A folder of sounds cannot be used.
    #[error("{what}: {source}")]
    Collection {
        /// For what.
        what: &'static str,
        /// Why.
        source: earnest_corpus::CollectionError,
    },
    /// Measured responses cannot be used.
    #[error("room.responses {}: {detail}", folder.display())]
    Responses {
        /// The folder.
        folder: PathBuf,
        /// Why.
        detail: String,
    },
    /// Kinds of events for which there is no recording.
    #[error("{}", in_words(events.as_deref(), missing, classes))]
    Events {
        /// The noise collection, if there is one.
        events: Option<PathBuf>,
        /// The kinds.
        missing: Vec<EventKind>,
        /// Classes that the collection has.
        classes: Vec<String>,
    },
    /// Recordings that cannot be used.
    #[error(
        "{what}: {} of the recordings in {} cannot be used; mend them, or remove them from there:\n  {}",
        left_out.len(),
        folder.display(),
        left_out.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
    )]
    Recordings {
        /// For what.
        what: &'static str,
        /// The folder.
        folder: PathBuf,
        /// Which, and why.
        left_out: Vec<LeftOut>,
    },
    /// A sound cannot be decoded any more.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// An ear would hear what no recording has.
    #[error("the {ear} ear would hear {what}")]
    Unheard {
        /// `left` or `right`.
        ear: &'static str,
        /// What, and what to try.
        what: String,
    },
}

/// Which kinds of events have no recording, and what to do.
fn in_words(events: Option<&Path>, missing: &[EventKind], classes: &[String]) -> String {
    let made = |kind: &&EventKind| BUILT_IN.contains(&kind.kind.as_str());
    let sought: Vec<String> = missing
        .iter()
        .map(|kind| {
            let wanted = kind.wanted();
            let near = wanted
                .iter()
                .flat_map(|w| classes.iter().map(move |c| (strsim::jaro_winkler(w, c), c)))
                .filter(|(likeness, _)| *likeness > NEAR)
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .map_or(String::new(), |(_, class)| format!(", nearest: {class}"));
            format!(
                "event {}: there is no recording of the class {}{near}",
                kind.kind,
                wanted.join(" or ")
            )
        })
        .collect();
    let sought = sought.join("\n  ");
    let Some(events) = events else {
        return format!(
            "{sought}\ngive a noise collection that has one (--events), or use one of the kinds that can be made: {}",
            BUILT_IN.join(", ")
        );
    };
    let has = match classes {
        [] => "it has no classes: they are names of folders, or stand in the table of a collection like ESC-50".to_owned(),
        classes => format!("it has {}", classes.join(", ")),
    };
    let can_be_made: Vec<&str> = missing
        .iter()
        .filter(made)
        .map(|k| k.kind.as_str())
        .collect();
    let or_made = match can_be_made.as_slice() {
        [] => String::new(),
        kinds => format!(
            ", or have them made (--made \"{}\", or `made = true` in the lab's TOML)",
            kinds.join(",")
        ),
    };
    format!(
        "--events {}: some kinds of events are not in it\n  {sought}\n{has}\nname its classes in the lab's TOML (classes = [...]), take these kinds out of it{or_made}",
        events.display()
    )
}

/// Likeness from which a class may have been meant.
const NEAR: f64 = 0.8;

/// An event as it was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its kind.
    pub kind: String,
    /// Which recording; none if it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// When it begins, s; below 0 it was there before.
    pub start_s: f64,
    /// How long it lasts, s.
    pub seconds: f64,
    /// Its level at the louder ear.
    pub level_db_spl: f64,
    /// From where: 0 right, 90 ahead, 180 left.
    pub azimuth_deg: f64,
    /// From how far, m.
    pub distance_m: f64,
}

/// Everything that was drawn for an utterance, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draws {
    /// Where the loudspeaker stood (with measured responses: their number).
    pub azimuth_deg: f64,
    /// How joints moved.
    pub movements: Vec<Movement>,
    /// What happened.
    pub events: Vec<Event>,
    /// Level of the speech at the ears (mean power of both); -infinity, in a file null, if there
    /// is none.
    #[serde(deserialize_with = "level_or_silence")]
    pub speech_db_spl: f64,
    /// Level of all else; -infinity, in a file null, if there is nothing.
    #[serde(deserialize_with = "level_or_silence")]
    pub noise_db_spl: f64,
    /// The difference; in a file null if one of them is silence.
    #[serde(deserialize_with = "number_or_none")]
    pub snr_db: f64,
    /// Samples beyond the converters' full scale, left and right.
    pub clipped: [usize; 2],
}

/// JSON has no infinity.
fn level_or_silence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let level = Option::<f64>::deserialize(deserializer)?;
    Ok(level.unwrap_or(f64::NEG_INFINITY))
}

/// Of which [`Draws::settle`] makes what it was.
fn number_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = Option::<f64>::deserialize(deserializer)?;
    Ok(number.unwrap_or(f64::NAN))
}

impl Draws {
    /// Computes what a file has no number for.
    pub(crate) fn settle(&mut self) {
        if self.snr_db.is_nan() {
            self.snr_db = self.speech_db_spl - self.noise_db_spl;
        }
    }
}

/// What the robot heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Left and right, as the converters give it; as long as the utterance.
    pub channels: Ears,
    /// How it came about.
    pub draws: Draws,
}

/// A laboratory with all its responses computed.
pub struct Setup {
    lab: Lab,
    /// For each loudspeaker.
    speech: Vec<(f64, Ears)>,
    /// Samples that sound needs to the head, which recordings are cut by.
    lead: usize,
    /// For each fan; none if it is in the head.
    fans: Vec<Option<Ears>>,
    /// Where events may be: azimuth, distance, response.
    places: Vec<(f64, f64, Ears)>,
    /// Recordings for each kind of event.
    events: Vec<SoundBank>,
    recorded: SoundBank,
}

/// So many places are drawn for events.
const PLACES: usize = 12;
/// Recorded sounds that a lab keeps, MiB.
const MEMORY_MIB: u64 = 1024;

fn shaped(ears: Ears, curve: impl Fn(f64) -> f64) -> Ears {
    ears.map(|mut ear| {
        SpectrumShaper::default().shape(&mut ear, SAMPLE_RATE, &curve);
        ear
    })
}

impl Setup {
    /// Computes the lab's responses and opens its recordings (its paths are taken as they are:
    /// see [`Lab::below`]); `events` is a noise collection for events, without which all are
    /// made. The same seed gives the same lab.
    ///
    /// # Errors
    /// [`LabError`]: a folder or a recording in it cannot be used, or there is none for a kind
    /// of events that is not to be made.
    pub fn new(lab: Lab, events: Option<&Path>, seed: u64) -> Result<Self, LabError> {
        // Recordings first: what is wrong with them is said before rooms are computed.
        let mut memory = SoundMemory::mebibytes(MEMORY_MIB);
        let recorded = match &lab.recorded {
            None => SoundBank::default(),
            Some(recorded) => {
                let what = "the robot's own noise ([recorded] in the lab's TOML)";
                let folder = &recorded.folder;
                let collection = open(what, folder)?;
                all(what, folder, &collection.clips, &mut memory)?
            }
        };
        let events = event_banks(&lab, events, &mut memory)?;
        let key = Key::new(seed).with("lab");
        let s = &lab.speech;
        let loss = s.screen_loss_db.each();
        let (low, high) = (s.low_hz, s.high_hz);
        let loudspeaker = move |hz: f64| {
            let db: f64 = (0..BANDS).map(|b| share(hz, b) * loss[b]).sum();
            high_pass(hz, low, 2) * low_pass(hz, high, 2) * amplitude(-db)
        };
        let (speech, lead, fans, places) = match &lab.room.responses {
            Some(responses) => measured(&lab, responses, &key)?,
            None => computed(&lab, &key),
        };
        let speech = speech
            .into_iter()
            .map(|(azimuth, ears)| (azimuth, shaped(ears, loudspeaker)))
            .collect();
        Ok(Self {
            speech,
            lead,
            fans,
            places,
            events,
            recorded,
            lab,
        })
    }

    /// The lab.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        &self.lab
    }
}

fn open(what: &'static str, folder: &Path) -> Result<Collection, LabError> {
    Collection::open(folder).map_err(|source| LabError::Collection { what, source })
}

/// Decodes all of these, or names those that cannot be used: with one less, every draw of a
/// recording would be another.
fn all(
    what: &'static str,
    folder: &Path,
    clips: &[Clip],
    memory: &mut SoundMemory,
) -> Result<SoundBank, LabError> {
    let loaded = load_noises(clips, memory, || ());
    if !loaded.left_out.is_empty() {
        return Err(LabError::Recordings {
            what,
            folder: folder.to_owned(),
            left_out: loaded.left_out,
        });
    }
    Ok(loaded.bank)
}

/// Recordings for each kind of event; none for those that are made.
fn event_banks(
    lab: &Lab,
    events: Option<&Path>,
    memory: &mut SoundMemory,
) -> Result<Vec<SoundBank>, LabError> {
    let what = "--events";
    // People talk in a room, so voices are heard that training leaves out.
    let clips: Vec<Clip> = match events {
        None => Vec::new(),
        Some(folder) => {
            let collection = open(what, folder)?;
            collection
                .clips
                .into_iter()
                .chain(collection.voices)
                .collect()
        }
    };
    let mut missing = Vec::new();
    let mut of_kinds: Vec<Vec<Clip>> = Vec::new();
    for kind in &lab.event {
        let built_in = BUILT_IN.contains(&kind.kind.as_str());
        if kind.made || (events.is_none() && built_in) {
            of_kinds.push(Vec::new());
            continue;
        }
        let wanted = kind.wanted();
        let is_wanted = |clip: &&Clip| {
            clip.category
                .as_deref()
                .is_some_and(|c| wanted.contains(&c))
        };
        let own: Vec<Clip> = clips.iter().filter(is_wanted).cloned().collect();
        if own.is_empty() {
            missing.push(kind.clone());
        }
        of_kinds.push(own);
    }
    if !missing.is_empty() {
        let classes: BTreeSet<String> = clips.into_iter().filter_map(|c| c.category).collect();
        return Err(LabError::Events {
            events: events.map(Path::to_owned),
            missing,
            classes: classes.into_iter().collect(),
        });
    }
    let folder = events.unwrap_or(Path::new(""));
    of_kinds
        .iter()
        .map(|own| all(what, folder, own, memory))
        .collect()
}

type Responses = (
    Vec<(f64, Ears)>,
    usize,
    Vec<Option<Ears>>,
    Vec<(f64, f64, Ears)>,
);

fn computed(lab: &Lab, key: &Key) -> Responses {
    let (room, longest) = lab.shoebox();
    let renderer = Renderer::new(Rendering {
        sample_rate: SAMPLE_RATE,
        seconds: (1.1 * longest + 0.05).min(4.0),
        mixing_s: (0.04, 0.06),
        counted_s: f64::INFINITY,
    });
    let head = Receiver::Head(lab.head());
    let place = &lab.head.place_m;
    let from = |source: &Vector, key: &Key| -> Ears {
        let mut out = renderer
            .response(&room, source, place, &head, key)
            .into_iter();
        [
            out.next().unwrap_or_default(),
            out.next().unwrap_or_default(),
        ]
    };
    let speech = lab
        .speech
        .azimuths_deg
        .iter()
        .enumerate()
        .map(|(i, azimuth)| {
            let key = key.with("loudspeaker").with(i as u64);
            (*azimuth, from(&lab.loudspeaker(*azimuth), &key))
        })
        .collect();
    let fans = lab
        .fan
        .iter()
        .enumerate()
        .map(|(i, fan)| {
            let source = fan.place_m.as_ref()?;
            Some(from(source, &key.with("fan").with(i as u64)))
        })
        .collect();
    let mut generator = key.with("places").generator();
    let places = (0..PLACES as u64)
        .map(|i| {
            let source: Vector = loop {
                let drawn = lab
                    .room
                    .size_m
                    .map(|length| generator.uniform(0.05, 0.95) * length);
                let far = drawn
                    .iter()
                    .zip(place)
                    .map(|(a, b)| (a - b).powi(2))
                    .sum::<f64>();
                if far > 0.5 {
                    break drawn;
                }
            };
            let (x, y) = (source[0] - place[0], source[1] - place[1]);
            let distance = (x * x + y * y + (source[2] - place[2]).powi(2)).sqrt();
            let azimuth = (y.atan2(x).to_degrees() - lab.head.facing_deg + 90.0).rem_euclid(360.0);
            let ears = from(&source, &key.with("place").with(i));
            (azimuth, distance, ears)
        })
        .collect();
    let up = lab.speech.height_m - place[2];
    let distance = lab.speech.distance_m.hypot(up) - lab.head.radius_m;
    let lead = (distance / room.speed * RATE).floor().max(0.0) as usize;
    (speech, lead, fans, places)
}

/// The name of one ear's file, and what was found of both.
type Halves = (String, [Option<Vec<f32>>; 2]);

/// Direct sound of a measured response counts so long, samples on either side.
const DIRECT: usize = 40;

fn measured(lab: &Lab, folder: &Path, key: &Key) -> Result<Responses, LabError> {
    let wrong = |detail: String| LabError::Responses {
        folder: folder.to_owned(),
        detail,
    };
    let collection = Collection::open_rooms(folder).map_err(|e| wrong(e.to_string()))?;
    let mut pairs: Vec<Ears> = Vec::new();
    // Ears that have a file each (Aachen AIR), by all that the files say but which ear.
    let mut halves: BTreeMap<String, Halves> = BTreeMap::new();
    for clip in &collection.clips {
        let mut waves = Vec::new();
        for mut response in read_responses(&clip.path).map_err(&wrong)? {
            let told = std::mem::take(&mut response.metadata);
            waves.push((told, response.at_16k().map_err(&wrong)?));
        }
        let ear = |told: &[(String, String)]| {
            let (_, ear) = told.iter().find(|(name, _)| name == "ear")?;
            Some(usize::from(ear != "left"))
        };
        if let [(told, _)] = waves.as_slice()
            && let Some(ear) = ear(told)
        {
            let rest: Vec<String> = told
                .iter()
                .filter(|(name, _)| name != "ear" && name != "channel")
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let half = halves
                .entry(rest.join(" "))
                .or_insert_with(|| (clip.name.clone(), [None, None]));
            half.1[ear] = waves.pop().map(|(_, wave)| wave);
            continue;
        }
        if waves.len() % 2 != 0 {
            return Err(wrong(format!("{} has not two channels", clip.name)));
        }
        let mut rest = waves.into_iter();
        while let (Some((_, left)), Some((_, right))) = (rest.next(), rest.next()) {
            pairs.push([left, right]);
        }
    }
    for (name, ears) in halves.into_values() {
        match ears {
            [Some(left), Some(right)] => pairs.push([left, right]),
            _ => return Err(wrong(format!("{name}: the other ear's file is missing"))),
        }
    }
    // Files say nothing of absolute level: direct sound has what a computed room would give it.
    let wanted = 1.0 / lab.speech.distance_m;
    let mut lead = usize::MAX;
    for ears in &mut pairs {
        let direct = |x: &[f32]| direct_path(x, SAMPLE_RATE);
        let first = direct(&ears[0]).min(direct(&ears[1]));
        lead = lead.min(first.saturating_sub(1));
        let energy: f32 = ears
            .iter()
            .flat_map(|x| &x[first.saturating_sub(DIRECT)..(first + DIRECT).min(x.len())])
            .map(|x| x * x)
            .sum();
        let scale = (wanted / f64::from(energy / 2.0).sqrt().max(1e-9)) as f32;
        ears.iter_mut().flatten().for_each(|x| *x *= scale);
    }
    let mut generator = key.with("places").generator();
    let fans = lab
        .fan
        .iter()
        .map(|fan| {
            fan.place_m.as_ref()?;
            Some(pairs[generator.below(pairs.len())].clone())
        })
        .collect();
    let numbered = |i: usize| i as f64;
    let places = (0..PLACES)
        .map(|_| {
            let i = generator.below(pairs.len());
            (numbered(i), lab.speech.distance_m, pairs[i].clone())
        })
        .collect();
    let speech = pairs
        .into_iter()
        .enumerate()
        .map(|(i, p)| (numbered(i), p))
        .collect();
    Ok((speech, lead, fans, places))
}

/// Hears utterances in a lab; holds FFT plans, so make one for each thread.
#[derive(Default)]
pub struct Listener {
    convolver: Convolver,
    shaper: SpectrumShaper,
}

/// Of a fan in the head, so much of each ear's noise is its own, amplitude.
const OWN_NOISE: f32 = 0.4;
/// Largest difference between the ears of a motor's noise, dB.
const BALANCE_DB: f64 = 2.0;
/// Fades of recorded events, samples.
const FADE: usize = 320;
/// How long before an utterance an event may have begun that is still rendered, s.
const BEFORE_S: f64 = 1.0;

impl Listener {
    /// What the robot hears of an utterance (16 kHz; full scale is 1). All that is drawn depends
    /// on `key` only.
    ///
    /// # Errors
    /// A recording cannot be decoded any more; an ear would hear nothing but zeros, or what is no
    /// number.
    pub fn hear(&mut self, setup: &Setup, speech: &[f32], key: &Key) -> Result<Heard, LabError> {
        let lab = &setup.lab;
        let n = speech.len();
        let seconds = n as f64 / RATE;
        let mut generator = key.with("loudspeaker").generator();
        let (azimuth_deg, response) = &setup.speech[generator.below(setup.speech.len())];
        let played = (pascal(lab.speech.full_scale_db_spl) * std::f64::consts::SQRT_2) as f32;
        let mut padded: Vec<f32> = speech.iter().map(|x| x * played).collect();
        padded.resize(n + setup.lead, 0.0);
        let voice: Ears = self
            .in_room(&padded, response)
            .map(|x| x[setup.lead..].to_vec());

        let mut noise: Ears = [vec![0.0; n], vec![0.0; n]];
        let mut all_movements = Vec::new();
        if setup.recorded.is_empty() {
            for (i, f) in lab.fan.iter().enumerate() {
                if setup.fans[i].is_none() {
                    self.head_fan(
                        f,
                        &mut noise,
                        &mut key.with("fan").with(i as u64).generator(),
                    );
                }
            }
            for (i, motor) in lab.motor.iter().enumerate() {
                let mut generator = key.with("motor").with(i as u64).generator();
                let moves = movements(motor, seconds, &mut generator);
                let mut sound = vec![0.0_f32; n];
                add_motor(&mut sound, motor, &moves, &mut generator, &mut self.shaper);
                let balance = generator.uniform(-BALANCE_DB / 2.0, BALANCE_DB / 2.0);
                for (ear, side) in noise.iter_mut().zip([1.0, -1.0]) {
                    let gain = amplitude(side * balance) as f32;
                    add(ear, &sound, gain);
                }
                all_movements.extend(moves);
            }
        } else if let Some(recorded) = &lab.recorded {
            let mut generator = key.with("recorded").generator();
            let sounds = setup.recorded.sounds();
            let sound = &sounds[generator.below(sounds.len())];
            let offset = sound.profile().draw_offset(n, &mut generator);
            let clip = sound.samples()?;
            let mut stretch: Vec<f32> = clip.iter().cycle().skip(offset).take(n).copied().collect();
            level(&mut stretch, pascal(recorded.level_db_spl));
            noise.iter_mut().for_each(|ear| add(ear, &stretch, 1.0));
        }
        for (i, f) in lab.fan.iter().enumerate() {
            if let Some(response) = &setup.fans[i] {
                let mut generator = key.with("fan").with(i as u64).generator();
                let dry = fan(f, n, &mut generator, &mut self.shaper);
                let mut wet = self.in_room(&dry, response);
                level_at_head(&mut wet, pascal(f.level_db_spl));
                noise
                    .iter_mut()
                    .zip(&wet)
                    .for_each(|(ear, x)| add(ear, x, 1.0));
            }
        }
        for (i, h) in lab.hum.iter().enumerate() {
            let sound = hum(h, n, &mut key.with("hum").with(i as u64).generator());
            noise.iter_mut().for_each(|ear| add(ear, &sound, 1.0));
        }
        let mut events = Vec::new();
        for (i, kind) in lab.event.iter().enumerate() {
            let mut generator = key.with("event").with(i as u64).generator();
            self.events(
                setup,
                kind,
                &setup.events[i],
                seconds,
                &mut generator,
                &mut noise,
                &mut events,
            )?;
        }
        events.sort_by(|a: &Event, b| a.start_s.total_cmp(&b.start_s));

        let power = |ears: &Ears| {
            ((f64::from(rms(&ears[0])).powi(2) + f64::from(rms(&ears[1])).powi(2)) / 2.0).sqrt()
        };
        let (speech_level, noise_level) = (db_spl(power(&voice)), db_spl(power(&noise)));
        let mut channels = noise;
        for (ear, x) in channels.iter_mut().zip(&voice) {
            add(ear, x, 1.0);
        }
        let clipped = self.convert(lab, &mut channels, key);
        for (ear, samples) in ["left", "right"].into_iter().zip(&channels) {
            if let Some(what) = nothing_heard(samples) {
                return Err(LabError::Unheard { ear, what });
            }
        }
        Ok(Heard {
            channels,
            draws: Draws {
                azimuth_deg: *azimuth_deg,
                movements: all_movements,
                events,
                speech_db_spl: speech_level,
                noise_db_spl: noise_level,
                snr_db: speech_level - noise_level,
                clipped,
            },
        })
    }

    fn in_room(&mut self, dry: &[f32], response: &Ears) -> Ears {
        [0, 1].map(|ear| self.convolver.convolve(dry, &response[ear]))
    }

    /// A fan in the head: its tones are the same at both ears, a part of its turbulence is not.
    fn head_fan(&mut self, f: &super::Fan, noise: &mut Ears, generator: &mut Generator) {
        let n = noise[0].len();
        let common = fan(f, n, generator, &mut self.shaper);
        for ear in noise {
            let seed = generator.next_u64() >> 32;
            let mut own = coloured_noise(n, SAMPLE_RATE, f.exponent, seed, &mut self.shaper);
            level(&mut own, f64::from(OWN_NOISE) * pascal(f.level_db_spl));
            add(&mut own, &common, (1.0 - OWN_NOISE * OWN_NOISE).sqrt());
            add(ear, &own, 1.0);
        }
    }

    /// Draws and adds what happens of one kind.
    fn events(
        &mut self,
        setup: &Setup,
        kind: &EventKind,
        bank: &SoundBank,
        seconds: f64,
        generator: &mut Generator,
        noise: &mut Ears,
        all: &mut Vec<Event>,
    ) -> Result<(), LabError> {
        if kind.per_minute <= 0.0 {
            return Ok(());
        }
        let between = 60.0 / kind.per_minute;
        let mut at = -kind.seconds[1];
        loop {
            at += -between * (1.0 - generator.unit()).ln();
            if at >= seconds {
                return Ok(());
            }
            let length = generator.uniform(kind.seconds[0], kind.seconds[1]);
            let loudness = generator.uniform(kind.level_db_spl[0], kind.level_db_spl[1]);
            let (azimuth, distance, response) = &setup.places[generator.below(setup.places.len())];
            let seed = generator.next_u64();
            if at + length <= 0.0 {
                continue;
            }
            // What was long before and after the utterance is not rendered.
            let start = at.max(-BEFORE_S);
            let rendered = (at + length).min(seconds) - start;
            let mut own = Key::new(seed).generator();
            let (dry, recording) = self.event(kind, bank, rendered, &mut own)?;
            let mut padded = dry;
            padded.resize(padded.len() + response[0].len(), 0.0);
            let mut wet = self.in_room(&padded, response);
            let sounding = (rendered * RATE) as usize;
            let loudest = wet
                .iter()
                .map(|x| rms(&x[..sounding.min(x.len())]))
                .fold(0.0_f32, f32::max);
            if loudest > 0.0 {
                let gain = (pascal(loudness) / f64::from(loudest)) as f32;
                wet.iter_mut().flatten().for_each(|x| *x *= gain);
            }
            let first = (start * RATE).round() as i64;
            for (ear, x) in noise.iter_mut().zip(&wet) {
                for (k, v) in x.iter().enumerate() {
                    let place = usize::try_from(first + k as i64).ok();
                    if let Some(y) = place.and_then(|i| ear.get_mut(i)) {
                        *y += v;
                    }
                }
            }
            all.push(Event {
                kind: kind.kind.clone(),
                recording,
                start_s: at,
                seconds: length,
                level_db_spl: loudness,
                azimuth_deg: *azimuth,
                distance_m: *distance,
            });
        }
    }

    /// The sound of an event, and which recording it is.
    fn event(
        &mut self,
        kind: &EventKind,
        bank: &SoundBank,
        seconds: f64,
        generator: &mut Generator,
    ) -> Result<(Vec<f32>, Option<String>), LabError> {
        let n = (seconds * RATE).ceil() as usize;
        let sounds = bank.sounds();
        if sounds.is_empty() {
            let made = synthetic(&kind.kind, n, generator, &mut self.shaper);
            // Setup lets no other kind be without recordings.
            let mut made = made.unwrap_or_else(|| vec![0.0; n]);
            fade(&mut made);
            return Ok((made, None));
        }
        let sound = &sounds[generator.below(sounds.len())];
        let offset = sound.profile().draw_offset(n, generator);
        let clip = sound.samples()?;
        let start = if clip.len() > n { offset } else { 0 };
        let mut part = clip[start..(start + n).min(clip.len())].to_vec();
        fade(&mut part);
        Ok((part, Some(sound.name().to_owned())))
    }

    /// Pressure becomes numbers: band limits, self-noise, full scale, steps. Returns how many
    /// samples each ear's converter had to clip.
    fn convert(&mut self, lab: &Lab, ears: &mut Ears, key: &Key) -> [usize; 2] {
        let m = &lab.microphones;
        let unit = 1.0 / (pascal(m.full_scale_db_spl) * std::f64::consts::SQRT_2) as f32;
        let steps = (1_u64 << (m.bits - 1)) as f32;
        let own = pascal(m.self_noise_db_spl) as f32;
        let mut clipped = [0; 2];
        for (i, ear) in ears.iter_mut().enumerate() {
            self.shaper.shape(ear, SAMPLE_RATE, |hz| {
                high_pass(hz, m.low_hz, 2) * low_pass(hz, m.high_hz, 4)
            });
            let seed = key.with("self-noise").with(i as u64).number() >> 32;
            let hiss = coloured_noise(ear.len(), SAMPLE_RATE, 0.0, seed, &mut self.shaper);
            for (y, h) in ear.iter_mut().zip(&hiss) {
                let x = (*y + own * h) * unit;
                clipped[i] += usize::from(x.abs() > 1.0);
                *y = (x * steps).round().clamp(-steps, steps - 1.0) / steps;
            }
        }
        clipped
    }
}

/// What is wrong with an ear's samples that are nothing to hear.
fn nothing_heard(samples: &[f32]) -> Option<String> {
    if let Some(i) = samples.iter().position(|x| !x.is_finite()) {
        return Some(format!(
            "what is no number: its sample {i} is {}; look at the levels and frequencies of the lab",
            samples[i]
        ));
    }
    let silent = !samples.is_empty() && samples.iter().all(|x| *x == 0.0);
    silent.then(|| {
        "nothing but zeros: speech and noise stay below the first step of its converter; lower microphones.full_scale_db_spl, or raise microphones.self_noise_db_spl or speech.full_scale_db_spl".to_owned()
    })
}

/// Both ears by one factor, so that their mean power has this RMS.
fn level_at_head(ears: &mut Ears, wanted: f64) {
    let power = (f64::from(rms(&ears[0])).powi(2) + f64::from(rms(&ears[1])).powi(2)) / 2.0;
    if power > 0.0 {
        let gain = (wanted / power.sqrt()) as f32;
        ears.iter_mut().flatten().for_each(|x| *x *= gain);
    }
}

fn add(to: &mut [f32], what: &[f32], gain: f32) {
    for (y, x) in to.iter_mut().zip(what) {
        *y += gain * x;
    }
}

/// Fades both ends.
fn fade(samples: &mut [f32]) {
    let n = samples.len();
    for i in 0..FADE.min(n / 2) {
        let w = (i as f32 + 0.5) / FADE as f32;
        samples[i] *= w;
        samples[n - 1 - i] *= w;
    }
}
