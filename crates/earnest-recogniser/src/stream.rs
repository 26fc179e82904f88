//! Samples that come bit by bit, and answers as they become possible.

use std::sync::Arc;

use earnest_audio::{ResampleStream, SAMPLE_RATE};
use earnest_features::{Features, RowStream};
use earnest_model::{Listener, Model};

use crate::answer::Answer;
use crate::error::RecogniserError;
use crate::recogniser::{Recogniser, require_numbers};
use crate::sample_windows::{SampleWindows, Window};
use crate::segmentation::Segmentation;

impl Recogniser {
    /// The answer to a whole recording of any rate (mono, full scale 1.0); none if it is too short
    /// for a row of features.
    ///
    /// # Errors
    /// As [`Recogniser::stream`] and [`RecogniserStream::push`].
    pub fn recognise(
        &self,
        samples: &[f32],
        sample_rate: u32,
    ) -> Result<Option<Answer>, RecogniserError> {
        let mut answer = None;
        let mut stream = self.stream(sample_rate, Segmentation::Whole)?;
        stream.push(samples, &mut |a| answer = Some(a))?;
        stream.finish(&mut |a| answer = Some(a))?;
        Ok(answer)
    }

    /// Begins to hear samples of any rate that come bit by bit. All that a stream hears is one
    /// speaker's, to a model that adapts to speakers.
    ///
    /// # Errors
    /// [`RecogniserError::Table`], [`RecogniserError::NeedsAll`] for windows, [`RecogniserError::Segmentation`], a rate that
    /// cannot be resampled, or a front end that cannot be opened.
    pub fn stream(
        &self,
        sample_rate: u32,
        segmentation: Segmentation,
    ) -> Result<RecogniserStream, RecogniserError> {
        RecogniserStream::new(self, sample_rate, segmentation)
    }
}

/// Who speaks in a stream, to models that adapt to speakers.
const SPEAKER: &str = "";

/// A stream under way. The same samples give the same answers, to the bit, however they are cut
/// into pushes. On the way from samples to features nothing is allocated for a row; an answer
/// allocates what it needs.
pub struct RecogniserStream {
    resampler: ResampleStream,
    front_end: Box<dyn RowStream>,
    /// Windows of samples, where rows are made of a whole alone.
    windows: Option<SampleWindows>,
    hearer: Hearer,
}

/// Who takes rows and answers.
struct Hearer {
    model: Arc<Model>,
    listener: Listener,
    row_s: f64,
    /// Samples that the front end was given.
    samples: u64,
    rows: Rows,
    /// The first answer that was none: rows come where nothing can be handed back.
    failed: Option<RecogniserError>,
}

/// Rows that are not answered for good yet.
struct Rows {
    columns: usize,
    /// Rows of a window and from one to the next; nothing for the whole.
    window: Option<(usize, usize)>,
    values: Vec<f32>,
    /// The number of the first row that is held.
    first: u64,
    /// Rows of those held that the last answer had.
    answered: usize,
}

impl Rows {
    fn held(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    fn add(&mut self, row: &[f32]) {
        self.values.extend_from_slice(row);
    }

    /// True if a window is complete.
    fn is_complete(&self) -> bool {
        self.window.is_some_and(|(length, _)| self.held() >= length)
    }

    /// Rows that are answered next, and how many of them no answer had.
    fn next(&self) -> (usize, usize) {
        let length = match self.window {
            Some((length, _)) => length.min(self.held()),
            None => self.held(),
        };
        (length, length.saturating_sub(self.answered))
    }

    /// Forgets all.
    fn clear(&mut self) {
        self.values.clear();
        (self.first, self.answered) = (0, 0);
    }

    /// Forgets what no later window has.
    fn go_on(&mut self) {
        if let Some((length, step)) = self.window {
            self.values.drain(..step.min(self.held()) * self.columns);
            self.first += step as u64;
            self.answered = length - step;
        }
    }
}

impl RecogniserStream {
    pub(crate) fn new(
        recogniser: &Recogniser,
        sample_rate: u32,
        segmentation: Segmentation,
    ) -> Result<Self, RecogniserError> {
        let front_end = recogniser.front_end()?;
        let row_s = front_end.row_s();
        let of_whole = front_end.look_ahead_s().is_infinite();
        let (window, windows) = match of_whole {
            true => (
                None,
                segmentation.samples(SAMPLE_RATE, front_end.shortest_s())?,
            ),
            false => (segmentation.rows(row_s)?, None),
        };
        let listener = recogniser.listener();
        if (window.is_some() || windows.is_some()) && listener.needs_all() {
            return Err(RecogniserError::NeedsAll);
        }
        let front_end = front_end.open(SAMPLE_RATE)?;
        let columns = front_end.columns();
        // A push may complete a window and go on before it is answered and forgotten.
        let room = window.map_or(0, |(length, _)| length * columns);
        Ok(Self {
            resampler: ResampleStream::new(sample_rate, SAMPLE_RATE)?,
            front_end,
            windows: windows.map(SampleWindows::new),
            hearer: Hearer {
                model: recogniser.shared_model(),
                listener,
                row_s,
                samples: 0,
                rows: Rows {
                    columns,
                    window,
                    values: Vec::with_capacity(room),
                    first: 0,
                    answered: 0,
                },
                failed: None,
            },
        })
    }

    /// Adds samples (mono, full scale 1.0); gives each answer that is now possible to `sink`.
    ///
    /// # Errors
    /// [`RecogniserError::NoNumber`], or what the resampler says. The stream is of no use then.
    pub fn push(
        &mut self,
        samples: &[f32],
        sink: &mut dyn FnMut(Answer),
    ) -> Result<(), RecogniserError> {
        let (front_end, hearer) = (&mut *self.front_end, &mut self.hearer);
        let windows = &mut self.windows;
        self.resampler.push(samples, &mut |block| {
            hearer.hear(front_end, windows.as_mut(), block, sink);
        })?;
        hearer.failed.take().map_or(Ok(()), Err)
    }

    /// Ends the recording: gives the remaining answers to `sink`. Then all is as new, but for a
    /// model that adapts to the speaker: it goes on with what it heard.
    ///
    /// # Errors
    /// As [`RecogniserStream::push`].
    pub fn finish(&mut self, sink: &mut dyn FnMut(Answer)) -> Result<(), RecogniserError> {
        let (front_end, hearer) = (&mut *self.front_end, &mut self.hearer);
        let windows = &mut self.windows;
        self.resampler.finish(&mut |block| {
            hearer.hear(front_end, windows.as_mut(), block, sink);
        })?;
        match windows {
            Some(windows) => {
                if let Some(rest) = windows.rest() {
                    hearer.answer_window(front_end, &rest, sink);
                }
                windows.clear();
            }
            None => {
                front_end.finish(&mut |row| hearer.take(row, sink));
                if hearer.rows.held() > hearer.rows.answered {
                    hearer.answer_next(sink);
                }
            }
        }
        hearer.rows.clear();
        hearer.samples = 0;
        hearer.failed.take().map_or(Ok(()), Err)
    }
}

impl Hearer {
    /// Hears samples, and answers to the windows that they complete.
    fn hear(
        &mut self,
        front_end: &mut dyn RowStream,
        windows: Option<&mut SampleWindows>,
        samples: &[f32],
        sink: &mut dyn FnMut(Answer),
    ) {
        self.samples += samples.len() as u64;
        let Some(windows) = windows else {
            return front_end.push(samples, &mut |row| self.take(row, sink));
        };
        windows.add(samples);
        while let Some(window) = windows.complete() {
            self.answer_window(front_end, &window, sink);
            windows.go_on();
        }
    }

    /// Answers to a window of samples as to a recording of its own, unless an answer failed or it has no row.
    fn answer_window(
        &mut self,
        front_end: &mut dyn RowStream,
        window: &Window<'_>,
        sink: &mut dyn FnMut(Answer),
    ) {
        if self.failed.is_some() {
            return;
        }
        let rows = &mut self.rows;
        rows.clear();
        front_end.push(window.samples, &mut |row| rows.add(row));
        front_end.finish(&mut |row| rows.add(row));
        if rows.held() == 0 {
            return;
        }
        let whole = Features::from_values(rows.columns, rows.values.clone());
        let normaliser = self.listener.next(&whole, SPEAKER);
        let values = self.model.answer(&normaliser, &whole);
        let at = |sample: u64| sample as f64 / f64::from(SAMPLE_RATE);
        match require_numbers(&values, 0) {
            Ok(()) => sink(Answer {
                start_s: at(window.first),
                end_s: at(window.first + window.samples.len() as u64),
                values,
            }),
            Err(error) => self.failed = Some(error),
        }
    }

    /// Takes a row, and answers to the window that it completes.
    fn take(&mut self, row: &[f32], sink: &mut dyn FnMut(Answer)) {
        self.rows.add(row);
        if self.rows.is_complete() {
            self.answer_next(sink);
            self.rows.go_on();
        }
    }

    /// Answers to the rows that are next, unless an answer failed.
    fn answer_next(&mut self, sink: &mut dyn FnMut(Answer)) {
        if self.failed.is_some() {
            return;
        }
        match self.answer() {
            Ok(answer) => sink(answer),
            Err(error) => self.failed = Some(error),
        }
    }

    fn answer(&mut self) -> Result<Answer, RecogniserError> {
        let rows = &self.rows;
        let (length, new) = rows.next();
        let of = |from: usize| {
            let values = &rows.values[from * rows.columns..length * rows.columns];
            Features::from_values(rows.columns, values.to_vec())
        };
        let whole = of(0);
        self.listener.hear_of(&whole, SPEAKER);
        // Windows overlap; what an earlier one had was heard then.
        let normaliser = self.listener.next(&of(length - new), SPEAKER);
        let values = self.model.answer(&normaliser, &whole);
        require_numbers(&values, 0)?;
        let at = |row: u64| row as f64 * self.row_s;
        let (start_s, end_s) = match self.row_s.is_finite() {
            true => (at(rows.first), at(rows.first + length as u64)),
            // The one row is of all that was heard.
            false => (0.0, self.samples as f64 / f64::from(SAMPLE_RATE)),
        };
        Ok(Answer {
            start_s,
            end_s,
            values,
        })
    }
}
