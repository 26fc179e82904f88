//! What a model answers to utterances of a dataset.

use earnest_corpus::Scale;
use earnest_features::Features;
use earnest_model::{Model, Task};
use earnest_random::Key;

use crate::dataset::Dataset;
use crate::drawn_order::in_drawn_order;
use crate::evaluation::prediction::{Prediction, Truth};

/// The model's answers to utterances (indices into the dataset), heard in a condition as these
/// features. Whoever adapts to a speaker should not hear them sorted by emotion, so the order in
/// which they are heard is drawn from a key.
pub(crate) fn answers(
    dataset: &Dataset,
    model: &Model,
    indices: &[usize],
    features: &[&Features],
    condition: &str,
    order: &Key,
) -> Vec<Prediction> {
    let items = &dataset.items;
    let given = in_drawn_order(indices.len(), order, |order| {
        let heard: Vec<&Features> = order.iter().map(|i| features[*i]).collect();
        let speaker = |i: &usize| items[indices[*i]].utterance.speaker.as_str();
        let speakers: Vec<&str> = order.iter().map(speaker).collect();
        model.predict(&heard, &speakers)
    });
    let task = model.description.task;
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
    indices.iter().zip(given).map(of).collect()
}
