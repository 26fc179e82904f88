//! A table of texts, which Markdown, LaTeX, HTML and a terminal each show in their own way.

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its texts, one for each column.
    pub cells: Vec<String>,
    /// True if it follows from other rows, and nothing was measured for it.
    pub derived: bool,
}

impl Line {
    /// A row of what was measured.
    #[must_use]
    pub fn measured(cells: Vec<String>) -> Self {
        Self {
            cells,
            derived: false,
        }
    }

    /// A row that follows from others.
    #[must_use]
    pub fn derived(cells: Vec<String>) -> Self {
        Self {
            cells,
            derived: true,
        }
    }
}

/// A heading over columns beside each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heading {
    /// What it says; nothing where a column has fewer headings than others.
    pub text: String,
    /// The first of its columns.
    pub first: usize,
    /// How many columns it is over.
    pub columns: usize,
}

/// Titles and rows of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct TextTable {
    /// Of each column its headings from the top: columns beside each other whose headings begin
    /// alike share these, and the last is a column's own.
    pub titles: Vec<Vec<String>>,
    /// Rows, each as long as the titles.
    pub rows: Vec<Line>,
    /// So many columns at the left say what a row is.
    pub texts: usize,
}

/// A title of one heading.
pub(crate) fn title(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

/// True for columns of the paper's numbers, by their headings.
pub(crate) fn of_the_paper(title: &[String]) -> bool {
    title.len() > 1 && title[0] == "paper"
}

impl TextTable {
    /// Titles on one line each, as `paper Acc`.
    #[must_use]
    pub fn flat_titles(&self) -> Vec<String> {
        self.titles.iter().map(|path| path.join(" ")).collect()
    }

    /// Lines of headings, from the top.
    pub(crate) fn headings(&self) -> Vec<Vec<Heading>> {
        let depth = self.titles.iter().map(Vec::len).max().unwrap_or(0);
        (0..depth)
            .map(|level| {
                let mut line: Vec<Heading> = Vec::new();
                for (i, path) in self.titles.iter().enumerate() {
                    // A column's own title stands at the bottom.
                    let at = (level + path.len()).checked_sub(depth);
                    let shared = at.is_some_and(|at| {
                        let before = i.checked_sub(1).map(|b| &self.titles[b]);
                        at + 1 < path.len()
                            && before
                                .is_some_and(|b| b.len() == path.len() && b[..=at] == path[..=at])
                    });
                    match line.last_mut() {
                        Some(heading) if shared => heading.columns += 1,
                        _ => line.push(Heading {
                            text: at.map_or_else(String::new, |at| path[at].clone()),
                            first: i,
                            columns: 1,
                        }),
                    }
                }
                line
            })
            .collect()
    }

    /// True if a row is the first of several that begin alike, below others.
    pub(crate) fn begins_block(&self, row: usize) -> bool {
        let first = |i: usize| self.rows.get(i).and_then(|line| line.cells.first());
        let alike = |i: usize| first(i).is_some() && first(i) == first(i + 1);
        let blocks = (0..self.rows.len()).any(alike);
        blocks && row > 0 && first(row) != first(row - 1)
    }

    /// The longest text of each column in letters, own titles included.
    pub(crate) fn widths(&self) -> Vec<usize> {
        let letters = |text: &String| text.chars().count();
        (0..self.titles.len())
            .map(|i| {
                let cells = self.rows.iter().filter_map(|line| line.cells.get(i));
                let title = self.titles[i].last();
                cells.chain(title).map(letters).max().unwrap_or(0)
            })
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Two recipes, ours and the paper's.
    pub(crate) fn example() -> TextTable {
        let row = |cells: [&str; 5]| cells.map(String::from).to_vec();
        TextTable {
            titles: vec![
                title("recipe"),
                title("tested"),
                title("F"),
                vec!["paper".into(), "F".into()],
                vec!["paper".into(), "UAR".into()],
            ],
            rows: vec![
                Line::measured(row(["a_b", "clean", ".5 ±.1", ".4", ".3"])),
                Line::derived(row(["a_b", "gap %", "-6.1", "+.2", "–"])),
                Line::measured(row(["c", "clean", "<.001 (−)", "-.1 .. .2", "1.2"])),
                Line::derived(row(["c", "gap %", "–", "–", "–"])),
            ],
            texts: 2,
        }
    }

    #[test]
    fn columns_whose_headings_begin_alike_share_them() {
        let table = example();
        let lines = table.headings();
        assert_eq!(lines.len(), 2);
        let above: Vec<(&str, usize)> = lines[0]
            .iter()
            .map(|h| (h.text.as_str(), h.columns))
            .collect();
        assert_eq!(above, [("", 1), ("", 1), ("", 1), ("paper", 2)]);
        assert!(lines[1].iter().all(|h| h.columns == 1));
        assert_eq!(lines[1][4].text, "UAR");
        assert_eq!(table.flat_titles()[3], "paper F");
    }

    #[test]
    fn rows_that_begin_alike_are_a_block_and_rows_of_their_own_are_none() {
        let mut table = example();
        let begins = |table: &TextTable| -> Vec<bool> {
            (0..table.rows.len())
                .map(|i| table.begins_block(i))
                .collect()
        };
        assert_eq!(begins(&table), [false, false, true, false]);
        table.rows = vec![table.rows[0].clone(), table.rows[2].clone()];
        assert_eq!(begins(&table), [false, false]);
    }
}
