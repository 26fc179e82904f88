//! Which engine, and its sizes: the registry's enum, and short ways to say it.

use super::{Architecture, Cnn, Crnn, Rnn};

/// Makes [`Architecture`] from `file: Settings` pairs. `kind` in
/// files is the name of the module, which is that of the settings in snake case (a test holds
/// them to it).
macro_rules! engines {
    ($($file:ident: $Name:ident),+ $(,)?) => {
        $(pub use $file::$Name;)+

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
        }

        $(
            impl From<$Name> for Architecture {
                fn from(settings: $Name) -> Self {
                    Self::$Name(settings)
                }
            }
        )+

        impl Architecture {
            /// The names of all engines, as `kind` has them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($file)),+];

            /// The engine of this name in its usual sizes; for the paper's two these are the
            /// paper's.
            #[must_use]
            pub fn by_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($file) => Some(Self::$Name($Name::default())),)+
                    _ => None,
                }
            }

            /// Small ones of an engine to test with.
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

            /// Small ones of every engine.
            #[cfg(test)]
            pub(crate) fn all_examples() -> Vec<Self> {
                Self::NAMES.iter().flat_map(|name| Self::examples(name)).collect()
            }

            /// Its name, one of [`Architecture::NAMES`].
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$Name(_) => stringify!($file),)+
                }
            }

            /// In words, for a report.
            #[must_use]
            pub fn words(&self) -> String {
                match self {
                    $(Self::$Name(own) => settings::words(own),)+
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
                }
            }

            /// How many numbers an engine has whose settings pass [`Architecture::check`], with
            /// `inputs` values a frame and so many outputs; running statistics included.
            #[must_use]
            pub fn weights(&self, inputs: usize, outputs: usize) -> u64 {
                match self {
                    $(Self::$Name(own) => own.weights(inputs, outputs),)+
                }
            }

            /// An engine with weights drawn from a key, for frames of `inputs` values. Its settings
            /// should have passed [`Architecture::check`].
            #[must_use]
            pub fn build<T: Real>(
                &self,
                inputs: usize,
                outputs: usize,
                key: &Key,
            ) -> Box<dyn Engine<T>> {
                match self {
                    $(Self::$Name(own) => own.build(inputs, outputs, key),)+
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
