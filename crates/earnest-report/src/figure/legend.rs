//! What colours stand for, below a chart: inside it a legend would lie on what it explains.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Area, Painted, font};

/// Pixels of a line of a legend.
const LINE: u32 = 18;
/// Where the first entry of a line begins.
const LEFT: u32 = 48;

/// Entries with their places below a chart.
pub struct Legend {
    entries: Vec<(String, ShapeStyle, (u32, u32))>,
    lines: u32,
}

impl Legend {
    /// Entries in their order, on as many lines as a width needs.
    pub fn new(width: u32, entries: impl Iterator<Item = (String, ShapeStyle)>) -> Self {
        let (mut x, mut line) = (LEFT, 0);
        let mut placed = Vec::new();
        for (name, style) in entries {
            let takes = 36 + 7 * name.chars().count() as u32;
            if x > LEFT && x + takes > width {
                (x, line) = (LEFT, line + 1);
            }
            placed.push((name, style, (x, line)));
            x += takes;
        }
        Self {
            lines: if placed.is_empty() { 0 } else { line + 1 },
            entries: placed,
        }
    }

    /// Pixels that it takes below the chart.
    pub fn height(&self) -> u32 {
        LINE * self.lines
    }

    /// Draws it at the bottom of a figure.
    pub fn draw(&self, area: &Area<'_>) -> Painted {
        let top = area.dim_in_pixel().1 - self.height() - 4;
        for (name, style, (x, line)) in &self.entries {
            let (x, y) = (*x as i32, (top + LINE * line + LINE / 2) as i32);
            let bar = [(x, y - 2), (x + 16, y + 2)];
            area.draw(&Rectangle::new(bar, style.color.filled()))?;
            let beside = font(12).pos(Pos::new(HPos::Left, VPos::Center));
            area.draw_text(name, &beside, (x + 22, y))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stay_within_the_width() {
        let entries =
            |n: usize| (0..n).map(|i| (format!("without transform {i}"), ShapeStyle::from(&BLUE)));
        assert_eq!(Legend::new(460, entries(0)).height(), 0);
        assert_eq!(Legend::new(460, entries(2)).height(), LINE);
        let many = Legend::new(460, entries(7));
        assert_eq!(many.height(), 4 * LINE);
        for (name, _, (x, _)) in &many.entries {
            assert!(x + 22 + 7 * name.len() as u32 <= 460);
        }
    }
}
