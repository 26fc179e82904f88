#![doc = include_str!("../README.md")]

mod across;
mod calibration;
mod chance;
mod comparison;
mod conditions;
mod figure;
mod groups;
mod html;
mod latex;
mod markdown;
mod model_card;
mod paper;
mod report;
mod rivals;
mod series;
mod sweep;
mod table1;
mod table2;
mod text_table;
mod written;

pub use across::{Across, Cell, MATRICES, Matrix, Pair};
pub use calibration::{CALIBRATION, CALIBRATION_TITLE};
pub use chance::Chance;
pub use comparison::{COMPARED, Comparison, compare_runs};
pub use conditions::{Conditions, IN_CONDITIONS, OVER_CONDITIONS};
pub use groups::{GROUPS, GROUPS_TITLE};
pub use html::{CERTAINTY, uncertain, warnings};
pub use report::Report;
pub use rivals::{AGAINST, recipes_against_each_other};
pub use sweep::{RECIPES, recipes_side_by_side};
pub use table1::{Row, Table1};
pub use table2::Table2;
pub use text_table::{Line, TextTable};
pub use written::{write_cards, write_report};
