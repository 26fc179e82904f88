//! A simulated robot, the simple one: a room response, then noise at a stated SNR, both
//! from sources that training never draws on. Direct sound keeps its time, and the level of
//! the speech is kept.

use earnest_random::Key;
use earnest_signal::{
    Convolver, RoomResponse, SoundBank, SoundError, Waveform, add_noise, amplitude, rms,
};

/// A robot in its room.
#[derive(Clone, Debug)]
pub struct SimulatedRobot {
    /// Room responses; one is drawn for each utterance. May be empty: no room.
    pub rooms: SoundBank,
    /// Noises; one is drawn for each utterance. May be empty: no noise.
    pub noises: SoundBank,
    /// RMS of the speech in the room over RMS of the noise, dB.
    pub snr_db: f64,
    /// Draws depend on this and the utterance's id only.
    pub key: Key,
}

impl SimulatedRobot {
    /// What the robot hears of an utterance, as long as the utterance.
    ///
    /// # Errors
    /// A sound that is not in memory cannot be decoded any more.
    pub fn hear(
        &self,
        id: &str,
        speech: &Waveform,
        convolver: &mut Convolver,
    ) -> Result<Waveform, SoundError> {
        let mut generator = self.key.with(id).generator();
        let rooms = self.rooms.sounds();
        let mut samples = match rooms.get(generator.below(rooms.len())) {
            Some(room) => {
                let room = room.samples()?;
                RoomResponse::new(&room).apply(convolver, speech.samples())
            }
            None => speech.samples().to_vec(),
        };
        let noises = self.noises.sounds();
        if let Some(noise) = noises.get(generator.below(noises.len())) {
            let offset = noise.profile().draw_offset(samples.len(), &mut generator);
            let ratio = amplitude(-self.snr_db);
            if rms(&samples) > 0.0 {
                let clip = noise.samples()?;
                add_noise(&mut samples, &clip, offset, ratio);
            }
        }
        Ok(Waveform::new(samples, speech.sample_rate()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_signal::Sound;

    #[test]
    fn the_stated_snr_is_the_one_that_is_heard_and_each_utterance_has_its_own_draws() {
        let noise: Vec<f32> = (0..50_000)
            .map(|i| ((i * 7919) % 211) as f32 / 211.0 - 0.5)
            .collect();
        let bank =
            |s: &[f32]| SoundBank::new(vec![Sound::noise("n".into(), "n".into(), s).unwrap()]);
        let speech = Waveform::at_16k((0..20_000).map(|i| 0.1 * (i as f32 * 0.05).sin()).collect());
        let robot = SimulatedRobot {
            rooms: SoundBank::default(),
            noises: bank(&noise),
            snr_db: 5.0,
            key: Key::new(1),
        };
        let mut convolver = Convolver::default();
        let heard = robot.hear("a", &speech, &mut convolver).unwrap();
        assert_eq!(heard, robot.hear("a", &speech, &mut convolver).unwrap());
        assert_ne!(heard, robot.hear("b", &speech, &mut convolver).unwrap());
        let added: Vec<f32> = heard
            .samples()
            .iter()
            .zip(speech.samples())
            .map(|(y, x)| y - x)
            .collect();
        let snr = 20.0 * (speech.rms() / rms(&added)).log10();
        assert!((snr - 5.0).abs() < 0.01, "{snr}");
    }
}
