#![doc = include_str!("../README.md")]

mod comparison;
mod figure;
mod html;
mod model_card;
mod paper;
mod report;
mod table1;
mod table2;
mod text_table;
mod written;

pub use comparison::{COMPARED, Comparison, compare_runs};
pub use html::{CERTAINTY, warnings};
pub use report::Report;
pub use table1::{Row, Table1};
pub use table2::Table2;
pub use text_table::TextTable;
pub use written::{write_cards, write_report};
