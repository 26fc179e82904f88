//! Which language is spoken in the known corpora, as their papers say it.

use super::{Layout, stem_and_folder};
use crate::language::Language;
use crate::utterance::Utterance;

/// The language of an utterance of a corpus in this layout; `None` where the layout does not say it.
pub(crate) fn of(layout: Layout, utterance: &Utterance) -> Option<Language> {
    let code = match layout {
        Layout::Iemocap
        | Layout::Ravdess
        | Layout::CremaD
        | Layout::Tess
        | Layout::Savee
        | Layout::Meld
        | Layout::MspPodcast => "en",
        Layout::EmoDb => "de",
        Layout::Urdu => "ur",
        Layout::Nemo => "pl",
        Layout::Emovo => "it",
        // Zhou et al. 2021: ten native speakers of Mandarin, then ten of English.
        Layout::Esd => match utterance.speaker.parse().ok()? {
            1..=10 => "zh",
            11..=20 => "en",
            _ => return None,
        },
        // Its names begin with it.
        Layout::EmoTale => match stem_and_folder(utterance.path.as_str()).0.get(..3)? {
            "DK_" => "da",
            "EN_" => "en",
            _ => return None,
        },
        Layout::Audformat | Layout::Kaldi | Layout::Manifest => return None,
    };
    Language::parse(code)
}
