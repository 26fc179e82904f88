//! What was trained on by what was tested: one metric in cells, of several trainings and conditions
//! beside each other.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{INK, PALETTE, draw, font};
use crate::across::{Cell, Matrix};
use crate::table1::interval;
use earnest_experiment::ExperimentError;

/// A cell, in pixels.
const CELL: (i32, i32) = (96, 46);
/// Room above a matrix, for its title and the names of columns.
const TOP: i32 = 66;
/// Matrices beside each other, unless they are too wide.
const BESIDE: i32 = 2;

/// The longest name, in pixels.
fn width_of(names: &[String]) -> i32 {
    let letters = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    7 * letters as i32
}

/// How much of the colour a value has: 0 or less none, 1 all.
fn share(value: f64) -> f64 {
    match value.is_finite() {
        true => value.clamp(0.0, 1.0),
        false => 0.0,
    }
}

/// Matrices of one recipe and metric, each under its title.
pub fn matrices(title: &str, all: &[Matrix]) -> Result<String, ExperimentError> {
    let columns = all.first().map_or(0, |m| m.tested.len()) as i32;
    let rows = all.first().map_or(0, |m| m.trained.len()) as i32;
    let names: Vec<&Matrix> = all.iter().collect();
    let left = names.first().map_or(0, |m| width_of(&m.trained)).max(60) + 24;
    // Names of columns that are wider than a cell make all cells wider.
    let cell = names.first().map_or(0, |m| width_of(&m.tested)).max(CELL.0) + 4;
    let (width, height) = (left + columns * cell + 24, TOP + rows * CELL.1 + 20);
    let beside = if columns > 4 { 1 } else { BESIDE };
    let lines = (all.len() as i32 + beside - 1) / beside;
    let across = (all.len() as i32).min(beside);
    let size = ((across * width).max(360), 34 + lines * height);
    draw((size.0 as u32, size.1 as u32), title, |area| {
        let at = |h, v| Pos::new(h, v);
        let heading = font(16).pos(at(HPos::Left, VPos::Top));
        area.draw_text(title, &heading, (12, 8))?;
        for (i, matrix) in all.iter().enumerate() {
            let i = i as i32;
            let x0 = left + (i % beside) * width;
            let y0 = 34 + TOP + (i / beside) * height;
            let name = format!(
                "{} training, {} test",
                matrix.training.name(),
                matrix.condition
            );
            let middle = x0 + columns * cell / 2;
            let above = font(14).pos(at(HPos::Center, VPos::Bottom));
            area.draw_text(&name, &above, (middle, y0 - TOP + 22))?;
            let small = font(11).pos(at(HPos::Center, VPos::Bottom));
            area.draw_text("tested on", &small, (middle, y0 - TOP + 40))?;
            let corner = font(11).pos(at(HPos::Right, VPos::Bottom));
            area.draw_text("trained on", &corner, (x0 - 6, y0 - 4))?;
            for (column, tested) in matrix.tested.iter().enumerate() {
                let x = x0 + cell * column as i32 + cell / 2;
                let style = font(12).pos(at(HPos::Center, VPos::Bottom));
                area.draw_text(tested, &style, (x, y0 - 4))?;
            }
            for (row, (trained, cells)) in matrix.trained.iter().zip(&matrix.cells).enumerate() {
                let y = y0 + CELL.1 * row as i32;
                let style = font(12).pos(at(HPos::Right, VPos::Center));
                area.draw_text(trained, &style, (x0 - 6, y + CELL.1 / 2))?;
                for (column, value) in cells.iter().enumerate() {
                    let x = x0 + cell * column as i32;
                    let box_ = [(x + 1, y + 1), (x + cell - 1, y + CELL.1 - 1)];
                    let centre = at(HPos::Center, VPos::Center);
                    let Some(of) = value else {
                        area.draw(&Rectangle::new(box_, INK.mix(0.25).stroke_width(1)))?;
                        let none = font(13).pos(centre);
                        area.draw_text("–", &none, (x + cell / 2, y + CELL.1 / 2))?;
                        continue;
                    };
                    let fill = PALETTE[0].mix(0.04 + 0.66 * share(of.value)).filled();
                    area.draw(&Rectangle::new(box_, fill))?;
                    let up = if of.interval.is_some() { 7 } else { 0 };
                    let style = font(14).pos(at(HPos::Center, VPos::Center));
                    area.draw_text(&Cell::text(of), &style, (x + cell / 2, y + CELL.1 / 2 - up))?;
                    if of.interval.is_some() {
                        let ink = INK.mix(0.8);
                        let style = ("sans-serif", 10).into_font().color(&ink).pos(centre);
                        let below = (x + cell / 2, y + CELL.1 / 2 + 11);
                        area.draw_text(&interval(of.interval), &style, below)?;
                    }
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_experiment::{Interval, Training};

    #[test]
    fn each_cell_has_its_value_and_interval_and_a_pair_that_was_not_run_a_dash() {
        let cell = |value: f64| {
            Some(Cell {
                value,
                spread: None,
                interval: Some(Interval {
                    low: value - 0.1,
                    high: value + 0.1,
                }),
            })
        };
        let matrix = Matrix {
            recipe: "r".into(),
            training: Training::Clean,
            condition: "clean".into(),
            metric: 2,
            trained: vec!["a".into(), "b".into()],
            tested: vec!["a".into(), "b".into()],
            cells: vec![vec![None, cell(0.512)], vec![cell(0.25), None]],
        };
        let svg = matrices("t", &[matrix]).unwrap();
        let texts = |text: &str| svg.matches(&format!(">\n{text}\n</text>")).count();
        assert_eq!((texts(".512"), texts(".250"), texts("–")), (1, 1, 2));
        assert_eq!((texts(".412 .. .612"), texts(".150 .. .350")), (1, 1));
        assert_eq!(share(f64::NAN) + share(-1.0), 0.0);
    }
}
