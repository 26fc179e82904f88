//! Hearing samples as they come, and what there is to say of them.

use earnest_recogniser::{Heard, RecogniserError, SegmentStream};
use serde::Serialize;

use crate::record::{AboutModel, AnswerRecord, FORMAT, Scribe, SegmentRecord};

/// What is said while somebody listens; as JSON an object with its `type`. Times are seconds of the audio's own time, from its first sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The first: what listens to what.
    Listening {
        /// [`FORMAT`].
        format: u32,
        /// The model.
        model: AboutModel,
        /// Where the audio comes from.
        source: String,
        /// Samples a second.
        sample_rate: u32,
        /// Channels.
        channels: usize,
    },
    /// A window of 32 ms was heard; for who shows levels, not written as a line.
    Window {
        /// Where it ends.
        end: f64,
        /// How probable speech is.
        probability: f32,
        /// Its level, dB below full scale.
        level_db: f32,
    },
    /// A segment of speech begins.
    SpeechStarted {
        /// Where it begins.
        start: f64,
    },
    /// An answer to the segment so far.
    Running {
        /// Where the segment begins.
        start: f64,
        /// Up to where it was heard.
        end: f64,
        /// The answer.
        #[serde(flatten)]
        answer: AnswerRecord,
    },
    /// A segment of speech is over, or too little speech was heard.
    Segment(SegmentRecord),
    /// Samples were lost: the machine was too slow, or the microphone's driver said so.
    Overrun {
        /// When, in the audio that was heard.
        at: f64,
        /// Samples a channel that were lost, as far as is known.
        lost: u64,
    },
    /// The last.
    Ended(Totals),
}

/// What was heard in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Seconds that were heard.
    pub heard: f64,
    /// Segments of speech with an answer.
    pub segments: u64,
    /// Their seconds.
    pub speech: f64,
    /// Stretches with too little speech for an answer.
    pub too_little_speech: u64,
    /// How often samples were lost.
    pub overruns: u64,
    /// How many samples of each channel.
    pub lost: u64,
}

/// Hears samples and says what there is to say.
pub struct Listening {
    stream: SegmentStream,
    scribe: Scribe,
    totals: Totals,
}

impl Listening {
    /// By a stream of a model and the model's scribe.
    #[must_use]
    pub fn new(stream: SegmentStream, scribe: Scribe) -> Self {
        Self {
            stream,
            scribe,
            totals: Totals::default(),
        }
    }

    /// The first event.
    #[must_use]
    pub fn beginning(&self, source: &str, sample_rate: u32, channels: usize) -> Event {
        Event::Listening {
            format: FORMAT,
            model: self.scribe.about().clone(),
            source: source.to_owned(),
            sample_rate,
            channels,
        }
    }

    /// Hears samples: frames of all channels, full scale 1.0.
    ///
    /// # Errors
    /// As [`SegmentStream::push`].
    pub fn hear(
        &mut self,
        samples: &[f32],
        sink: &mut dyn FnMut(Event),
    ) -> Result<(), RecogniserError> {
        let (scribe, totals) = (&self.scribe, &mut self.totals);
        self.stream
            .push(samples, &mut |heard| say(scribe, totals, heard, sink))
    }

    /// Samples were lost.
    pub fn lose(&mut self, lost: u64, sink: &mut dyn FnMut(Event)) {
        self.totals.overruns += 1;
        self.totals.lost += lost;
        sink(Event::Overrun {
            at: self.stream.heard_s(),
            lost,
        });
    }

    /// Ends: says what is still open, and the last event.
    ///
    /// # Errors
    /// As [`SegmentStream::push`].
    pub fn finish(&mut self, sink: &mut dyn FnMut(Event)) -> Result<(), RecogniserError> {
        let (scribe, totals) = (&self.scribe, &mut self.totals);
        self.stream
            .finish(&mut |heard| say(scribe, totals, heard, sink))?;
        let mut totals = std::mem::take(&mut self.totals);
        // Edges are whole samples; what sums of seconds add behind them is dust.
        totals.speech = (totals.speech * 1e7).round() / 1e7;
        sink(Event::Ended(totals));
        Ok(())
    }
}

fn say(scribe: &Scribe, totals: &mut Totals, heard: Heard, sink: &mut dyn FnMut(Event)) {
    match heard {
        Heard::Window {
            end_s,
            probability,
            level_db,
        } => sink(Event::Window {
            end: end_s,
            probability,
            level_db,
        }),
        Heard::Started { start_s } => sink(Event::SpeechStarted { start: start_s }),
        Heard::Running(answer) => sink(Event::Running {
            start: answer.start_s,
            end: answer.end_s,
            answer: scribe.answer(&answer.values),
        }),
        Heard::Segment(segment) => {
            totals.heard = segment.end_s;
            if segment.answer.is_ok() {
                totals.segments += 1;
                totals.speech += segment.end_s - segment.start_s;
            } else if segment.is_speech() {
                totals.too_little_speech += 1;
            }
            if segment.is_speech() {
                sink(Event::Segment(scribe.segment(&segment)));
            }
        }
        // The enumeration may grow.
        _ => {}
    }
}
