//! What walls are made of: energy absorption in octave bands.

use super::bands::BANDS;

/// Names and random-incidence absorption coefficients, 125 Hz to 8 kHz: typical values of
/// published tables (Vorlaender, Auralization, 2008, annex; Kuttruff, Room Acoustics); 8 kHz,
/// where tables end at 4 kHz, is that of 4 kHz.
const MATERIALS: [(&str, [f64; BANDS]); 14] = [
    ("rough concrete", [0.02, 0.03, 0.03, 0.03, 0.04, 0.07, 0.07]),
    (
        "painted concrete",
        [0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02],
    ),
    ("brick", [0.03, 0.03, 0.03, 0.04, 0.05, 0.07, 0.07]),
    ("plaster", [0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.05]),
    ("plasterboard", [0.15, 0.10, 0.06, 0.04, 0.04, 0.05, 0.05]),
    ("glass", [0.18, 0.06, 0.04, 0.03, 0.02, 0.02, 0.02]),
    ("wood panel", [0.30, 0.25, 0.20, 0.17, 0.15, 0.10, 0.10]),
    ("parquet", [0.04, 0.04, 0.07, 0.06, 0.06, 0.07, 0.07]),
    ("linoleum", [0.02, 0.02, 0.03, 0.04, 0.04, 0.05, 0.05]),
    ("thin carpet", [0.02, 0.04, 0.08, 0.20, 0.35, 0.40, 0.40]),
    ("thick carpet", [0.08, 0.24, 0.57, 0.69, 0.71, 0.73, 0.73]),
    ("curtain", [0.07, 0.31, 0.49, 0.75, 0.70, 0.60, 0.60]),
    ("acoustic tiles", [0.35, 0.50, 0.65, 0.75, 0.75, 0.70, 0.70]),
    (
        "projection screen",
        [0.05, 0.10, 0.20, 0.25, 0.25, 0.20, 0.20],
    ),
];

/// All known names.
#[must_use]
pub fn names() -> Vec<&'static str> {
    MATERIALS.iter().map(|(name, _)| *name).collect()
}

/// The absorption of a material by its name.
#[must_use]
pub fn absorption(name: &str) -> Option<[f64; BANDS]> {
    let found = MATERIALS.iter().find(|(n, _)| *n == name)?;
    Some(found.1)
}
