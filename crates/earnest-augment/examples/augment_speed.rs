//! How many times faster than real time each transform and the paper's chain are, on one thread.
//!
//!     cargo run --release -p earnest-augment --example augment_speed [-- SPEECH NOISE ROOMS]
//!
//! With folders of speech, noises and rooms it works on those, otherwise on sounds that Earnest
//! makes. A row for each: name and times real time, the median of rounds.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::time::Instant;

use earnest_augment::{Augmenter, Chain, Drawn, Sources, Step, tempo};
use earnest_corpus::{
    Collection, SoundMemory, builtin_noises, builtin_rooms, load_noises, load_rooms,
};
use earnest_random::Key;
use earnest_signal::SoundBank;

const RATE: usize = 16_000;
/// IEMOCAP's mean utterance.
const CLIP: usize = 72_000;
const ROUNDS: usize = 7;

fn speech(folder: Option<&String>) -> Vec<f32> {
    let Some(folder) = folder else {
        // Bursts of a buzzing tone: enough for what only depends on lengths.
        return (0..60 * RATE)
            .map(|i| {
                let t = i as f32 / RATE as f32;
                let envelope = (t * 9.0).sin().max(0.0);
                envelope * ((t * 140.0).fract() - 0.5) * 0.5
            })
            .collect();
    };
    let clips = Collection::open(Path::new(folder)).unwrap().clips;
    let mut all = Vec::new();
    for clip in &clips {
        all.extend_from_slice(earnest_audio::read(&clip.path).unwrap().samples());
        if all.len() >= 60 * RATE {
            break;
        }
    }
    all
}

fn sources(noise: Option<&String>, rooms: Option<&String>) -> Sources {
    let memory = &mut SoundMemory::mebibytes(1024);
    let own = |list: Vec<(String, Vec<f32>)>| {
        let sound = |(name, samples): (String, Vec<f32>)| {
            earnest_signal::Sound::new(name.clone(), name, samples)
        };
        SoundBank::new(list.into_iter().map(sound).collect())
    };
    Sources {
        noises: match noise {
            Some(folder) => {
                let clips = Collection::open(Path::new(folder)).unwrap().clips;
                load_noises(&clips, memory, || ()).bank
            }
            None => own(builtin_noises(1)),
        },
        rooms: match rooms {
            Some(folder) => {
                let clips = Collection::open_rooms(Path::new(folder)).unwrap().clips;
                load_rooms(&clips, memory, || ()).bank
            }
            None => own(builtin_rooms(1)),
        },
    }
}

/// Median over rounds of audio seconds for each second of work.
fn measure(name: &str, seconds: f64, mut work: impl FnMut(u64)) {
    let mut speeds: Vec<f64> = (0..ROUNDS as u64)
        .map(|round| {
            let start = Instant::now();
            work(round);
            seconds / start.elapsed().as_secs_f64()
        })
        .collect();
    speeds.sort_by(f64::total_cmp);
    println!("{name}\t{:.0}", speeds[ROUNDS / 2]);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let speech = speech(arguments.first());
    let sources = sources(arguments.get(1), arguments.get(2));
    let clips: Vec<&[f32]> = speech.chunks_exact(CLIP).collect();
    let seconds = (clips.len() * CLIP) as f64 / RATE as f64;
    let minute = &speech[..speech.len().min(60 * RATE)];

    measure("tempo, 4.5 s clips", seconds, |round| {
        for (i, clip) in clips.iter().enumerate() {
            let factor = 0.85 + 0.35 * ((i as u64 * 7 + round) % 13) as f64 / 12.0;
            std::hint::black_box(tempo(clip, RATE as u32, factor));
        }
    });
    measure(
        "tempo 1.1, a minute",
        minute.len() as f64 / RATE as f64,
        |_| {
            std::hint::black_box(tempo(minute, RATE as u32, 1.1));
        },
    );
    let run = |name: &str, chain: Chain| {
        let mut augmenter = Augmenter::new(chain, sources.clone());
        let mut steps = 0;
        measure(name, seconds, |round| {
            for (i, clip) in clips.iter().enumerate() {
                let key = Key::new(1).with(round).with(i as u64);
                let (samples, drawn) = augmenter.apply(clip, &key).unwrap();
                steps += drawn.len();
                std::hint::black_box(samples);
            }
        });
        assert!(steps > 0);
    };
    run("the paper's chain, each step half the time", Chain::paper());
    let always = |chain: Chain| Chain {
        unchanged: 0.0,
        steps: chain
            .steps
            .into_iter()
            .map(|step| Step {
                probability: 1.0,
                ..step
            })
            .collect(),
    };
    run("the paper's chain, every step", always(Chain::paper()));
    let everything = Chain::from_toml(include_str!("every_transform.toml")).unwrap();
    for step in always(everything).steps {
        let chain = Chain {
            steps: vec![step],
            ..Chain::default()
        };
        let (_, drawn) = Augmenter::new(chain.clone(), sources.clone())
            .apply(clips[0], &Key::new(1))
            .unwrap();
        run(&name_of(&drawn[0]), chain);
    }
}

fn name_of(drawn: &Drawn) -> String {
    let words = format!("{drawn:?}");
    let end = words.find([' ', '(']).unwrap_or(words.len());
    words[..end].to_owned()
}
