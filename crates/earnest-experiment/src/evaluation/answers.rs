//! What a model answers to utterances of a dataset.

use earnest_corpus::Scale;
use earnest_features::Features;
use earnest_model::Task;
use earnest_random::Key;
use earnest_recogniser::{ChannelListeners, Recogniser};

use crate::dataset::Dataset;
use crate::drawn_order::in_drawn_order;
use crate::error::ExperimentError;
use crate::evaluation::prediction::{Prediction, Truth};

/// The model's answers to utterances (indices into the dataset), heard in a condition as these
/// features of each one's channels. Whoever adapts to a speaker should not hear them sorted by emotion, so the order in
/// which they are heard is drawn from a key.
///
/// # Errors
/// The features are of another front end than the model's, or an answer is no number.
pub(crate) fn answers(
    dataset: &Dataset,
    recogniser: &Recogniser,
    indices: &[usize],
    features: &[&[Features]],
    condition: &str,
    order: &Key,
) -> Result<Vec<Prediction>, ExperimentError> {
    let items = &dataset.items;
    let listeners = &mut ChannelListeners::new();
    let given = in_drawn_order(indices.len(), order, |order| {
        let heard: Vec<&[Features]> = order.iter().map(|i| features[*i]).collect();
        let utterance = |i: usize| &items[indices[i]].utterance;
        let normalise = recogniser.description().recipe.normalise;
        let speakers: Vec<&str> = order
            .iter()
            .map(|i| {
                let utterance = utterance(*i);
                let corpus = utterance.corpus.as_deref().unwrap_or_default();
                normalise.group(&utterance.speaker, corpus)
            })
            .collect();
        for (features, speaker) in heard.iter().zip(&speakers) {
            listeners.hear_of(recogniser, features, speaker);
        }
        recogniser
            .answers_of_channels(listeners, &heard, &speakers)
            .map_err(|error| error.naming(|i| utterance(order[i]).id.clone()))
    })?;
    let task = recogniser.description().task;
    let of = |(i, answer): (&usize, Vec<f32>)| {
        let item = &items[*i];
        Prediction {
            condition: condition.to_owned(),
            id: item.utterance.id.clone(),
            speaker: item.utterance.speaker.clone(),
            truth: match task {
                Task::Categorical => Truth::Class(item.class()),
                Task::Dimensional => {
                    let predicted = |scale: &Scale| dataset.scales.contains(scale);
                    Truth::Values(
                        Scale::ALL
                            .map(|scale| item.utterance.value(scale).filter(|_| predicted(&scale))),
                    )
                }
            },
            answer,
        }
    };
    Ok(indices.iter().zip(given).map(of).collect())
}
