//! Which engine, and its sizes: the registry's enum, and short ways to say it.

use serde::{Deserialize, Serialize};

use super::{Architecture, Cnn, Crnn, Rnn};

/// The name of ensembles, as `kind` has it.
pub const ENSEMBLE: &str = "ensemble";

/// The least and the greatest weight of a member.
const LEAST_WEIGHT: f64 = 1e-3;
const MOST_WEIGHT: f64 = 1e3;

/// Settings of `kind = "ensemble"`: several models that answer together, each a recipe of its own
/// under `[[members]]` of the recipe.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ensemble {
    /// How much each member counts, .001 to 1,000; all alike if left out. Only their ratios matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<f64>,
}

impl Ensemble {
    /// How much a member counts, from 0, before all are brought to a sum of 1.
    #[must_use]
    pub fn weight(&self, member: usize) -> f64 {
        self.weights.get(member).copied().unwrap_or(1.0)
    }

    pub(super) fn words(&self) -> String {
        match self.weights.as_slice() {
            [] => "ensemble".to_owned(),
            weights => {
                let weights: Vec<String> = weights.iter().map(f64::to_string).collect();
                format!("ensemble weighted {}", weights.join(" to "))
            }
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let fits = |w: &f64| (LEAST_WEIGHT..=MOST_WEIGHT).contains(w);
        match self.weights.iter().find(|w| !fits(w)) {
            Some(w) => Err(format!(
                "weights must be {LEAST_WEIGHT} to {MOST_WEIGHT}, not {w:e}"
            )),
            None => Ok(()),
        }
    }
}

/// Makes [`Architecture`] from `file: Settings` pairs. `kind` in
/// files is the name of the module, which is that of the settings in snake case (a test holds
/// them to it).
macro_rules! engines {
    (
        networks { $($file:ident: $Name:ident),+ $(,)? }
        baselines { $($own:ident: $Own:ident),+ $(,)? }
    ) => {
        $(pub use $file::$Name;)+
        $(pub use $own::$Own;)+

        /// Which engine, and its settings: what stands under `architecture` in a recipe and in
        /// `model.json`, for example
        /// `{ kind = "rnn", layers = 2, hidden = 128, pooling = "mean", dropout = 0.0 }`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Architecture {
            $(
                #[doc = concat!("`kind = \"", stringify!($file), "\"`: see [`", stringify!($Name), "`].")]
                $Name($Name),
            )+
            $(
                #[doc = concat!("`kind = \"", stringify!($own), "\"`: see [`", stringify!($Own), "`].")]
                $Own($Own),
            )+
            #[doc = "`kind = \"ensemble\"`: see [`Ensemble`]."]
            Ensemble(Ensemble),
        }

        $(
            impl From<$Name> for Architecture {
                fn from(settings: $Name) -> Self {
                    Self::$Name(settings)
                }
            }
        )+
        $(
            impl From<$Own> for Architecture {
                fn from(settings: $Own) -> Self {
                    Self::$Own(settings)
                }
            }
        )+

        impl Architecture {
            /// The names of all engines, as `kind` has them.
            pub const NAMES: &'static [&'static str] =
                &[$(stringify!($file),)+ $(stringify!($own),)+];

            /// The names of the engines that are networks.
            pub const NETWORKS: &'static [&'static str] = &[$(stringify!($file)),+];

            /// The engine of this name in its usual sizes; for the paper's two these are the
            /// paper's.
            #[must_use]
            pub fn by_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($file) => Some(Self::$Name($Name::default())),)+
                    $(stringify!($own) => Some(Self::$Own($Own::default())),)+
                    _ => None,
                }
            }

            /// Small networks of an engine to test with.
            #[cfg(test)]
            pub(crate) fn examples(name: &str) -> Vec<Self> {
                match name {
                    $(stringify!($file) => {
                        let all = <$Name as Settings>::examples();
                        all.into_iter().map(Self::$Name).collect()
                    })+
                    _ => Vec::new(),
                }
            }

            /// Small networks of every engine.
            #[cfg(test)]
            pub(crate) fn all_examples() -> Vec<Self> {
                Self::NETWORKS.iter().flat_map(|name| Self::examples(name)).collect()
            }

            /// Its name, one of [`Architecture::NAMES`].
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$Name(_) => stringify!($file),)+
                    $(Self::$Own(_) => stringify!($own),)+
                    Self::Ensemble(_) => architecture::ENSEMBLE,
                }
            }

            /// In words, for a report.
            #[must_use]
            pub fn words(&self) -> String {
                match self {
                    $(Self::$Name(own) => settings::words(own),)+
                    $(Self::$Own(own) => own.words(),)+
                    Self::Ensemble(own) => own.words(),
                }
            }

            /// What is wrong with the numbers, if anything. The engine of settings that pass can
            /// be made, and trained where there is memory for it.
            ///
            /// # Errors
            /// A sentence that names the key.
            pub fn check(&self) -> Result<(), String> {
                match self {
                    $(Self::$Name(own) => settings::check(own),)+
                    $(Self::$Own(own) => own.check(),)+
                    Self::Ensemble(own) => own.check(),
                }
            }

            /// True if it learns from a task: networks learn from both, a baseline from one; an
            /// ensemble as its members do ([`Recipe::serves`](crate::Recipe::serves)).
            #[must_use]
            pub fn serves(&self, task: Task) -> bool {
                match self {
                    $(Self::$Name(_) => true,)+
                    $(Self::$Own(_) => <$Own as BaselineSettings>::TASK == task,)+
                    Self::Ensemble(_) => true,
                }
            }

            /// True if it is a network, which is trained step by step; a baseline is fitted at once
            /// ([`Architecture::fit`]), and an ensemble is neither.
            #[must_use]
            pub fn is_network(&self) -> bool {
                match self {
                    $(Self::$Name(_) => true,)+
                    $(Self::$Own(_) => false,)+
                    Self::Ensemble(_) => false,
                }
            }

            /// How many numbers a network has whose settings pass [`Architecture::check`], with
            /// `inputs` values a frame and so many outputs; running statistics included. Of a
            /// baseline only its fit says it; this is 0.
            #[must_use]
            pub fn weights(&self, inputs: usize, outputs: usize) -> u64 {
                match self {
                    $(Self::$Name(own) => own.weights(inputs, outputs),)+
                    $(Self::$Own(_) => 0,)+
                    Self::Ensemble(_) => 0,
                }
            }

            /// A network with weights drawn from a key, for frames of `inputs` values; none of a
            /// baseline. Its settings should have passed [`Architecture::check`].
            #[must_use]
            pub fn build<T: Real>(
                &self,
                inputs: usize,
                outputs: usize,
                key: &Key,
            ) -> Option<Box<dyn Network<T>>> {
                match self {
                    $(Self::$Name(own) => Some(own.build(inputs, outputs, key)),)+
                    $(Self::$Own(_) => None,)+
                    Self::Ensemble(_) => None,
                }
            }

            /// How many augmented copies of each training utterance a baseline is fitted to; 0 of a
            /// network, which hears each anew as long as it is trained.
            #[must_use]
            pub fn copies(&self) -> usize {
                match self {
                    $(Self::$Name(_) => 0,)+
                    $(Self::$Own(own) => own.copies(),)+
                    Self::Ensemble(_) => 0,
                }
            }

            /// Fits a baseline to examples of its task.
            ///
            /// # Errors
            /// It was stopped, or there is nothing to learn from them; a network.
            pub fn fit(&self, examples: &Examples<'_>) -> Result<Fitted, FitError> {
                match self {
                    $(Self::$Name(_) => Err(FitError::Network(stringify!($file))),)+
                    $(Self::$Own(own) => own.fit(examples),)+
                    Self::Ensemble(_) => Err(FitError::Network(architecture::ENSEMBLE)),
                }
            }

            /// The engine of a model's file, for frames of so many inputs and so many outputs.
            ///
            /// # Errors
            /// A sentence that names the tensor.
            pub(crate) fn restore(
                &self,
                (inputs, outputs): (usize, usize),
                loaded: &mut Loaded,
            ) -> Result<Box<dyn Engine>, String> {
                match self {
                    $(Self::$Name(_) => {
                        let engine = NetworkEngine::restore(self, (inputs, outputs), loaded)?;
                        Ok(Box::new(engine))
                    })+
                    $(Self::$Own(own) => own.restore((inputs, outputs), loaded),)+
                    Self::Ensemble(_) => Err("an ensemble is restored member by member".to_owned()),
                }
            }
        }
    };
}
pub(super) use engines;

impl Architecture {
    /// The RNN of docs/paper.md, section 5.
    #[must_use]
    pub fn paper_rnn() -> Self {
        Rnn::default().into()
    }

    /// The CNN of docs/paper.md, section 5.
    #[must_use]
    pub fn paper_cnn() -> Self {
        Cnn::default().into()
    }

    /// The CRNN in its usual sizes; the paper has none.
    #[must_use]
    pub fn crnn() -> Self {
        Crnn::default().into()
    }

    /// The paper's RNN with other sizes.
    #[must_use]
    pub fn rnn(layers: usize, hidden: usize) -> Self {
        Rnn {
            layers,
            hidden,
            ..Rnn::default()
        }
        .into()
    }

    /// The paper's CNN with other sizes.
    #[must_use]
    pub fn cnn(layers: usize, filters: usize, kernel: usize) -> Self {
        Cnn {
            layers,
            filters,
            kernel,
            ..Cnn::default()
        }
        .into()
    }
}
