//! How sure answers are beside how often they are right, and what is gained by not answering.

use std::error::Error;

use earnest_experiment::ExperimentError;
use earnest_experiment::calibration::Reliability;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::legend::Legend;
use super::{Area, INK, PALETTE, draw, font};

/// The most points of a curve: more cannot be told apart.
const MOST_POINTS: usize = 400;

/// A series by its place.
fn style(place: usize) -> ShapeStyle {
    PALETTE[place % PALETTE.len()].mix(0.9).stroke_width(2)
}

/// A chart of one share against another.
type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A chart of the share of right answers, from `low`, against another share.
fn shares<'a>(
    area: &Area<'a>,
    title: &str,
    legend: &Legend,
    low: f64,
    x_name: &str,
) -> Result<Chart<'a>, Box<dyn Error>> {
    let mut chart = ChartBuilder::on(area)
        .caption(title, font(16))
        .margin(10)
        .margin_bottom(10 + legend.height())
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..1.0, low..1.0)?;
    chart
        .configure_mesh()
        .x_desc(x_name)
        .y_desc("share of right answers")
        .label_style(font(12))
        .axis_style(INK)
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.12))
        .draw()?;
    Ok(chart)
}

/// A reliability diagram: of each bin of confidence the mean confidence and the share of right answers,
/// a line for each series; on the dashed line answers are as sure as they are right.
pub fn reliability(
    title: &str,
    series: &[(String, &Reliability)],
) -> Result<String, ExperimentError> {
    let names = series.iter().enumerate();
    let legend = Legend::new(400, names.map(|(i, (name, _))| (name.clone(), style(i))));
    draw((400, 360 + legend.height()), title, |area| {
        let mut chart = shares(
            area,
            title,
            &legend,
            0.0,
            "confidence, the largest probability",
        )?;
        let equal = [(0.0, 0.0), (1.0, 1.0)];
        chart.draw_series(DashedLineSeries::new(equal, 5, 4, INK.mix(0.6).into()))?;
        for (i, (_, of)) in series.iter().enumerate() {
            let points: Vec<(f64, f64)> = of
                .bins()
                .iter()
                .filter(|bin| bin.answers > 0)
                .map(|bin| {
                    let n = bin.answers as f64;
                    (bin.confidence / n, bin.right as f64 / n)
                })
                .collect();
            chart.draw_series(LineSeries::new(points.clone(), style(i)))?;
            let dots = points.into_iter();
            chart.draw_series(dots.map(|p| Circle::new(p, 3, style(i).filled())))?;
        }
        legend.draw(area)?;
        Ok(())
    })
}

/// Accuracy against coverage: the share of right answers among the surest, by how many of all they are.
pub fn coverage(title: &str, series: &[(String, &Reliability)]) -> Result<String, ExperimentError> {
    let curves: Vec<Vec<(f64, f64)>> = series.iter().map(|(_, of)| thinned(of)).collect();
    let least = curves.iter().flatten().map(|p| p.1).fold(1.0, f64::min);
    // A whole tenth below, so that the axis has marks.
    let low = ((least * 10.0).floor() / 10.0).clamp(0.0, 0.9);
    let names = series.iter().enumerate();
    let legend = Legend::new(460, names.map(|(i, (name, _))| (name.clone(), style(i))));
    draw((460, 320 + legend.height()), title, |area| {
        let mut chart = shares(
            area,
            title,
            &legend,
            low,
            "share of utterances that are answered, the surest first",
        )?;
        for (i, curve) in curves.into_iter().enumerate() {
            chart.draw_series(LineSeries::new(curve, style(i)))?;
        }
        legend.draw(area)?;
        Ok(())
    })
}

/// The curve with no more points than can be seen, the last one kept.
fn thinned(of: &Reliability) -> Vec<(f64, f64)> {
    let points = of.accuracy_by_coverage();
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let kept = points.into_iter().enumerate();
    kept.filter(|(i, _)| i % step == 0 || *i == last)
        .map(|(_, point)| point)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_experiment::{Prediction, Truth};

    fn answers(n: usize) -> Reliability {
        let all: Vec<Prediction> = (0..n)
            .map(|i| {
                let p = 0.5 + i as f32 / (2 * n) as f32;
                Prediction {
                    condition: "clean".into(),
                    id: i.to_string(),
                    speaker: "a".into(),
                    truth: Truth::Class(usize::from(i % 3 == 0)),
                    answer: vec![p, 1.0 - p],
                }
            })
            .collect();
        Reliability::of(all.iter()).unwrap()
    }

    #[test]
    fn both_can_be_drawn_of_one_answer_and_of_thousands() {
        for n in [1, 2, 5000] {
            let of = answers(n);
            let all: Vec<(String, &Reliability)> =
                (0..9).map(|i| (format!("series {i}"), &of)).collect();
            for svg in [
                reliability("a < b", &all).unwrap(),
                coverage("a < b", &all).unwrap(),
            ] {
                assert!(svg.contains("series 8") && svg.contains("a &lt; b"));
                assert!(svg.len() < 400_000, "{}", svg.len());
            }
        }
        let curve = thinned(&answers(5000));
        assert!(curve.len() <= MOST_POINTS + 1);
        assert_eq!(curve.last().map(|p| p.0), Some(1.0));
    }

    #[test]
    fn nothing_can_be_drawn_too() {
        assert!(reliability("t", &[]).is_ok() && coverage("t", &[]).is_ok());
    }
}
