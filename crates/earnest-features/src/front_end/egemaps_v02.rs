//! `egemaps-v02`: the 25 descriptors of eGeMAPSv02, a row each 10 ms: those of `egemaps-v01a` and
//! the bandwidths of F2 and F3, by openSMILE's later definition (docs/descriptors.md, section 15).

use serde::{Deserialize, Serialize};

use super::lld32::{Lld32, Mode, ShortWindow};
use super::picked::Picked;
use super::{FrontEnd, FrontEndError, RowStream};
use crate::descriptor::{EGEMAPS, F2_BANDWIDTH, F2_FREQUENCY, F3_BANDWIDTH, F3_FREQUENCY, NAMES};
use crate::error::check_rate;
use crate::settings::Version;
use crate::stream::Stream;

/// Number of descriptors in a row.
const COUNT: usize = 25;

/// The descriptors in openSMILE's order, as places in the stream's own rows.
const PLACES: [usize; COUNT] = places();

const fn places() -> [usize; COUNT] {
    let mut places = [0; COUNT];
    let (mut i, mut filled) = (0, 0);
    while i < EGEMAPS.len() {
        places[filled] = EGEMAPS[i];
        filled += 1;
        // A bandwidth follows its frequency; that of F1 is among the 23.
        let bandwidth = match EGEMAPS[i] {
            F2_FREQUENCY => F2_BANDWIDTH,
            F3_FREQUENCY => F3_BANDWIDTH,
            _ => 0,
        };
        if bandwidth > 0 {
            places[filled] = bandwidth;
            filled += 1;
        }
        i += 1;
    }
    places
}

/// The name of a place in those rows.
fn name(place: usize) -> &'static str {
    match place {
        F2_BANDWIDTH => "F2bandwidth_sma3nz",
        F3_BANDWIDTH => "F3bandwidth_sma3nz",
        _ => NAMES[place],
    }
}

/// Settings of the 25 descriptors: those of [`Lld32`].
///
/// ```toml
/// name = "egemaps-v02"
/// mode = "opensmile"   # or "accurate"
/// window_ms = 20       # or 25
/// ```
///
/// Mode `accurate` has one definition for both versions: there the 23 columns that
/// `egemaps-v01a` has too are the same bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgemapsV02 {
    /// Whose definition.
    pub mode: Mode,
    /// Short window; `window_ms` in files, a number.
    #[serde(rename = "window_ms")]
    pub window: ShortWindow,
}

impl EgemapsV02 {
    /// The descriptors with the same settings, whose rows lie alike.
    fn lld32(self) -> Lld32 {
        Lld32 {
            mode: self.mode,
            window: self.window,
        }
    }
}

impl FrontEnd for EgemapsV02 {
    fn name(&self) -> &'static str {
        "egemaps-v02"
    }

    fn words(&self) -> String {
        format!(
            "egemaps-v02: {COUNT} descriptors, mode {}, windows of {} and 60 ms each 10 ms",
            self.mode.name(),
            self.window.milliseconds()
        )
    }

    fn check(&self) -> Result<(), FrontEndError> {
        self.lld32().check()
    }

    fn columns(&self) -> Vec<String> {
        PLACES.map(|place| name(place).to_owned()).to_vec()
    }

    fn row_s(&self) -> f64 {
        self.lld32().row_s()
    }

    fn shortest_s(&self) -> f64 {
        self.lld32().shortest_s()
    }

    fn look_ahead_s(&self) -> f64 {
        self.lld32().look_ahead_s()
    }

    fn open(&self, sample_rate: u32) -> Result<Box<dyn RowStream>, FrontEndError> {
        check_rate(sample_rate)?;
        Ok(Box::new(Picked {
            whole: Stream::of_version(sample_rate, self.lld32(), Version::V02),
            places: PLACES,
        }))
    }
}
