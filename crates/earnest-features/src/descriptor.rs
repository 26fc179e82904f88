//! The 32 descriptors: their order, names and units.

/// Number of descriptors in a row.
pub const COUNT: usize = 32;

/// Column names, as openSMILE writes them for eGeMAPSv01a with 13 MFCCs.
pub const NAMES: [&str; COUNT] = [
    "Loudness_sma3",
    "alphaRatio_sma3",
    "hammarbergIndex_sma3",
    "slope0-500_sma3",
    "slope500-1500_sma3",
    "spectralFlux_sma3",
    "mfcc1_sma3",
    "mfcc2_sma3",
    "mfcc3_sma3",
    "mfcc4_sma3",
    "mfcc5_sma3",
    "mfcc6_sma3",
    "mfcc7_sma3",
    "mfcc8_sma3",
    "mfcc9_sma3",
    "mfcc10_sma3",
    "mfcc11_sma3",
    "mfcc12_sma3",
    "mfcc13_sma3",
    "F0semitoneFrom27.5Hz_sma3nz",
    "jitterLocal_sma3nz",
    "shimmerLocaldB_sma3nz",
    "HNRdBACF_sma3nz",
    "logRelF0-H1-H2_sma3nz",
    "logRelF0-H1-A3_sma3nz",
    "F1frequency_sma3nz",
    "F1bandwidth_sma3nz",
    "F1amplitudeLogRelF0_sma3nz",
    "F2frequency_sma3nz",
    "F2amplitudeLogRelF0_sma3nz",
    "F3frequency_sma3nz",
    "F3amplitudeLogRelF0_sma3nz",
];

/// Units, in column order (docs/descriptors.md, section 0).
pub const UNITS: [&str; COUNT] = [
    "aud. spectrum",
    "dB",
    "dB",
    "dB/Hz",
    "dB/Hz",
    "FFT magnitude",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "1",
    "semitones",
    "ratio",
    "dB",
    "dB",
    "dB",
    "dB",
    "Hz",
    "Hz",
    "dB",
    "Hz",
    "dB",
    "Hz",
    "dB",
];

/// The stock 23 descriptors of eGeMAPSv01a, as places in a row: all but MFCC 5-13.
pub const EGEMAPS: [usize; 23] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
];

// Places of the families in a row.
pub(crate) const LOUDNESS: usize = 0;
pub(crate) const ALPHA_RATIO: usize = 1;
pub(crate) const HAMMARBERG: usize = 2;
pub(crate) const SLOPE_0_500: usize = 3;
pub(crate) const SLOPE_500_1500: usize = 4;
pub(crate) const FLUX: usize = 5;
pub(crate) const MFCC: usize = 6;
/// First column that is smoothed over non-zero neighbours only.
pub(crate) const F0: usize = 19;
pub(crate) const JITTER: usize = 20;
pub(crate) const SHIMMER: usize = 21;
pub(crate) const HNR: usize = 22;
pub(crate) const H1_H2: usize = 23;
pub(crate) const H1_A3: usize = 24;
pub(crate) const F1_FREQUENCY: usize = 25;
pub(crate) const F1_BANDWIDTH: usize = 26;
pub(crate) const F1_AMPLITUDE: usize = 27;
pub(crate) const F2_FREQUENCY: usize = 28;
pub(crate) const F2_AMPLITUDE: usize = 29;
pub(crate) const F3_FREQUENCY: usize = 30;
pub(crate) const F3_AMPLITUDE: usize = 31;

// What eGeMAPSv02 has beside the 32 stands behind them in the stream's own rows.
pub(crate) const F2_BANDWIDTH: usize = 32;
pub(crate) const F3_BANDWIDTH: usize = 33;
/// Number of values in the stream's own rows.
pub(crate) const WIDE: usize = 34;
