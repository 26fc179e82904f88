//! Printing. What a terminal would obey is shown ([`visible`]): in words for people always, in
//! data for programs (CSV, JSON) on a terminal only. A reader who has seen enough (`| head`) closes the pipe: the program then ends
//! quietly, as others do. An output that cannot be written otherwise (a full disk) is a failure.

use std::fmt::Arguments;
use std::io::{ErrorKind, IsTerminal as _, Write};

use crate::visible::visible;

/// Prints a line on standard output; takes what `println!` takes.
macro_rules! say {
    ($($text:tt)*) => { $crate::say::line(format_args!($($text)*)) };
}

/// Says something beside the results, a line on standard error; takes what `eprintln!` takes.
macro_rules! tell {
    ($($text:tt)*) => { $crate::say::aside(format_args!($($text)*)) };
}

/// Ends the program if standard output cannot be written.
fn ended(error: &std::io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    aside(format_args!(
        "error: cannot write to standard output: {error}"
    ));
    std::process::exit(1);
}

/// Prints a line on standard output.
pub fn line(text: Arguments<'_>) {
    write_line(&visible(&text.to_string()));
}

fn write_line(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}") {
        ended(&error);
    }
}

/// Prints lines of data on standard output: exactly, unless it is a terminal.
pub fn data(text: &str) {
    match std::io::stdout().is_terminal() {
        true => write_line(&visible(text)),
        false => write_line(text),
    }
}

/// Prints a line on standard error. If nobody listens there, nothing can be said.
pub fn aside(text: Arguments<'_>) {
    let text = text.to_string();
    let _ = writeln!(std::io::stderr().lock(), "{}", visible(&text));
}

/// Standard output for those who write data as bytes.
pub struct Out {
    terminal: bool,
    /// The beginning of a letter whose end comes with the next bytes.
    begun: Vec<u8>,
}

impl Out {
    /// For standard output as it is.
    pub fn new() -> Self {
        Self {
            terminal: std::io::stdout().is_terminal(),
            begun: Vec::new(),
        }
    }

    /// What of these bytes, and of those before, can be shown by now.
    fn shown(&mut self, bytes: &[u8]) -> String {
        self.begun.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.begun) {
            // Cut off in the middle of a letter.
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            _ => self.begun.len(),
        };
        let rest = self.begun.split_off(whole);
        let whole = std::mem::replace(&mut self.begun, rest);
        visible(&String::from_utf8_lossy(&whole)).into_owned()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !self.terminal {
            return std::io::stdout().lock().write(bytes).or_else(|e| ended(&e));
        }
        let text = self.shown(bytes);
        let written = std::io::stdout().lock().write_all(text.as_bytes());
        written.map_or_else(|e| ended(&e), |()| Ok(bytes.len()))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().lock().flush().or_else(|e| ended(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_comes_in_pieces_is_shown_whole() {
        let text = "a\u{1b}b\u{9b}c\u{202e}d王\n";
        for size in 1..5 {
            let mut out = Out {
                terminal: true,
                begun: Vec::new(),
            };
            let pieces = text.as_bytes().chunks(size).map(|piece| out.shown(piece));
            let shown: String = pieces.collect();
            assert_eq!(shown, "a\\u{1b}b\\u{9b}c\\u{202e}d王\n");
        }
    }
}
