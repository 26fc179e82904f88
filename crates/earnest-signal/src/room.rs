//! Speech in a room: convolution that keeps time and level.

use crate::convolve::Convolver;
use crate::response::direct_path;
use earnest_level::rms;

/// A room response whose direct sound is at sample 0.
#[derive(Clone, Debug)]
pub struct RoomResponse<'a> {
    response: &'a [f32],
}

impl<'a> RoomResponse<'a> {
    /// From a measured or simulated response at 16 kHz; what comes before the direct sound is
    /// left out, so that labels and lengths still hold.
    #[must_use]
    pub fn new(response: &'a [f32]) -> Self {
        let direct = direct_path(response, crate::waveform::SAMPLE_RATE);
        Self {
            response: &response[direct.min(response.len())..],
        }
    }

    /// The speech as heard in the room: as long, and with the same RMS (docs/paper.md, section 4).
    pub fn apply(&self, convolver: &mut Convolver, speech: &[f32]) -> Vec<f32> {
        let mut out = convolver.convolve(speech, self.response);
        let level = rms(&out);
        if level > 0.0 {
            let scale = rms(speech) / level;
            for y in &mut out {
                *y *= scale;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delayed_response_does_not_delay_the_speech_and_level_is_kept() {
        let mut response = vec![0.0_f32; 4_000];
        response[700] = -0.8;
        for i in 701..4_000 {
            response[i] = 0.1 * (-(i as f32 - 700.0) / 600.0).exp() * ((i * 31) % 7) as f32 / 7.0;
        }
        let mut speech = vec![0.0_f32; 16_000];
        speech[5_000] = 1.0;
        let out = RoomResponse::new(&response).apply(&mut Convolver::default(), &speech);
        assert_eq!(out.len(), speech.len());
        assert_eq!(direct_path(&out, 16_000), 5_000);
        assert!((rms(&out) / rms(&speech) - 1.0).abs() < 1e-4);
    }
}
