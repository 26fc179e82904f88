//! Moments in tables: `start` and `end` of a stretch.

use earnest_audio::Stretch;

/// Seconds, from a number of them or a timedelta as pandas and audformat write it
/// (`0 days 00:00:01.25`, `00:00:01.25`, `0 days`); `None` where there is none (empty, `NaT`).
fn seconds(text: &str) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("nat") {
        return Ok(None);
    }
    let number = text.parse().ok().or_else(|| timedelta(text));
    let number = number.filter(|x: &f64| x.is_finite());
    match number {
        Some(seconds) => Ok(Some(seconds)),
        None => Err(format!(
            "{text:?} is neither seconds (1.25) nor a time (00:00:01.25)"
        )),
    }
}

/// `N days HH:MM:SS.fraction`, the days optional, or `N days`, as pandas writes a column of them.
fn timedelta(text: &str) -> Option<f64> {
    let (days, time) = match text.split_once("day") {
        Some((days, rest)) => {
            let days: i64 = days.trim().parse().ok()?;
            let rest = rest.trim_start_matches('s').trim_start_matches(',');
            if rest.is_empty() {
                return Some(days as f64 * 86_400.0);
            }
            (days, rest.trim().trim_start_matches('+'))
        }
        None => (0, text),
    };
    let plain = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    let parts: Vec<&str> = time.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else {
        return None;
    };
    if ![hours, minutes, seconds].into_iter().all(plain) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds: f64 = seconds.parse().ok()?;
    (minutes < 60 && seconds < 60.0).then(|| {
        days as f64 * 86_400.0 + f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds
    })
}

/// The stretch between two cells of a table; `None` for the whole file.
pub(super) fn stretch(start: Option<&str>, end: Option<&str>) -> Result<Option<Stretch>, String> {
    let moment = |name: &str, text: Option<&str>| {
        seconds(text.unwrap_or_default()).map_err(|e| format!("{name}: {e}"))
    };
    let (from, to) = (moment("start", start)?, moment("end", end)?);
    Stretch::new(from.unwrap_or(0.0), to).map_err(|e| {
        format!(
            "start {:?} and end {:?}: {e}",
            start.unwrap_or_default(),
            end.unwrap_or_default()
        )
    })
}

/// The stretch that begins at a moment and lasts so long.
pub(super) fn stretch_for(start: &str, duration: &str) -> Result<Option<Stretch>, String> {
    let from = seconds(start).map_err(|e| format!("start: {e}"))?;
    let lasts = seconds(duration).map_err(|e| format!("duration: {e}"))?;
    let end = lasts.map(|lasts| from.unwrap_or(0.0) + lasts);
    Stretch::new(from.unwrap_or(0.0), end)
        .map_err(|e| format!("start {start:?} and duration {duration:?}: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_timedeltas_are_the_same_moments() {
        for text in [
            "1.25",
            "0 days 00:00:01.250000",
            "0 days 00:00:01.250000000",
            "00:00:01.25",
            "0:00:01.25",
            " 1.25 ",
        ] {
            assert_eq!(seconds(text), Ok(Some(1.25)), "{text}");
        }
        assert_eq!(seconds("1 day, 1:01:01"), Ok(Some(90_061.0)));
        assert_eq!(seconds("0 days"), Ok(Some(0.0)));
        assert_eq!(seconds("1 days"), Ok(Some(86_400.0)));
        assert_eq!(seconds("-1 days +23:59:59"), Ok(Some(-1.0)));
        for text in ["", "NaT", " nat "] {
            assert_eq!(seconds(text), Ok(None), "{text}");
        }
        for text in [
            "soon",
            "1:2",
            "00:61:00",
            "00:00:60",
            "0 days of",
            "days",
            "inf",
            "NaN",
            "-00:00:01",
            "00:-1:02",
            "1.2.3",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_end_is_the_files_end_and_what_is_no_stretch_says_why() {
        let named = |start, end| stretch(start, end).unwrap().map(|s| s.to_string());
        assert_eq!(
            named(Some("0 days 00:00:02"), Some("NaT")).as_deref(),
            Some("2-end")
        );
        assert_eq!(named(None, Some("3.5")).as_deref(), Some("0-3.5"));
        assert_eq!(named(Some("0"), None), None);
        let why = |start, end| stretch(Some(start), Some(end)).unwrap_err();
        assert!(why("2", "1").contains("not after"), "{}", why("2", "1"));
        assert!(why("-1", "1").contains("negative"));
        assert!(why("x", "1").starts_with("start: "));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9:. dayst,NaT]{0,24}|.{0,20}") {
            let _ = stretch(Some(&text), Some(&text));
        }
    }
}
