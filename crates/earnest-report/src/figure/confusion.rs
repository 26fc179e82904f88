//! Figure 4: confusion matrices, trainings by conditions.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{INK, PALETTE, draw, font};
use earnest_experiment::ExperimentError;
use earnest_experiment::metrics::Confusion;

/// How matrices of so many classes are laid out, in pixels.
struct Sizes {
    /// Matrices beside each other.
    columns: usize,
    cell: (i32, i32),
    /// Room for the names of the classes at the left and above.
    left: i32,
    top: i32,
    /// True if names above stand upright, since a cell is too narrow for them.
    upright: bool,
    /// True if a cell has room for counts below its percent.
    counts: bool,
}

impl Sizes {
    fn of(classes: &[String]) -> Self {
        let longest = classes.iter().map(|n| halves(n)).max().unwrap_or(0) as i32;
        let left = (12 + 7 * longest).max(84);
        let (columns, cell) = match classes.len() {
            0..=4 => (2, (62, 40)),
            5..=8 => (2, (50, 36)),
            9..=12 => (1, (48, 34)),
            _ => (1, (34, 26)),
        };
        // Eight points to a letter, and some room between names.
        let upright = 8 * longest > cell.0;
        Self {
            columns,
            cell,
            left,
            top: if upright { 50 + 6 * longest } else { 62 },
            upright,
            counts: cell.1 >= 34,
        }
    }
}

/// How wide a name is in half letters of Chinese, of which Latin letters take one.
fn halves(name: &str) -> usize {
    name.chars()
        .map(|c| if c > '\u{2e7f}' { 2 } else { 1 })
        .sum()
}

/// True if the matrices of so many classes have counts below their percents.
pub fn confusion_counts(classes: &[String]) -> bool {
    Sizes::of(classes).counts
}

/// Matrices in a grid, each under its title: rows are the truth, columns the answer, in percent
/// of the row.
pub fn confusion(
    title: &str,
    classes: &[String],
    matrices: &[(String, Confusion)],
) -> Result<String, ExperimentError> {
    let sizes = Sizes::of(classes);
    // Blanks beside each other would be drawn as one.
    let names: Vec<String> = classes
        .iter()
        .map(|c| c.replace("  ", "\u{a0}\u{a0}"))
        .collect();
    let (cell, tall) = sizes.cell;
    let n = classes.len() as i32;
    let (width, height) = (sizes.left + n * cell + 24, sizes.top + n * tall + 18);
    let rows = matrices.len().div_ceil(sizes.columns) as i32;
    let columns = matrices.len().min(sizes.columns) as i32;
    // The longest title, whatever the matrix's own width.
    let size = ((columns * width).max(360), 34 + rows * height);
    draw((size.0 as u32, size.1 as u32), title, |area| {
        let at = |h, v| Pos::new(h, v);
        area.draw_text(
            title,
            // At the left, where it is seen also where the figure must be scrolled.
            &font(16).pos(at(HPos::Left, VPos::Top)),
            (12, 8),
        )?;
        for (i, (name, counts)) in matrices.iter().enumerate() {
            let (i, across) = (i as i32, sizes.columns as i32);
            let x0 = sizes.left + (i % across) * width;
            let y0 = 34 + sizes.top + (i / across) * height;
            let middle = x0 + n * cell / 2;
            area.draw_text(
                name,
                &font(14).pos(at(HPos::Center, VPos::Bottom)),
                (middle, y0 - sizes.top + 24),
            )?;
            area.draw_text(
                "answer",
                &font(11).pos(at(HPos::Center, VPos::Bottom)),
                (middle, y0 - sizes.top + 42),
            )?;
            for (truth, name) in names.iter().enumerate() {
                let y = y0 + tall * truth as i32;
                area.draw_text(
                    name,
                    &font(12).pos(at(HPos::Right, VPos::Center)),
                    (x0 - 6, y + tall / 2),
                )?;
                let x = x0 + cell * truth as i32 + cell / 2;
                if sizes.upright {
                    let style = font(12)
                        .transform(FontTransform::Rotate270)
                        .pos(at(HPos::Left, VPos::Center));
                    area.draw_text(name, &style, (x, y0 - 4))?;
                } else {
                    let style = font(12).pos(at(HPos::Center, VPos::Bottom));
                    area.draw_text(name, &style, (x, y0 - 4))?;
                }
                let support = counts.support(truth);
                for answer in 0..classes.len() {
                    let count = counts.count(truth, answer);
                    let share = count as f64 / support.max(1) as f64;
                    let x = x0 + cell * answer as i32;
                    area.draw(&Rectangle::new(
                        [(x + 1, y + 1), (x + cell - 1, y + tall - 1)],
                        PALETTE[0].mix(0.04 + 0.66 * share).filled(),
                    ))?;
                    // Where there are many cells, the empty ones would hide the others.
                    if count == 0 && !sizes.counts {
                        continue;
                    }
                    let (letters, up) = match sizes.counts {
                        true => (13, 4),
                        false => (11, 0),
                    };
                    area.draw_text(
                        &format!("{:.0}", share * 100.0),
                        &font(letters).pos(at(HPos::Center, VPos::Center)),
                        (x + cell / 2, y + tall / 2 - up),
                    )?;
                    if sizes.counts {
                        area.draw_text(
                            &format!("n = {count}"),
                            &("sans-serif", 9)
                                .into_font()
                                .color(&INK.mix(0.75))
                                .pos(at(HPos::Center, VPos::Center)),
                            (x + cell / 2, y + tall / 2 + 11),
                        )?;
                    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(n: usize) -> String {
        let classes: Vec<String> = (0..n).map(|i| format!("c  {i}")).collect();
        let counts = Confusion::new((0..n).map(|i| (i, i)).chain([(0, 1), (0, 1)]));
        confusion("t", &classes, &[("m".to_owned(), counts)]).unwrap()
    }

    #[test]
    fn few_classes_have_counts_and_of_many_only_what_was_answered_is_written() {
        let texts = |svg: &str, text: &str| svg.matches(&format!(">\n{text}\n</text>")).count();
        let (few, many) = (drawn(4), drawn(20));
        assert!(texts(&few, "n = 0") > 0 && texts(&few, "0") > 0);
        assert_eq!(texts(&many, "0") + many.matches("n = ").count(), 0);
        assert_eq!(
            (texts(&many, "33"), texts(&many, "67"), texts(&many, "100")),
            (1, 1, 19)
        );
        assert!(confusion_counts(&["a".to_owned()]));
        assert!(few.contains("c\u{a0}\u{a0}1") && !few.contains("c  1"));
    }
}
