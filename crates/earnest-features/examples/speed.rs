//! How fast the extractor is: `cargo run --release --example speed FILE [SECONDS]`.
use std::time::Instant;
fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let wave = earnest_audio::read(std::path::Path::new(&path)).unwrap();
    let one = wave.samples();
    let seconds = 600.0;
    let n = (seconds * 16000.0) as usize;
    let all: Vec<f32> = one.iter().copied().cycle().take(n).collect();
    let mut e = earnest_features::Extractor::new(16000);
    for _ in 0..3 {
        let t = Instant::now();
        let f = e.extract(&all);
        let s = t.elapsed().as_secs_f64();
        println!("{} rows {:.3} s, {:.0} x real time, {:.2} us a frame", f.frames(), s, seconds / s, s * 1e6 / f.frames() as f64);
    }
}
