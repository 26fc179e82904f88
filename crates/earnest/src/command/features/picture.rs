//! A recording and what was measured in it, as one SVG.

use std::path::Path;

use earnest_features::{Extractor, Lld32, Mode};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::command::spectrogram;
use crate::failure::Failure;

const SIZE: (u32, u32) = (1200, 900);
/// Formants lie below.
const HIGHEST_HZ: f64 = 5500.0;

// Places in a row.
const LOUDNESS: usize = 0;
const F0: usize = 19;
const FORMANTS: [usize; 3] = [25, 28, 30];

const LABELS: (&str, u32) = ("sans-serif", 15);

// Okabe and Ito's colours, which all readers can tell apart.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const ORANGE: RGBColor = RGBColor(230, 159, 0);
const VERMILION: RGBColor = RGBColor(213, 94, 0);
const SKY: RGBColor = RGBColor(86, 180, 233);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws waveform, spectrogram with formants, F0 and loudness of one file.
pub fn draw(file: &Path, settings: Lld32, to: &Path) -> Result<(), Failure> {
    let wave = earnest_audio::read(file)?;
    let samples = wave.samples();
    let features = Extractor::with(earnest_signal::SAMPLE_RATE, settings).extract(samples);
    if features.is_empty() {
        return Err(
            anyhow::anyhow!("{} is shorter than 60 ms: it has no row", file.display()).into(),
        );
    }
    let mut svg = String::new();
    let mut image = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        paint(&root, file, samples, &features, settings.mode, &mut image)
            .map_err(|e| anyhow::anyhow!("cannot draw {}: {e}", to.display()))?;
    }
    spectrogram::put_behind(&mut svg, &image);
    earnest_files::write_whole(to, svg.as_bytes())
        .map_err(|e| anyhow::anyhow!("cannot write {}: {e}", to.display()))?;
    Ok(())
}

fn paint(
    root: &Area<'_>,
    file: &Path,
    samples: &[f32],
    features: &earnest_features::Features,
    mode: Mode,
    image: &mut String,
) -> Result<(), Box<dyn std::error::Error>> {
    root.fill(&WHITE)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let how = match mode {
        Mode::OpenSmile => "openSMILE's definition",
        Mode::Accurate => "mode accurate",
    };
    let root = root.titled(&format!("{name}: {how}"), ("sans-serif", 22))?;
    let (wave_area, rest) = root.split_vertically(150);
    let (spectrum_area, rest) = rest.split_vertically(400);
    let (pitch_area, loudness_area) = rest.split_vertically(150);
    let seconds = samples.len() as f64 / f64::from(earnest_signal::SAMPLE_RATE);
    // A row stands for the middle of what its windows cover.
    let middle = match mode {
        Mode::OpenSmile => 0.02,
        Mode::Accurate => 0.03,
    };
    let time = |i: usize| i as f64 * 0.01 + middle;

    let mut chart = ChartBuilder::on(&wave_area)
        .margin_right(12)
        .margin_left(10)
        .x_label_area_size(0)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..seconds, -1.0..1.0)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .y_labels(3)
        .y_desc("amplitude")
        .light_line_style(WHITE)
        .label_style(LABELS)
        .draw()?;
    let step = samples.len().div_ceil(1000).max(1);
    chart.draw_series(samples.chunks(step).enumerate().map(|(i, chunk)| {
        let (low, high) = chunk
            .iter()
            .fold((0.0_f32, 0.0_f32), |(l, h), x| (l.min(*x), h.max(*x)));
        let t = (i * step) as f64 / f64::from(earnest_signal::SAMPLE_RATE);
        PathElement::new([(t, f64::from(low)), (t, f64::from(high))], BLUE)
    }))?;

    let mut chart = ChartBuilder::on(&spectrum_area)
        .margin_right(12)
        .margin_left(10)
        .margin_top(8)
        .x_label_area_size(0)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..seconds, 0.0..HIGHEST_HZ)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .y_desc("frequency / Hz")
        .y_label_formatter(&|hz| format!("{hz:.0}"))
        .label_style(LABELS)
        .draw()?;
    spectrogram::embed(
        &chart.plotting_area().get_pixel_range(),
        samples,
        HIGHEST_HZ,
        image,
    )?;
    for (formant, (column, colour)) in FORMANTS.iter().zip([VERMILION, GREEN, SKY]).enumerate() {
        chart
            .draw_series(
                features
                    .rows()
                    .enumerate()
                    .filter(|(_, row)| row[F0] > 0.0 && row[*column] > 0.0)
                    .map(|(i, row)| {
                        Circle::new((time(i), f64::from(row[*column])), 2, colour.filled())
                    }),
            )?
            .label(format!("F{}", formant + 1))
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(LABELS)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()?;

    let hz = |st: f32| 27.5 * 2.0_f64.powf(f64::from(st) / 12.0);
    let highest = features
        .rows()
        .map(|r| if r[F0] > 0.0 { hz(r[F0]) } else { 0.0 })
        .fold(200.0_f64, f64::max);
    let mut chart = ChartBuilder::on(&pitch_area)
        .margin_right(12)
        .margin_left(10)
        .margin_top(8)
        .x_label_area_size(0)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..seconds, 50.0..1.1 * highest)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .y_desc("F0 / Hz")
        .y_labels(4)
        .y_label_formatter(&|hz| format!("{hz:.0}"))
        .light_line_style(WHITE)
        .label_style(LABELS)
        .draw()?;
    chart.draw_series(
        features
            .rows()
            .enumerate()
            .filter(|(_, row)| row[F0] > 0.0)
            .map(|(i, row)| Circle::new((time(i), hz(row[F0])), 2, ORANGE.filled())),
    )?;

    let loudest = features.rows().map(|r| r[LOUDNESS]).fold(0.1_f32, f32::max);
    let mut chart = ChartBuilder::on(&loudness_area)
        .margin_right(12)
        .margin_left(10)
        .margin_top(8)
        .x_label_area_size(52)
        .y_label_area_size(80)
        .build_cartesian_2d(0.0..seconds, 0.0..1.1 * f64::from(loudest))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_desc("time / s")
        .y_desc("loudness")
        .y_labels(4)
        .light_line_style(WHITE)
        .label_style(LABELS)
        .draw()?;
    chart.draw_series(LineSeries::new(
        features
            .rows()
            .enumerate()
            .map(|(i, row)| (time(i), f64::from(row[LOUDNESS]))),
        BLUE.stroke_width(2),
    ))?;
    root.present()?;
    Ok(())
}
