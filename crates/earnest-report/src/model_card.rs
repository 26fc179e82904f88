//! A model card for the Hugging Face hub: what a model is, for what it is good, how well it
//! did. A README.md with a YAML header, whose `model-index` the hub shows as results.

use std::fmt::Write as _;

use earnest_model::{Description, Task};

use earnest_experiment::metrics::METRICS;
use earnest_experiment::number::number;
use earnest_experiment::{Prediction, Traits, Unit, metrics_of};

use crate::calibration::{CALIBRATION, calibrated_of, columns, figures};
use crate::groups::{GROUPS, table_of_test};
use crate::markdown::escaped;
use crate::text_table::{Line, TextTable, title};

/// The hub's names of the metrics, in the order of [`METRICS`].
const METRIC_TYPES: [&str; 12] = [
    "accuracy", "recall", "f1", "mae", "mae", "pearsonr", "pearsonr", "ccc", "ccc", "mae",
    "pearsonr", "ccc",
];

/// What they are called in words.
const METRIC_NAMES: [&str; 12] = [
    "Accuracy",
    "Unweighted average recall",
    "Macro F1",
    "Arousal mean absolute error",
    "Valence mean absolute error",
    "Arousal Pearson r",
    "Valence Pearson r",
    "Arousal concordance",
    "Valence concordance",
    "Dominance mean absolute error",
    "Dominance Pearson r",
    "Dominance concordance",
];

/// A text as YAML's double-quoted scalar, which JSON's is too.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The card of a unit's model.
pub(crate) fn model_card(
    unit: &Unit,
    description: &Description,
    predictions: &[Prediction],
    traits: &Traits,
) -> String {
    let name = format!("earnest-{}", unit.id());
    let corpus = description
        .corpus
        .rsplit_once(" (")
        .map_or(description.corpus.as_str(), |(name, _)| name);
    let mut yaml = String::from(
        "---\nlibrary_name: earnest\npipeline_tag: audio-classification\ntags:\n- speech-emotion-recognition\n- robustness\n- human-robot-interaction\n",
    );
    let _ = writeln!(yaml, "model-index:\n- name: {}\n  results:", quoted(&name));
    let mut table = TextTable {
        titles: vec![title("tested")],
        rows: Vec::new(),
        texts: 1,
    };
    for condition in &unit.conditions {
        let of: Vec<&Prediction> = predictions
            .iter()
            .filter(|p| p.condition == *condition)
            .collect();
        if of.is_empty() {
            continue;
        }
        let list = metrics_of(unit.task, &of).list();
        let _ = write!(
            yaml,
            "  - task:\n      type: audio-classification\n      name: Speech emotion recognition\n    dataset:\n      type: {}\n      name: {}\n      split: test\n    metrics:\n",
            quoted(&corpus.to_lowercase()),
            quoted(&format!("{corpus}, {condition}, fold {}", unit.fold.name)),
        );
        let mut row = vec![condition.to_owned()];
        for (i, value) in list.iter().enumerate() {
            let Some(value) = value else { continue };
            if table.rows.is_empty() {
                table.titles.push(title(METRICS[i].0));
            }
            row.push(number(Some(*value)));
            if value.is_finite() {
                let _ = write!(
                    yaml,
                    "    - type: {}\n      name: {}\n      value: {value}\n",
                    METRIC_TYPES[i], METRIC_NAMES[i]
                );
            }
        }
        table.rows.push(Line::measured(row));
    }
    yaml.push_str("---\n");
    let outputs = match unit.task {
        Task::Categorical => format!("a probability for each of {}", unit.outputs.join(", ")),
        Task::Dimensional => format!("{} on the corpus's scale", unit.outputs.join(" and ")),
    };
    let outputs = escaped(&outputs);
    let tested = match unit.fold.test.as_slice() {
        [one] => format!("speaker {}", escaped(one)),
        several => format!("speakers {}", escaped(&several.join(", "))),
    };
    format!(
        "{yaml}
# {name}

Speech emotion recognition by Earnest {version}.

* Features: {features}
* Network: {kind}; {engine}
* Answer: {outputs}

Training: {training}. Corpus: {corpus_line}. Tested on {tested}, never heard in training{shared}.

{table}
`model.safetensors` holds the weights, `model.json` everything else: front end, normalisation, recipe, speakers.

{sure}{groups}{use_it}

## Limits

Learnt from the speech of {speakers} speakers of {corpora}; other languages, ages, rooms and microphones were not
tested. It hears how something is said, not what, and not what a person feels. Its licence follows from the corpus's.
",
        version = description.earnest,
        features = escaped(&match &description.features_table {
            Some(table) => format!("a table of the user's own, {table}"),
            None => unit.recipe.features.as_front_end().words(),
        }),
        use_it = match description.features_table {
            Some(_) =>
                "Nobody can make such features of a recording here, so `earnest predict` refuses this model.",
            None =>
                "```sh\nearnest predict --model DIR recording.wav\nearnest evaluate --model DIR --corpus CORPUS\n```",
        },
        kind = unit.recipe.architecture.name().to_uppercase(),
        engine = escaped(&unit.recipe.engine_words(Some(unit.task))),
        training = description.training,
        corpus_line = escaped(&description.corpus),
        shared = if unit.fold.test.iter().any(|s| unit.fold.training.contains(s)) {
            " as utterances, though other utterances of the same speakers were"
        } else {
            ""
        },
        table = table.markdown(),
        sure = how_sure(unit, description, predictions),
        groups = for_whom(unit, predictions, traits),
        speakers = description.speakers.len(),
        corpora = match description.heard.as_ref().map_or(0, |h| h.corpora.len()) {
            0 | 1 => "one corpus".to_owned(),
            n => format!("{n} corpora"),
        },
    )
}

/// Answers by condition, those that there are.
fn tests<'a>(
    unit: &'a Unit,
    predictions: &'a [Prediction],
) -> impl Iterator<Item = (&'a str, Vec<&'a Prediction>)> {
    let of = |condition: &'a String| {
        let own = predictions.iter().filter(|p| p.condition == *condition);
        (condition.as_str(), own.collect::<Vec<_>>())
    };
    let all = unit.conditions.iter().map(of);
    all.filter(|(_, own)| !own.is_empty())
}

/// What was chosen on the utterances that validated, and how far probabilities can be trusted; nothing
/// of values on scales.
fn how_sure(unit: &Unit, description: &Description, predictions: &[Prediction]) -> String {
    if unit.task != Task::Categorical {
        return String::new();
    }
    let mut text = String::from("## How far its probabilities can be trusted\n\n");
    let of = description.calibration.as_ref();
    if let Some((of, temperature)) = of.and_then(|of| Some((of, of.temperature?))) {
        let _ = writeln!(
            text,
            "They are calibrated: its outputs are divided by {temperature:.3} before the softmax, the temperature of the least log loss on the {} utterances that validated ({} before, {} with it).\n",
            of.utterances,
            number(Some(of.log_loss_before)),
            number(Some(of.log_loss))
        );
    }
    let below = description.uncertain_below();
    if let Some((below, coverage)) = below.zip(description.recipe.coverage) {
        let _ = writeln!(
            text,
            "Where the largest is below {}, `earnest predict` says uncertain: {} % of the utterances that validated reach it.\n",
            number(Some(f64::from(below))),
            coverage * 100.0
        );
    }
    let mut table = TextTable {
        titles: std::iter::once(title("tested")).chain(columns()).collect(),
        rows: Vec::new(),
        texts: 1,
    };
    for (condition, own) in tests(unit, predictions) {
        if let Some(of) = calibrated_of(&[own]) {
            let mut cells = vec![condition.to_owned()];
            cells.extend(figures(&of));
            table.rows.push(Line::measured(cells));
        }
    }
    let _ = writeln!(text, "{}\n\n{}", escaped(CALIBRATION), table.markdown());
    text
}

/// Recall by group; nothing of values on scales.
fn for_whom(unit: &Unit, predictions: &[Prediction], traits: &Traits) -> String {
    if unit.task != Task::Categorical {
        return String::new();
    }
    let table = table_of_test(tests(unit, predictions), &unit.outputs, traits);
    format!(
        "## For whom it works\n\n{} A star marks speakers with fewer than ten utterances.\n\n{}\n",
        escaped(GROUPS),
        table.markdown()
    )
}
