//! Texts and tables for Markdown, as GitHub and the Hugging Face hub read it.

use std::fmt::Write as _;

use crate::text_table::TextTable;

/// A text of which nothing means something to Markdown: no emphasis, tag, formula, link or column
/// comes of a name.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '$' | '~' | '#' | '&' => {
                out.push('\\');
                out.push(letter);
            }
            // Several blanks would be shown as one.
            ' ' if before == ' ' && !out.is_empty() => out.push_str("&nbsp;"),
            '\n' | '\r' => out.push(' '),
            _ => out.push(letter),
        }
        before = letter;
    }
    out
}

impl TextTable {
    /// As a Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| -> String {
            let cells: Vec<String> = cells.iter().map(|c| escaped(c)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut text = line(&self.flat_titles());
        text.push('|');
        for i in 0..self.titles.len() {
            text.push_str(if i < self.texts { "---|" } else { "---:|" });
        }
        text.push('\n');
        for row in &self.rows {
            let _ = write!(text, "{}", line(&row.cells));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_table::tests::example;

    #[test]
    fn what_means_something_to_markdown_is_only_a_text() {
        assert_eq!(escaped("<b>bold</b>"), "\\<b\\>bold\\</b\\>");
        assert_eq!(escaped("$money$ a_b *c*"), "\\$money\\$ a\\_b \\*c\\*");
        assert_eq!(escaped("back`tick` |"), "back\\`tick\\` \\|");
        assert_eq!(escaped("x y  z"), "x y &nbsp;z");
        assert_eq!(escaped("-6.1, 50 % .. 日本語"), "-6.1, 50 % .. 日本語");
    }

    #[test]
    fn a_table_has_a_line_for_each_row_and_its_titles_on_one() {
        let text = example().markdown();
        assert_eq!(text.lines().count(), 2 + 4);
        assert!(text.starts_with("| recipe | tested | F | paper F | paper UAR |\n|---|---|---:|"));
        assert!(text.contains("| a\\_b | clean | .5 ±.1 |"), "{text}");
    }
}
