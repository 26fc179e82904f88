//! What every crate that touches the disk stands on: files that are whole or absent
//! ([`write_whole`], [`WholeFile`]), paths that cannot leave the folder they are relative to
//! ([`RelativePath`]), and TOML whose errors name the line and the nearest key ([`toml_file`]).

mod relative_path;
pub mod toml_file;
mod whole;

pub use relative_path::{RelativePath, RelativePathError};
pub use whole::{WholeFile, write_whole};
