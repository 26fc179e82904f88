//! Every vectorised loop gives the same bits as its baseline.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::Write;
use std::process::Command;

use earnest_features::front_end::logmel::{LogMel, Pcen};
use earnest_features::vectorised::VARIABLE;
use earnest_features::{Extractor, FrontEndSettings, Lld32, Mode, ShortWindow};
use earnest_random::Key;

/// The bits of what each front end extracts from something like speech, added up; of `lld32` in
/// both modes and windows, of `logmel` both scales.
fn bits() -> String {
    let mut generator = Key::new(5).generator();
    let mut phase = 0.0_f64;
    let speech: Vec<f32> = (0..32_000)
        .map(|i| {
            let t = f64::from(i) / 16_000.0;
            phase += (110.0 + 60.0 * (4.0 * t).sin()) / 16_000.0;
            let voice =
                (0.5 - phase.fract()).powi(3) * f64::from(u8::from((2.0 * t).fract() < 0.7));
            (voice + 0.01 * generator.normal()) as f32
        })
        .collect();
    let mut front_ends: Vec<FrontEndSettings> = vec![
        LogMel::default().into(),
        FrontEndSettings::from(LogMel {
            pcen: Some(Pcen::default()),
            ..LogMel::default()
        }),
    ];
    for mode in [Mode::OpenSmile, Mode::Accurate] {
        for window in [ShortWindow::Ms20, ShortWindow::Ms25] {
            front_ends.push(Lld32 { mode, window }.into());
        }
    }
    for name in FrontEndSettings::NAMES {
        front_ends.push(FrontEndSettings::by_name(name).unwrap());
    }
    let bits = front_ends.iter().map(|settings| {
        let mut extractor = Extractor::of(settings.as_front_end(), 16_000).unwrap();
        let features = extractor.extract(&speech);
        // A row each 10 ms, or one of the whole.
        let whole = settings.as_front_end().row_s().is_infinite();
        assert!(features.frames() > 190 || whole && features.frames() == 1);
        let fold = |sum: u64, x: &f32| sum.rotate_left(5) ^ u64::from(x.to_bits());
        format!("{:016x}", features.values().iter().fold(0, fold))
    });
    bits.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_baseline_of_every_loop_has_the_bits_of_the_vectors() {
    let own = bits();
    if std::env::var_os(VARIABLE).is_some_and(|value| value == "baseline") {
        println!("bits {own}");
        return;
    }
    if matches!(pulp::Arch::new(), pulp::Arch::Scalar) {
        // Straight to standard error: the test harness hides what println! says.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: vectors beside the baseline: this processor has no wide vectors"
        );
        return;
    }
    let baseline = Command::new(std::env::current_exe().unwrap())
        .args(["the_baseline_of_every_loop", "--nocapture"])
        .env(VARIABLE, "baseline")
        .output()
        .unwrap();
    let said = String::from_utf8(baseline.stdout).unwrap();
    assert!(said.contains(&format!("bits {own}")), "{own}: {said}");
}
