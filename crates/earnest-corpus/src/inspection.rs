//! Looking at every sound of a collection.

use std::ops::ControlFlow;
use std::path::Path;

use earnest_audio::mono;
use earnest_signal::ResponseFacts;
use rayon::prelude::*;

use crate::audit::SILENT_PEAK;
use crate::collection::Clip;
use crate::left_out::LeftOut;
use crate::load::response_name;
use crate::room_file::read_responses;

/// What a noise clip turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseFacts {
    /// Its place in the list of clips.
    pub clip: usize,
    /// Length, seconds.
    pub duration_s: f64,
    /// Rate in the file, Hz.
    pub sample_rate: u32,
    /// Channels in the file.
    pub channels: usize,
    /// RMS, dB below full scale.
    pub level_db: f64,
    /// Largest sample, dB below full scale.
    pub peak_db: f64,
}

/// What a room response turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomFacts {
    /// Its file's place in the list of clips.
    pub clip: usize,
    /// Its name in logs.
    pub name: String,
    /// Rate in the file, Hz.
    pub sample_rate: u32,
    /// Its measures.
    pub facts: ResponseFacts,
    /// What the file says of it.
    pub metadata: Vec<(String, String)>,
}

fn decibels(amplitude: f32) -> f64 {
    20.0 * f64::from(amplitude).max(1e-10).log10()
}

fn noise_facts(clip: usize, path: &Path) -> Result<NoiseFacts, String> {
    let (mut sample_rate, mut channels, mut length) = (0, 0, 0_u64);
    let (mut squares, mut peak) = (0.0_f64, 0.0_f32);
    earnest_audio::decode_blocks(path, None, |planes, rate| {
        (sample_rate, channels) = (rate, planes.len());
        length += planes.first().map_or(0, |p| p.len()) as u64;
        for x in mono(planes) {
            squares += f64::from(x).powi(2);
            peak = peak.max(x.abs());
        }
        ControlFlow::Continue(())
    })
    .map_err(|e| e.to_string())?;
    if peak < SILENT_PEAK {
        return Err("it is silent".to_owned());
    }
    Ok(NoiseFacts {
        clip,
        duration_s: length as f64 / f64::from(sample_rate.max(1)),
        sample_rate,
        channels,
        level_db: decibels((squares / length.max(1) as f64).sqrt() as f32),
        peak_db: decibels(peak),
    })
}

/// Decodes all clips, on all cores: facts of the usable ones, and what is wrong with the rest.
/// `progress` is called once for each clip.
pub fn inspect_noises(
    clips: &[Clip],
    progress: impl Fn() + Sync,
) -> (Vec<NoiseFacts>, Vec<LeftOut>) {
    let results: Vec<Result<NoiseFacts, LeftOut>> = clips
        .par_iter()
        .enumerate()
        .map(|(i, clip)| {
            let facts = noise_facts(i, &clip.path);
            progress();
            facts.map_err(|why| LeftOut::new(&clip.name, why))
        })
        .collect();
    let (mut facts, mut left_out) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(f) => facts.push(f),
            Err(e) => left_out.push(e),
        }
    }
    (facts, left_out)
}

/// Reads all room responses and measures them: the usable ones, and those that are refused
/// (silent, clipped, non-decaying, unreadable), by name.
/// `progress` is called once for each file.
pub fn inspect_rooms(clips: &[Clip], progress: impl Fn() + Sync) -> (Vec<RoomFacts>, Vec<LeftOut>) {
    let results: Vec<Vec<Result<RoomFacts, LeftOut>>> = clips
        .par_iter()
        .enumerate()
        .map(|(i, clip)| {
            let responses = read_responses(&clip.path);
            progress();
            let responses = match responses {
                Ok(responses) => responses,
                Err(why) => return vec![Err(LeftOut::new(&clip.name, why))],
            };
            responses
                .into_iter()
                .map(|response| {
                    let name = response_name(clip, &response.label);
                    match ResponseFacts::of(&response.samples, response.sample_rate) {
                        Ok(facts) => Ok(RoomFacts {
                            clip: i,
                            name,
                            sample_rate: response.sample_rate,
                            facts,
                            metadata: response.metadata,
                        }),
                        Err(why) => Err(LeftOut::new(name, why.to_string())),
                    }
                })
                .collect()
        })
        .collect();
    let (mut facts, mut left_out) = (Vec::new(), Vec::new());
    for result in results.into_iter().flatten() {
        match result {
            Ok(f) => facts.push(f),
            Err(e) => left_out.push(e),
        }
    }
    (facts, left_out)
}
