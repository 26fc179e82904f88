//! Who speaks in the known corpora, so that one who is not there is missed.

use super::Layout;

/// What is known of a corpus's speakers.
pub(crate) enum Known {
    /// Their names.
    Names(Vec<String>),
    /// How many they are.
    Count(usize),
}

/// What is known of a corpus's speakers, from its paper; nEMO's from its `data.tsv`.
pub(crate) fn of(layout: Layout) -> Option<Known> {
    let names = |names: &[&str]| Known::Names(names.iter().map(|n| (*n).to_owned()).collect());
    let numbered = |range: std::ops::RangeInclusive<u32>, write: fn(u32) -> String| {
        Known::Names(range.map(write).collect())
    };
    Some(match layout {
        Layout::Iemocap => names(&["1F", "1M", "2F", "2M", "3F", "3M", "4F", "4M", "5F", "5M"]),
        Layout::EmoDb => names(&["03", "08", "09", "10", "11", "12", "13", "14", "15", "16"]),
        Layout::Ravdess => numbered(1..=24, |n| format!("{n:02}")),
        Layout::CremaD => numbered(1001..=1091, |n| n.to_string()),
        Layout::Tess => names(&["OAF", "YAF"]),
        Layout::Savee => names(&["DC", "JE", "JK", "KL"]),
        // 27 men and 11 women; how the release numbers them is not written down anywhere.
        Layout::Urdu => Known::Count(38),
        Layout::Nemo => names(&[
            "EB0", "IC0", "KD0", "KS0", "MK0", "MP0", "SM0", "TP0", "WR0",
        ]),
        Layout::EmoTale => Known::Count(18),
        Layout::Esd => numbered(1..=20, |n| format!("{n:04}")),
        Layout::Emovo => names(&["f1", "f2", "f3", "m1", "m2", "m3"]),
        // MSP-Podcast grows with each release; MELD says how many speak in each of its splits only.
        Layout::Meld | Layout::MspPodcast => return None,
        Layout::Audformat | Layout::Kaldi | Layout::Manifest => return None,
    })
}
