//! A figure of each fold as a dot, for the rows of a network: what spread there is.

use plotters::prelude::*;

use super::{INK, colour, draw, font};
use crate::error::ExperimentError;
use crate::training::Training;

/// One column of dots.
pub type Column = (String, Training, Vec<f64>);

/// A column of dots for each training and condition, with their mean as a bar.
pub fn by_fold(title: &str, y_name: &str, columns: &[Column]) -> Result<String, ExperimentError> {
    let n = columns.len();
    let trainings: Vec<Training> = columns.iter().map(|c| c.1).collect();
    let low = columns
        .iter()
        .flat_map(|c| c.2.iter().copied())
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
        for (i, (name, training, values)) in columns.iter().enumerate() {
            let x = i as f64 + 0.5;
            let (left, bottom) = chart.backend_coord(&(x, low));
            let row = (i as i32) % (rows as i32);
            area.draw_text(name, &centred, (left, bottom + 6 + 16 * row))?;
            let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
            if finite.is_empty() {
                continue;
            }
            let mean = finite.iter().sum::<f64>() / finite.len() as f64;
            let style = colour(*training, &trainings);
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
    fn a_column_without_a_number_can_be_drawn() {
        let columns = [("a".to_owned(), Training::Clean, vec![f64::NAN])];
        assert!(by_fold("t", "y", &columns).is_ok());
    }
}
