//! How long voice lasts and is away: docs/functionals.md, section 6.

use super::slopes::RATE;

/// Frames of the other kind in a row that end a stretch; fewer are passed over.
const TURN: usize = 2;

/// Frames of its own kind that a stretch must have to count.
const FEWEST: usize = 3;

/// Stretches of frames of one kind.
#[derive(Clone, Copy, Default)]
struct Stretches {
    /// Of the stretch now: frames up to the last of its kind, how many of these are of its kind, and
    /// how many of the other kind follow. All 0 where there is none.
    length: usize,
    own: usize,
    others: usize,
    /// Stretches that count, and their lengths from the first to the last frame.
    count: usize,
    sum: usize,
    squares: usize,
}

impl Stretches {
    fn push(&mut self, own: bool) {
        if own {
            self.length += self.others + 1;
            self.own += 1;
            self.others = 0;
        } else if self.own > 0 {
            self.others += 1;
            if self.others == TURN {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        if self.own >= FEWEST {
            let length = self.length - 1;
            self.count += 1;
            self.sum += length;
            self.squares += length * length;
        }
        (self.length, self.own, self.others) = (0, 0, 0);
    }

    /// Mean and standard deviation of the lengths, seconds.
    fn seconds(&self) -> [f64; 2] {
        if self.count == 0 {
            return [0.0; 2];
        }
        let n = self.count as f64;
        let mean = self.sum as f64 / n;
        // In whole numbers until here, so that equal lengths deviate by nothing.
        let spread = (self.count * self.squares - self.sum * self.sum) as f64 / (n * n);
        [mean / RATE, spread.sqrt() / RATE]
    }
}

/// Voiced and unvoiced stretches of frames that come one by one. Each kind is followed by itself: a
/// frame that one passes over can begin or end a stretch of the other.
#[derive(Clone, Copy, Default)]
pub(crate) struct Segments {
    frames: usize,
    voiced: Stretches,
    unvoiced: Stretches,
}

impl Segments {
    pub fn push(&mut self, voiced: bool) {
        self.frames += 1;
        self.voiced.push(voiced);
        self.unvoiced.push(!voiced);
    }

    /// Voiced stretches each second, mean and standard deviation of the lengths of voiced and of
    /// unvoiced stretches in seconds, if the recording ends here.
    pub fn functionals(mut self) -> [f64; 5] {
        self.voiced.close();
        self.unvoiced.close();
        let seconds = self.frames.max(1) as f64 / RATE;
        let [voiced, voiced_deviation] = self.voiced.seconds();
        let [unvoiced, unvoiced_deviation] = self.unvoiced.seconds();
        [
            self.voiced.count as f64 / seconds,
            voiced,
            voiced_deviation,
            unvoiced,
            unvoiced_deviation,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds what comes of frames written as `V` and `.` to lengths of voiced and unvoiced stretches.
    fn check(frames: &str, voiced: &[f64], unvoiced: &[f64]) {
        let mut segments = Segments::default();
        frames.chars().for_each(|c| segments.push(c == 'V'));
        let of = |lengths: &[f64]| {
            let n = lengths.len().max(1) as f64;
            let mean = lengths.iter().sum::<f64>() / n;
            let spread = lengths.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            [mean / 100.0, spread.sqrt() / 100.0]
        };
        let rate = voiced.len() as f64 / frames.len().max(1) as f64 * 100.0;
        let expected = [[rate].as_slice(), &of(voiced), &of(unvoiced)].concat();
        for (a, b) in segments.functionals().into_iter().zip(&expected) {
            assert!((a - b).abs() < 1e-12, "{frames}: {expected:?}");
        }
    }

    #[test]
    fn lengths_are_from_the_first_frame_to_the_last() {
        check("....VVV......VVVVV....", &[2.0, 4.0], &[3.0, 5.0, 3.0]);
        check("", &[], &[]);
    }

    #[test]
    fn a_single_frame_is_passed_over_and_two_end_a_stretch() {
        check("VVVV.VVVV", &[8.0], &[]);
        check("....V....", &[], &[8.0]);
        check("VVVV..VVVV", &[3.0, 3.0], &[]);
        check("....VV....", &[], &[3.0, 3.0]);
        check("VVV.", &[2.0], &[]);
    }

    #[test]
    fn a_frame_that_is_passed_over_belongs_to_both_kinds() {
        check("VVVVV.V....", &[6.0], &[5.0]);
        check("VV.V....", &[3.0], &[5.0]);
    }

    #[test]
    fn only_frames_of_the_own_kind_make_a_stretch_long_enough() {
        check("...V.V....", &[], &[9.0]);
        check("VVV.V.VVV", &[8.0], &[]);
    }
}
