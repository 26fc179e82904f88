//! Each corpus as it lies on disk: what is read, what is found wrong, and that the good
//! rest is not lost. The trees are written here; no real corpus is needed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, Waveform, write_wav};
use earnest_corpus::{
    Corpus, CorpusError, Emotion, Layout, OpenOptions, ProblemKind, Sex, audit, synthetic,
};

fn wav(root: &Path, path: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..3200).map(|i| 0.3 * (i as f32 * 0.1).sin()).collect();
    write_wav(&path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
}

fn text(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn open(root: &Path) -> Corpus {
    Corpus::open(root, &OpenOptions::default()).unwrap()
}

fn count(corpus: &Corpus, kind: ProblemKind) -> usize {
    corpus.problems.iter().filter(|p| p.kind == kind).count()
}

/// Every kind of line of a real EmoEvaluation file.
const EVALUATION: &str = "\
% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\r
\r
[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\r
C-E2:\tNeutral;\t()\r
C-E4:\tNeutral; Other;\t(impatient)\r
C-F1:\tNeutral;\t()\r
A-E3:\tval 3; act 2; dom  2;\t()\r
A-F1:\tval 2; act 3; dom  3;\t()\r
\r
[10.0100 - 11.3925]\tSes01F_impro01_M000\texc\t[4.0000, 4.5000, 3.0000]\r
C-E2:\tExcited;\t()\r
\r
[14.8872 - 18.0175]\tSes01F_impro01_F001\txxx\t[2.5000, 2.0000, 2.0000]\r
[19.2900 - 20.7875]\tSes01F_impro01_M001\tang\t[1.5000, 4.0000\r
[21.3257 - 24.7400]\tSes01F_impro01_M002\tang\t[1.5000, 4.0000, 4.0000]\r
[27.4600 - 31.4900]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\r
[38.9650 - 43.5900]\tSes01F_impro01_F009\tsad\t[2.0000, 2.0000, 2.0000]\r
";

fn iemocap(root: &Path) {
    let base = "Session1/dialog/EmoEvaluation";
    text(root, &format!("{base}/Ses01F_impro01.txt"), EVALUATION);
    text(
        root,
        &format!("{base}/._Ses01F_impro01.txt"),
        "\0\0Mac OS X",
    );
    text(
        root,
        &format!("{base}/Categorical/Ses01F_impro01_e2_cat.txt"),
        "Ses01F_impro01_F000 :Neutral state; ()\n",
    );
    for turn in ["F000", "M000", "F001", "M001", "M002"] {
        wav(
            root,
            &format!("Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_{turn}.wav"),
        );
    }
    text(
        root,
        "Session2/dialog/EmoEvaluation/Ses02M_script01_1.txt",
        "[0.1 - 1.2]\tSes02M_script01_1_F003\tsad\t[2.0000, 1.6667, 2.0000]\n",
    );
    wav(
        root,
        "Session2/sentences/wav/Ses02M_script01_1/Ses02M_script01_1_F003.wav",
    );
}

#[test]
fn iemocap_turns_labels_and_talkers_are_read_and_each_problem_has_its_line() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::Iemocap);
    let ids: Vec<&str> = corpus.utterances.iter().map(|u| u.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "Ses01F_impro01_F000",
            "Ses01F_impro01_F001",
            "Ses01F_impro01_M000",
            "Ses01F_impro01_M002",
            "Ses02M_script01_1_F003"
        ]
    );
    let turn = &corpus.utterances[2];
    // The dialogue's name says F; the talker is M.
    assert_eq!(
        (turn.speaker.as_str(), turn.sex, turn.session.as_deref()),
        ("1M", Some(Sex::Male), Some("1"))
    );
    assert_eq!(
        (turn.label.as_str(), turn.emotion),
        ("exc", Some(Emotion::Happy))
    );
    assert_eq!((turn.valence, turn.arousal), (Some(4.0), Some(4.5)));
    assert_eq!(corpus.utterances[1].emotion, None, "xxx is of no class");
    assert_eq!(corpus.utterances[4].speaker, "2F");
    let lines: Vec<(ProblemKind, Option<usize>)> =
        corpus.problems.iter().map(|p| (p.kind, p.line)).collect();
    assert_eq!(
        lines,
        [
            (ProblemKind::UnreadableLine, Some(14)),
            (ProblemKind::DuplicateId, Some(16)),
            (ProblemKind::MissingAudio, Some(17)),
        ]
    );
}

#[test]
fn iemocap_is_found_one_folder_down_as_the_archive_unpacks() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(&dir.path().join("IEMOCAP_full_release"));
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::Iemocap);
    assert!(corpus.audio_path(&corpus.utterances[0]).is_file());
}

#[test]
fn corpora_that_speak_through_file_names_are_recognised() {
    let cases: [(Layout, &[&str], &str, usize); 7] = [
        (
            Layout::EmoDb,
            &["wav/03a01Fa.wav", "wav/03a01Nc.wav", "wav/16b10Wb.wav"],
            "16",
            3,
        ),
        (
            Layout::Ravdess,
            &[
                "Audio_Speech_Actors_01-24/Actor_01/03-01-05-01-02-01-01.wav",
                "Audio_Speech_Actors_01-24/Actor_02/03-01-02-01-02-01-02.wav",
                "Audio_Song_Actors_01-24/Actor_02/03-02-04-01-02-01-02.wav",
            ],
            "02",
            1,
        ),
        (
            Layout::CremaD,
            &[
                "AudioWAV/1001_DFA_ANG_XX.wav",
                "AudioWAV/1040_ITH_SAD_X.wav",
            ],
            "1040",
            2,
        ),
        (
            Layout::Tess,
            &[
                "OAF_angry/OAF_back_angry.wav",
                "YAF_pleasant_surprised/YAF_dog_ps.wav",
            ],
            "YAF",
            1,
        ),
        (
            Layout::Savee,
            &[
                "AudioData/DC/a01.wav",
                "AudioData/KL/sa15.wav",
                "AudioData/KL/su02.wav",
            ],
            "KL",
            2,
        ),
        (
            Layout::Urdu,
            &["Angry/SM1_F10_A010.wav", "Sad/SF4_F2_S02.wav"],
            "SF4",
            2,
        ),
        (
            Layout::Nemo,
            &["samples/EB0_anger_1.wav", "samples/WR0_surprised_64.wav"],
            "WR0",
            1,
        ),
    ];
    for (layout, files, speaker, four_class) in cases {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            wav(dir.path(), file);
        }
        wav(dir.path(), "extras/what is this.wav");
        text(dir.path(), "readme.txt", "hello");
        let corpus = open(dir.path());
        assert_eq!(corpus.layout, layout);
        assert!(
            corpus.utterances.iter().any(|u| u.speaker == speaker),
            "{layout:?}"
        );
        let classed = corpus
            .utterances
            .iter()
            .filter(|u| u.emotion.is_some())
            .count();
        assert_eq!(classed, four_class, "{layout:?}");
        assert_eq!(count(&corpus, ProblemKind::UnknownName), 1, "{layout:?}");
    }
}

#[test]
fn a_second_copy_of_a_corpus_inside_it_is_reported_and_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    for prefix in ["", "audio_speech_actors_01-24/"] {
        for actor in ["01", "02"] {
            wav(
                dir.path(),
                &format!("{prefix}Actor_{actor}/03-01-05-01-02-01-{actor}.wav"),
            );
        }
    }
    let corpus = open(dir.path());
    assert_eq!(corpus.utterances.len(), 2);
    assert_eq!(count(&corpus, ProblemKind::DuplicateId), 2);
}

#[test]
fn the_table_of_nemo_decides_and_names_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "samples/EB0_anger_1.flac"); // the table says .wav
    text(
        dir.path(),
        "data.tsv",
        "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage\n\
         EB0_anger_1.wav\tanger\tA.\ta\t        EB0\tfemale\t20\n\
         EB0_anger_2.wav\tanger\tB.\tb\tEB0\tfemale\t20\n\
         broken line\n",
    );
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::Nemo);
    let u = &corpus.utterances[0];
    assert_eq!(
        (u.speaker.as_str(), u.sex, u.path.as_str()),
        ("EB0", Some(Sex::Female), "samples/EB0_anger_1.flac")
    );
    let lines: Vec<_> = corpus.problems.iter().map(|p| (p.kind, p.line)).collect();
    assert!(lines.contains(&(ProblemKind::MissingAudio, Some(3))));
    assert!(lines.contains(&(ProblemKind::UnreadableLine, Some(4))));
}

#[test]
fn a_csv_manifest_may_use_any_of_the_usual_column_names() {
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "a/one.wav");
    wav(dir.path(), "a/two, too.wav");
    text(
        dir.path(),
        "metadata.csv",
        "\u{feff}file_name,speaker_id,label,session,activation,valence,gender,note\n\
         a/one.wav,s1,Anger,1,4.5,1.5,F,x\n\
         \"a/two, too.wav\",s2,joy,1,high,3.0,m,\n\
         a/three.wav,s2,sad,1,1,2,m,\n\
         a/one.wav,s1\n\
         ../outside.wav,s2,sad,1,1,2,m,\n",
    );
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::Manifest);
    assert_eq!(corpus.utterances.len(), 2);
    let [one, two] = corpus.utterances.as_slice() else {
        panic!()
    };
    assert_eq!(
        (one.id.as_str(), one.arousal, one.valence, one.sex),
        ("a/one", Some(4.5), Some(1.5), Some(Sex::Female))
    );
    assert_eq!(
        (two.emotion, two.arousal, two.valence),
        (Some(Emotion::Happy), None, Some(3.0))
    );
    let lines: Vec<_> = corpus.problems.iter().map(|p| (p.kind, p.line)).collect();
    assert_eq!(
        lines,
        [
            (ProblemKind::UnreadableLine, Some(3)), // "high" is no number, the rest is used
            (ProblemKind::UnreadableLine, Some(5)), // cells are missing
            (ProblemKind::UnreadableLine, Some(6)), // outside
            (ProblemKind::MissingAudio, Some(4)),
        ]
    );
}

#[test]
fn a_jsonl_manifest_and_a_manifest_given_as_a_file_work_too() {
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "x.wav");
    wav(dir.path(), "y.wav");
    text(
        dir.path(),
        "my-list.jsonl",
        "{\"path\": \"x.wav\", \"speaker\": 3, \"emotion\": \"sad\", \"arousal\": 1.5}\n{broken\n\n{\"path\": \"y.wav\", \"speaker\": 4, \"emotion\": \"hap\"}\n",
    );
    let corpus = open(&dir.path().join("my-list.jsonl"));
    assert_eq!(corpus.utterances.len(), 2);
    assert_eq!(
        (
            corpus.utterances[0].speaker.as_str(),
            corpus.utterances[0].arousal
        ),
        ("3", Some(1.5))
    );
    assert_eq!(corpus.problems[0].line, Some(2));
}

#[test]
fn a_speaker_in_two_sessions_is_reported_with_both_lines() {
    let dir = tempfile::tempdir().unwrap();
    for f in ["a.wav", "b.wav", "c.wav"] {
        wav(dir.path(), f);
    }
    text(
        dir.path(),
        "manifest.csv",
        "path,speaker,emotion,session\na.wav,s1,sad,1\nb.wav,s1,sad,2\nc.wav,s2,sad,1\n",
    );
    let corpus = open(dir.path());
    let problem = corpus
        .problems
        .iter()
        .find(|p| p.kind == ProblemKind::SpeakerInTwoSessions)
        .unwrap();
    assert_eq!(problem.line, Some(3));
    assert!(
        problem.detail.contains("manifest.csv:2"),
        "{}",
        problem.detail
    );
    assert_eq!(corpus.utterances.len(), 3);
}

#[test]
fn labels_can_be_sent_to_another_class() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    let mut options = OpenOptions::default();
    options.labels.set_from_text("exc=none").unwrap();
    options.labels.set_from_text("xxx=neutral").unwrap();
    let corpus = Corpus::open(dir.path(), &options).unwrap();
    assert_eq!(corpus.utterances[2].emotion, None);
    assert_eq!(corpus.utterances[1].emotion, Some(Emotion::Neutral));
}

#[test]
fn bad_audio_is_found_by_name_and_the_rest_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..5 {
        wav(dir.path(), &format!("wav/03a0{i}Fa.wav"));
    }
    let file = |name: &str| dir.path().join("wav").join(name);
    let write = |name: &str, samples: Vec<f32>| {
        write_wav(
            file(name),
            &Waveform::at_16k(samples),
            SampleFormat::Float32,
        )
        .unwrap();
    };
    write("08a01Na.wav", vec![0.0; 4000]);
    write(
        "08a02Na.wav",
        (0..4000)
            .map(|i| if i % 40 < 20 { 1.0 } else { -1.0 })
            .collect(),
    );
    write("08a04Na.wav", vec![0.1; 500]);
    write("08a05Na.wav", vec![f32::NAN; 4000]);
    fs::write(file("08a07Na.wav"), b"RIFF").unwrap();
    let corpus = open(dir.path());
    let audit = audit(&corpus, || {});
    let kinds: Vec<_> = audit
        .problems
        .iter()
        .map(|p| (p.file.file_stem().unwrap().to_str().unwrap(), p.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("08a01Na", ProblemKind::Silent),
            ("08a02Na", ProblemKind::Clipped),
            ("08a04Na", ProblemKind::TooShort),
            ("08a05Na", ProblemKind::BadAudio),
            ("08a07Na", ProblemKind::BadAudio),
        ]
    );
    assert_eq!(audit.facts.iter().flatten().count(), 8);
}

#[test]
fn a_folder_that_is_no_corpus_is_refused_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let error = Corpus::open(&dir.path().join("absent"), &OpenOptions::default()).unwrap_err();
    assert!(matches!(error, CorpusError::Absent { .. }));
    wav(dir.path(), "song.wav");
    let error = Corpus::open(dir.path(), &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("1 audio files") && error.contains("manifest.csv"),
        "{error}"
    );
    // A manifest whose audio is all missing.
    text(
        dir.path(),
        "manifest.csv",
        "path,speaker,emotion\nx.wav,a,sad\n",
    );
    let error = Corpus::open(dir.path(), &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("manifest.csv:2") && error.contains("missing audio"),
        "{error}"
    );
}

#[test]
fn the_fingerprint_changes_with_labels_and_with_audio() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    let before = open(dir.path()).fingerprint();
    assert_eq!(before, open(dir.path()).fingerprint());
    let mut options = OpenOptions::default();
    options.labels.set_from_text("exc=none").unwrap();
    assert_ne!(
        before,
        Corpus::open(dir.path(), &options).unwrap().fingerprint()
    );
    let path = open(dir.path()).audio_path(&open(dir.path()).utterances[0]);
    write_wav(
        path,
        &Waveform::at_16k(vec![0.1; 5000]),
        SampleFormat::Int16,
    )
    .unwrap();
    assert_ne!(before, open(dir.path()).fingerprint());
}

#[test]
fn the_synthetic_corpus_is_an_iemocap_tree_that_calls_itself_synthetic() {
    let settings = synthetic::Settings {
        seed: 5,
        utterances_per_speaker: 4,
    };
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    synthetic::write(a.path(), settings, || {}).unwrap();
    synthetic::write(b.path(), settings, || {}).unwrap();
    let corpus = open(a.path());
    assert_eq!(corpus.layout, Layout::Iemocap);
    assert!(corpus.synthetic && corpus.name.contains("synthetic"));
    assert!(corpus.problems.is_empty(), "{:?}", corpus.problems);
    assert_eq!(corpus.utterances.len(), synthetic::count(settings));
    for e in Emotion::ALL {
        assert_eq!(
            corpus
                .utterances
                .iter()
                .filter(|u| u.emotion == Some(e))
                .count(),
            10
        );
    }
    for u in &corpus.utterances {
        assert_eq!(
            fs::read(a.path().join(&u.path)).unwrap(),
            fs::read(b.path().join(&u.path)).unwrap()
        );
    }
    let problems = audit(&corpus, || {}).problems;
    assert!(problems.is_empty(), "{problems:?}");
    let other = synthetic::Settings {
        seed: 6,
        ..settings
    };
    let c = tempfile::tempdir().unwrap();
    synthetic::write(c.path(), other, || {}).unwrap();
    assert_ne!(open(c.path()).fingerprint(), corpus.fingerprint());
}

#[test]
fn synthetic_values_follow_the_emotion_through_rater_noise() {
    let dir = tempfile::tempdir().unwrap();
    let settings = synthetic::Settings {
        seed: 2,
        utterances_per_speaker: 8,
    };
    synthetic::write(dir.path(), settings, || {}).unwrap();
    let corpus = open(dir.path());
    let mean = |e: Emotion, f: fn(&earnest_corpus::Utterance) -> Option<f32>| {
        let v: Vec<f32> = corpus
            .utterances
            .iter()
            .filter(|u| u.emotion == Some(e))
            .filter_map(f)
            .collect();
        v.iter().sum::<f32>() / v.len() as f32
    };
    assert!(mean(Emotion::Angry, |u| u.arousal) > mean(Emotion::Neutral, |u| u.arousal) + 0.5);
    assert!(mean(Emotion::Neutral, |u| u.arousal) > mean(Emotion::Sad, |u| u.arousal) + 0.2);
    assert!(mean(Emotion::Happy, |u| u.valence) > mean(Emotion::Angry, |u| u.valence) + 1.0);
    assert!(
        corpus
            .utterances
            .iter()
            .all(|u| (1.0..=5.0).contains(&u.arousal.unwrap()))
    );
}

#[test]
fn a_synthetic_corpus_whose_marker_cannot_be_read_is_no_real_one() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    let marker = dir.path().join("SYNTHETIC.json");
    let refused = |why: &str| {
        let error = Corpus::open(dir.path(), &OpenOptions::default()).expect_err(why);
        
        assert!(error.to_string().contains("SYNTHETIC.json"), "{error}");
    };
    fs::write(&marker, "{\"note\": \"cut off").unwrap();
    refused("half a file");
    fs::write(&marker, "{\"note\": \"of another version\", \"settings\": {}}").unwrap();
    refused("settings that are not understood");
    fs::remove_file(&marker).unwrap();
    fs::create_dir(&marker).unwrap();
    refused("a folder where the file should be");
    fs::remove_dir(&marker).unwrap();
    std::os::unix::fs::symlink("gone", &marker).unwrap();
    refused("a link that leads nowhere");
    fs::remove_file(&marker).unwrap();
    assert!(!open(dir.path()).synthetic);
}
