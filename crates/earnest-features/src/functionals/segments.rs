//! How long voice lasts and is away: docs/functionals.md, section 6.

use super::slopes::RATE;

/// Frames of the other kind in a row that end a stretch; fewer are passed over.
const TURN: usize = 2;

/// Rows from the first to the last frame of the shortest stretch that counts.
const SHORTEST: usize = 2;

/// The stretches of one kind.
#[derive(Clone, Copy, Default)]
struct Lengths {
    count: usize,
    sum: usize,
    squares: usize,
}

impl Lengths {
    /// Adds a stretch of so many frames, if it is long enough.
    fn add(&mut self, frames: usize) {
        let length = frames.saturating_sub(1);
        if length >= SHORTEST {
            self.count += 1;
            self.sum += length;
            self.squares += length * length;
        }
    }

    /// Mean and standard deviation, seconds.
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

/// Voiced and unvoiced stretches of frames that come one by one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Segments {
    frames: usize,
    /// What the stretch now is, how many frames it has, and how many of the other kind follow it.
    voiced: bool,
    length: usize,
    other: usize,
    voiced_lengths: Lengths,
    unvoiced_lengths: Lengths,
}

impl Segments {
    pub fn push(&mut self, voiced: bool) {
        if self.frames == 0 {
            self.voiced = voiced;
        }
        self.frames += 1;
        if voiced == self.voiced {
            self.length += self.other + 1;
            self.other = 0;
            return;
        }
        self.other += 1;
        if self.other == TURN {
            self.close();
            self.voiced = voiced;
            self.length = TURN;
            self.other = 0;
        }
    }

    fn close(&mut self) {
        let lengths = if self.voiced {
            &mut self.voiced_lengths
        } else {
            &mut self.unvoiced_lengths
        };
        lengths.add(self.length);
    }

    /// Voiced stretches each second, mean and standard deviation of the lengths of voiced and of
    /// unvoiced stretches in seconds, if the recording ends here.
    pub fn functionals(mut self) -> [f64; 5] {
        self.close();
        let rate = match self.frames {
            0 => 0.0,
            frames => self.voiced_lengths.count as f64 / frames as f64 * RATE,
        };
        let [voiced, voiced_deviation] = self.voiced_lengths.seconds();
        let [unvoiced, unvoiced_deviation] = self.unvoiced_lengths.seconds();
        [rate, voiced, voiced_deviation, unvoiced, unvoiced_deviation]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of frames written as `V` and `.`.
    fn of(frames: &str) -> [f64; 5] {
        let mut segments = Segments::default();
        frames.chars().for_each(|c| segments.push(c == 'V'));
        segments.functionals()
    }

    fn assert_near(found: [f64; 5], expected: [f64; 5]) {
        for (a, b) in found.into_iter().zip(expected) {
            assert!((a - b).abs() < 1e-12, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn lengths_are_from_the_first_frame_to_the_last() {
        let found = of("....VVV......VVVVV....");
        assert_near(
            found,
            [
                2.0 / 0.22,
                0.03,
                0.01,
                0.11 / 3.0,
                (2.0_f64 / 9.0).sqrt() * 0.01,
            ],
        );
    }

    #[test]
    fn a_single_frame_is_passed_over_and_two_are_too_short_to_count() {
        assert_near(of("VVVV.VVVV"), [1.0 / 0.09, 0.08, 0.0, 0.0, 0.0]);
        assert_near(of("....V...."), [0.0, 0.0, 0.0, 0.08, 0.0]);
        assert_near(of("VVVV..VVVV"), [2.0 / 0.1, 0.03, 0.0, 0.0, 0.0]);
        assert_near(of("VVV.V.VVV."), [1.0 / 0.1, 0.08, 0.0, 0.0, 0.0]);
        assert_near(of("...V.V...."), [0.0, 0.0, 0.0, 0.09, 0.0]);
        assert_near(of(""), [0.0; 5]);
    }
}
