//! Figure 5: how predictions of arousal and valence lie, for each true value; clean training at
//! the left of each violin, augmented at the right.

use plotters::prelude::*;

use super::legend::Legend;
use super::{INK, colour, draw, font};
use earnest_experiment::ExperimentError;
use earnest_experiment::Training;

/// Predictions for one true value.
pub struct Violin {
    /// The true value, or the middle of a range of them.
    pub truth: f64,
    /// What was predicted, by training.
    pub sides: Vec<(Training, Vec<f64>)>,
}

/// Density of values at each place: Gaussian kernels, Silverman's rule of thumb for their
/// width.
fn density(values: &[f64], places: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quartile = |q: f64| sorted[((sorted.len() - 1) as f64 * q).round() as usize];
    let spread = sd.min((quartile(0.75) - quartile(0.25)) / 1.34);
    let spread = if spread > 0.0 { spread } else { sd };
    let width = (0.9 * spread * n.powf(-0.2)).max(0.02);
    places
        .iter()
        .map(|p| {
            let sum: f64 = values
                .iter()
                .map(|v| (-0.5 * ((p - v) / width).powi(2)).exp())
                .sum();
            sum / (n * width * std::f64::consts::TAU.sqrt())
        })
        .collect()
}

/// Violins side by side, each half as wide as the others at its widest. `range` is the scale of truth and prediction.
pub fn violins(
    title: &str,
    what: &str,
    range: (f64, f64),
    all: &[Violin],
) -> Result<String, ExperimentError> {
    let places: Vec<f64> = (0..=80)
        .map(|i| range.0 + (range.1 - range.0) * f64::from(i) / 80.0)
        .collect();
    let step = all
        .windows(2)
        .map(|w| w[1].truth - w[0].truth)
        .fold(f64::INFINITY, f64::min);
    let half = 0.45 * if step.is_finite() { step } else { 1.0 };
    let trainings = [Training::Clean, Training::Augmented];
    let names = trainings.map(|t| {
        let style = colour(t, &trainings).mix(0.6).filled();
        (format!("{} training", t.name()), style)
    });
    let legend = Legend::new(460, names.into_iter());
    draw((460, 340 + legend.height()), title, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, font(16))
            .margin(10)
            .margin_bottom(10 + legend.height())
            .x_label_area_size(36)
            .y_label_area_size(48)
            .build_cartesian_2d(range.0 - half..range.1 + half, range.0..range.1)?;
        chart
            .configure_mesh()
            .x_desc(format!("true {what}"))
            .y_desc(format!("predicted {what}"))
            .label_style(font(12))
            .axis_style(INK)
            .x_labels(2 * all.len().max(1))
            .x_label_formatter(&|x| {
                let at = all.iter().any(|v| (v.truth - x).abs() < 1e-6);
                if at { format!("{x}") } else { String::new() }
            })
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.1))
            .draw()?;
        // Where a perfect answer would be.
        chart.draw_series(DashedLineSeries::new(
            [(range.0, range.0), (range.1, range.1)],
            5,
            5,
            INK.mix(0.5).stroke_width(1),
        ))?;
        for (side, training) in [(-1.0, Training::Clean), (1.0, Training::Augmented)] {
            let colour = colour(training, &trainings);
            for violin in all {
                let Some((_, values)) = violin
                    .sides
                    .iter()
                    .find(|(t, values)| *t == training && !values.is_empty())
                else {
                    continue;
                };
                let density = density(values, &places);
                let highest = density.iter().copied().fold(1e-9, f64::max);
                let mut outline: Vec<(f64, f64)> = density
                    .into_iter()
                    .zip(&places)
                    .map(|(d, p)| (violin.truth + side * half * d / highest, *p))
                    .collect();
                outline.push((violin.truth, range.1));
                outline.push((violin.truth, range.0));
                chart.draw_series(std::iter::once(Polygon::new(outline, colour.mix(0.45))))?;
                let mut sorted = values.clone();
                sorted.sort_by(f64::total_cmp);
                let median = sorted[sorted.len() / 2];
                chart.draw_series(std::iter::once(PathElement::new(
                    vec![
                        (violin.truth, median),
                        (violin.truth + side * half * 0.6, median),
                    ],
                    colour.stroke_width(3),
                )))?;
            }
        }
        legend.draw(area)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_has_area_one_and_its_peak_where_the_values_are() {
        let places: Vec<f64> = (0..1000).map(|i| f64::from(i) * 0.01).collect();
        let values: Vec<f64> = (0..50).map(|i| 4.0 + f64::from(i % 7) * 0.1).collect();
        let d = density(&values, &places);
        let area: f64 = d.iter().sum::<f64>() * 0.01;
        assert!((area - 1.0).abs() < 1e-3, "{area}");
        let peak = places[(0..d.len()).max_by(|a, b| d[*a].total_cmp(&d[*b])).unwrap()];
        assert!((peak - 4.3).abs() < 0.2, "{peak}");
        assert!(density(&[2.0, 2.0], &places).iter().all(|v| v.is_finite()));
    }

    #[test]
    fn few_and_equal_predictions_can_be_drawn() {
        let all = [Violin {
            truth: 3.0,
            sides: vec![
                (Training::Clean, vec![3.0, 3.0]),
                (Training::Augmented, vec![]),
            ],
        }];
        assert!(violins("t", "arousal", (1.0, 5.0), &all).is_ok());
        assert!(violins("t", "arousal", (1.0, 5.0), &[]).is_ok());
    }
}
