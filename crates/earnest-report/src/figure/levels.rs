//! How loud speech is over noise in the robot condition.

use plotters::prelude::*;

use super::{INK, PALETTE, draw, font};
use earnest_experiment::ExperimentError;

/// The share of utterances that have at most so much SNR, from percentiles that lie evenly.
pub fn snr_levels(title: &str, percentiles_db: &[f64]) -> Result<String, ExperimentError> {
    let last = (percentiles_db.len().max(2) - 1) as f64;
    let points: Vec<(f64, f64)> = percentiles_db
        .iter()
        .enumerate()
        .map(|(i, db)| (*db, 100.0 * i as f64 / last))
        .collect();
    let low = percentiles_db.iter().copied().fold(f64::INFINITY, f64::min);
    let high = percentiles_db
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    draw((460, 300), title, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, font(16))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d((low - 1.0).floor()..(high + 1.0).ceil(), 0.0..100.0)?;
        chart
            .configure_mesh()
            .x_desc("speech over noise, dB")
            .y_desc("utterances below, %")
            .label_style(font(12))
            .axis_style(INK)
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.12))
            .draw()?;
        chart.draw_series(LineSeries::new(points, PALETTE[0].stroke_width(2)))?;
        Ok(())
    })
}
