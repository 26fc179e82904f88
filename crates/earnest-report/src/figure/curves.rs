//! Training curves.

use earnest_model::EpochReport;
use plotters::prelude::*;

use super::{INK, colour, draw, font};
use earnest_experiment::ExperimentError;
use earnest_experiment::Training;

/// One value by epoch for several trainings.
pub fn training_curves(
    title: &str,
    y_name: &str,
    histories: &[(Training, &[EpochReport])],
    value: impl Fn(&EpochReport) -> f64,
) -> Result<String, ExperimentError> {
    let values: Vec<f64> = histories
        .iter()
        .flat_map(|(_, h)| h.iter().map(&value))
        .filter(|v| v.is_finite())
        .collect();
    let epochs = histories.iter().map(|(_, h)| h.len()).max().unwrap_or(1);
    let low = values.iter().copied().fold(0.0, f64::min);
    // At least some range, or the axis has no place for its marks.
    let high = values.iter().copied().fold(low + 0.1, f64::max) * 1.05;
    let mut trainings: Vec<Training> = histories.iter().map(|(t, _)| *t).collect();
    trainings.sort_unstable();
    trainings.dedup();
    draw((460, 300), title, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, font(16))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(1.0..(epochs.max(2) as f64), low..high)?;
        chart
            .configure_mesh()
            .x_desc("epoch")
            .y_desc(y_name)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .label_style(font(12))
            .axis_style(INK)
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.12))
            .draw()?;
        for training in &trainings {
            let style = colour(*training, &trainings).mix(0.8).stroke_width(2);
            let mut named = false;
            for (_, history) in histories.iter().filter(|(t, _)| t == training) {
                let points: Vec<(f64, f64)> = history
                    .iter()
                    .map(|e| (e.epoch as f64, value(e)))
                    .filter(|p| p.1.is_finite())
                    .collect();
                let series = chart.draw_series(LineSeries::new(points, style))?;
                if !named {
                    series
                        .label(format!("{} training", training.name()))
                        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], style));
                    named = true;
                }
            }
        }
        chart
            .configure_series_labels()
            .label_font(font(12))
            .background_style(TRANSPARENT)
            .border_style(INK.mix(0.2))
            .position(SeriesLabelPosition::UpperRight)
            .draw()?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_all_zero_or_not_numbers_can_still_be_drawn() {
        let epoch = |n: usize, v: f64| EpochReport {
            epoch: n,
            training_loss: v,
            validation: v,
            learning_rate: 1e-3,
            best: false,
        };
        for v in [0.0, f64::NAN, -0.3, 1e6] {
            let history = [epoch(1, v), epoch(2, v)];
            let histories = [(Training::Clean, &history[..])];
            let svg = training_curves("t", "y", &histories, |e| e.validation).unwrap();
            assert!(svg.contains("</svg>") && svg.contains("currentColor"));
        }
    }
}
