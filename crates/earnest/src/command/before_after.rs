//! Speech before and after, as one SVG.

use std::path::Path;

use plotters::prelude::*;

use crate::command::spectrogram;

const WIDTH: u32 = 1200;
/// Height of one spectrogram, and of a line of text.
const HEIGHT: u32 = 330;
const LINE: i32 = 22;
/// Space for the time axis.
const AXIS: u32 = 48;
/// All that 16 kHz holds: filters work up there, too.
const HIGHEST_HZ: f64 = 8000.0;
const LABELS: (&str, u32) = ("sans-serif", 15);

/// Draws both spectrograms over one time axis, and between them what was done, in words.
pub fn draw(
    name: &str,
    before: &[f32],
    after: &[f32],
    between: &[String],
    to: &Path,
) -> Result<(), String> {
    let (mut svg, mut images) = (String::new(), String::new());
    paint(&mut svg, &mut images, name, before, after, between)
        .map_err(|e| format!("cannot draw {}: {e}", to.display()))?;
    spectrogram::put_behind(&mut svg, &images);
    earnest_files::write_whole(to, svg.as_bytes())
        .map_err(|e| format!("cannot write {}: {e}", to.display()))
}

fn paint(
    svg: &mut String,
    images: &mut String,
    name: &str,
    before: &[f32],
    after: &[f32],
    lines: &[String],
) -> Result<(), Box<dyn std::error::Error>> {
    let between = LINE * lines.len().max(1) as i32 + 16;
    let height = 2 * HEIGHT + AXIS + between as u32 + 40;
    let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let root = root.titled(name, ("sans-serif", 22))?;
    let (top, rest) = root.split_vertically(HEIGHT as i32);
    let (text, bottom) = rest.split_vertically(between);
    let seconds = |x: &[f32]| x.len() as f64 / f64::from(earnest_signal::SAMPLE_RATE);
    let longest = seconds(before).max(seconds(after)).max(0.01);
    for (area, samples, last) in [(&top, before, false), (&bottom, after, true)] {
        let mut chart = ChartBuilder::on(area)
            .margin_right(12)
            .margin_left(10)
            .margin_top(8)
            .x_label_area_size(if last { AXIS } else { 0 })
            .y_label_area_size(80)
            .build_cartesian_2d(0.0..longest, 0.0..HIGHEST_HZ)?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_mesh()
            .y_desc("frequency / Hz")
            .y_label_formatter(&|hz| format!("{hz:.0}"))
            .label_style(LABELS);
        if last {
            mesh.x_desc("time / s");
        }
        mesh.draw()?;
        let (mut x, y) = chart.plotting_area().get_pixel_range();
        let share = seconds(samples) / longest;
        x.end = x.start + ((f64::from(x.end - x.start)) * share).round() as i32;
        spectrogram::embed(&(x, y), samples, HIGHEST_HZ, images)?;
    }
    for (i, line) in lines.iter().enumerate() {
        let at = (84, 10 + LINE * i as i32);
        text.draw(&Text::new(line.as_str(), at, ("sans-serif", 17)))?;
    }
    root.present()?;
    Ok(())
}
