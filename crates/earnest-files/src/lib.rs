//! What every crate that touches the disk stands on: files that are whole or absent
//! ([`write_whole`], [`WholeFile`]), folders that one process at a time writes ([`OneWriter`]),
//! files of strangers read within limits ([`read_file`], [`contained`]), paths that cannot leave
//! the folder they are relative to ([`RelativePath`]), cells that no spreadsheet takes for formulas
//! ([`text_cell`], [`path_cell`]), and TOML whose errors name the line and the nearest key
//! ([`toml_file`]).

mod bounded;
mod contained;
mod nearest;
mod one_writer;
mod relative_path;
mod text_cell;
pub mod toml_file;
mod whole;

pub use bounded::{MOST_TEXT, open_file, read_file, read_text};
pub use contained::contained;
pub use nearest::{LIKE, nearest};
pub use one_writer::OneWriter;
pub use relative_path::{RelativePath, RelativePathError};
pub use text_cell::{path_cell, text_cell, text_of_cell};
pub use whole::{WholeFile, refuse_special, write_whole};
