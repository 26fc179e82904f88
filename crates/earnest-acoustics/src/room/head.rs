//! A head with two ears: a rigid sphere.

use super::bands::{BANDS, CENTRES_HZ};
use earnest_signal::amplitude;

/// A direction or place, metres: x ahead, y to the left, z up.
pub type Vector = [f64; 3];

/// Speed of sound, m/s, at a temperature in Celsius.
#[must_use]
pub fn speed_of_sound(celsius: f64) -> f64 {
    331.3 * (1.0 + celsius / 273.15).sqrt()
}

/// A sphere with ears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SphericalHead {
    /// Radius, m.
    pub radius_m: f64,
    /// Where it faces, degrees from the room's x axis, counterclockwise seen from above.
    pub facing_deg: f64,
    /// Angle between nose and each ear, degrees.
    pub ears_deg: f64,
    /// Where the pinna takes a notch out of sound from ahead, Hz; 0 is no pinna.
    pub notch_hz: f64,
    /// Depth of the notch, dB.
    pub notch_db: f64,
}

/// Least gain behind the head and the angle at which it is reached (Brown and Duda 1998).
const ALPHA_MIN: f64 = 0.1;
const THETA_MIN_DEG: f64 = 150.0;

/// Width of a pinna's notch, octaves.
const NOTCH_WIDTH: f64 = 0.15;

impl SphericalHead {
    /// Directions of the left and the right ear from the centre.
    #[must_use]
    pub fn ears(&self) -> [Vector; 2] {
        [1.0, -1.0].map(|side| {
            let angle = (self.facing_deg + side * self.ears_deg).to_radians();
            [angle.cos(), angle.sin(), 0.0]
        })
    }

    /// Angle between a direction (of length 1) and an ear, radians.
    #[must_use]
    pub fn incidence(ear: &Vector, direction: &Vector) -> f64 {
        let cosine: f64 = ear.iter().zip(direction).map(|(a, b)| a * b).sum();
        cosine.clamp(-1.0, 1.0).acos()
    }

    /// How much later than at the (absent) head's centre sound from far away arrives at an ear,
    /// seconds (Woodworth 1938): earlier on the near side, around the sphere on the far one.
    #[must_use]
    pub fn delay_s(&self, incidence: f64, speed: f64) -> f64 {
        let time = self.radius_m / speed;
        if incidence < std::f64::consts::FRAC_PI_2 {
            -time * incidence.cos()
        } else {
            time * (incidence - std::f64::consts::FRAC_PI_2)
        }
    }

    /// Amplitude of the head's shadow in each band: one pole, one zero (Brown and Duda 1998);
    /// up to 6 dB more on the near side, high frequencies lost on the far one.
    #[must_use]
    pub fn shadow(&self, incidence: f64, speed: f64) -> [f64; BANDS] {
        let half = 1.0 - ALPHA_MIN / 2.0;
        let turn = incidence.to_degrees() / THETA_MIN_DEG * std::f64::consts::PI;
        let alpha = (1.0 + ALPHA_MIN / 2.0) + half * turn.cos();
        let corner = 2.0 * speed / self.radius_m;
        CENTRES_HZ.map(|hz| {
            let x = std::f64::consts::TAU * hz / corner;
            ((1.0 + (alpha * x).powi(2)) / (1.0 + x * x)).sqrt()
        })
    }

    /// Amplitude of the pinna's notch at a frequency.
    #[must_use]
    pub fn pinna(&self, hz: f64) -> f64 {
        if self.notch_hz <= 0.0 || hz <= 0.0 {
            return 1.0;
        }
        let octaves = (hz / self.notch_hz).log2();
        let depth = self.notch_db * (-0.5 * (octaves / NOTCH_WIDTH).powi(2)).exp();
        amplitude(-depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> SphericalHead {
        SphericalHead {
            radius_m: 0.0875,
            facing_deg: 0.0,
            ears_deg: 90.0,
            notch_hz: 7_000.0,
            notch_db: 12.0,
        }
    }

    /// Left minus right.
    fn itd(head: &SphericalHead, azimuth_deg: f64) -> f64 {
        let a = azimuth_deg.to_radians();
        let direction = [a.cos(), a.sin(), 0.0];
        let [left, right] = head
            .ears()
            .map(|ear| head.delay_s(SphericalHead::incidence(&ear, &direction), 343.0));
        right - left
    }

    #[test]
    fn time_differences_are_woodworths() {
        for azimuth in [0.0_f64, 10.0, 30.0, 45.0, 60.0, 90.0] {
            let phi = azimuth.to_radians();
            let woodworth = 0.0875 / 343.0 * (phi + phi.sin());
            let ours = itd(&head(), azimuth);
            assert!(
                (ours - woodworth).abs() <= 0.001 * woodworth + 1e-12,
                "{azimuth}"
            );
            assert!((itd(&head(), -azimuth) + ours).abs() < 1e-12);
        }
        // 656 microseconds for a human head, straight from the side.
        assert!((itd(&head(), 90.0) - 656e-6).abs() < 1e-6);
    }

    #[test]
    fn the_near_ear_gains_and_the_far_ear_loses_high_frequencies() {
        let near = head().shadow(0.0, 343.0);
        let far = head().shadow(150.0_f64.to_radians(), 343.0);
        let db = |x: f64| 20.0 * x.log10();
        assert!(db(near[6]) > 5.0 && db(near[0]).abs() < 0.5, "{near:?}");
        assert!(db(far[6]) < -14.0 && db(far[0]).abs() < 0.5, "{far:?}");
        assert!((db(head().pinna(7_000.0)) + 12.0).abs() < 1e-9);
        assert!(db(head().pinna(3_000.0)).abs() < 0.1);
    }
}
