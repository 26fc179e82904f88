//! A table for a page: headings over several columns, and a sign where it is wider than a screen.

use std::fmt::Write as _;

use super::escape;
use crate::text_table::{TextTable, of_the_paper};

/// Pixels that a letter takes, and the blanks beside a cell.
const LETTER: usize = 8;
const BLANKS: usize = 20;
/// Widths for which `style.css` has a class, in pixels.
const WIDTHS: [usize; 11] = [1400, 1300, 1200, 1100, 1000, 900, 800, 700, 600, 500, 400];

/// Longer texts break where room is scarce.
const LONG: usize = 24;

/// A hint that what follows scrolls sideways, seen where a screen is narrower than it.
pub fn hint(pixels: usize) -> String {
    match WIDTHS.iter().find(|width| pixels >= **width) {
        Some(width) => format!("<p class=\"hint over-{width}\">Scrolls sideways ⟷</p>"),
        None => String::new(),
    }
}

/// The table.
pub fn html(table: &TextTable) -> String {
    let column = |i: usize| match (i < table.texts, of_the_paper(&table.titles[i])) {
        (true, _) => "l",
        (_, true) => "p",
        _ => "",
    };
    let widths = table.widths();
    let pixels = widths
        .iter()
        .map(|letters| letters.min(&40) * LETTER + BLANKS)
        .sum();
    let mut out = hint(pixels);
    out.push_str("<div class=\"scroll\"><table><thead>");
    let lines = table.headings();
    for (level, line) in lines.iter().enumerate() {
        let last = level + 1 == lines.len();
        out.push_str(if last { "<tr>" } else { "<tr class=\"over\">" });
        for heading in line {
            let over = match (heading.columns, last || heading.text.is_empty()) {
                (1, _) => String::new(),
                (n, _) => format!(" colspan=\"{n}\" scope=\"colgroup\""),
            };
            let class = match (last, heading.text.is_empty()) {
                (false, false) => "g",
                (false, true) => "",
                (true, _) => column(heading.first),
            };
            let _ = write!(
                out,
                "<th class=\"{class}\"{over}>{}</th>",
                escape(&heading.text)
            );
        }
        out.push_str("</tr>");
    }
    out.push_str("</thead><tbody>");
    for (i, row) in table.rows.iter().enumerate() {
        let class = match (row.derived, table.begins_block(i)) {
            (true, _) => "derived",
            (false, true) => "first",
            _ => "",
        };
        let _ = write!(out, "<tr class=\"{class}\">");
        for (i, cell) in row.cells.iter().enumerate() {
            let long = if i < table.texts && cell.chars().count() > LONG {
                " long"
            } else {
                ""
            };
            let _ = write!(
                out,
                "<td class=\"{}{long}\">{}</td>",
                column(i),
                escape(cell)
            );
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_table::tests::example;

    #[test]
    fn headings_are_over_their_columns_and_only_the_papers_are_pale() {
        let mut table = example();
        table.titles[2] = vec!["paper-cnn".into()];
        let page = html(&table);
        assert!(
            page.contains("<th class=\"g\" colspan=\"2\" scope=\"colgroup\">paper</th>"),
            "{page}"
        );
        assert!(
            page.contains("<th class=\"\">paper-cnn</th><th class=\"p\">F</th>"),
            "{page}"
        );
        assert_eq!(page.matches("<tr class=\"first\">").count(), 1);
        assert_eq!(page.matches("<tr class=\"derived\">").count(), 2);
    }

    #[test]
    fn a_hint_says_that_something_scrolls_where_it_does() {
        assert_eq!(hint(300), "");
        assert!(hint(712).contains("over-700") && hint(2000).contains("over-1400"));
        let style = include_str!("style.css");
        for width in WIDTHS {
            assert!(style.contains(&format!(".over-{width}")), "{width}");
        }
    }
}
