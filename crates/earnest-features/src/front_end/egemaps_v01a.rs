//! `egemaps-v01a`: the stock 23 descriptors of eGeMAPSv01a, a row each 10 ms; `lld32` without MFCC
//! 5-13.

use serde::{Deserialize, Serialize};

use super::lld32::{Lld32, Mode, ShortWindow};
use super::picked::Picked;
use super::{FrontEnd, FrontEndError, RowStream};
use crate::descriptor::{EGEMAPS, NAMES};
use crate::error::check_rate;
use crate::stream::Stream;

/// Settings of the 23 descriptors: those of [`Lld32`].
///
/// ```toml
/// name = "egemaps-v01a"
/// mode = "opensmile"   # or "accurate"
/// window_ms = 20       # or 25
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgemapsV01a {
    /// Whose definition.
    pub mode: Mode,
    /// Short window; `window_ms` in files, a number.
    #[serde(rename = "window_ms")]
    pub window: ShortWindow,
}

impl EgemapsV01a {
    /// The 32 of which these are some.
    fn whole(self) -> Lld32 {
        Lld32 {
            mode: self.mode,
            window: self.window,
        }
    }
}

impl FrontEnd for EgemapsV01a {
    fn name(&self) -> &'static str {
        "egemaps-v01a"
    }

    fn words(&self) -> String {
        format!(
            "egemaps-v01a: {} descriptors, mode {}, windows of {} and 60 ms each 10 ms",
            EGEMAPS.len(),
            self.mode.name(),
            self.window.milliseconds()
        )
    }

    fn check(&self) -> Result<(), FrontEndError> {
        self.whole().check()
    }

    fn columns(&self) -> Vec<String> {
        EGEMAPS.map(|place| NAMES[place].to_owned()).to_vec()
    }

    fn row_s(&self) -> f64 {
        self.whole().row_s()
    }

    fn shortest_s(&self) -> f64 {
        self.whole().shortest_s()
    }

    fn look_ahead_s(&self) -> f64 {
        self.whole().look_ahead_s()
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        check_rate(sample_rate)?;
        Ok(Box::new(Picked {
            whole: Stream::new(sample_rate, self.whole()),
            places: EGEMAPS,
        }))
    }
}
