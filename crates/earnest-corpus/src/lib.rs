//! Corpora of emotional speech, each from its own official layout; collections of noises
//! and rooms; and a synthetic corpus for when there is none.
//!
//! ```no_run
//! use earnest_corpus::{Corpus, OpenOptions};
//! let corpus = Corpus::open("IEMOCAP_full_release".as_ref(), &OpenOptions::default())?;
//! println!("{}: {} utterances", corpus.layout.name(), corpus.utterances.len());
//! for problem in &corpus.problems {
//!     eprintln!("{problem}");
//! }
//! # Ok::<(), earnest_corpus::CorpusError>(())
//! ```

mod audit;
mod builtin;
mod class_set;
mod collection;
mod completeness;
mod content_index;
mod corpus;
mod dead;
mod error;
mod fingerprint;
#[cfg(feature = "freesound")]
pub mod freesound;
mod heard;
mod inspection;
mod joined;
mod labels;
mod language;
pub mod layout;
mod left_out;
mod listing;
mod load;
mod marker;
mod overlap;
mod problem;
mod room_file;
mod scale;
mod sex;
pub mod synthetic;
mod utterance;

pub use audit::{AudioFacts, Audit, SILENT_PEAK, audit};
pub use builtin::{builtin_noises, builtin_rooms, robot_noises, robot_rooms};
pub use class_set::{ClassSet, Classes, FOUR};
pub use collection::{Clip, Collection, CollectionError};
pub use content_index::{ContentIndex, Hearing};
pub use corpus::{Corpus, OpenOptions, Part};
pub use dead::dead_share;
pub use error::CorpusError;
pub use fingerprint::{FileContent, clip_contents, fingerprint_of};
pub use heard::clips_heard;
pub use inspection::{NoiseFacts, RoomFacts, inspect_noises, inspect_rooms};
pub use joined::{ALL_OTHERS, Joining, MOST_OF_NAME, PartOptions};
pub use labels::LabelMap;
pub use language::Language;
pub use layout::Layout;
pub use layout::manifest::{ListedFile, is_manifest, listed_files};
pub use left_out::LeftOut;
pub use listing::Listing;
pub use load::{Loaded, SoundMemory, load_noises, load_rooms};
pub use overlap::overlaps;
pub use problem::{Problem, ProblemKind};
pub use room_file::{MeasuredResponse, RoomFormat, read_responses};
pub use scale::Scale;
pub use sex::Sex;
pub use utterance::{UNKNOWN_SPEAKER, Utterance};
