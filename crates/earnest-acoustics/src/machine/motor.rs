//! Motors of joints: noise that follows a movement.

use earnest_random::Generator;
use earnest_signal::{SpectrumShaper, amplitude, coloured_noise};
use serde::{Deserialize, Serialize};

use super::{RATE, pascal};

/// A joint's motor: whine and gears that follow its speed, a jerk at start and stop. It moves
/// now and then, with the speed of a minimum-jerk movement (Flash and Hogan 1985).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Motor {
    /// Which joint.
    pub name: String,
    /// Level at the ears at top speed.
    pub level_db_spl: f64,
    /// Whine at top speed, Hz.
    pub whine_hz: f64,
    /// Teeth that meet in a second at top speed, Hz.
    pub gear_hz: f64,
    /// Gear noise over whine, dB.
    pub gear_db: f64,
    /// Jerk at start and stop over whine, dB.
    pub jerk_db: f64,
    /// Movements a minute.
    pub moves_per_minute: f64,
    /// Shortest and longest movement, s.
    pub move_s: [f64; 2],
}

/// One movement of a joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// Which joint.
    pub joint: String,
    /// When it begins, s.
    pub start_s: f64,
    /// How long it lasts, s.
    pub seconds: f64,
    /// Top speed over the motor's.
    pub speed: f64,
}

/// When a motor moves within so many seconds: at random times, one movement after the other.
pub fn movements(motor: &Motor, seconds: f64, generator: &mut Generator) -> Vec<Movement> {
    let mut all = Vec::new();
    if motor.moves_per_minute <= 0.0 {
        return all;
    }
    let between = 60.0 / motor.moves_per_minute;
    let wait = |generator: &mut Generator| -between * (1.0 - generator.unit()).ln();
    // It may already be moving when the recording begins.
    let mut at = wait(generator) - motor.move_s[1];
    while at < seconds {
        let length = generator.uniform(motor.move_s[0], motor.move_s[1]);
        let speed = generator.uniform(0.5, 1.0);
        if at + length > 0.0 {
            all.push(Movement {
                joint: motor.name.clone(),
                start_s: at,
                seconds: length,
                speed,
            });
        }
        at += length + wait(generator);
    }
    all
}

/// Speed over top speed at a share of a minimum-jerk movement: `30 x^2 (1 - x)^2` over its
/// largest value (Flash and Hogan 1985).
fn profile(x: f64) -> f64 {
    if (0.0..=1.0).contains(&x) {
        16.0 * (x * (1.0 - x)).powi(2)
    } else {
        0.0
    }
}

/// How long a jerk rings, s.
const JERK_S: f64 = 0.012;

/// Adds a motor's movements to `out`.
pub fn add_motor(
    out: &mut [f32],
    motor: &Motor,
    movements: &[Movement],
    generator: &mut Generator,
    shaper: &mut SpectrumShaper,
) {
    let tau = std::f64::consts::TAU;
    let top = pascal(motor.level_db_spl);
    // Whine with two harmonics has an RMS of 1 at top speed.
    let whine_scale = top / (0.5 * (1.0 + 0.25 + 0.09_f64)).sqrt();
    let gear_scale = top * amplitude(motor.gear_db);
    let jerk_scale = top * amplitude(motor.jerk_db);
    for movement in movements {
        let first = (movement.start_s * RATE).round() as i64;
        let count = (movement.seconds * RATE).round() as i64;
        let ring = (6.0 * JERK_S * RATE) as i64;
        let noise = coloured_noise(
            (count + ring) as usize,
            RATE as u32,
            0.3,
            generator.next_u64() >> 32,
            shaper,
        );
        let rms = f64::from(earnest_signal::rms(&noise)).max(1e-9);
        let (mut whine, mut gear) = (generator.unit(), generator.unit());
        for k in 0..count + ring {
            let speed = movement.speed * profile(k as f64 / count as f64);
            whine = (whine + motor.whine_hz * speed / RATE).fract();
            gear = (gear + motor.gear_hz * speed / RATE).fract();
            let Some(y) = usize::try_from(first + k).ok().and_then(|i| out.get_mut(i)) else {
                continue;
            };
            let hiss = f64::from(noise[k as usize]) / rms;
            let tone = (tau * whine).sin()
                + 0.5 * (2.0 * tau * whine).sin()
                + 0.3 * (3.0 * tau * whine).sin();
            // Teeth that meet: noise that swells with each.
            let teeth = hiss * (0.5 + 0.5 * (tau * gear).cos()).powi(2) * 1.63;
            let since = |from: i64| {
                let t = (k - from) as f64 / RATE;
                if t < 0.0 { 0.0 } else { (-t / JERK_S).exp() }
            };
            let jerk = hiss * (since(0) + since(count)) * movement.speed;
            *y += (speed * (whine_scale * tone + gear_scale * teeth) + jerk_scale * jerk) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_random::Key;

    fn motor() -> Motor {
        Motor {
            name: "neck".into(),
            level_db_spl: 60.0,
            whine_hz: 1_000.0,
            gear_hz: 100.0,
            gear_db: -20.0,
            jerk_db: -60.0,
            moves_per_minute: 20.0,
            move_s: [0.5, 1.0],
        }
    }

    #[test]
    fn a_joint_moves_as_often_and_as_long_as_it_says() {
        let moves = movements(&motor(), 6_000.0, &mut Key::new(1).generator());
        // 3 s between movements of .75 s in the mean.
        let expected = 6_000.0 / 3.75;
        assert!(
            (moves.len() as f64 / expected - 1.0).abs() < 0.1,
            "{}",
            moves.len()
        );
        assert!(moves.iter().all(|m| (0.5..1.0).contains(&m.seconds)));
        assert!(
            moves
                .windows(2)
                .all(|w| w[1].start_s >= w[0].start_s + w[0].seconds)
        );
    }

    #[test]
    fn noise_follows_the_speed_and_has_its_level_at_the_top() {
        let movement = Movement {
            joint: "neck".into(),
            start_s: 0.5,
            seconds: 1.0,
            speed: 1.0,
        };
        let mut out = vec![0.0_f32; 32_000];
        let mut generator = Key::new(2).generator();
        add_motor(
            &mut out,
            &motor(),
            &[movement],
            &mut generator,
            &mut SpectrumShaper::default(),
        );
        let level = |a: usize, b: usize| f64::from(earnest_signal::rms(&out[a..b]));
        assert_eq!(level(0, 7_900), 0.0);
        let top = level(15_600, 16_400);
        assert!((top / pascal(60.0) - 1.0).abs() < 0.15, "{top}");
        assert!(level(9_600, 10_400) < 0.4 * top, "slow at first");
        assert!(level(26_000, 32_000) < 1e-3 * top);
    }
}
