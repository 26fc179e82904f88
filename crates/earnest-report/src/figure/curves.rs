//! Training curves.

use earnest_model::EpochReport;
use plotters::prelude::*;

use super::legend::Legend;
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
    let style = |training: Training| colour(training, &trainings).mix(0.8).stroke_width(2);
    let names = trainings
        .iter()
        .map(|t| (format!("{} training", t.name()), style(*t)));
    let legend = Legend::new(460, names);
    draw((460, 300 + legend.height()), title, |area| {
        let last = epochs.max(2);
        let mut chart = ChartBuilder::on(area)
            .caption(title, font(16))
            .margin(10)
            .margin_bottom(10 + legend.height())
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(1..last, low..high)?;
        chart
            .configure_mesh()
            .x_desc("epoch")
            .y_desc(y_name)
            .label_style(font(12))
            .axis_style(INK)
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.12))
            .draw()?;
        for (training, history) in histories {
            let points: Vec<(usize, f64)> = history
                .iter()
                .map(|e| (e.epoch, value(e)))
                .filter(|p| p.1.is_finite())
                .collect();
            // A line needs two points.
            if let [point] = points.as_slice() {
                let dot = Circle::new(*point, 3, style(*training).filled());
                chart.draw_series(std::iter::once(dot))?;
            }
            chart.draw_series(LineSeries::new(points, style(*training)))?;
        }
        legend.draw(area)?;
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

    #[test]
    fn each_epoch_that_is_marked_is_marked_once() {
        for epochs in [2, 3, 40] {
            let history: Vec<EpochReport> = (1..=epochs)
                .map(|epoch| EpochReport {
                    epoch,
                    training_loss: 1.0,
                    validation: 0.5,
                    learning_rate: 1e-3,
                    best: false,
                })
                .collect();
            let histories = [(Training::Clean, &history[..])];
            let svg = training_curves("t", "y", &histories, |e| e.validation).unwrap();
            // Values have a point in them.
            let mut marks: Vec<&str> = svg
                .split("<text")
                .filter_map(|text| text.split('\n').nth(1))
                .filter(|text| text.parse::<usize>().is_ok())
                .collect();
            assert!(marks.len() >= 2, "{svg}");
            let all = marks.len();
            marks.dedup();
            assert_eq!(marks.len(), all, "{marks:?}");
        }
    }
}
