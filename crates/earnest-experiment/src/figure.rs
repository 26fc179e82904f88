//! Figures as SVG.

use earnest_model::EpochReport;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::error::ExperimentError;
use crate::training::Training;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Colour-blind-safe (Okabe and Ito): blue for clean training, vermilion for augmented.
fn colour(training: Training) -> RGBColor {
    match training {
        Training::Clean => RGBColor(0, 114, 178),
        Training::Augmented => RGBColor(213, 94, 0),
    }
}

fn draw(
    size: (u32, u32),
    paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn std::error::Error>>,
) -> Result<String, ExperimentError> {
    let mut svg = String::new();
    let result = {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)
            .map_err(|e| e.to_string())
            .and_then(|()| paint(&area).map_err(|e| e.to_string()))
            .and_then(|()| area.present().map_err(|e| e.to_string()))
    };
    result.map_err(|e| ExperimentError::Setup(format!("cannot draw a figure: {e}")))?;
    Ok(svg)
}

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
    draw((460, 300), |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 16))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(1.0..(epochs.max(2) as f64), low..high)?;
        chart
            .configure_mesh()
            .x_desc("epoch")
            .y_desc(y_name)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .light_line_style(TRANSPARENT)
            .draw()?;
        for training in [Training::Clean, Training::Augmented] {
            let style = colour(training).stroke_width(2);
            let mut named = false;
            for (_, history) in histories.iter().filter(|(t, _)| *t == training) {
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
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .position(SeriesLabelPosition::LowerRight)
            .draw()?;
        Ok(())
    })
}

/// A figure of each fold as a dot, for the four rows of a network: what spread there is.
pub fn by_fold(
    title: &str,
    y_name: &str,
    columns: &[(String, Training, Vec<f64>)],
    chance: Option<f64>,
) -> Result<String, ExperimentError> {
    let n = columns.len();
    draw((460, 300), |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, ("sans-serif", 16))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(0.0..n as f64, 0.0..1.0)?;
        chart
            .configure_mesh()
            .y_desc(y_name)
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .x_labels(2 * n + 1)
            .x_label_formatter(&|x| {
                let middle = (x.fract() - 0.5).abs() < 1e-6;
                if middle {
                    columns
                        .get(*x as usize)
                        .map_or(String::new(), |c| c.0.clone())
                } else {
                    String::new()
                }
            })
            .draw()?;
        if let Some(chance) = chance {
            chart.draw_series(DashedLineSeries::new(
                [(0.0, chance), (n as f64, chance)],
                4,
                4,
                BLACK.mix(0.5).stroke_width(1),
            ))?;
        }
        for (i, (_, training, values)) in columns.iter().enumerate() {
            let x = i as f64 + 0.5;
            let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
            let mean = finite.iter().sum::<f64>() / finite.len().max(1) as f64;
            let style = colour(*training);
            chart.draw_series(std::iter::once(PathElement::new(
                vec![(x - 0.25, mean), (x + 0.25, mean)],
                style.stroke_width(3),
            )))?;
            chart.draw_series(finite.iter().enumerate().map(|(k, v)| {
                let aside = ((k % 5) as f64 - 2.0) * 0.05;
                Circle::new((x + aside, *v), 3, style.mix(0.6).filled())
            }))?;
        }
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
            assert!(svg.contains("</svg>"));
        }
        let columns = [("a".to_owned(), Training::Clean, vec![f64::NAN])];
        assert!(by_fold("t", "y", &columns, Some(0.25)).is_ok());
    }
}
