//! Several models that answer as one.
//!
//! Of classes the weighted mean of their log-probabilities, brought to a sum of 1 again by the softmax:
//! `p_k ~ exp(sum_m w_m ln p_mk)`, `sum_m w_m = 1`, the logarithmic opinion pool (Genest and Zidek 1986,
//! Combining probability distributions, section 3), in which a member that is sure that a class is not meant counts
//! more than in a mean of probabilities. Of values the weighted mean of what members answer on the corpus's scale.

use earnest_features::{Features, Normaliser};

use super::{Model, most_frames};
use crate::engine::{Architecture, Engine};
use crate::normalisation::FeatureNormalisation;
use crate::recipe::{Recipe, Share};
use crate::task::Task;
use crate::tensors::{Loaded, TensorView, Values};

/// A model of an ensemble, and what it is given.
#[derive(Clone, Debug)]
struct Member {
    /// Its number in the recipe, from 0.
    number: usize,
    /// Of all weights the share that is its own.
    weight: f64,
    share: Share,
    how: FeatureNormalisation,
    normaliser: Normaliser,
    engine: Box<dyn Engine>,
    target_mean: Vec<f32>,
    target_deviation: Vec<f32>,
}

/// Answers with all its members.
#[derive(Clone, Debug)]
pub struct EnsembleEngine {
    task: Task,
    /// Values of a row of its features.
    columns: usize,
    outputs: usize,
    members: Vec<Member>,
}

/// `ln softmax(row)`, in double precision.
fn log_softmax(row: &[f32]) -> impl Iterator<Item = f64> {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let shifted = move |x: &f32| f64::from(*x) - f64::from(most);
    let sum: f64 = row.iter().map(|x| shifted(x).exp()).sum();
    row.iter().map(move |x| shifted(x) - sum.ln())
}

impl Member {
    /// A sequence of the ensemble's rows as it hears them.
    fn hears(&self, sequence: &[f32], columns: usize) -> Features {
        let rows = sequence.chunks_exact(columns.max(1));
        let rows = rows.take(if self.share.one_row { 1 } else { usize::MAX });
        let own = rows.flat_map(|row| &row[self.share.columns.clone()]);
        let own: Vec<f32> = own.copied().collect();
        let mut features = Features::from_values(self.share.columns.len(), own);
        self.how.normalise(&self.normaliser, &mut features);
        features
    }

    /// Adds its part of the answers.
    fn add_to(&self, task: Task, own: &[f32], sums: &mut [f64]) {
        match task {
            Task::Categorical => {
                for (sum, log) in sums.iter_mut().zip(log_softmax(own)) {
                    *sum += self.weight * log;
                }
            }
            Task::Dimensional => {
                let scale = self.target_deviation.iter().zip(&self.target_mean);
                for ((sum, y), (d, m)) in sums.iter_mut().zip(own).zip(scale) {
                    *sum += self.weight * f64::from(y * d + m);
                }
            }
        }
    }

    /// What its tensors are called in the ensemble's file.
    fn prefix(number: usize) -> String {
        format!("member.{}.", number + 1)
    }
}

impl EnsembleEngine {
    /// Of the trained members that take part in a task, in the order of [`Recipe::members_of`].
    ///
    /// # Errors
    /// There is another number of them, or one has other columns than its recipe's.
    pub fn new(recipe: &Recipe, task: Task, models: Vec<Model>) -> Result<Self, String> {
        let wanted = recipe.members_of(task).count();
        if models.len() != wanted {
            return Err(format!("{} models for {wanted} members", models.len()));
        }
        let outputs = models.first().map_or(0, |m| m.description.outputs.len());
        let mut models = models.into_iter();
        Self::of(recipe, task, outputs, |_, share| {
            let model = models.next().ok_or("a model is missing")?;
            let description = model.description;
            if description.columns.len() != share.columns.len() {
                return Err("a member was trained on other features than its recipe's".to_owned());
            }
            Ok(Learnt {
                engine: model.engine,
                normaliser: description.normaliser,
                target_mean: description.target_mean,
                target_deviation: description.target_deviation,
            })
        })
    }

    fn of(
        recipe: &Recipe,
        task: Task,
        outputs: usize,
        mut learnt: impl FnMut(usize, &Share) -> Result<Learnt, String>,
    ) -> Result<Self, String> {
        let Architecture::Ensemble(settings) = &recipe.architecture else {
            return Err(format!("{} is no ensemble", recipe.title()));
        };
        let weights = recipe.members_of(task).map(|(n, _)| settings.weight(n));
        let all: f64 = weights.sum();
        let members = recipe.members_of(task).map(|(number, member)| {
            let share = recipe.share(number);
            let share = share.ok_or_else(|| format!("member {} has no features", number + 1))?;
            let learnt = learnt(number, &share)?;
            Ok(Member {
                number,
                weight: settings.weight(number) / all,
                share,
                how: member.normalisation(),
                normaliser: learnt.normaliser,
                engine: learnt.engine,
                target_mean: learnt.target_mean,
                target_deviation: learnt.target_deviation,
            })
        });
        Ok(Self {
            task,
            columns: recipe.features.as_front_end().columns().len(),
            outputs,
            members: members.collect::<Result<_, String>>()?,
        })
    }

    /// That of a model's file.
    ///
    /// # Errors
    /// A sentence that names the tensor.
    pub(crate) fn restore(
        recipe: &Recipe,
        task: Task,
        outputs: usize,
        loaded: &mut Loaded,
    ) -> Result<Self, String> {
        Self::of(recipe, task, outputs, |number, share| {
            let mut own = loaded.part(&Member::prefix(number));
            let columns = share.columns.len();
            let of_member = |why: String| format!("member {}: {why}", number + 1);
            let mut row = |name: &str, n: usize| own.take(name, &[n]).map_err(of_member);
            let normaliser = Normaliser {
                mean: row("input_mean", columns)?,
                deviation: row("input_deviation", columns)?,
            };
            let target_mean = row("target_mean", outputs)?;
            let target_deviation = row("target_deviation", outputs)?;
            normaliser.check(columns).map_err(of_member)?;
            earnest_features::check_scale(&target_mean, &target_deviation)
                .map_err(|why| of_member(format!("target_{why}")))?;
            let architecture = &recipe.members[number].architecture;
            let engine = architecture.restore((columns, outputs), &mut own);
            let engine = engine.map_err(of_member)?;
            own.nothing_left().map_err(of_member)?;
            Ok(Learnt {
                engine,
                normaliser,
                target_mean,
                target_deviation,
            })
        })
    }

    /// The outputs that it would have where its members, in their order, have these: one row for each utterance.
    #[must_use]
    pub fn pooled(&self, of_members: &[Vec<Vec<f32>>]) -> Vec<Vec<f32>> {
        let utterances = of_members.iter().map(Vec::len).min().unwrap_or(0);
        let of_utterance = |i: usize| {
            let mut sums = vec![0.0; self.outputs];
            for (member, rows) in self.members.iter().zip(of_members) {
                member.add_to(self.task, &rows[i], &mut sums);
            }
            sums.into_iter().map(|x| x as f32).collect()
        };
        (0..utterances).map(of_utterance).collect()
    }

    /// The answers to sequences that each member gives by `ask`.
    fn answers(
        &self,
        sequences: &[&[f32]],
        ask: impl Fn(&Member, &[&[f32]]) -> Vec<f32>,
    ) -> Vec<f32> {
        let mut sums = vec![0.0; sequences.len() * self.outputs];
        for member in &self.members {
            let hears = |s: &&[f32]| member.hears(s, self.columns);
            let heard: Vec<Features> = sequences.iter().map(hears).collect();
            let rows: Vec<&[f32]> = heard.iter().map(Features::values).collect();
            let given = ask(member, &rows);
            let width = self.outputs.max(1);
            for (own, sums) in given.chunks_exact(width).zip(sums.chunks_exact_mut(width)) {
                member.add_to(self.task, own, sums);
            }
        }
        sums.into_iter().map(|x| x as f32).collect()
    }
}

/// What a member has learnt.
struct Learnt {
    engine: Box<dyn Engine>,
    normaliser: Normaliser,
    target_mean: Vec<f32>,
    target_deviation: Vec<f32>,
}

impl Engine for EnsembleEngine {
    fn predict(&self, sequences: &[&[f32]]) -> Vec<f32> {
        self.answers(sequences, |member, rows| member.engine.predict(rows))
    }

    fn predict_long(&self, sequence: &[f32]) -> Vec<f32> {
        self.answers(&[sequence], |member, rows| {
            let columns = member.share.columns.len().max(1);
            let of = |rows: &&[f32]| match rows.len() / columns > most_frames(&*member.engine) {
                true => member.engine.predict_long(rows),
                false => member.engine.predict(&[rows]),
            };
            rows.iter().flat_map(of).collect()
        })
    }

    fn bytes_per_frame(&self) -> usize {
        let of_member = |m: &Member| m.engine.bytes_per_frame();
        let most = self.members.iter().map(of_member).max().unwrap_or(0);
        most + self.columns * size_of::<f32>()
    }

    fn tensors(&self) -> Vec<TensorView<'_>> {
        fn of_member(member: &Member) -> Vec<TensorView<'_>> {
            let prefix = Member::prefix(member.number);
            let rows: [(&str, &[f32]); 4] = [
                ("input_mean", &member.normaliser.mean),
                ("input_deviation", &member.normaliser.deviation),
                ("target_mean", &member.target_mean),
                ("target_deviation", &member.target_deviation),
            ];
            let rows = rows.into_iter().map(|(name, values)| {
                TensorView::new(name, vec![values.len()], Values::F32(values))
            });
            let mut all: Vec<TensorView<'_>> = rows.collect();
            all.extend(member.engine.tensors());
            for tensor in &mut all {
                tensor.name = format!("{prefix}{}", tensor.name).into();
            }
            all
        }
        self.members.iter().flat_map(of_member).collect()
    }

    fn boxed_clone(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
