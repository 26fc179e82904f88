//! Octave bands: how absorption, transmission and air depend on frequency.

/// Bands: octaves from 125 Hz to 8 kHz (IEC 61260), and one more that is not used, so that a
/// row fills a vector register.
pub const LANES: usize = 8;

/// How many of them are used.
pub const BANDS: usize = 7;

/// Centres, Hz.
pub const CENTRES_HZ: [f64; BANDS] = [125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0];

/// A value for each band.
pub type Row = [f32; LANES];

/// A row of one value.
#[must_use]
pub fn flat(value: f64) -> [f64; BANDS] {
    [value; BANDS]
}

/// How much of band `b` a frequency takes: at a centre all of it, between two centres both by
/// half a cosine over log frequency. The bands' shares add up to one at every frequency, so a
/// signal cut into bands is put together again by adding them.
#[must_use]
pub fn share(hz: f64, b: usize) -> f64 {
    let place = (hz.max(1.0) / CENTRES_HZ[0])
        .log2()
        .clamp(0.0, (BANDS - 1) as f64);
    let distance = (place - b as f64).abs();
    if distance >= 1.0 {
        0.0
    } else {
        0.5 + 0.5 * (std::f64::consts::PI * distance).cos()
    }
}

/// Energy that air takes on each metre, Np/m (energy falls as `exp(-m d)`), after ISO 9613-1
/// for this temperature in Celsius and relative humidity in percent, at sea level.
#[must_use]
pub fn air(celsius: f64, humidity: f64) -> [f64; BANDS] {
    let kelvin = celsius + 273.15;
    let (reference, triple) = (293.15, 273.16);
    let saturation = 10.0_f64.powf(-6.8346 * (triple / kelvin).powf(1.261) + 4.6151);
    let h = humidity * saturation;
    let ratio = kelvin / reference;
    let oxygen = 24.0 + 4.04e4 * h * (0.02 + h) / (0.391 + h);
    let nitrogen =
        ratio.powf(-0.5) * (9.0 + 280.0 * h * (-4.170 * (ratio.powf(-1.0 / 3.0) - 1.0)).exp());
    CENTRES_HZ.map(|hz| {
        let classical = 1.84e-11 * ratio.sqrt();
        let o = 0.01275 * (-2239.1 / kelvin).exp() / (oxygen + hz * hz / oxygen);
        let n = 0.1068 * (-3352.0 / kelvin).exp() / (nitrogen + hz * hz / nitrogen);
        let db_per_metre = 8.686 * hz * hz * (classical + ratio.powf(-2.5) * (o + n));
        db_per_metre * std::f64::consts::LN_10 / 10.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_add_up_to_one_everywhere() {
        for hz in [0.0, 60.0, 125.0, 177.0, 700.0, 3_333.0, 7_999.0] {
            let sum: f64 = (0..BANDS).map(|b| share(hz, b)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{hz}: {sum}");
        }
        assert_eq!(share(1_000.0, 3), 1.0);
    }

    #[test]
    fn air_takes_what_the_standard_says() {
        // ISO 9613-1, table 1: 20 degrees, 50 %: dB/km at the exact midband frequencies.
        let db_per_km = [0.440, 1.31, 2.73, 4.66, 9.86, 29.4, 104.0];
        for ((m, expected), hz) in air(20.0, 50.0).iter().zip(db_per_km).zip(CENTRES_HZ) {
            let db = m * 10.0 / std::f64::consts::LN_10 * 1000.0;
            assert!(
                (db / expected - 1.0).abs() < 0.06,
                "{hz} Hz: {db} for {expected}"
            );
        }
    }
}
