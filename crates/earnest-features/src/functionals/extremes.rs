//! The peaks and valleys of a contour that count: docs/functionals.md, section 4.

/// A rise or fall counts if it is at least this share of the contour's range.
const SHARE: f64 = 0.1;

/// A later peak takes an earlier one's place if it is higher by more than this.
const HIGHER: f64 = 1.05;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Peak,
    Valley,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extreme {
    pub kind: Kind,
    pub place: usize,
    pub value: f64,
}

/// What decides whether a candidate counts.
struct Search {
    /// What is a large step.
    step: f64,
    /// The contour's first value.
    first: f64,
    /// The latest peak that counted.
    top: f64,
    /// The latest valley that a large step led to, whether it counted or not.
    floor: f64,
    /// No peak has counted since `floor`.
    clear: bool,
    /// The candidate before, of whatever kind; at first the contour's first value.
    previous: f64,
}

/// The peaks and valleys that count, in turns and in order, into `found`.
pub(crate) fn extremes(contour: &[f32], found: &mut Vec<Extreme>) {
    found.clear();
    let Some(first) = contour.first().copied().map(f64::from) else {
        return;
    };
    let (mut low, mut high) = (first, first);
    for x in contour {
        low = low.min(f64::from(*x));
        high = high.max(f64::from(*x));
    }
    let mut search = Search {
        step: SHARE * (high - low),
        first,
        top: first,
        floor: first,
        clear: false,
        previous: first,
    };
    // The outermost two rows at either end are no candidates.
    let inner = contour.len().saturating_sub(4);
    for (i, around) in contour.windows(3).enumerate().skip(1).take(inner) {
        let kind = if around[1] > around[0] && around[1] > around[2] {
            Kind::Peak
        } else if around[1] < around[0] && around[1] < around[2] {
            Kind::Valley
        } else {
            continue;
        };
        let candidate = Extreme {
            kind,
            place: i + 1,
            value: f64::from(around[1]),
        };
        match kind {
            Kind::Peak => search.peak(candidate, found),
            Kind::Valley => search.valley(candidate, found),
        }
        search.previous = candidate.value;
    }
    keep_outermost(found);
}

impl Search {
    /// The way from the candidate before is long, up or down.
    fn large(&self, value: f64) -> bool {
        (value - self.previous).abs() >= self.step
    }

    fn peak(&mut self, peak: Extreme, found: &mut Vec<Extreme>) {
        let value = peak.value;
        if !self.large(value) {
            let after_peak = found.last().is_some_and(|last| last.kind == Kind::Peak);
            if value - self.floor < self.step {
                return;
            }
            if value > HIGHER * self.top {
                self.take_back(found);
            } else if !self.clear || after_peak && value <= self.top {
                return;
            }
        }
        found.push(peak);
        self.top = value;
        self.clear = false;
    }

    /// Takes back the latest peak, and the first valley after it unless that is at least as low as
    /// the valley before the peak (or the first row, where there is none).
    fn take_back(&self, found: &mut Vec<Extreme>) {
        let Some(peak) = found.iter().rposition(|e| e.kind == Kind::Peak) else {
            return;
        };
        let valleys = found[..peak].iter().filter(|e| e.kind == Kind::Valley);
        let before = valleys.last().map_or(self.first, |valley| valley.value);
        let after = found.get(peak + 1).map(|valley| valley.value);
        if after.is_some_and(|after| after > before) {
            found.remove(peak + 1);
        }
        found.remove(peak);
    }

    fn valley(&mut self, valley: Extreme, found: &mut Vec<Extreme>) {
        let value = valley.value;
        let lower = found
            .last()
            .is_none_or(|last| last.kind == Kind::Peak || value < last.value);
        if lower && self.top - value >= self.step {
            found.push(valley);
        }
        if self.large(value) {
            self.floor = value;
            self.clear = true;
        }
    }
}

/// Of extremes of one kind in a row keeps the outermost: the first of the highest peaks, the first of
/// the lowest valleys.
fn keep_outermost(found: &mut Vec<Extreme>) {
    found.dedup_by(|later, kept| {
        if later.kind != kept.kind {
            return false;
        }
        let further = match kept.kind {
            Kind::Peak => later.value > kept.value,
            Kind::Valley => later.value < kept.value,
        };
        if further {
            *kept = *later;
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places of the peaks, and of the valleys as negative numbers.
    fn of(contour: &[f32]) -> Vec<i64> {
        let mut found = Vec::new();
        extremes(contour, &mut found);
        let sign = |kind| if kind == Kind::Peak { 1 } else { -1 };
        let signed = |e: &Extreme| sign(e.kind) * e.place as i64;
        found.iter().map(signed).collect()
    }

    #[test]
    fn ripples_do_not_count_and_the_lowest_of_several_valleys_does() {
        let contour = [0.0, 1.0, 2.0, 9.0, 5.0, 5.5, 3.0, 6.0, 10.0, 5.0, 0.0, 0.0];
        assert_eq!(of(&contour), [3, -6, 8]);
    }

    #[test]
    fn the_two_rows_at_either_end_are_no_candidates() {
        assert_eq!(of(&[0.0, 9.0, 1.0, 2.0, 3.0, 0.0, 9.0]), [4]);
        assert_eq!(of(&[0.0, 1.0, 0.0]), [] as [i64; 0]);
        assert_eq!(of(&[0.0, 0.0, 1.0, 0.0, 0.0]), [2]);
        assert_eq!(of(&[1.0; 20]), [] as [i64; 0]);
        assert_eq!(of(&[]), [] as [i64; 0]);
    }

    #[test]
    fn a_valley_after_a_peak_that_is_taken_back_stays_only_if_it_is_the_lower() {
        // The way down from 8 and the way up to 8.5 have no large step.
        let of_before = |before: f32| {
            of(&[
                0.0, 1.0, 9.0, 20.0, 9.0, before, 7.0, 8.0, 6.5, 7.0, 5.4, 6.9, 6.8, 8.5, 8.0, 0.0,
                0.0,
            ])
        };
        assert_eq!(of_before(3.0), [3, -5, 13]);
        assert_eq!(of_before(5.5), [3, -10, 13]);
    }

    #[test]
    fn a_flat_valley_is_none() {
        let sharp = [0.0, 2.0, 5.0, 9.0, 5.0, 1.0, 5.0, 8.0, 5.0, 0.0, 0.0, 0.0];
        let mut flat = sharp.to_vec();
        flat.insert(6, 1.0);
        assert_eq!(of(&sharp), [3, -5, 7]);
        assert_eq!(of(&flat), [3]);
    }

    #[test]
    fn a_peak_after_a_shallow_valley_takes_the_place_of_one_that_is_lower_by_a_twentieth() {
        let of_second = |second: f32| {
            let (a, b) = (8.0_f32, 7.9_f32);
            of(&[0.0, 2.0, 5.0, a, b, second, b, 4.0, 0.0, 0.0])
        };
        assert_eq!(of_second(8.3), [3]);
        assert_eq!(of_second(8.5), [5]);
    }
}
