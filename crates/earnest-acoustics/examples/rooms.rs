//! Responses of box-shaped rooms, for `compare/pyroomacoustics_rooms.py`.
//!
//!     cargo run --release -p earnest-acoustics --example rooms -- ROOMS.jsonl OUT
//!
//! A line of ROOMS.jsonl is `{"size": [x, y, z], "source": [...], "receiver": [...],
//! "absorption": a, "seconds": s}`. OUT gets a file of 32-bit floats for each room and
//! `arrivals.jsonl` with time (s) and amplitude of the first arrivals. Prints how long it took.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use earnest_acoustics::room::bands::flat;
use earnest_acoustics::room::render::{Receiver, Renderer, Rendering};
use earnest_acoustics::room::shoebox::Shoebox;
use earnest_random::Key;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    size: [f64; 3],
    source: [f64; 3],
    receiver: [f64; 3],
    absorption: f64,
    seconds: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let lines: Vec<Line> = std::fs::read_to_string(&arguments[1])
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let room = |line: &Line| Shoebox {
        size_m: line.size,
        absorption: [flat(line.absorption); 6],
        air: flat(0.0),
        speed: 343.0,
    };
    let start = Instant::now();
    let responses: Vec<Vec<f32>> = lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let renderer = Renderer::new(Rendering {
                sample_rate: 16_000,
                seconds: line.seconds,
                mixing_s: (0.04, 0.06),
                counted_s: f64::INFINITY,
            });
            let key = Key::new(1).with(i as u64);
            let (source, place) = (&line.source, &line.receiver);
            let mut out = renderer.response(&room(line), source, place, &Receiver::Point, &key);
            out.swap_remove(0)
        })
        .collect();
    println!("{}", start.elapsed().as_secs_f64());
    let Some(out) = arguments.get(2) else { return };
    let mut arrivals = String::new();
    for (i, (line, response)) in lines.iter().zip(&responses).enumerate() {
        let bytes: Vec<u8> = response.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(format!("{out}/{i}.f32"), bytes).unwrap();
        let list: Vec<(f64, f32)> = room(line)
            .arrivals(&line.source, &line.receiver, 40.0)
            .iter()
            .take(21)
            .map(|a| (a.distance_m / 343.0, a.energy[3].sqrt()))
            .collect();
        arrivals.push_str(&serde_json::to_string(&list).unwrap());
        arrivals.push('\n');
    }
    std::fs::write(format!("{out}/arrivals.jsonl"), arrivals).unwrap();
}
