//! Figure 4: confusion matrices, trainings by conditions.

use earnest_corpus::Emotion;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{INK, PALETTE, draw, font};
use earnest_experiment::ExperimentError;
use earnest_experiment::metrics::Confusion;

/// Matrices in a grid of two columns, each under its title: rows are the truth, columns the
/// answer, in percent of the row.
pub fn confusion(title: &str, matrices: &[(String, Confusion)]) -> Result<String, ExperimentError> {
    const CELL: i32 = 62;
    const LEFT: i32 = 84;
    const TOP: i32 = 62;
    const WIDTH: i32 = LEFT + 4 * CELL + 24;
    const HEIGHT: i32 = TOP + 4 * 40 + 18;
    let rows = matrices.len().div_ceil(2) as i32;
    let columns = matrices.len().min(2) as i32;
    let size = (columns * WIDTH, 34 + rows * HEIGHT);
    draw((size.0 as u32, size.1 as u32), title, |area| {
        let at = |h, v| Pos::new(h, v);
        area.draw_text(
            title,
            &font(16).pos(at(HPos::Center, VPos::Top)),
            (size.0 / 2, 8),
        )?;
        for (i, (name, counts)) in matrices.iter().enumerate() {
            let x0 = LEFT + (i as i32 % 2) * WIDTH;
            let y0 = 34 + TOP + (i as i32 / 2) * HEIGHT;
            let middle = x0 + 2 * CELL;
            area.draw_text(
                name,
                &font(14).pos(at(HPos::Center, VPos::Bottom)),
                (middle, y0 - 38),
            )?;
            area.draw_text(
                "answer",
                &font(11).pos(at(HPos::Center, VPos::Bottom)),
                (middle, y0 - 20),
            )?;
            for truth in Emotion::ALL {
                let t = truth.index();
                let y = y0 + 40 * t as i32;
                area.draw_text(
                    truth.name(),
                    &font(12).pos(at(HPos::Right, VPos::Center)),
                    (x0 - 6, y + 20),
                )?;
                area.draw_text(
                    truth.name(),
                    &font(12).pos(at(HPos::Center, VPos::Bottom)),
                    (x0 + CELL * t as i32 + CELL / 2, y0 - 4),
                )?;
                let support = counts.support(t);
                for answer in Emotion::ALL {
                    let count = counts.count(t, answer.index());
                    let share = count as f64 / support.max(1) as f64;
                    let x = x0 + CELL * answer.index() as i32;
                    area.draw(&Rectangle::new(
                        [(x + 1, y + 1), (x + CELL - 1, y + 39)],
                        PALETTE[0].mix(0.04 + 0.66 * share).filled(),
                    ))?;
                    let bold = if truth == answer { 15 } else { 13 };
                    area.draw_text(
                        &format!("{:.0}", share * 100.0),
                        &font(bold).pos(at(HPos::Center, VPos::Center)),
                        (x + CELL / 2, y + 16),
                    )?;
                    area.draw_text(
                        &format!("n = {count}"),
                        &("sans-serif", 9)
                            .into_font()
                            .color(&INK.mix(0.75))
                            .pos(at(HPos::Center, VPos::Center)),
                        (x + CELL / 2, y + 31),
                    )?;
                }
            }
            area.draw_text(
                "truth",
                &font(11).pos(at(HPos::Right, VPos::Bottom)),
                (x0 - 6, y0 - 4),
            )?;
        }
        Ok(())
    })
}
