//! A figure of each fold as a dot, for the rows of a network, beside the figure of all folds
//! together and its interval: what spread there is.

use plotters::prelude::*;

use super::{INK, colour, draw, font};
use earnest_experiment::ExperimentError;
use earnest_experiment::Training;
use earnest_experiment::statistics::Interval;

/// One column of dots.
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub training: Training,
    /// The figure of each fold.
    pub folds: Vec<f64>,
    /// The figure of all folds together, as it is printed in a table.
    pub value: Option<f64>,
    /// The interval of that figure.
    pub interval: Option<Interval>,
}

/// A column for each training and condition: dots for folds, a bar at the figure of all of them
/// together, and a whisker for its interval.
pub fn by_fold(title: &str, y_name: &str, columns: &[Column]) -> Result<String, ExperimentError> {
    let n = columns.len();
    let trainings: Vec<Training> = columns.iter().map(|c| c.training).collect();
    let low = columns
        .iter()
        .flat_map(|c| {
            let ends = c.interval.map(|i| i.low).into_iter().chain(c.value);
            c.folds.iter().copied().chain(ends)
        })
        .filter(|v| v.is_finite())
        .fold(0.0, f64::min);
    // Names of many columns stand in two turns, one below the other.
    let rows = if n > 4 { 2 } else { 1 };
    draw((460, 290 + 18 * rows), title, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, font(16))
            .margin(10)
            .x_label_area_size(8 + 18 * rows)
            .y_label_area_size(48)
            .build_cartesian_2d(0.0..n as f64, low..1.0)?;
        chart
            .configure_mesh()
            .y_desc(y_name)
            .label_style(font(12))
            .axis_style(INK)
            .disable_x_mesh()
            .x_labels(0)
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.12))
            .draw()?;
        let centred = font(11).pos(plotters::style::text_anchor::Pos::new(
            plotters::style::text_anchor::HPos::Center,
            plotters::style::text_anchor::VPos::Top,
        ));
        for (i, column) in columns.iter().enumerate() {
            let x = i as f64 + 0.5;
            let (left, bottom) = chart.backend_coord(&(x, low));
            let row = (i as i32) % (rows as i32);
            area.draw_text(&column.name, &centred, (left, bottom + 6 + 16 * row))?;
            let style = colour(column.training, &trainings);
            if let Some(interval) = column.interval {
                let (a, b) = (interval.low, interval.high);
                let lines = [
                    vec![(x + 0.3, a), (x + 0.3, b)],
                    vec![(x + 0.26, a), (x + 0.34, a)],
                    vec![(x + 0.26, b), (x + 0.34, b)],
                ];
                chart
                    .draw_series(lines.map(|line| PathElement::new(line, style.stroke_width(1))))?;
            }
            if let Some(value) = column.value.filter(|v| v.is_finite()) {
                chart.draw_series(std::iter::once(PathElement::new(
                    vec![(x - 0.25, value), (x + 0.3, value)],
                    style.stroke_width(3),
                )))?;
            }
            let finite = column.folds.iter().filter(|v| v.is_finite());
            chart.draw_series(finite.enumerate().map(|(k, v)| {
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
    fn the_bar_is_at_the_figure_of_all_folds_and_not_at_the_mean_of_dots() {
        let column = |value| Column {
            name: "a".to_owned(),
            training: Training::Clean,
            folds: vec![f64::NAN, 0.5, -0.2],
            value,
            interval: None,
        };
        let drawn = |value| by_fold("t", "y", &[column(value)]).unwrap();
        // Dots alone, then a bar that moves with the figure while the dots stay.
        let without = drawn(None);
        let (low, high) = (drawn(Some(0.1)), drawn(Some(0.9)));
        assert_eq!(without.matches("<circle").count(), 2);
        assert_eq!(low.matches("<circle").count(), 2);
        assert_ne!(low, high);
        let lines = |svg: &str| svg.matches("<polyline").count();
        assert_eq!(lines(&low), lines(&without) + 1);
        assert_eq!(drawn(Some(f64::NAN)), without);
    }
}
