//! WAV and FLAC as the tests and examples of this crate need them: 16 bits, the first channel.
//! The program's own decoder is `earnest-audio`, which stands beside this crate, not below it.

use std::error::Error;
use std::path::Path;

/// A recording: samples of full scale 1.0, and how many there are each second.
pub struct Sound {
    pub samples: Vec<f32>,
    pub rate: u32,
}

/// Reads a file that is named `.wav` or `.flac`.
pub fn read(path: &Path) -> Result<Sound, Box<dyn Error>> {
    let (all, channels, rate, bits): (Vec<i32>, _, _, _) =
        match path.extension().and_then(|e| e.to_str()) {
            Some("flac") => {
                let mut reader = claxon::FlacReader::open(path)?;
                let of = reader.streaminfo();
                let all = reader.samples().collect::<Result<_, _>>()?;
                (all, of.channels, of.sample_rate, of.bits_per_sample)
            }
            Some("wav") => {
                let mut reader = hound::WavReader::open(path)?;
                let of = reader.spec();
                let all = reader.samples().collect::<Result<_, _>>()?;
                let bits = u32::from(of.bits_per_sample);
                (all, u32::from(of.channels), of.sample_rate, bits)
            }
            _ => return Err(format!("{}: neither .wav nor .flac", path.display()).into()),
        };
    if bits != 16 {
        return Err(format!("{}: {bits} bits; 16 are read", path.display()).into());
    }
    let first = all.iter().step_by(channels as usize);
    Ok(Sound {
        samples: first.map(|x| *x as f32 / 32768.0).collect(),
        rate,
    })
}
