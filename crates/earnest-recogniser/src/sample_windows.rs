//! Windows of samples, for models whose features are made of a recording once it is there as a whole.

/// Samples that no window has for good yet.
pub(crate) struct SampleWindows {
    /// Of a window, and from one to the next.
    length: usize,
    step: usize,
    samples: Vec<f32>,
    /// The number of the first sample that is held.
    first: u64,
    /// Samples of those held that the last window had.
    heard: usize,
}

/// A window, and where it begins.
pub(crate) struct Window<'a> {
    pub samples: &'a [f32],
    pub first: u64,
}

impl SampleWindows {
    pub fn new((length, step): (usize, usize)) -> Self {
        Self {
            length,
            step,
            // A push may complete a window and go on before it is heard.
            samples: Vec::with_capacity(2 * length),
            first: 0,
            heard: 0,
        }
    }

    pub fn add(&mut self, samples: &[f32]) {
        self.samples.extend_from_slice(samples);
    }

    /// The window that is complete, if one is.
    pub fn complete(&self) -> Option<Window<'_>> {
        let samples = self.samples.get(..self.length)?;
        let first = self.first;
        Some(Window { samples, first })
    }

    /// What is left at the end, unless a window had all of it.
    pub fn rest(&self) -> Option<Window<'_>> {
        let (samples, first) = (self.samples.as_slice(), self.first);
        (samples.len() > self.heard).then_some(Window { samples, first })
    }

    /// Forgets what no later window has.
    pub fn go_on(&mut self) {
        let gone = self.step.min(self.samples.len());
        self.samples.drain(..gone);
        self.first += gone as u64;
        self.heard = self.length - self.step;
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.samples.clear();
        (self.first, self.heard) = (0, 0);
    }
}
