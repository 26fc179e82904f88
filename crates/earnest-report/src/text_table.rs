//! A table of texts, and the forms in which people want it.

use std::fmt::Write as _;

/// Titles and rows of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct TextTable {
    /// Column titles.
    pub titles: Vec<String>,
    /// Rows, each as long as the titles.
    pub rows: Vec<Vec<String>>,
    /// So many columns at the left are words, the others numbers.
    pub texts: usize,
}

impl TextTable {
    /// As a Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("| {} |\n|", self.titles.join(" | "));
        for i in 0..self.titles.len() {
            text.push_str(if i < self.texts { "---|" } else { "---:|" });
        }
        text.push('\n');
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|c| c.replace('|', "\\|")).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }

    /// As a LaTeX `tabular` for the booktabs package, with a rule where the first column
    /// changes.
    #[must_use]
    pub fn latex(&self) -> String {
        let mut text = format!(
            "\\begin{{tabular}}{{{}{}}}\n\\toprule\n{} \\\\\n\\midrule\n",
            "l".repeat(self.texts),
            "r".repeat(self.titles.len().saturating_sub(self.texts)),
            latex_row(&self.titles)
        );
        let mut before: Option<&String> = None;
        for row in &self.rows {
            if before.is_some() && before != row.first() {
                text.push_str("\\midrule\n");
            }
            before = row.first();
            let _ = writeln!(text, "{} \\\\", latex_row(row));
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n");
        text
    }
}

fn latex_row(cells: &[String]) -> String {
    let mut text = String::new();
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            text.push_str(" & ");
        }
        for c in cell.chars() {
            match c {
                '%' | '&' | '#' | '_' | '$' | '{' | '}' => {
                    text.push('\\');
                    text.push(c);
                }
                '\\' => text.push_str("\\textbackslash{}"),
                '~' => text.push_str("\\textasciitilde{}"),
                '^' => text.push_str("\\textasciicircum{}"),
                '±' => text.push_str("$\\pm$"),
                '−' => text.push_str("$-$"),
                '<' => text.push_str("$<$"),
                '–' => text.push_str("--"),
                _ => text.push(c),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_something_to_latex_or_markdown_are_only_words() {
        let table = TextTable {
            titles: vec!["a_b".into(), "F".into()],
            rows: vec![vec!["50 % & more|x".into(), ".5 ±.1".into()]],
            texts: 1,
        };
        assert!(table.latex().contains("a\\_b & F \\\\"));
        assert!(table.latex().contains("50 \\% \\& more|x & .5 $\\pm$.1"));
        assert!(table.markdown().contains("50 % & more\\|x"));
    }
}
