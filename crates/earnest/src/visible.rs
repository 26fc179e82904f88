//! What a terminal would obey is shown instead: names of files, speakers and labels come from
//! strangers, and an escape code in one of them could hide a line, move the cursor or name the
//! window.

use std::borrow::Cow;

/// True for C0, DEL and C1, which a terminal obeys, and for the letters by which Unicode turns
/// the direction of what follows.
fn is_obeyed(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text for people, whose lines are ours: `\u{1b}` in place of an escape code.
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |letter| letter != '\n' && is_obeyed(letter))
}

/// A text that is to stay on its line: a name, a cell of a table.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    shown(text, is_obeyed)
}

fn shown(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match hidden(letter) {
            true => out.extend(letter.escape_default()),
            false => out.push(letter),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_and_all_else_stays() {
        for (text, here) in [
            ("ordinary: äß 王 …–─", "ordinary: äß 王 …–─"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}"),
            ("gpj.\u{202e}\u{2066}wav", "gpj.\\u{202e}\\u{2066}wav"),
            ("a\rb\tc", "a\\rb\\tc"),
        ] {
            assert_eq!(visible(text), here);
            assert_eq!(on_one_line(text), here);
        }
        assert_eq!(visible("a\nb"), "a\nb");
        assert_eq!(on_one_line("a\nb"), "a\\nb");
    }
}
