//! A spectrogram in an SVG.

use std::fmt::Write as _;
use std::ops::Range;

use base64::Engine as _;
use realfft::RealFftPlanner;

/// Widest spectrogram, in pixels of its own.
const COLUMNS: usize = 1600;
/// Window of the spectrogram: 20 ms shows formants and, for most voices, harmonics.
const WINDOW: usize = 320;
const TRANSFORM: usize = 1024;
/// Levels more than this below the strongest are white.
const RANGE_DB: f32 = 60.0;

/// Adds the spectrogram of 16 kHz samples up to a frequency to a list of images, to fill this
/// area in pixels.
pub fn embed(
    area: &(Range<i32>, Range<i32>),
    samples: &[f32],
    highest_hz: f64,
    images: &mut String,
) -> Result<(), Box<dyn std::error::Error>> {
    let (x, y) = area;
    write!(
        images,
        "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{}\"/>",
        x.start,
        y.start,
        x.end - x.start,
        y.end - y.start,
        base64::engine::general_purpose::STANDARD.encode(bitmap(samples, highest_hz)?)
    )?;
    Ok(())
}

/// Spectrograms are bitmaps; they go right behind a picture's white background.
pub fn put_behind(svg: &mut String, images: &str) {
    let background_end = svg.find("/>").map_or(0, |i| i + 2);
    svg.insert_str(background_end, images);
}

/// A PNG of levels over time and frequency, black for the strongest.
fn bitmap(samples: &[f32], highest_hz: f64) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let rate = f64::from(earnest_signal::SAMPLE_RATE);
    let width = (samples.len() / 32).clamp(1, COLUMNS);
    let height = (highest_hz / rate * TRANSFORM as f64) as usize;
    let plan = RealFftPlanner::<f32>::new().plan_fft_forward(TRANSFORM);
    let (mut input, mut output) = (plan.make_input_vec(), plan.make_output_vec());
    let mut levels = vec![0.0_f32; width * height];
    for x in 0..width {
        let centre = (2 * x + 1) * samples.len() / (2 * width);
        input.fill(0.0);
        for (n, slot) in input.iter_mut().enumerate().take(WINDOW) {
            let Some(i) = (centre + n).checked_sub(WINDOW / 2) else {
                continue;
            };
            let phase = std::f32::consts::TAU * (n as f32 + 0.5) / WINDOW as f32;
            let next = samples.get(i).copied().unwrap_or(0.0);
            let before = i.checked_sub(1).and_then(|j| samples.get(j)).copied();
            // Pre-emphasis, so that the upper formants show.
            *slot = (next - 0.95 * before.unwrap_or(0.0)) * (0.5 - 0.5 * phase.cos());
        }
        plan.process(&mut input, &mut output)?;
        for y in 0..height {
            levels[(height - 1 - y) * width + x] = 10.0 * (output[y].norm_sqr() + 1e-12).log10();
        }
    }
    let top = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let grey: Vec<u8> = levels
        .iter()
        .map(|db| (255.0 * ((top - db) / RANGE_DB).clamp(0.0, 1.0)) as u8)
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&grey)?;
    Ok(bytes)
}
