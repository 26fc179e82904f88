//! What every crate that touches the disk stands on: files that are whole or absent
//! ([`write_whole`], [`WholeFile`]), files of strangers read within limits ([`read_file`],
//! [`contained`]), paths that cannot leave the folder they are relative to ([`RelativePath`]), and
//! TOML whose errors name the line and the nearest key ([`toml_file`]).

mod bounded;
mod contained;
mod relative_path;
pub mod toml_file;
mod whole;

pub use bounded::{MOST_TEXT, open_file, read_file, read_text};
pub use contained::contained;
pub use relative_path::{RelativePath, RelativePathError};
pub use whole::{WholeFile, write_whole};
