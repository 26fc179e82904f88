//! Samples that come bit by bit, and the segments of speech in them with what is heard there.

use earnest_audio::{ResampleStream, SAMPLE_RATE};
use earnest_features::Features;
use earnest_model::Channels;

use crate::answer::Answer;
use crate::channels::ChannelListeners;
use crate::error::RecogniserError;
use crate::recogniser::Recogniser;
use crate::speech::{Content, Finder, Found, SpeechSettings};
use crate::voice_activity::{VoiceActivity, WINDOW, level_db};

/// Why there is no answer to a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoAnswer {
    /// None of its windows is louder than [`SILENCE_DB`](crate::SILENCE_DB).
    Silence,
    /// Something is heard that is no speech.
    Noise,
    /// Speech is shorter than [`SpeechSettings::shortest_s`], or than a row of the model's features.
    TooLittleSpeech,
}

impl NoAnswer {
    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Noise => "noise",
            Self::TooLittleSpeech => "too_little_speech",
        }
    }
}

/// A stretch of a recording. The segments of a recording follow each other and cover all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Where it begins, seconds from the first sample.
    pub start_s: f64,
    /// Where it ends, seconds from the first sample.
    pub end_s: f64,
    /// The answer, as [`Answer::values`]: the bits of [`Recogniser::recognise`] on exactly these samples at 16 kHz; or why there is none.
    pub answer: Result<Vec<f32>, NoAnswer>,
}

impl Segment {
    /// True where it is speech.
    #[must_use]
    pub fn is_speech(&self) -> bool {
        !matches!(self.answer, Err(NoAnswer::Silence | NoAnswer::Noise))
    }
}

/// What a [`SegmentStream`] tells, in this order within a window.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Heard {
    /// A window of 32 ms was heard.
    Window {
        /// Where it ends, seconds from the first sample.
        end_s: f64,
        /// How probable speech is.
        probability: f32,
        /// Its level, dB below full scale.
        level_db: f32,
    },
    /// Somebody speaks. A segment that began ends as [`Heard::Segment`] with the same start.
    Started {
        /// Where the segment begins.
        start_s: f64,
    },
    /// An answer to the segment so far, while somebody speaks.
    Running(Answer),
    /// A segment, of speech or of something else, is over.
    Segment(Segment),
}

impl Recogniser {
    /// Begins to hear samples of any rate that come bit by bit, and finds the segments of speech in them. With
    /// `running_s` it answers while somebody speaks, each time that so many seconds (rounded to windows of 32 ms) of the segment are complete.
    /// All that a stream hears is one speaker's, to a model that adapts to speakers.
    ///
    /// # Errors
    /// [`RecogniserError::Table`], [`RecogniserError::NeedsAll`], [`RecogniserError::Segmentation`] for settings that cannot be kept, a rate that
    /// cannot be resampled, or a front end that cannot be opened.
    pub fn segments(
        &self,
        sample_rate: u32,
        channels: usize,
        how: Channels,
        settings: &SpeechSettings,
        running_s: Option<f64>,
    ) -> Result<SegmentStream, RecogniserError> {
        SegmentStream::new(self, sample_rate, channels, how, settings, running_s)
    }

    /// The answer to a stretch that was heard as these tracks, at 16 kHz: the channels of a recording, or their mean alone. As of a
    /// file, nothing is heard of a track that is silent while another is not. None if it is too short for a row of features.
    ///
    /// # Errors
    /// As [`Recogniser::reader`] and [`Recogniser::answers`].
    pub fn answer_of_tracks(
        &self,
        listeners: &mut ChannelListeners,
        tracks: &[&[f32]],
    ) -> Result<Option<Vec<f32>>, RecogniserError> {
        let is_loud = |samples: &[f32]| {
            let mut samples = samples.iter();
            samples.any(|x| x.abs() >= earnest_audio::SILENT_PEAK)
        };
        let any_loud = tracks.iter().any(|samples| is_loud(samples));
        let mut reader = match self.readers().take() {
            Some(reader) => reader,
            None => self.reader()?,
        };
        let mut of_tracks: Vec<Features> = Vec::with_capacity(tracks.len());
        for samples in tracks {
            if !any_loud || is_loud(samples) {
                of_tracks.extend(reader.of_samples(samples, SAMPLE_RATE)?);
            }
        }
        self.readers().give(reader);
        let answers = self.answers_of_channels(listeners, &[&of_tracks], &[SPEAKER])?;
        let answer = answers.into_iter().next();
        Ok(answer.filter(|values| !values.is_empty()))
    }
}

/// A channel, or the mean of all.
struct Track {
    resampler: ResampleStream,
    /// Samples at 16 kHz that a segment may still have.
    samples: Vec<f32>,
    /// What was just pushed.
    pushed: Vec<f32>,
}

/// A stream under way. The same samples give the same segments and answers, to the bit, however they are cut into pushes. It holds the
/// segment that is open and no more.
pub struct SegmentStream {
    recogniser: Recogniser,
    listeners: ChannelListeners,
    channels: usize,
    /// Samples of a second, all channels.
    second: usize,
    tracks: Vec<Track>,
    /// The number of the first sample that is held.
    first: u64,
    /// Samples whose windows were heard.
    done: u64,
    detector: Box<dyn VoiceActivity>,
    finder: Finder,
    found: Vec<Found>,
    /// Windows of a segment from one running answer to the next.
    running: Option<u64>,
}

/// Who speaks, to models that adapt to speakers.
const SPEAKER: &str = "";

impl SegmentStream {
    fn new(
        recogniser: &Recogniser,
        sample_rate: u32,
        channels: usize,
        how: Channels,
        settings: &SpeechSettings,
        running_s: Option<f64>,
    ) -> Result<Self, RecogniserError> {
        if channels == 0 {
            return Err(RecogniserError::Segmentation(
                "a stream of no channels cannot be heard".to_owned(),
            ));
        }
        // Whether there can be one is known before anything is heard.
        let reader = match recogniser.readers().take() {
            Some(reader) => reader,
            None => recogniser.reader()?,
        };
        recogniser.readers().give(reader);
        if recogniser.listener().needs_all() {
            return Err(RecogniserError::NeedsAll);
        }
        let running = match running_s {
            None => None,
            Some(seconds) if seconds > 0.0 && seconds <= 600.0 => {
                let window_s = WINDOW as f64 / f64::from(SAMPLE_RATE);
                Some(((seconds / window_s).round() as u64).max(1))
            }
            Some(seconds) => {
                return Err(RecogniserError::Segmentation(format!(
                    "an answer every {seconds} s of speech cannot be given: it is more than 0 and at most 600 s"
                )));
            }
        };
        let tracks = match how {
            Channels::Mean => 1,
            Channels::Each => channels,
        };
        let track = || {
            Ok(Track {
                resampler: ResampleStream::new(sample_rate, SAMPLE_RATE)?,
                samples: Vec::new(),
                pushed: Vec::new(),
            })
        };
        Ok(Self {
            recogniser: recogniser.clone(),
            listeners: ChannelListeners::new(),
            channels,
            second: channels * sample_rate.max(1) as usize,
            tracks: (0..tracks)
                .map(|_| track())
                .collect::<Result<_, RecogniserError>>()?,
            first: 0,
            done: 0,
            detector: settings.detector.open(),
            finder: Finder::new(settings)?,
            found: Vec::new(),
            running,
        })
    }

    /// Adds samples, full scale 1.0: of several channels one frame after the other, as in a WAV. Gives to `sink` what is now known.
    ///
    /// # Errors
    /// [`RecogniserError::Samples`] where they are no whole frames or a sample is no number, before anything is heard;
    /// [`RecogniserError::NoNumber`], or what the resampler says: the stream is of no use then.
    pub fn push(
        &mut self,
        samples: &[f32],
        sink: &mut dyn FnMut(Heard),
    ) -> Result<(), RecogniserError> {
        if !samples.len().is_multiple_of(self.channels) {
            return Err(RecogniserError::Samples(format!(
                "{} samples are no whole number of frames of {} channels",
                samples.len(),
                self.channels
            )));
        }
        if let Some(at) = samples.iter().position(|x| !x.is_finite()) {
            return Err(RecogniserError::Samples(format!(
                "sample {} of {} is no number (NaN or infinite)",
                at + 1,
                samples.len()
            )));
        }
        // A second at a time, so that an hour that is pushed at once is not held.
        for part in samples.chunks(self.second) {
            self.resample(part)?;
            self.hear_windows(sink)?;
        }
        Ok(())
    }

    /// Brings frames to 16 kHz.
    fn resample(&mut self, samples: &[f32]) -> Result<(), RecogniserError> {
        let mean = self.tracks.len() < self.channels;
        for (i, track) in self.tracks.iter_mut().enumerate() {
            track.pushed.clear();
            let frames = samples.chunks_exact(self.channels);
            track.pushed.extend(frames.map(|frame| match mean {
                true => earnest_audio::mean(frame),
                false => frame[i],
            }));
            let held = &mut track.samples;
            (track.resampler).push(&track.pushed, &mut |block| held.extend_from_slice(block))?;
        }
        Ok(())
    }

    /// Ends the recording: gives what is still open to `sink`. Then all is as new, but for a model that adapts to the speaker: it goes
    /// on with what it heard.
    ///
    /// # Errors
    /// As [`SegmentStream::push`].
    pub fn finish(&mut self, sink: &mut dyn FnMut(Heard)) -> Result<(), RecogniserError> {
        for track in &mut self.tracks {
            let held = &mut track.samples;
            (track.resampler).finish(&mut |block| held.extend_from_slice(block))?;
        }
        self.hear_windows(sink)?;
        let samples = self.first + self.held() as u64;
        if samples > self.done {
            // A last window that is not full is filled up with silence, to the detector alone.
            self.hear_window(sink)?;
        }
        let mut found = std::mem::take(&mut self.found);
        self.finder.finish(samples, &mut found);
        let told = self.tell(&mut found, sink);
        self.found = found;
        for track in &mut self.tracks {
            track.samples.clear();
        }
        (self.first, self.done) = (0, 0);
        self.detector.reset();
        told
    }

    /// Seconds of the recording that were heard.
    #[must_use]
    pub fn heard_s(&self) -> f64 {
        at(self.done)
    }

    fn held(&self) -> usize {
        let held = self.tracks.iter().map(|track| track.samples.len());
        held.min().unwrap_or(0)
    }

    fn hear_windows(&mut self, sink: &mut dyn FnMut(Heard)) -> Result<(), RecogniserError> {
        while self.first + self.held() as u64 >= self.done + WINDOW as u64 {
            self.hear_window(sink)?;
        }
        Ok(())
    }

    /// Hears the next window, and answers to what it completes.
    fn hear_window(&mut self, sink: &mut dyn FnMut(Heard)) -> Result<(), RecogniserError> {
        let mut window = [0.0; WINDOW];
        let from = (self.done - self.first) as usize;
        let share = 1.0 / self.tracks.len() as f32;
        for track in &self.tracks {
            let until = (from + WINDOW).min(track.samples.len());
            let samples = &track.samples[from.min(until)..until];
            for (sum, x) in window.iter_mut().zip(samples) {
                *sum += x * share;
            }
        }
        self.done += WINDOW as u64;
        let probability = self.detector.hear(&window);
        let level_db = level_db(&window);
        sink(Heard::Window {
            end_s: at(self.done),
            probability,
            level_db,
        });
        let mut found = std::mem::take(&mut self.found);
        self.finder.hear(probability, level_db, &mut found);
        let told = self.tell(&mut found, sink);
        self.found = found;
        told?;
        self.run(sink)?;
        self.forget();
        Ok(())
    }

    /// A running answer, where one is due.
    fn run(&mut self, sink: &mut dyn FnMut(Heard)) -> Result<(), RecogniserError> {
        let (Some(every), Some(start)) = (self.running, self.finder.speaking_since()) else {
            return Ok(());
        };
        let windows = (self.done - start) / WINDOW as u64;
        if windows == 0 || !windows.is_multiple_of(every) {
            return Ok(());
        }
        // What is answered while somebody speaks is not heard twice by a model that adapts.
        let mut listeners = self.listeners.clone();
        if let Some(values) = self.answer(start, self.done, &mut listeners)? {
            sink(Heard::Running(Answer {
                start_s: at(start),
                end_s: at(self.done),
                values,
            }));
        }
        Ok(())
    }

    fn tell(
        &mut self,
        found: &mut Vec<Found>,
        sink: &mut dyn FnMut(Heard),
    ) -> Result<(), RecogniserError> {
        for found in found.drain(..) {
            match found {
                Found::Started { start } => sink(Heard::Started { start_s: at(start) }),
                Found::Stretch {
                    start,
                    end,
                    content,
                } => {
                    let answer = match content {
                        Content::Silence => Err(NoAnswer::Silence),
                        Content::Noise => Err(NoAnswer::Noise),
                        Content::TooLittleSpeech => Err(NoAnswer::TooLittleSpeech),
                        Content::Speech => {
                            let mut listeners = std::mem::take(&mut self.listeners);
                            let answer = self.answer(start, end, &mut listeners);
                            self.listeners = listeners;
                            answer?.ok_or(NoAnswer::TooLittleSpeech)
                        }
                    };
                    sink(Heard::Segment(Segment {
                        start_s: at(start),
                        end_s: at(end),
                        answer,
                    }));
                }
            }
        }
        Ok(())
    }

    /// The answer to these samples; none if they are too short for a row of features.
    fn answer(
        &self,
        start: u64,
        end: u64,
        listeners: &mut ChannelListeners,
    ) -> Result<Option<Vec<f32>>, RecogniserError> {
        let range = (start - self.first) as usize..(end - self.first) as usize;
        let own = |track: &'_ Track| {
            let end = range.end.min(track.samples.len());
            range.start.min(end)..end
        };
        let tracks: Vec<&[f32]> = (self.tracks.iter())
            .map(|track| &track.samples[own(track)])
            .collect();
        self.recogniser.answer_of_tracks(listeners, &tracks)
    }

    /// Forgets samples that no segment will have, some at a time.
    fn forget(&mut self) {
        let needed = self.finder.needed_from().min(self.done);
        let gone = (needed - self.first) as usize;
        if gone < SAMPLE_RATE as usize / 4 {
            return;
        }
        for track in &mut self.tracks {
            track.samples.drain(..gone.min(track.samples.len()));
        }
        self.first = needed;
    }
}

/// Seconds from the first sample.
fn at(sample: u64) -> f64 {
    sample as f64 / f64::from(SAMPLE_RATE)
}
