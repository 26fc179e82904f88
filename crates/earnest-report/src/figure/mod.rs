//! Figures as SVG. Ink is `currentColor` and the ground is left open, so that a figure follows
//! the page's theme and is black on white where it stands alone.

mod confusion;
mod curves;
mod dots;
mod legend;
mod levels;
mod lines;
mod matrix;
mod reliability;
mod violins;

pub use confusion::{confusion, confusion_counts};
pub use curves::training_curves;
pub use dots::{Column, by_fold};
pub use levels::snr_levels;
pub use lines::{Curve, CurvePoint, curves};
pub use matrix::matrices;
pub use reliability::{coverage, reliability};
pub use violins::{Violin, violins};

use plotters::coord::Shift;
use plotters::prelude::*;

use earnest_experiment::ExperimentError;
use earnest_experiment::Training;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Painted = Result<(), Box<dyn std::error::Error>>;

/// Stands for the ink while plotters draws; no other colour of ours is so.
const INK: RGBColor = RGBColor(1, 2, 3);

/// Okabe and Ito's colours, which people with any colour vision can tell apart.
const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
];

/// Blue for clean training, vermilion for augmented, others for what is left out.
fn colour(training: Training, trainings: &[Training]) -> RGBColor {
    match training {
        Training::Clean => PALETTE[0],
        Training::Augmented => PALETTE[1],
        Training::Without(_) => {
            let others = trainings
                .iter()
                .filter(|t| matches!(t, Training::Without(_)));
            let at = others.take_while(|t| **t != training).count();
            PALETTE[2 + at % (PALETTE.len() - 2)]
        }
    }
}

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

fn draw(
    size: (u32, u32),
    title: &str,
    paint: impl FnOnce(&Area<'_>) -> Painted,
) -> Result<String, ExperimentError> {
    let mut svg = String::new();
    let result = {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        paint(&area)
            .map_err(|e| e.to_string())
            .and_then(|()| area.present().map_err(|e| e.to_string()))
    };
    result.map_err(|e| ExperimentError::Setup(format!("cannot draw a figure: {e}")))?;
    let label = title
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    let svg = svg
        .replace("#010203", "currentColor")
        .replace("#000000", "currentColor")
        .replacen(
            "<svg ",
            &format!("<svg role=\"img\" aria-label=\"{label}\" font-family=\"sans-serif\" "),
            1,
        );
    Ok(svg)
}
