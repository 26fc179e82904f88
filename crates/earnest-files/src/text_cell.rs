//! Texts in tables that a spreadsheet may open. It takes a cell that begins with `=`, `+`, `-`,
//! `@`, a tab or a carriage return for a formula and computes it, whoever named the file or the
//! speaker so. Such a text is written another way, and is the same when it is read again.
//! Numbers are no texts: they are written as they are.

use std::borrow::Cow;

/// True for what makes a cell a formula where it stands first.
fn begins_formula(letter: char) -> bool {
    matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r')
}

/// True if a formula stands behind any number of quotes: only such texts change.
fn is_quoted_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(begins_formula)
}

/// The cell of a text: a name, an id, a title. One that would be a formula gets a `'` before it,
/// and so does one that looks as if it had got one, so that [`text_of_cell`] gives back each.
#[must_use]
pub fn text_cell(text: &str) -> Cow<'_, str> {
    match is_quoted_formula(text) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// The text of a cell that [`text_cell`] wrote; cells of others are as they stand, unless they
/// look like one of its.
#[must_use]
pub fn text_of_cell(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_quoted_formula(text) => text,
        _ => cell,
    }
}

/// The cell of a path. One that would be a formula is relative, and the same file as `./` and
/// the path: so a table can be read as a manifest by any program.
#[must_use]
pub fn path_cell(path: &str) -> Cow<'_, str> {
    match path.starts_with(begins_formula) {
        true => Cow::Owned(format!("./{path}")),
        false => Cow::Borrowed(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn formulas_get_a_quote_and_quotes_before_formulas_one_more() {
        for (text, cell) in [
            ("", ""),
            ("anna", "anna"),
            ("a=b", "a=b"),
            ("'tis", "'tis"),
            ("''", "''"),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("'=1", "''=1"),
            ("''-", "'''-"),
        ] {
            assert_eq!(text_cell(text), cell);
            assert_eq!(text_of_cell(cell), text);
        }
        // As others write it.
        assert_eq!(text_of_cell("=1+1"), "=1+1");
    }

    #[test]
    fn a_path_that_would_be_a_formula_names_the_same_file_from_its_own_folder() {
        assert_eq!(path_cell("a/=x.wav"), "a/=x.wav");
        assert_eq!(path_cell("/a/b.wav"), "/a/b.wav");
        assert_eq!(path_cell("'=x.wav"), "'=x.wav");
        for path in ["=x.wav", "-rf/a.wav", "+a.wav", "@a.wav", "\ta.wav"] {
            let cell = path_cell(path);
            assert_eq!(Path::new("in").join(&*cell), Path::new("in/.").join(path));
            assert!(!cell.starts_with(begins_formula));
        }
    }

    proptest::proptest! {
        #[test]
        fn every_text_comes_back_and_none_is_a_formula(text in "['=+@\t\r-]{0,4}.{0,6}") {
            let cell = text_cell(&text);
            assert!(!cell.starts_with(begins_formula), "{cell:?}");
            assert_eq!(text_of_cell(&cell), text);
            let mut writer = csv::Writer::from_writer(Vec::new());
            // A table's first cell is a title: there a reader takes away a byte order mark.
            writer.write_record(["text", "path"]).unwrap();
            writer.write_record([&*cell, &*path_cell(&text)]).unwrap();
            let bytes = writer.into_inner().unwrap();
            let mut reader = csv::Reader::from_reader(&bytes[..]);
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(text_of_cell(&record[0]), text);
            assert!(record[1] == text || record[1] == format!("./{text}"));
        }
    }
}
