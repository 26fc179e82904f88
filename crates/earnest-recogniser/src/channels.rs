//! Answers to recordings with several channels, each of which is heard by itself.

use earnest_features::Features;
use earnest_model::{Channels, Listener};

use crate::error::RecogniserError;
use crate::recogniser::Recogniser;

/// Who has heard earlier utterances, channel by channel: a model that adapts to a speaker does so
/// for each ear by itself, as ears differ in place and microphone.
#[derive(Clone, Debug, Default)]
pub struct ChannelListeners {
    of_channels: Vec<Listener>,
}

impl ChannelListeners {
    /// Somebody who has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn of_channel(&mut self, recogniser: &Recogniser, channel: usize) -> &mut Listener {
        while self.of_channels.len() <= channel {
            self.of_channels.push(recogniser.listener());
        }
        &mut self.of_channels[channel]
    }

    /// Tells of an utterance before it is asked about, as [`Listener::hear_of`]: its features, channel
    /// by channel.
    pub fn hear_of(&mut self, recogniser: &Recogniser, utterance: &[Features], speaker: &str) {
        for (channel, features) in utterance.iter().enumerate() {
            if !features.is_empty() {
                self.of_channel(recogniser, channel)
                    .hear_of(features, speaker);
            }
        }
    }
}

impl Recogniser {
    /// Answers to utterances of which there are features of each channel, as
    /// [`Recogniser::answers`] for each channel, put together by [`Channels::answer`]. A channel
    /// without a row is left out; of utterances with one channel these are the bits of
    /// [`Recogniser::answers`]. An utterance without any channel has an empty answer.
    ///
    /// # Errors
    /// As [`Recogniser::answers`].
    pub fn answers_of_channels(
        &self,
        listeners: &mut ChannelListeners,
        utterances: &[&[Features]],
        speakers: &[&str],
    ) -> Result<Vec<Vec<f32>>, RecogniserError> {
        let channels = utterances.iter().map(|u| u.len()).max().unwrap_or(0);
        let mut of_each: Vec<Vec<Vec<f32>>> = vec![Vec::with_capacity(channels); utterances.len()];
        for channel in 0..channels {
            let (mut numbers, mut heard, mut spoken_by) = (Vec::new(), Vec::new(), Vec::new());
            for (i, (utterance, speaker)) in utterances.iter().zip(speakers).enumerate() {
                if let Some(features) = utterance.get(channel).filter(|f| !f.is_empty()) {
                    numbers.push(i);
                    heard.push(features);
                    spoken_by.push(*speaker);
                }
            }
            let listener = listeners.of_channel(self, channel);
            let given = self
                .answers(listener, &heard, &spoken_by)
                .map_err(|error| error.of_utterance(|i| numbers.get(i).copied().unwrap_or(i)))?;
            for (i, answer) in numbers.into_iter().zip(given) {
                of_each[i].push(answer);
            }
        }
        let task = self.description().task;
        Ok(of_each
            .iter()
            .map(|answers| {
                let answers: Vec<&[f32]> = answers.iter().map(Vec::as_slice).collect();
                Channels::answer(task, &answers)
            })
            .collect())
    }
}
