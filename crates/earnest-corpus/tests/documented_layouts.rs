//! EmoTale, ESD, EMOVO, MELD, MSP-Podcast, audformat and Kaldi as their documentation says they lie
//! on disk, and as strangers may have written them. The trees are written here; whether a layout
//! was tried on the real corpus is said in the crate's README.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod tree;

use std::fs;
use std::path::Path;

use earnest_corpus::{Corpus, CorpusError, Layout, OpenOptions, ProblemKind, Sex, Utterance};

use tree::{text, wav};

fn open(path: &Path) -> Corpus {
    Corpus::open(path, &OpenOptions::default()).unwrap()
}

fn open_as(path: &Path, layout: Layout) -> Result<Corpus, CorpusError> {
    let options = OpenOptions {
        layout: Some(layout),
        ..OpenOptions::default()
    };
    Corpus::open(path, &options)
}

fn ids(corpus: &Corpus) -> Vec<&str> {
    corpus.utterances.iter().map(|u| u.id.as_str()).collect()
}

fn of_kind(corpus: &Corpus, kind: ProblemKind) -> Vec<(Option<usize>, &str)> {
    let problems = corpus.problems.iter().filter(|p| p.kind == kind);
    problems.map(|p| (p.line, p.detail.as_str())).collect()
}

fn utterance<'a>(corpus: &'a Corpus, id: &str) -> &'a Utterance {
    let mut all = corpus.utterances.iter();
    all.find(|u| u.id == id)
        .unwrap_or_else(|| panic!("no {id} among {:?}", ids(corpus)))
}

/// Speaker, label, and class if there is one.
fn who<'a>(corpus: &'a Corpus, id: &str) -> (&'a str, &'a str, Option<&'a str>) {
    let u = utterance(corpus, id);
    (&u.speaker, &u.label, corpus.class_name(u))
}

#[test]
fn esd_says_speaker_and_sex_by_its_names_and_the_emotion_by_its_folders() {
    for sets in [["", ""], ["train/", "evaluation/"]] {
        let dir = tempfile::tempdir().unwrap();
        let [one, other] = sets;
        wav(dir.path(), &format!("0001/Angry/{one}0001_000351.wav"));
        wav(dir.path(), &format!("0001/Neutral/{other}0001_000001.wav"));
        wav(dir.path(), &format!("0012/Surprise/{one}0012_001401.wav"));
        wav(dir.path(), "0012/Happy/0011_000701.wav");
        text(dir.path(), "0001/0001.txt", "0001_000351\tx\tAngry\n");
        let corpus = open(dir.path());
        assert_eq!(corpus.layout, Layout::Esd);
        assert_eq!(ids(&corpus), ["0001_000001", "0001_000351", "0012_001401"]);
        assert_eq!(
            who(&corpus, "0001_000351"),
            ("0001", "angry", Some("angry"))
        );
        assert_eq!(corpus.utterances[0].sex, Some(Sex::Female));
        assert_eq!(corpus.utterances[2].sex, Some(Sex::Male));
        // Speaker 0011 in the folder of 0012.
        assert_eq!(of_kind(&corpus, ProblemKind::UnknownName).len(), 1);
        assert_eq!(of_kind(&corpus, ProblemKind::MissingSpeaker).len(), 18);
    }
}

#[test]
fn emovo_says_everything_in_italian_and_its_joy_counts_as_happy_among_four() {
    let dir = tempfile::tempdir().unwrap();
    for (i, emotion) in ["dis", "gio", "neu", "pau", "rab", "sor", "tri"]
        .iter()
        .enumerate()
    {
        wav(dir.path(), &format!("f1/{emotion}-f1-b1.wav"));
        wav(dir.path(), &format!("m3/{emotion}-m3-n{}.wav", i % 5 + 1));
    }
    wav(dir.path(), "m3/prova.wav");
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::Emovo);
    assert_eq!(corpus.utterances.len(), 14);
    assert_eq!(who(&corpus, "gio-f1-b1"), ("f1", "joy", Some("happy")));
    assert_eq!(who(&corpus, "pau-m3-n4"), ("m3", "fear", None));
    assert_eq!(utterance(&corpus, "pau-m3-n4").sex, Some(Sex::Male));
    assert_eq!(of_kind(&corpus, ProblemKind::UnknownName).len(), 1);
    assert_eq!(of_kind(&corpus, ProblemKind::MissingSpeaker).len(), 4);
}

#[test]
fn emotale_has_the_enacted_emotion_and_the_means_of_all_raters() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["DK_001_A_1", "EN_001_H_2", "DK_003_S_5"] {
        wav(dir.path(), &format!("audio/{name}.wav"));
    }
    wav(dir.path(), "audio/DK_003_X_5.wav");
    text(
        dir.path(),
        "annotations.csv",
        "\u{feff}file,a1_A,a1_V,a1_D,a1_cat,a2_A,a2_V,a2_D,a2_cat,gt_emotion\r\n\
         DK_001_A_1.wav,4.0,1.5,4.5,A,5.0,2.5,5.0,A,A\r\n\
         DK_003_S_5.wav,3.0,much,2.0,S,,2.0,2.0,B,N\r\n\
         DK_001_A_1.wav,1.0,1.0,1.0,A,1.0,1.0,1.0,A,A\r\n\
         DK_009_B_1.wav,1.0,1.0,1.0,A,1.0,1.0,1.0,A,B\r\n\
         ../x.wav,1.0,1.0,1.0,A,1.0,1.0,1.0,A,B\r\n\
         short\r\n",
    );
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::EmoTale);
    assert_eq!(ids(&corpus), ["DK_001_A_1", "DK_003_S_5", "EN_001_H_2"]);
    // One who speaks both languages is one speaker.
    assert_eq!(who(&corpus, "EN_001_H_2").0, "001");
    let rated = utterance(&corpus, "DK_001_A_1");
    assert_eq!((rated.arousal, rated.valence), (Some(4.5), Some(2.0)));
    assert_eq!(rated.dominance, Some(4.75));
    let partly = utterance(&corpus, "DK_003_S_5");
    assert_eq!(
        (partly.label.as_str(), partly.valence),
        ("sadness", Some(2.0))
    );
    assert_eq!(utterance(&corpus, "EN_001_H_2").arousal, None);
    let lines: Vec<_> = of_kind(&corpus, ProblemKind::UnreadableLine)
        .iter()
        .map(|(line, _)| *line)
        .collect();
    // Cells that lack, what is no number, a contradiction, a second line, a name that is none.
    assert_eq!(lines, [Some(7), Some(3), Some(3), Some(4), Some(6)]);
    let missing = of_kind(&corpus, ProblemKind::MissingAudio);
    assert_eq!(missing[0].0, Some(5));
    let unknown = of_kind(&corpus, ProblemKind::UnknownName);
    assert!(unknown[0].1.contains("DK_003_X_5"), "{unknown:?}");
}

#[test]
fn a_manifest_that_somebody_wrote_beside_such_names_is_still_what_is_read() {
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "wav/DK_001_A_1.wav");
    wav(dir.path(), "wav/DK_003_A_1.wav");
    text(
        dir.path(),
        "manifest.csv",
        "path,speaker,emotion\nwav/DK_001_A_1.wav,1,angry\nwav/DK_003_A_1.wav,3,angry\n",
    );
    assert_eq!(open(dir.path()).layout, Layout::Manifest);
    let forced = open_as(dir.path(), Layout::EmoTale).unwrap();
    assert_eq!(ids(&forced), ["DK_001_A_1", "DK_003_A_1"]);
}

/// Where the real EmoTale is at hand, or a part of it, as FLAC and with a manifest of ours.
#[test]
fn the_names_of_the_real_emotale_say_what_its_manifest_says() {
    let Some(data) = std::env::var_os("EARNEST_DATA") else {
        println!("SKIPPED: EARNEST_DATA is not set");
        return;
    };
    let folder = Path::new(&data).join("emotale");
    if !folder.is_dir() {
        println!("SKIPPED: no emotale in EARNEST_DATA");
        return;
    }
    let manifest = open(&folder.join("manifest.csv"));
    let named = open_as(&folder, Layout::EmoTale).unwrap();
    assert_eq!(named.utterances.len(), manifest.utterances.len());
    for of_manifest in &manifest.utterances {
        let stem = of_manifest.path.as_str();
        let stem = Path::new(stem).file_stem().unwrap().to_str().unwrap();
        let u = utterance(&named, stem);
        assert_eq!(u.speaker, of_manifest.speaker);
        let word = |u: &Utterance, corpus: &Corpus| corpus.class_name(u).map(str::to_owned);
        assert_eq!(word(u, &named), word(of_manifest, &manifest), "{stem}");
    }
    assert!(of_kind(&named, ProblemKind::UnknownName).is_empty());
}

const MELD: &str = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n";

#[test]
fn meld_keeps_its_splits_apart_and_its_people_together() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    text(
        root,
        "train_sent_emo.csv",
        &format!(
            "{MELD}1,\"Hi, you\",Monica,joy,positive,0,0,8,21,\"00:16:16,059\",\"00:16:21,731\"\n\
             2,What?,Ross,anger,negative,0,1,8,21,\"00:16:21,940\",\"00:16:23,442\"\n\
             3,No.,Ross,anger,negative,zero,2,8,21,x,y\n"
        ),
    );
    text(
        root,
        "dev_sent_emo.csv",
        &format!(
            "{MELD}1,Oh,Ross,surprise,negative,0,0,4,7,x,y\n\
             2,Oh,Ross,surprise,negative,0,0,4,7,x,y\n\
             3,Hm,Ross,neutral,negative,110,7,4,7,x,y\n"
        ),
    );
    text(
        root,
        "test_sent_emo.csv",
        &format!("{MELD}1,So,Monica,neutral,neutral,0,0,4,7,x,y\n"),
    );
    wav(root, "train_splits/dia0_utt0.wav");
    wav(root, "train_splits/dia0_utt1.wav");
    wav(root, "dev_splits_complete/dia0_utt0.wav");
    wav(root, "dev_splits_complete/dia66_utt9.wav");
    wav(root, "output_repeated_splits_test/dia0_utt0.wav");
    wav(
        root,
        "output_repeated_splits_test/final_videos_testdia0_utt0.wav",
    );
    wav(root, "somewhere/dia5_utt0.wav");
    let corpus = open(root);
    assert_eq!(corpus.layout, Layout::Meld);
    assert_eq!(
        ids(&corpus),
        [
            "dev_dia0_utt0",
            "test_dia0_utt0",
            "train_dia0_utt0",
            "train_dia0_utt1"
        ]
    );
    assert_eq!(
        who(&corpus, "train_dia0_utt0"),
        ("Monica", "joy", Some("joy"))
    );
    assert_eq!(who(&corpus, "test_dia0_utt0").0, "Monica");
    assert!(of_kind(&corpus, ProblemKind::SpeakerInTwoSessions).is_empty());
    let missing = of_kind(&corpus, ProblemKind::MissingAudio);
    assert!(missing[0].1.contains("dia110_utt7"), "{missing:?}");
    let unlabelled = of_kind(&corpus, ProblemKind::Unlabelled);
    assert!(unlabelled[0].1.contains("dia66_utt9"), "{unlabelled:?}");
    assert_eq!(of_kind(&corpus, ProblemKind::DuplicateId)[0].0, Some(3));
    assert_eq!(of_kind(&corpus, ProblemKind::UnreadableLine)[0].0, Some(4));
    let unknown = of_kind(&corpus, ProblemKind::UnknownName);
    assert_eq!(unknown.len(), 2, "{unknown:?}");
    assert!(
        unknown
            .iter()
            .any(|(_, d)| d.contains("train, dev or test"))
    );
}

#[test]
fn meld_as_it_is_downloaded_holds_videos_and_it_is_said_what_to_do_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for split in ["train", "dev", "test"] {
        text(
            root,
            &format!("{split}_sent_emo.csv"),
            &format!("{MELD}1,Hi,Monica,joy,positive,0,0,8,21,x,y\n"),
        );
    }
    text(root, "train/train_splits/dia0_utt0.mp4", "a video");
    let error = Corpus::open(root, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("read as MELD"), "{error}");
    assert!(
        error.contains(
            "ffmpeg -i train/train_splits/dia0_utt0.mp4 train/train_splits/dia0_utt0.wav"
        ),
        "{error}"
    );
    // The sound may lie elsewhere.
    wav(root, "train_audio/dia0_utt0.wav");
    assert_eq!(ids(&open(root)), ["train_dia0_utt0"]);
}

const PODCAST: &str = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n";

#[test]
fn msp_podcast_has_letters_for_emotions_and_turns_of_unknown_speakers() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for n in 1..=6 {
        wav(root, &format!("Audios/MSP-PODCAST_0001_000{n}.wav"));
    }
    text(
        root,
        "Labels/labels_consensus.csv",
        &format!(
            "{PODCAST}MSP-PODCAST_0001_0001.wav,A,5.4,2.8,5.2,2865,Male,Train\n\
             MSP-PODCAST_0001_0002.wav,X,4.0,4.0,4.0,1399,Female,Development\n\
             MSP-PODCAST_0001_0003.wav,C,3.0,high,4.0,Unknown,Unknown,Test1\n\
             MSP-PODCAST_0001_0004.wav,Q,3.0,3.0,4.0,1,Male,Test1\n\
             ../MSP-PODCAST_0001_0005.wav,N,3.0,3.0,4.0,1,Male,Test1\n\
             Audios\\MSP-PODCAST_0001_0005.wav,N,3.0,3.0,4.0,1,Male,Test1\n\
             MSP-PODCAST_0001_0009.wav,N,3.0,3.0,4.0,1,Male,Test2\n\
             MSP-PODCAST_0001_0001.wav,N,3.0,3.0,4.0,1,Male,Test2\n"
        ),
    );
    let corpus = open(root);
    assert_eq!(corpus.layout, Layout::MspPodcast);
    assert_eq!(corpus.utterances.len(), 3);
    let first = utterance(&corpus, "MSP-PODCAST_0001_0001");
    assert_eq!(
        (first.arousal, first.valence, first.dominance),
        (Some(5.4), Some(2.8), Some(5.2))
    );
    assert_eq!(
        (first.speaker.as_str(), first.sex),
        ("2865", Some(Sex::Male))
    );
    assert_eq!(who(&corpus, "MSP-PODCAST_0001_0001").2, Some("angry"));
    // Raters did not agree, and that is no class.
    assert_eq!(who(&corpus, "MSP-PODCAST_0001_0002").2, None);
    let third = utterance(&corpus, "MSP-PODCAST_0001_0003");
    assert_eq!((third.label.as_str(), third.valence), ("contempt", None));
    assert_eq!(of_kind(&corpus, ProblemKind::UnknownSpeaker).len(), 1);
    let lines: Vec<_> = of_kind(&corpus, ProblemKind::UnreadableLine)
        .iter()
        .map(|(line, _)| *line)
        .collect();
    assert_eq!(lines, [Some(4), Some(5), Some(6), Some(7)]);
    assert_eq!(of_kind(&corpus, ProblemKind::MissingAudio)[0].0, Some(8));
    assert_eq!(of_kind(&corpus, ProblemKind::DuplicateId)[0].0, Some(9));
    let unlabelled = of_kind(&corpus, ProblemKind::Unlabelled);
    assert!(
        unlabelled[0].1.starts_with("3 audio files"),
        "{unlabelled:?}"
    );
}

#[test]
fn a_table_of_another_corpus_in_the_same_form_is_not_taken_for_msp_podcast() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    wav(root, "Audios/OTHER-PODCAST_1.wav");
    wav(root, "Audios/OTHER-PODCAST_2.wav");
    let table = format!(
        "{PODCAST}OTHER-PODCAST_1.wav,A,5,2,5,1,Male,Train\nOTHER-PODCAST_2.wav,S,5,2,5,2,Male,Train\n"
    );
    text(root, "Labels/labels_consensus.csv", &table);
    let refused = Corpus::open(root, &OpenOptions::default()).unwrap_err();
    assert!(matches!(refused, CorpusError::Unrecognised { .. }));
    let forced = open_as(root, Layout::MspPodcast).unwrap();
    assert_eq!(forced.utterances.len(), 2);
    text(
        root,
        "Labels/labels_consensus.csv",
        "FileName,EmoAct\nx.wav,1\n",
    );
    let error = open_as(root, Layout::MspPodcast).unwrap_err().to_string();
    assert!(error.contains("no column EmoClass"), "{error}");
}

/// The database of audformat's own example, with a split and a gold standard as its conventions
/// say, and a table of raters.
const HEADER: &str = "\
name: emodb
source: http://emodb.bilderbar.info/download/download.zip
usage: unrestricted
languages: [deu]
raters:
  gold: {type: human}
  r1: {type: human}
  r2: {type: human}
  vote: {type: vote}
schemes:
  arousal: {dtype: float}
  confidence: {description: Confidence of emotion ratings., dtype: float, minimum: 0,
    maximum: 1}
  emotion:
    dtype: str
    labels: &id001 [anger, happiness, neutral, sadness]
  intended: {dtype: str, labels: *id001}
  gender:
    dtype: str
    labels: [female, male]
  speaker: {dtype: int, labels: speaker}
  valence: {dtype: float}
tables:
  arousal:
    type: filewise
    columns:
      r1: {scheme_id: arousal, rater_id: r1}
      r2: {scheme_id: arousal, rater_id: r2}
  arousal.gold_standard:
    type: filewise
    columns:
      arousal: {scheme_id: arousal, rater_id: vote}
  emotion:
    type: filewise
    columns:
      emotion: {scheme_id: emotion, rater_id: gold}
      emotion.confidence: {scheme_id: confidence, rater_id: gold}
  emotion.test:
    type: filewise
    split_id: test
    columns:
      emotion: {scheme_id: emotion, rater_id: gold}
  files:
    type: filewise
    columns:
      speaker: {scheme_id: speaker}
  segments:
    type: segmented
    columns:
      emotion: {scheme_id: emotion, rater_id: gold}
misc_tables:
  speaker:
    levels: {speaker: int}
    columns:
      age: {}
      gender: {scheme_id: gender}
";

fn audformat(root: &Path) {
    text(root, "db.yaml", HEADER);
    text(
        root,
        "db.emotion.csv",
        "\u{feff}file,emotion,emotion.confidence\r\nwav/a.wav,anger,0.9\r\nwav/b.wav,sadness,1.0\r\nwav/none.wav,neutral,1.0\r\n",
    );
    text(
        root,
        "db.emotion.test.csv",
        "file,emotion\nwav/a.wav,anger\nwav/b.wav,neutral\n",
    );
    text(
        root,
        "db.arousal.gold_standard.csv",
        "file,arousal\nwav/a.wav,4.5\nwav/b.wav,low\n",
    );
    text(root, "db.arousal.csv", "file,r1,r2\nwav/a.wav,4,5\n");
    text(
        root,
        "db.files.csv",
        "file,speaker\nwav/a.wav,3\nwav/b.wav,8\nwav/long.wav,3\nwav/odd.wav,3\n",
    );
    text(
        root,
        "db.segments.csv",
        "file,start,end,emotion\n\
         wav/long.wav,0 days 00:00:00,0 days 00:00:00.100000,happiness\n\
         wav/long.wav,0 days 00:00:00.100000,NaT,neutral\n\
         wav/long.wav,2,1,neutral\n\
         ../out.wav,0,1,neutral\n\
         wav\\long.wav,0,1,neutral\n\
         /etc/passwd,0,1,neutral\n",
    );
    text(
        root,
        "db.speaker.csv",
        "speaker,age,gender\n3,31,male\n8,34,female\n",
    );
    for name in ["a", "b", "long", "odd"] {
        wav(root, &format!("wav/{name}.wav"));
    }
    wav(root, "wav/extra.wav");
}

#[test]
fn an_audformat_database_is_its_tables_joined_by_file_and_moments() {
    let dir = tempfile::tempdir().unwrap();
    audformat(dir.path());
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::Audformat);
    assert_eq!(
        ids(&corpus),
        ["wav/a", "wav/b", "wav/long_0-0.1", "wav/long_0.1-end"]
    );
    assert_eq!(who(&corpus, "wav/a"), ("3", "anger", Some("angry")));
    let a = utterance(&corpus, "wav/a");
    // The gold standard's, not a rater's; the sex by way of the misc table.
    assert_eq!((a.arousal, a.sex), (Some(4.5), Some(Sex::Male)));
    let segment = utterance(&corpus, "wav/long_0.1-end");
    // Who speaks is said of the whole file.
    assert_eq!(
        (segment.speaker.as_str(), segment.label.as_str()),
        ("3", "neutral")
    );
    assert_eq!(segment.stretch.unwrap().to_string(), "0.1-end");
    assert_eq!(utterance(&corpus, "wav/b").label, "sadness");
    let lines = of_kind(&corpus, ProblemKind::UnreadableLine);
    assert!(
        lines.iter().any(|(_, d)| d.contains(
            "emotion of wav/b.wav is neutral here and sadness in line 3 of the table emotion"
        )),
        "{lines:?}"
    );
    assert!(lines.iter().any(|(_, d)| d.contains("arousal is \"low\"")));
    for bad in ["not after", "leads out", "backslash", "is absolute"] {
        assert!(
            lines.iter().any(|(_, d)| d.contains(bad)),
            "{bad}: {lines:?}"
        );
    }
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert_eq!(of_kind(&corpus, ProblemKind::MissingAudio).len(), 1);
    let unlabelled = of_kind(&corpus, ProblemKind::Unlabelled);
    assert!(
        unlabelled[0].1.contains("first: wav/odd.wav"),
        "{unlabelled:?}"
    );
    assert!(
        unlabelled[1].1.contains("first: wav/extra.wav"),
        "{unlabelled:?}"
    );
    // Named by its header, or one folder further up, it is the same.
    assert_eq!(ids(&open(&dir.path().join("db.yaml"))), ids(&corpus));
    let above = tempfile::tempdir().unwrap();
    audformat(&above.path().join("emodb"));
    let corpus = open(above.path());
    assert_eq!(who(&corpus, "emodb/wav/a"), ("3", "anger", Some("angry")));
}

#[test]
fn what_is_ambiguous_or_parquet_in_audformat_is_named_and_not_guessed() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let header = |tables: &str| {
        format!(
            "name: x\nschemes:\n  emotion: {{dtype: str}}\n  speaker:\n    dtype: str\n    labels:\n      s1: {{gender: female, age: 31}}\ntables:\n{tables}"
        )
    };
    let raters = "  emotion:\n    type: filewise\n    columns:\n      r1: {scheme_id: emotion}\n      r2: {scheme_id: emotion}\n";
    text(root, "db.yaml", &header(raters));
    text(root, "db.emotion.csv", "file,r1,r2\na.wav,anger,joy\n");
    wav(root, "a.wav");
    let why = || {
        Corpus::open(root, &OpenOptions::default())
            .unwrap_err()
            .to_string()
    };
    assert!(
        why().contains("the table emotion has several columns for emotion, r1 and r2"),
        "{}",
        why()
    );
    let one = "  emotion:\n    type: filewise\n    columns:\n      emotion: {scheme_id: emotion}\n      who: {scheme_id: speaker}\n";
    text(root, "db.yaml", &header(one));
    // Missing columns, and a table that is not there.
    assert!(why().contains("no column emotion"), "{}", why());
    fs::remove_file(root.join("db.emotion.csv")).unwrap();
    text(root, "db.emotion.parquet", "PAR1");
    assert!(why().contains("storage_format=\"csv\""), "{}", why());
    text(root, "db.emotion.csv", "file,emotion,who\na.wav,anger,s1\n");
    let corpus = open(root);
    assert_eq!(corpus.utterances[0].sex, Some(Sex::Female));
    for (bad, words) in [
        (
            "tables: {emotion: {type: filewise}}",
            "no table has one column",
        ),
        ("a: [", "no YAML"),
        ("a: *x", "no YAML"),
        (
            "tables: {emotion: {type: odd, columns: {emotion: {}}}}",
            "odd",
        ),
        (
            "tables: {../../x: {type: filewise, columns: {emotion: {}}}}",
            "no db.",
        ),
        ("", "nothing"),
    ] {
        text(root, "db.yaml", bad);
        assert!(why().contains(words), "{bad}: {}", why());
    }
    // Aliases of aliases: 9^60 values if they were copied.
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..60 {
        bomb.push_str(&format!(
            "a{i}: &a{i} [{}]\n",
            format!("*a{}, ", i - 1).repeat(9)
        ));
    }
    text(root, "db.yaml", &bomb);
    assert!(why().contains("no table has one column"), "{}", why());
}

fn kaldi(root: &Path) {
    text(
        root,
        "data/train/wav.scp",
        "r1 audio/r1.wav\r\nr2 sph2pipe -f wav -p -c 1 r2.sph |\r\nr3 /etc/passwd\r\nr4 x.ark:24\r\nr5\r\nr1 audio/r9.wav\r\n",
    );
    text(
        root,
        "data/train/segments",
        "anna-1 r1 0 0.1\nbob-1 r1 0.1 0.2\nbob-2 r2 0 1\nbob-3 r1 0.1\nbob-4 r7 0 1\nbob-5 r1 0.15 0.12\nbob-6 r1 0.05 0.15\n",
    );
    text(
        root,
        "data/train/utt2spk",
        "anna-1 anna\nbob-1 bob\nbob-2 bob\nbob-6 bob\n",
    );
    text(root, "data/train/spk2gender", "anna f\nbob m\n");
    text(
        root,
        "data/train/utt2emo",
        "anna-1 hap\nbob-1 ang\nbob-2 ang\nzoe-1 sad\n",
    );
    wav(root, "audio/r1.wav");
    wav(root, "audio/unlisted.wav");
}

#[test]
fn a_kaldi_data_directory_is_read_and_its_commands_are_never_run() {
    let dir = tempfile::tempdir().unwrap();
    kaldi(dir.path());
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::Kaldi);
    assert_eq!(ids(&corpus), ["anna-1", "bob-1"]);
    assert_eq!(who(&corpus, "bob-1"), ("bob", "ang", Some("angry")));
    let bob = utterance(&corpus, "bob-1");
    assert_eq!(
        (bob.sex, bob.path.as_str()),
        (Some(Sex::Male), "audio/r1_0.1-0.2.wav")
    );
    assert_eq!(corpus.read(bob).unwrap().samples().len(), 1600);
    let lines = of_kind(&corpus, ProblemKind::UnreadableLine);
    for (line, words) in [
        (2, "commands are not run"),
        (3, "--root"),
        (4, "archive"),
        (5, "nothing stands behind r5"),
        (4, "3 words"),
        (5, "of r7, which wav.scp has not"),
        (6, "not after"),
    ] {
        assert!(
            lines
                .iter()
                .any(|(l, d)| *l == Some(line) && d.contains(words)),
            "{words}: {lines:?}"
        );
    }
    assert_eq!(lines.len(), 7, "{lines:?}");
    assert_eq!(of_kind(&corpus, ProblemKind::DuplicateId)[0].0, Some(6));
    let unlabelled = of_kind(&corpus, ProblemKind::Unlabelled);
    assert!(unlabelled[0].1.contains("bob-6"), "{unlabelled:?}");
    assert!(
        unlabelled[1].1.contains("audio/unlisted.wav"),
        "{unlabelled:?}"
    );
    let missing = of_kind(&corpus, ProblemKind::MissingAudio);
    assert!(missing[0].1.contains("zoe-1"), "{missing:?}");
}

#[test]
fn a_wav_scp_that_the_user_names_may_list_any_file_and_a_root_says_where() {
    let audio = tempfile::tempdir().unwrap();
    wav(audio.path(), "one.wav");
    wav(audio.path(), "two.wav");
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let at = audio.path().display();
    text(
        root,
        "wav.scp",
        &format!("a-1 {at}/one.wav\nb-1 {at}/two.wav\n"),
    );
    text(root, "utt2spk", "a-1 a\nb-1 b\n");
    text(root, "utt2emo", "a-1 neu\nb-1 sad\n");
    let refused = Corpus::open(root, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("lies outside"), "{refused}");
    let corpus = open(&root.join("wav.scp"));
    assert_eq!(corpus.layout, Layout::Kaldi);
    assert_eq!(ids(&corpus), ["a-1", "b-1"]);
    assert_eq!(corpus.utterances[0].path.as_str(), "one.wav");
    assert!(corpus.read(&corpus.utterances[1]).is_ok());
    text(root, "wav.scp", "a-1 one.wav\nb-1 two.wav\n");
    for named in [root.to_owned(), root.join("wav.scp")] {
        let options = OpenOptions {
            root: Some(audio.path().to_owned()),
            ..OpenOptions::default()
        };
        let corpus = Corpus::open(&named, &options).unwrap();
        assert_eq!(ids(&corpus), ["a-1", "b-1"]);
    }
}

#[test]
fn kaldi_speakers_who_are_called_as_their_utterances_are_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    wav(root, "a.wav");
    wav(root, "b.wav");
    text(root, "wav.scp", "u1 a.wav\nu2 ./b.wav\n");
    text(root, "utt2spk", "u1 u1\nu2 u2\n");
    let without = Corpus::open(root, &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        without.contains("there is no utt2emo beside it"),
        "{without}"
    );
    text(root, "utt2emo", "u1 neu\nu2 ang\n");
    let corpus = open(root);
    assert_eq!(of_kind(&corpus, ProblemKind::UnknownSpeaker).len(), 2);
    assert!(!corpus.has_speakers());
}

#[test]
fn a_corpus_that_speaks_through_its_names_is_not_taken_for_a_list_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for name in ["03a01Fa", "03a01Nc", "16b10Wb"] {
        wav(root, &format!("wav/{name}.wav"));
    }
    text(root, "data/wav.scp", "03a01Fa wav/03a01Fa.wav\n");
    text(root, "data/utt2emo", "03a01Fa happiness\n");
    text(root, "db.yaml", HEADER);
    text(
        root,
        "db.emotion.csv",
        "file,emotion\nwav/03a01Fa.wav,happiness\n",
    );
    let corpus = open(root);
    assert_eq!(corpus.layout, Layout::EmoDb);
    // That there are other labels is not passed over in silence.
    let unread = of_kind(&corpus, ProblemKind::UnreadableTable);
    assert!(
        unread.iter().any(|(_, p)| p.contains("--layout audformat")),
        "{unread:?}"
    );
    // Who asks for the list, or names it, gets it.
    for layout in [Layout::Audformat, Layout::Kaldi] {
        let corpus = open_as(root, layout).unwrap();
        assert_eq!((corpus.layout, corpus.utterances.len()), (layout, 1));
    }
    assert_eq!(open(&root.join("db.yaml")).layout, Layout::Audformat);
    let options = OpenOptions {
        root: Some(root.to_owned()),
        ..OpenOptions::default()
    };
    let corpus = Corpus::open(&root.join("data/wav.scp"), &options).unwrap();
    assert_eq!((corpus.layout, corpus.utterances.len()), (Layout::Kaldi, 1));
}

#[test]
fn every_layout_can_be_asked_for_by_its_name_and_says_what_it_misses() {
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "nothing.wav");
    for layout in Layout::ALL {
        assert_eq!(
            Layout::from_name(&layout.name().to_uppercase()),
            Some(layout)
        );
        let error = open_as(dir.path(), layout).unwrap_err();
        assert!(
            matches!(error, CorpusError::Empty { .. }),
            "{layout:?}: {error}"
        );
    }
    assert_eq!(Layout::from_name("msppodcast"), Some(Layout::MspPodcast));
}
