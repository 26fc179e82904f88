//! Bootstrap over speakers: whatever is made of speakers' answers, made of speakers drawn again.

use std::collections::{BTreeMap, BTreeSet};

use earnest_random::{Generator, Key};

use super::{Interval, RESAMPLES, percentile};

/// The fewest speakers that an interval is given over.
const FEWEST: usize = 3;

/// What each seed has of the speakers that were drawn.
type Drawn<'a, T> = Vec<Vec<&'a T>>;

/// All who speak in some seeds, sorted.
fn speakers<T>(seeds: &[BTreeMap<String, T>]) -> Vec<&str> {
    let all: BTreeSet<&str> = seeds
        .iter()
        .flat_map(|seed| seed.keys().map(String::as_str))
        .collect();
    all.into_iter().collect()
}

/// As many speakers as there are, with replacement.
fn draw<'a, T>(
    seeds: &'a [BTreeMap<String, T>],
    speakers: &[&str],
    generator: &mut Generator,
) -> Drawn<'a, T> {
    let n = speakers.len();
    let chosen: Vec<&str> = (0..n).map(|_| speakers[generator.below(n)]).collect();
    let of_seed =
        |seed: &'a BTreeMap<String, T>| chosen.iter().filter_map(|s| seed.get(*s)).collect();
    seeds.iter().map(of_seed).collect()
}

/// 95 % intervals over speakers of what `of` makes of what each seed has of the speakers drawn; `None`
/// with fewer than three speakers. The same bits each time.
pub fn resampled<T, const N: usize>(
    seeds: &[BTreeMap<String, T>],
    of: impl Fn(&[Vec<&T>]) -> [Option<f64>; N],
) -> [Option<Interval>; N] {
    resampled_groups(&[seeds], |drawn| match drawn {
        [drawn] => of(drawn),
        _ => [None; N],
    })
}

/// The same of several groups of speakers, each of which is drawn again by itself; `None` where one
/// has fewer than three.
pub(super) fn resampled_groups<T, const N: usize>(
    groups: &[&[BTreeMap<String, T>]],
    of: impl Fn(&[Drawn<'_, T>]) -> [Option<f64>; N],
) -> [Option<Interval>; N] {
    let of_groups: Vec<Vec<&str>> = groups.iter().map(|seeds| speakers(seeds)).collect();
    if of_groups.iter().any(|speakers| speakers.len() < FEWEST) {
        return [None; N];
    }
    let mut samples: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(RESAMPLES));
    let mut generator = Key::new(0).with("bootstrap over speakers").generator();
    for _ in 0..RESAMPLES {
        let drawn: Vec<Drawn<'_, T>> = groups
            .iter()
            .zip(&of_groups)
            .map(|(seeds, speakers)| draw(seeds, speakers, &mut generator))
            .collect();
        for (sample, value) in samples.iter_mut().zip(of(&drawn)) {
            sample.extend(value);
        }
    }
    samples.map(interval_of)
}

/// The interval of what resamples came to; `None` where many of them had nothing, since that is no
/// honest one.
fn interval_of(mut sample: Vec<f64>) -> Option<Interval> {
    if sample.len() < RESAMPLES * 9 / 10 {
        return None;
    }
    sample.sort_by(f64::total_cmp);
    Some(Interval {
        low: percentile(&sample, 0.025),
        high: percentile(&sample, 0.975),
    })
}
