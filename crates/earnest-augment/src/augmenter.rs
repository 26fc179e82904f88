//! Drawing from a chain, and doing what was drawn.

use earnest_random::Key;
use earnest_signal::{
    Convolver, RoomResponse, SAMPLE_RATE, SpectrumShaper, add_noise, coloured_noise, equaliser,
    gain, high_pass, low_pass, set_active_level, tilt,
};

use crate::chain::Chain;
use crate::clipping::clip;
use crate::drawn::Drawn;
use crate::error::AugmentError;
use crate::packets::drop_packets;
use crate::simulated_room::RoomMaker;
use crate::sources::Sources;
use crate::telephone::telephone;
use crate::tempo::tempo;

/// Applies a chain. Holds FFT plans, so make one for each thread.
pub struct Augmenter {
    chain: Chain,
    sources: Sources,
    convolver: Convolver,
    shaper: SpectrumShaper,
    rooms: RoomMaker,
}

/// Refuses samples that are none.
fn finite(samples: Vec<f32>) -> Result<Vec<f32>, AugmentError> {
    match samples.iter().all(|x| x.is_finite()) {
        true => Ok(samples),
        false => Err(AugmentError::Beyond),
    }
}

/// The rate that noises, rooms and speech have.
const RATE: u32 = SAMPLE_RATE;

impl Augmenter {
    /// An augmenter for 16 kHz speech.
    #[must_use]
    pub fn new(chain: Chain, sources: Sources) -> Self {
        Self {
            chain,
            sources,
            convolver: Convolver::default(),
            shaper: SpectrumShaper::default(),
            rooms: RoomMaker::default(),
        }
    }

    /// One presentation: the augmented samples and what was drawn, in the order of the chain.
    /// The same key gives the same result.
    ///
    /// # Errors
    /// [`AugmentError`]: nothing to draw from, a sound's file has gone, or steps that make a
    /// recording louder than any number.
    pub fn apply(
        &mut self,
        speech: &[f32],
        key: &Key,
    ) -> Result<(Vec<f32>, Vec<Drawn>), AugmentError> {
        let mut samples = speech.to_vec();
        let mut all = Vec::new();
        let unchanged = self.chain.unchanged;
        if unchanged > 0.0 && key.with("unchanged").generator().chance(unchanged) {
            return Ok((finite(samples)?, all));
        }
        for i in 0..self.chain.steps.len() {
            let step = &self.chain.steps[i];
            let mut generator = key.with(i as u64).generator();
            if !generator.chance(step.probability) {
                continue;
            }
            let drawn = step
                .transform
                .draw(samples.len(), &self.sources, &mut generator)?;
            self.perform(&mut samples, &drawn)?;
            all.push(drawn);
        }
        Ok((finite(samples)?, all))
    }

    /// A presentation again, from what was drawn: the same bits, whatever the chain is.
    ///
    /// # Errors
    /// [`AugmentError`]: a sound is not there, or a number is none that a chain draws.
    pub fn replay(&mut self, speech: &[f32], drawn: &[Drawn]) -> Result<Vec<f32>, AugmentError> {
        Drawn::check(drawn).map_err(AugmentError::Log)?;
        let mut samples = speech.to_vec();
        for d in drawn {
            self.perform(&mut samples, d)?;
        }
        finite(samples)
    }

    fn perform(&mut self, samples: &mut Vec<f32>, drawn: &Drawn) -> Result<(), AugmentError> {
        let unknown = |kind, name: &String| AugmentError::Unknown {
            kind,
            name: name.clone(),
        };
        match drawn {
            Drawn::Tempo { factor } => *samples = tempo(samples, RATE, *factor),
            Drawn::Loudness { gain_db } => gain(samples, *gain_db),
            Drawn::Noise {
                clip,
                offset,
                ratio,
            } => {
                let sound = self.sources.noises.find(clip);
                let sound = sound.ok_or_else(|| unknown("noise", clip))?;
                let noise = sound.samples()?;
                add_noise(samples, &noise, *offset, *ratio);
            }
            Drawn::Room { response } => {
                let sound = self.sources.rooms.find(response);
                let sound = sound.ok_or_else(|| unknown("room", response))?;
                let room = sound.samples()?;
                *samples = RoomResponse::new(&room).apply(&mut self.convolver, samples);
            }
            Drawn::SimulatedRoom(room) => {
                let response = self.rooms.response(room);
                *samples = RoomResponse::new(&response).apply(&mut self.convolver, samples);
            }
            Drawn::Fan(fan) => fan.add_to(samples, &mut self.shaper),
            Drawn::Motor(motor) => motor.add_to(samples, &mut self.shaper),
            Drawn::Level { db } => set_active_level(samples, RATE, *db, &mut Vec::new()),
            Drawn::ColouredNoise {
                exponent,
                ratio,
                seed,
            } => {
                let noise = coloured_noise(samples.len(), RATE, *exponent, *seed, &mut self.shaper);
                add_noise(samples, &noise, 0, *ratio);
            }
            Drawn::LowPass { cutoff_hz, order } => {
                let curve = |hz| low_pass(hz, *cutoff_hz, *order);
                self.shaper.shape(samples, RATE, curve);
            }
            Drawn::HighPass { cutoff_hz, order } => {
                let curve = |hz| high_pass(hz, *cutoff_hz, *order);
                self.shaper.shape(samples, RATE, curve);
            }
            Drawn::BandPass {
                low_hz,
                high_hz,
                order,
            } => {
                let curve = |hz| high_pass(hz, *low_hz, *order) * low_pass(hz, *high_hz, *order);
                self.shaper.shape(samples, RATE, curve);
            }
            Drawn::Equaliser { gains_db } => {
                self.shaper
                    .shape(samples, RATE, |hz| equaliser(hz, gains_db));
            }
            Drawn::Tilt { db_per_octave } => {
                self.shaper
                    .shape(samples, RATE, |hz| tilt(hz, *db_per_octave));
            }
            Drawn::Clipping { share } => {
                clip(samples, *share);
            }
            Drawn::Telephone {} => telephone(samples, &mut self.shaper),
            Drawn::PacketDrop {
                loss,
                packet_ms,
                burst,
                concealment,
                seed,
            } => {
                let packet = (packet_ms / 1e3 * f64::from(RATE)).round() as usize;
                drop_packets(samples, RATE, packet, *loss, *burst, *concealment, *seed);
            }
            Drawn::Microphone(microphone) => {
                self.shaper.shape(samples, RATE, |hz| microphone.gain(hz));
            }
        }
        Ok(())
    }
}
