//! Printing. A reader who has seen enough (`| head`) closes the pipe: the program then ends
//! quietly, as others do. An output that cannot be written otherwise (a full disk) is a failure.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

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
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{text}") {
        ended(&error);
    }
}

/// Prints a line on standard error. If nobody listens there, nothing can be said.
pub fn aside(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Standard output for those who write bytes.
pub struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::stdout().lock().write(bytes).or_else(|e| ended(&e))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().lock().flush().or_else(|e| ended(&e))
    }
}
