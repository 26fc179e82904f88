//! Texts and tables for LaTeX with the booktabs package.

use std::fmt::Write as _;
use std::ops::Range;

use crate::text_table::TextTable;

/// What stands at the top of a file of tables.
pub const PREAMBLE: &str = "% For LaTeX with \\usepackage{booktabs}. A table that is wider than a page is several, each with the columns that\n% say what a row is.\n";

/// Letters that a line of a page holds in small type, blanks between columns included.
const LINE: f64 = 82.0;
/// What the blank between two columns takes, in letters.
const BLANK: f64 = 1.7;

/// A letter as LaTeX sets it; `None` for those that it sets as they are.
fn command(letter: char) -> Option<&'static str> {
    Some(match letter {
        '%' => "\\%",
        '&' => "\\&",
        '#' => "\\#",
        '_' => "\\_",
        '$' => "\\$",
        '{' => "\\{",
        '}' => "\\}",
        '\\' => "\\textbackslash{}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '`' => "\\textasciigrave{}",
        '"' => "\\texttt{\\char34}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        // After the end of a row these would be its options.
        '[' => "{[}",
        ']' => "{]}",
        '*' => "{*}",
        '±' => "$\\pm$",
        '−' => "$-$",
        '→' => "$\\to$",
        '★' => "$\\star$",
        '–' => "--",
        '“' => "``",
        '”' => "''",
        '…' => "\\dots{}",
        '\n' | '\r' | '\t' => " ",
        _ => return None,
    })
}

/// A text of which nothing means something to LaTeX.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for letter in text.chars() {
        match (before, letter) {
            // Two of these would become one sign, or one blank.
            (Some('-'), '-') => out.push_str("{}-"),
            (Some('\''), '\'') => out.push_str("{}'"),
            (Some(' '), ' ') => out.push_str("\\ "),
            _ => match command(letter) {
                Some(command) => out.push_str(command),
                None => out.push(letter),
            },
        }
        before = Some(letter);
    }
    out
}

/// A cell of a column of numbers, whose signs are signs and no hyphens.
fn number(cell: &str) -> String {
    let words = cell.split(' ').map(|word| {
        let mut letters = word.chars();
        let signed = matches!(letters.next(), Some('-' | '+'));
        let digit = letters
            .next()
            .is_some_and(|c| c.is_ascii_digit() || c == '.');
        match signed && digit {
            true => format!("${word}$"),
            false => escaped(word),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Names in a table that pdfLaTeX has no letters for.
fn beyond_latin(table: &TextTable) -> Vec<&str> {
    let beyond = |text: &&str| text.chars().any(|c| c > '\u{17f}' && command(c).is_none());
    let titles = table.titles.iter().flatten();
    let cells = table.rows.iter().flat_map(|line| &line.cells);
    let mut names: Vec<&str> = titles
        .chain(cells)
        .map(String::as_str)
        .filter(beyond)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A line of a comment.
pub(crate) fn comment(text: &str) -> String {
    let line: Vec<&str> = text.split(['\n', '\r']).collect();
    format!("% {}\n", line.join(" "))
}

impl TextTable {
    /// As `tabular`s for the booktabs package: one, or several where one would be wider than a
    /// page, with a rule before each block of rows.
    #[must_use]
    pub fn latex(&self) -> String {
        let mut text = String::new();
        let beyond = beyond_latin(self);
        if !beyond.is_empty() {
            text.push_str(&comment(&format!(
                "Not in Latin letters, so LuaLaTeX or XeLaTeX and a font that has them are needed: {}.",
                beyond.join(", ")
            )));
        }
        let parts: Vec<String> = self.parts().into_iter().map(|p| self.tabular(p)).collect();
        text.push_str(&parts.join("\n\\medskip\n"));
        text
    }

    /// The columns of numbers, dealt to tables that a page holds; columns below one heading stay
    /// together where a table of their own holds them.
    fn parts(&self) -> Vec<Range<usize>> {
        let widths: Vec<f64> = self
            .widths()
            .into_iter()
            .map(|letters| letters as f64 + BLANK)
            .collect();
        let room = LINE - widths[..self.texts].iter().sum::<f64>();
        let heading = |i: usize| {
            let path = &self.titles[i];
            path.first().filter(|_| path.len() > 1)
        };
        let columns = self.titles.len();
        let mut parts = Vec::new();
        let (mut start, mut taken, mut i) = (self.texts, 0.0, self.texts);
        while i < columns {
            let end = (i..columns)
                .find(|c| heading(*c) != heading(i))
                .unwrap_or(columns);
            let together: f64 = widths[i..end].iter().sum();
            if taken > 0.0 && taken + together > room && together <= room {
                parts.push(start..i);
                (start, taken) = (i, 0.0);
            }
            for (c, width) in widths.iter().enumerate().take(end).skip(i) {
                if taken > 0.0 && taken + width > room {
                    parts.push(start..c);
                    (start, taken) = (c, 0.0);
                }
                taken += width;
            }
            i = end;
        }
        if start < columns || parts.is_empty() {
            parts.push(start..columns);
        }
        parts
    }

    /// One `tabular`: the columns that say what a row is, and some of numbers.
    fn tabular(&self, numbers: Range<usize>) -> String {
        let part = Self {
            titles: [&self.titles[..self.texts], &self.titles[numbers.clone()]].concat(),
            rows: Vec::new(),
            texts: self.texts,
        };
        let mut text = format!(
            "{{\\small\\setlength{{\\tabcolsep}}{{4pt}}%\n\\begin{{tabular}}{{{}{}}}\n\\toprule\n",
            "l".repeat(self.texts),
            "r".repeat(numbers.len()),
        );
        let lines = part.headings();
        for (level, line) in lines.iter().enumerate() {
            let last = level + 1 == lines.len();
            let mut rules = String::new();
            let cells: Vec<String> = line
                .iter()
                .map(|heading| {
                    let name = escaped(&heading.text);
                    if last || name.is_empty() {
                        return name;
                    }
                    let (from, to) = (heading.first + 1, heading.first + heading.columns);
                    let _ = write!(rules, "\\cmidrule(lr){{{from}-{to}}}");
                    format!("\\multicolumn{{{}}}{{c}}{{{name}}}", heading.columns)
                })
                .collect();
            let _ = writeln!(text, "{} \\\\", cells.join(" & "));
            if !rules.is_empty() {
                text.push_str(&rules);
                text.push('\n');
            }
        }
        text.push_str("\\midrule\n");
        for (i, row) in self.rows.iter().enumerate() {
            if self.begins_block(i) {
                text.push_str("\\midrule\n");
            } else if row.derived && i > 0 && !self.rows[i - 1].derived {
                text.push_str("\\addlinespace\n");
            }
            let words = row.cells[..self.texts].iter().map(|cell| escaped(cell));
            let values = row.cells[numbers.clone()].iter().map(|cell| number(cell));
            let cells: Vec<String> = words.chain(values).collect();
            let _ = writeln!(text, "{} \\\\", cells.join(" & "));
        }
        text.push_str("\\bottomrule\n\\end{tabular}}\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_table::tests::example;
    use crate::text_table::{Line, title};

    #[test]
    fn what_means_something_to_latex_is_only_a_text() {
        for (text, tex) in [
            ("<b>", "\\textless{}b\\textgreater{}"),
            ("a|b_c", "a\\textbar{}b\\_c"),
            (
                "c:\\path ~^",
                "c:\\textbackslash{}path \\textasciitilde{}\\textasciicircum{}",
            ),
            ("$1 & 50% #1 {x}", "\\$1 \\& 50\\% \\#1 \\{x\\}"),
            (
                "q\"d `t`",
                "q\\texttt{\\char34}d \\textasciigrave{}t\\textasciigrave{}",
            ),
            ("[x]*", "{[}x{]}{*}"),
            ("a--b  c", "a-{}-b \\ c"),
            ("über-glücklich 日本語", "über-glücklich 日本語"),
        ] {
            assert_eq!(escaped(text), tex);
        }
    }

    #[test]
    fn signs_of_numbers_are_signs() {
        assert_eq!(number("-6.1"), "$-6.1$");
        assert_eq!(number("+.2"), "$+.2$");
        assert_eq!(number("-.1 .. .2"), "$-.1$ .. .2");
        assert_eq!(number(".5 ±.1"), ".5 $\\pm$.1");
        assert_eq!(number("<.001 (−)"), "\\textless{}.001 ($-$)");
        assert_eq!(number("–"), "--");
        assert_eq!(number("paper-cnn"), "paper-cnn");
    }

    #[test]
    fn headings_are_over_their_columns_and_rules_between_blocks_only() {
        let text = example().latex();
        assert!(
            text.contains(" &  &  & \\multicolumn{2}{c}{paper} \\\\\n\\cmidrule(lr){4-5}\nrecipe & tested & F & F & UAR \\\\\n\\midrule\n"),
            "{text}"
        );
        assert_eq!(text.matches("\\midrule\n").count(), 2);
        assert!(text.contains("a\\_b & gap \\% & $-6.1$ & $+.2$ & -- \\\\"));
        assert!(!text.contains("LuaLaTeX"));
        let classes = TextTable {
            titles: vec![title("class"), title("recall")],
            rows: ["happy", "日本語"]
                .map(|c| Line::measured(vec![c.into(), ".1".into()]))
                .to_vec(),
            texts: 1,
        };
        let text = classes.latex();
        assert_eq!(text.matches("\\midrule\n").count(), 1, "{text}");
        assert!(
            text.starts_with("% Not in Latin letters")
                && text.contains("them are needed: 日本語.\n")
        );
    }

    #[test]
    fn a_table_wider_than_a_page_is_several_and_a_recipe_stays_whole() {
        let mut titles = vec![title("class")];
        for recipe in ["one", "two", "three", "four", "five", "six"] {
            for of in ["clean →", "augmented →"] {
                for condition in ["clean", "robot"] {
                    titles.push([recipe, of, condition].map(String::from).to_vec());
                }
            }
        }
        let mut cells = vec!["a class of some length".to_owned()];
        cells.extend(vec![".123".to_owned(); 24]);
        let table = TextTable {
            titles,
            rows: vec![Line::measured(cells)],
            texts: 1,
        };
        let text = table.latex();
        assert!(text.matches("\\begin{tabular}").count() > 1, "{text}");
        assert_eq!(
            text.matches("a class of some length").count(),
            text.matches("\\begin{tabular}").count()
        );
        for recipe in ["one", "two", "three", "four", "five", "six"] {
            assert_eq!(
                text.matches(&format!("\\multicolumn{{4}}{{c}}{{{recipe}}}"))
                    .count(),
                1
            );
        }
        assert_eq!(text.matches(".123").count(), 24);
    }
}
