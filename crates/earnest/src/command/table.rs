//! Tables on standard output. They fit the terminal's width without a break inside a cell: one
//! that is too wide becomes several below each other, which all begin with the columns that say
//! what a row is. Elsewhere (in a file, in a pager) a width that most have room for is kept to.

use std::io::IsTerminal;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use earnest_report::TextTable;

use crate::visible::on_one_line;

const LINE_UNDER_HEADER: TableStyle =
    TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// The width where standard output is no terminal, and on one that does not say its own.
const ELSEWHERE: usize = 100;

/// The blanks that a column takes beside its cells.
const WIDE: usize = 3;
/// The same where room is scarce.
const NARROW: usize = 2;

/// A table for standard output as it is; its first `texts` columns are words that say what a
/// row is, the others numbers.
pub fn text_table(titles: &[String], rows: &[Vec<String>], texts: usize) -> String {
    let shown = |cells: &[String]| -> Vec<String> {
        let each = cells.iter();
        each.map(|cell| on_one_line(cell).into_owned()).collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(|row| shown(row)).collect();
    fit(&shown(titles), &rows, texts, width())
}

/// A report's table for standard output as it is.
pub fn report_table(table: &TextTable) -> String {
    let rows: Vec<Vec<String>> = table.rows.iter().map(|line| line.cells.clone()).collect();
    text_table(&table.flat_titles(), &rows, table.texts)
}

/// Columns to keep to: on a terminal what `COLUMNS` says, else what the terminal says.
fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return ELSEWHERE;
    }
    let said = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    said.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
        .filter(|width| *width > 0)
        .unwrap_or(ELSEWHERE)
}

/// The table within a width.
fn fit(titles: &[String], rows: &[Vec<String>], texts: usize, width: usize) -> String {
    let all: Vec<usize> = (0..titles.len()).collect();
    let mut whole = part(titles, rows, texts, &all);
    let cells = whole.column_max_content_widths();
    let widths =
        |blanks: usize| -> Vec<usize> { cells.iter().map(|w| usize::from(*w) + blanks).collect() };
    // A line ends with one more blank.
    if widths(WIDE).iter().sum::<usize>() < width {
        return whole.to_string();
    }
    let widths = widths(NARROW);
    // No blanks after the last column.
    let room = width + NARROW;
    if widths.iter().sum::<usize>() <= room {
        return narrow(&mut whole);
    }
    let first: Vec<usize> = (0..texts).collect();
    let taken: usize = widths.iter().take(texts).sum();
    let widest = widths.iter().skip(texts).max().copied().unwrap_or(0);
    if taken + widest > room {
        return stacked(titles, rows);
    }
    // Ours in one table, the paper's in the next.
    let (own, paper): (Vec<usize>, Vec<usize>) =
        (texts..titles.len()).partition(|i| !titles[*i].starts_with("paper "));
    let tables: Vec<String> = [own, paper]
        .iter()
        .flat_map(|columns| dealt(columns, &widths, room - taken))
        .map(|columns| {
            let columns = [first.clone(), columns].concat();
            narrow(&mut part(titles, rows, texts, &columns))
        })
        .collect();
    tables.join("\n\n")
}

/// A table with two blanks between its columns and none at its sides.
fn narrow(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    let lines = table.lines().map(|line| {
        // A frame of one at the left; a blank and the frame at the right.
        let mut letters = line.chars();
        letters.next();
        letters.next_back();
        letters.next_back();
        letters.as_str().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Some columns of a table.
fn part(titles: &[String], rows: &[Vec<String>], texts: usize, columns: &[usize]) -> Table {
    let pick = |row: &[String]| -> Vec<String> {
        let cells = columns.iter().map(|i| row.get(*i).cloned());
        cells.map(Option::unwrap_or_default).collect()
    };
    let mut table = Table::new();
    table.load_style(LINE_UNDER_HEADER).set_header(pick(titles));
    for row in rows {
        table.add_row(pick(row));
    }
    for (column, i) in table.column_iter_mut().zip(columns) {
        if *i >= texts {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Deals columns to as few tables as their widths allow, and to tables that are as much alike
/// in width as that number allows.
fn dealt(columns: &[usize], widths: &[usize], most: usize) -> Vec<Vec<usize>> {
    let within = |limit: usize| {
        let mut tables: Vec<Vec<usize>> = Vec::new();
        let mut taken = 0;
        for i in columns {
            match tables.last_mut() {
                Some(table) if taken + widths[*i] <= limit => {
                    table.push(*i);
                    taken += widths[*i];
                }
                _ => {
                    tables.push(vec![*i]);
                    taken = widths[*i];
                }
            }
        }
        tables
    };
    let tables = within(most);
    let widest = columns.iter().map(|i| widths[*i]).max().unwrap_or(0);
    (widest..most)
        .map(within)
        .find(|alike| alike.len() == tables.len())
        .unwrap_or(tables)
}

/// Row below row, a line for each cell: where not even one column finds room beside the words.
fn stacked(titles: &[String], rows: &[Vec<String>]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let lines: Vec<String> = titles
                .iter()
                .zip(row)
                .map(|(title, cell)| format!(" {title}: {cell}"))
                .collect();
            lines.join("\n")
        })
        .collect();
    rows.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|c| (*c).to_owned()).collect()
    }

    /// As wide as Table II is.
    fn wide() -> (Vec<String>, Vec<Vec<String>>) {
        let titles = texts(&[
            "network",
            "metric",
            "left out",
            "clean",
            "robot",
            "clean %",
            "robot %",
            "p clean",
            "p robot",
            "paper clean %",
            "paper robot %",
        ]);
        let row = texts(&[
            "RNN",
            "macro F",
            "coloured_noise",
            ".123",
            ".234",
            "+12.3",
            "−34.5",
            ".012 (−)",
            ".123 (+)",
            "-1.5",
            "-22.9",
        ]);
        let mut other = row.clone();
        other[0] = "CNN".into();
        (titles, vec![row, other])
    }

    #[test]
    fn a_table_fits_any_width_and_no_cell_is_broken_or_lost() {
        let (titles, rows) = wide();
        // From where the words and the widest number find room.
        for width in 54..200 {
            let text = fit(&titles, &rows, 3, width);
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}:\n{text}");
            }
            for cell in titles.iter().chain(rows.iter().flatten()) {
                assert!(text.contains(cell.as_str()), "{cell} is not in\n{text}");
            }
            // Each table says whose numbers these are.
            let tables: Vec<&str> = text.split("\n\n").collect();
            for table in &tables {
                for cell in ["network", "RNN", "CNN", "coloured_noise"] {
                    assert!(table.contains(cell), "{width}:\n{text}");
                }
                let ours = table.contains("robot %") && !table.contains("paper robot %");
                assert!(
                    tables.len() == 1 || !(ours && table.contains("paper")),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn at_80_columns_ours_and_the_papers_stand_in_a_table_each() {
        let (titles, rows) = wide();
        let text = fit(&titles, &rows, 3, 96);
        assert_eq!(text.split("\n\n").count(), 2, "{text}");
        let text = fit(&titles, &rows, 3, 80);
        assert_eq!(text.split("\n\n").count(), 3, "{text}");
    }

    #[test]
    fn where_there_is_room_it_is_whole() {
        let (titles, rows) = wide();
        assert_eq!(fit(&titles, &rows, 3, 500).lines().count(), 4);
    }

    #[test]
    fn a_recipe_called_paper_something_is_not_the_papers() {
        let titles = texts(&["class", "paper-cnn clean", "paper-cnn robot", "crnn clean"]);
        let rows = [texts(&["angry", ".123", ".234", ".345"])];
        assert_eq!(fit(&titles, &rows, 1, 50).split("\n\n").count(), 2);
        let first = fit(&titles, &rows, 1, 40);
        let first = first.split("\n\n").next().unwrap_or_default();
        assert!(first.contains("paper-cnn clean"), "{first}");
    }

    #[test]
    fn where_there_is_no_room_for_a_column_cells_stand_below_each_other() {
        let (titles, rows) = wide();
        let text = fit(&titles, &rows, 3, 30);
        assert!(text.lines().all(|l| l.chars().count() <= 30), "{text}");
        assert!(text.contains(" p robot: .123 (+)\n"), "{text}");
        assert_eq!(text.lines().filter(|l| !l.is_empty()).count(), 22);
    }

    #[test]
    fn wide_letters_count_as_two_columns() {
        let titles = texts(&["speaker", "a", "b"]);
        let rows = [texts(&["王小明王小明王小明", "1234567", "1234567"])];
        assert_eq!(fit(&titles, &rows, 1, 35).split("\n\n").count(), 2);
        assert_eq!(fit(&titles, &rows, 1, 36).split("\n\n").count(), 1);
    }
}
