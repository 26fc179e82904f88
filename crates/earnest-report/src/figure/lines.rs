//! A metric against a number that conditions say of themselves: a curve for each recipe, its points
//! with their intervals.

use plotters::prelude::*;

use super::legend::Legend;
use super::{INK, PALETTE, draw, font};
use earnest_experiment::ExperimentError;
use earnest_experiment::statistics::Interval;

/// A condition's place on a curve.
#[derive(Clone, Copy, Debug)]
pub struct CurvePoint {
    /// What the condition says.
    pub x: f64,
    /// The metric.
    pub y: f64,
    /// Its interval, where there is one.
    pub interval: Option<Interval>,
}

/// A curve of a recipe.
pub struct Curve {
    /// What the legend calls it.
    pub name: String,
    /// Its points, in any order.
    pub points: Vec<CurvePoint>,
}

impl Curve {
    /// The means of points at the same place, from the left.
    fn line(&self) -> Vec<(f64, f64)> {
        let mut sorted: Vec<(f64, f64)> = self.points.iter().map(|p| (p.x, p.y)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let alike = sorted.chunk_by(|a, b| a.0 == b.0);
        let mean = |points: &[(f64, f64)]| {
            let sum: f64 = points.iter().map(|p| p.1).sum();
            points.first().map(|p| (p.0, sum / points.len() as f64))
        };
        alike.filter_map(mean).collect()
    }
}

/// Pixels.
const WIDTH: u32 = 560;

/// Curves over an axis. Where several have a point at the same place they stand beside each other, so
/// that whiskers can be told apart.
pub fn curves(
    title: &str,
    x_name: &str,
    y_name: &str,
    curves: &[Curve],
) -> Result<String, ExperimentError> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let xs = || points().map(|p| p.x);
    let left = xs().fold(f64::INFINITY, f64::min);
    let right = xs().fold(f64::NEG_INFINITY, f64::max);
    let span = match right - left {
        span if span > 0.0 => span,
        _ => 1.0,
    };
    let ends = || {
        points().flat_map(|p| {
            let ends = p.interval.map(|i| [i.low, i.high]);
            ends.into_iter().flatten().chain([p.y])
        })
    };
    let low = ends().fold(0.0, f64::min);
    let high = ends().fold(low + 0.1, f64::max);
    let style = |i: usize| PALETTE[i % PALETTE.len()].mix(0.9);
    let names = curves.iter().enumerate();
    let names = names.map(|(i, c)| (c.name.clone(), style(i).stroke_width(2)));
    let legend = Legend::new(WIDTH, names);
    draw((WIDTH, 320 + legend.height()), title, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, font(16))
            .margin(10)
            .margin_bottom(10 + legend.height())
            .x_label_area_size(38)
            .y_label_area_size(48)
            .build_cartesian_2d(
                left - 0.06 * span..right + 0.06 * span,
                low..(high + 0.04 * (high - low)),
            )?;
        chart
            .configure_mesh()
            .x_desc(x_name)
            .y_desc(y_name)
            .label_style(font(12))
            .axis_style(INK)
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.12))
            .draw()?;
        let middle = (curves.len() as f64 - 1.0) / 2.0;
        for (i, curve) in curves.iter().enumerate() {
            let aside = (i as f64 - middle) * 0.008 * span;
            let line = curve.line().into_iter().map(|(x, y)| (x + aside, y));
            chart.draw_series(LineSeries::new(line, style(i).stroke_width(2)))?;
            for point in &curve.points {
                let x = point.x + aside;
                if let Some(interval) = point.interval {
                    let (a, b, end) = (interval.low, interval.high, 0.006 * span);
                    let whisker = [
                        vec![(x, a), (x, b)],
                        vec![(x - end, a), (x + end, a)],
                        vec![(x - end, b), (x + end, b)],
                    ];
                    let thin = style(i).mix(0.6).stroke_width(1);
                    chart.draw_series(whisker.map(|line| PathElement::new(line, thin)))?;
                }
                let dot = Circle::new((x, point.y), 3, style(i).filled());
                chart.draw_series(std::iter::once(dot))?;
            }
        }
        legend.draw(area)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Curve {
        let point = |(x, y): &(f64, f64)| CurvePoint {
            x: *x,
            y: *y,
            interval: None,
        };
        Curve {
            name: "a".into(),
            points: points.iter().map(point).collect(),
        }
    }

    #[test]
    fn a_line_goes_from_the_left_through_means_of_points_at_the_same_place() {
        let line = curve(&[(5.0, 0.6), (0.0, 0.2), (5.0, 0.4)]).line();
        assert_eq!(line, [(0.0, 0.2), (5.0, 0.5)]);
    }

    #[test]
    fn each_point_is_a_dot_and_intervals_are_whiskers() {
        let mut one = curve(&[(0.0, 0.2), (5.0, 0.5)]);
        let dots = |svg: &str| svg.matches("<circle").count();
        // Axes have the colour of the text.
        let lines = |svg: &str| svg.matches("stroke=\"#0072B2\"").count();
        let without = curves("t", "dB", "F", std::slice::from_ref(&one)).unwrap();
        for point in &mut one.points {
            point.interval = Some(Interval {
                low: point.y - 0.1,
                high: point.y + 0.1,
            });
        }
        let with = curves("t", "dB", "F", &[one]).unwrap();
        assert_eq!((dots(&without), dots(&with)), (2, 2));
        assert_eq!((lines(&without), lines(&with)), (1, 1 + 2 * 3));
        for same in [
            vec![(1.0, f64::MIN_POSITIVE)],
            vec![(1.0, -3.0), (1.0, 9.0)],
        ] {
            assert!(
                curves("t", "x", "y", &[curve(&same)])
                    .unwrap()
                    .contains("</svg>")
            );
        }
    }
}
