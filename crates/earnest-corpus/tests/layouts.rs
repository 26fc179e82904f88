//! Each corpus as it lies on disk: what is read, what is found wrong, and that the good
//! rest is not lost. The trees are written here; no real corpus is needed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod tree;

use std::fs;
use std::path::Path;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::{
    Classes, ContentIndex, Corpus, CorpusError, FOUR, Layout, OpenOptions, ProblemKind, Scale, Sex,
    audit, synthetic,
};
use earnest_signal::Waveform;

use tree::{text, wav};

fn open_with(path: &Path, classes: Classes) -> Corpus {
    let options = OpenOptions {
        classes,
        ..OpenOptions::default()
    };
    Corpus::open(path, &options).unwrap()
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
        (turn.label.as_str(), corpus.class_name(turn)),
        ("exc", Some("happy"))
    );
    assert_eq!((turn.valence, turn.arousal), (Some(4.0), Some(4.5)));
    assert!(turn.dominance.is_some());
    assert_eq!(corpus.utterances[1].class, None, "xxx is of no class");
    assert_eq!(corpus.utterances[4].speaker, "2F");
    let lines: Vec<(ProblemKind, Option<usize>)> =
        corpus.problems.iter().map(|p| (p.kind, p.line)).collect();
    assert_eq!(
        lines[..3],
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
        let corpus = open_with(dir.path(), Classes::Four);
        assert_eq!(corpus.layout, layout);
        assert!(
            corpus.utterances.iter().any(|u| u.speaker == speaker),
            "{layout:?}"
        );
        let classed = corpus
            .utterances
            .iter()
            .filter(|u| u.class.is_some())
            .count();
        assert_eq!(classed, four_class, "{layout:?}");
        assert_eq!(count(&corpus, ProblemKind::UnknownName), 1, "{layout:?}");
    }
}

#[test]
fn a_manifest_that_lists_more_than_the_layout_that_was_recognised_is_not_passed_over_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["03a01Fa.wav", "03a01Nc.wav", "08a01Wa.wav"] {
        wav(dir.path(), name);
    }
    let manifest = "path,speaker,emotion\nmine.wav,me,angry\n03a01Fa.wav,03,happy\n";
    text(dir.path(), "manifest.csv", manifest);
    let said = |corpus: &Corpus| {
        let mut problems = corpus.problems.iter();
        problems.any(|p| p.detail.contains("`--layout manifest` reads it"))
    };
    assert!(!said(&open(dir.path())), "names of all files say all");
    wav(dir.path(), "mine.wav");
    let corpus = open(dir.path());
    assert_eq!(corpus.layout, Layout::EmoDb);
    assert!(said(&corpus), "{:?}", corpus.problems);
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
        (corpus.class_name(two), two.arousal, two.valence),
        (Some("joy"), None, Some(3.0))
    );
    let lines: Vec<_> = corpus.problems.iter().map(|p| (p.kind, p.line)).collect();
    assert_eq!(
        lines[..4],
        [
            (ProblemKind::UnreadableLine, Some(5)), // cells are missing
            (ProblemKind::UnreadableLine, Some(3)), // "high" is no number, the rest is used
            (ProblemKind::UnreadableLine, Some(6)), // outside
            (ProblemKind::MissingAudio, Some(4)),
        ]
    );
}

#[test]
fn lines_are_counted_as_an_editor_counts_them_however_they_end() {
    for end in ["\n", "\r\n"] {
        let dir = tempfile::tempdir().unwrap();
        wav(dir.path(), "a.wav");
        let lines = [
            "\u{feff}path,speaker,emotion,note",
            "",
            "",
            "a.wav,s1,sad,\"two\nlines\"",
            "b.wav,s1,sad,",
            "",
            "c.wav,s1",
        ];
        text(dir.path(), "manifest.csv", &(lines.join(end) + end));
        let corpus = open(dir.path());
        assert_eq!(corpus.utterances[0].origin.1, Some(4));
        assert_eq!(of_kind(&corpus, ProblemKind::MissingAudio)[0].0, Some(6));
        assert_eq!(of_kind(&corpus, ProblemKind::UnreadableLine)[0].0, Some(8));
    }
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
    assert_eq!(corpus.utterances[2].class, None);
    assert_eq!(corpus.class_name(&corpus.utterances[1]), Some("neutral"));
}

#[test]
fn bad_audio_is_found_by_name_and_the_rest_is_measured() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..5 {
        let path = dir.path().join(format!("wav/03a0{i}Fa.wav"));
        tone(&path, 200.0 + 50.0 * i as f32, 0.2);
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

fn fingerprint(corpus: &Corpus) -> String {
    let contents = corpus.contents(&ContentIndex::in_memory(), || ());
    corpus.fingerprint(&contents.unwrap())
}

#[test]
fn the_fingerprint_changes_with_labels_and_with_audio() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    let before = fingerprint(&open(dir.path()));
    assert_eq!(before, fingerprint(&open(dir.path())));
    let mut options = OpenOptions::default();
    options.labels.set_from_text("exc=none").unwrap();
    assert_ne!(
        before,
        fingerprint(&Corpus::open(dir.path(), &options).unwrap())
    );
    let path = open(dir.path()).audio_path(&open(dir.path()).utterances[0]);
    write_wav(
        path,
        &Waveform::at_16k(vec![0.1; 5000]),
        SampleFormat::Int16,
    )
    .unwrap();
    assert_ne!(before, fingerprint(&open(dir.path())));
}

#[test]
fn the_synthetic_corpus_is_an_iemocap_tree_that_calls_itself_synthetic() {
    let settings = synthetic::SyntheticSettings {
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
    assert_eq!(corpus.classes.names(), FOUR);
    for class in 0..4 {
        assert_eq!(
            corpus
                .utterances
                .iter()
                .filter(|u| u.class == Some(class))
                .count(),
            10
        );
    }
    for u in &corpus.utterances {
        assert_eq!(
            fs::read(u.path.under(a.path())).unwrap(),
            fs::read(u.path.under(b.path())).unwrap()
        );
    }
    let problems = audit(&corpus, || {}).problems;
    assert!(problems.is_empty(), "{problems:?}");
    let other = synthetic::SyntheticSettings {
        seed: 6,
        ..settings
    };
    let c = tempfile::tempdir().unwrap();
    synthetic::write(c.path(), other, || {}).unwrap();
    assert_ne!(fingerprint(&open(c.path())), fingerprint(&corpus));
}

#[test]
fn synthetic_values_follow_the_emotion_through_rater_noise() {
    let dir = tempfile::tempdir().unwrap();
    let settings = synthetic::SyntheticSettings {
        seed: 2,
        utterances_per_speaker: 8,
    };
    synthetic::write(dir.path(), settings, || {}).unwrap();
    let corpus = open(dir.path());
    let mean = |class: &str, f: fn(&earnest_corpus::Utterance) -> Option<f32>| {
        let v: Vec<f32> = corpus
            .utterances
            .iter()
            .filter(|u| corpus.class_name(u) == Some(class))
            .filter_map(f)
            .collect();
        v.iter().sum::<f32>() / v.len() as f32
    };
    assert!(mean("angry", |u| u.arousal) > mean("neutral", |u| u.arousal) + 0.5);
    assert!(mean("neutral", |u| u.arousal) > mean("sad", |u| u.arousal) + 0.2);
    assert!(mean("happy", |u| u.valence) > mean("angry", |u| u.valence) + 1.0);
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
    fs::write(
        &marker,
        "{\"note\": \"of another version\", \"settings\": {}}",
    )
    .unwrap();
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

/// A tone of a number of seconds, unlike that of another number.
fn tone(path: &Path, hertz: f32, seconds: f32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..(16_000.0 * seconds) as usize)
        .map(|i| 0.3 * (i as f32 * hertz / 16_000.0 * std::f32::consts::TAU).sin())
        .collect();
    write_wav(path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
}

fn of_kind(corpus: &Corpus, kind: ProblemKind) -> Vec<(Option<usize>, &str)> {
    let problems = corpus.problems.iter().filter(|p| p.kind == kind);
    problems.map(|p| (p.line, p.detail.as_str())).collect()
}

#[test]
fn what_cannot_be_listed_is_a_problem_and_the_rest_is_read() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for name in ["03a01Fa", "08a01Na", "09a01Wa", "10a01Ta"] {
        wav(root, &format!("wav/{name}.wav"));
    }
    assert_eq!(open(root).unlisted().count(), 0);
    symlink("gone", root.join("wav/03a02Fa.wav")).unwrap();
    let odd = root
        .join("wav")
        .join(std::ffi::OsStr::from_bytes(b"\xff.wav"));
    fs::copy(root.join("wav/03a01Fa.wav"), odd).unwrap();
    symlink("..", root.join("wav/up")).unwrap();
    let corpus = open(root);
    assert_eq!(corpus.utterances.len(), 4);
    let mut kinds: Vec<ProblemKind> = corpus.unlisted().map(|p| p.kind).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            ProblemKind::UnlistedFolder,
            ProblemKind::DanglingLink,
            ProblemKind::UnusableName
        ]
    );
}

/// Opens a corpus as a user who may not read everything, in a process of its own: this one is
/// root where the gate runs, and nothing is forbidden to root.
fn what_is_unlisted_for_nobody(root: &Path) -> Option<String> {
    let tool = std::env::current_exe().unwrap();
    let output = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&tool)
        .args(["--exact", "only_for_nobody", "--ignored", "--nocapture"])
        .env("EARNEST_CORPUS_TO_OPEN", root)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.contains("1 passed").then_some(text)
}

#[test]
#[ignore = "run by a_folder_that_may_not_be_read_is_named as another user"]
fn only_for_nobody() {
    let root = std::env::var_os("EARNEST_CORPUS_TO_OPEN").unwrap();
    for problem in open(Path::new(&root)).unlisted() {
        println!("unlisted: {problem}");
    }
}

#[test]
fn a_folder_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    for (folder, actor) in [("Actor_01", "01"), ("Actor_02", "02")] {
        wav(
            dir.path(),
            &format!("{folder}/03-01-05-01-02-01-{actor}.wav"),
        );
    }
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(dir.path(), 0o755);
    allow(&dir.path().join("Actor_02"), 0o700);
    match what_is_unlisted_for_nobody(dir.path()) {
        Some(text) => assert!(
            text.contains("Actor_02: folder that cannot be listed: Permission denied"),
            "{text}"
        ),
        None => println!("SKIPPED: setpriv cannot make this process another user's"),
    }
}

#[test]
fn a_file_of_labels_that_cannot_be_read_hides_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    let labels = dir
        .path()
        .join("Session2/dialog/EmoEvaluation/Ses02M_script01_1.txt");
    fs::remove_file(&labels).unwrap();
    std::os::unix::fs::symlink("gone", &labels).unwrap();
    let corpus = open(dir.path());
    let unlisted: Vec<_> = corpus.unlisted().map(|p| p.file.clone()).collect();
    assert_eq!(unlisted, [labels]);
    assert_eq!(count(&corpus, ProblemKind::MissingFolder), 1);
}

#[test]
fn a_turn_or_a_table_entry_that_is_a_path_is_an_unreadable_line_and_never_a_path() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    let lines = "[0.1 - 1.2]\tx/../../../../../../up_F003\tsad\t[2, 2, 2]\n\
                 [0.1 - 1.2]\t/tmp/x_F003\tsad\t[2, 2, 2]\n\
                 [0.1 - 1.2]\tinner/x_F003\tsad\t[2, 2, 2]\n";
    let path = "Session2/dialog/EmoEvaluation/Ses02M_script01_2.txt";
    text(dir.path(), path, lines);
    let corpus = open(dir.path());
    let bad: Vec<_> = corpus
        .problems
        .iter()
        .filter(|p| p.file == dir.path().join(path))
        .map(|p| (p.kind, p.line))
        .collect();
    let expected: Vec<_> = (1..=3)
        .map(|line| (ProblemKind::UnreadableLine, Some(line)))
        .collect();
    assert_eq!(bad, expected);

    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "samples/EB0_anger_1.wav");
    text(
        dir.path(),
        "data.tsv",
        "file_id\temotion\tspeaker_id\n\
         EB0_anger_1.wav\tanger\tEB0\n\
         ../samples/EB0_anger_1.wav\tanger\tEB0\n\
         /etc/EB0_anger_1.wav\tanger\tEB0\n",
    );
    let corpus = open(dir.path());
    let lines: Vec<_> = of_kind(&corpus, ProblemKind::UnreadableLine)
        .into_iter()
        .map(|(line, _)| line)
        .collect();
    assert_eq!(lines, [Some(3), Some(4)]);
}

#[test]
fn a_manifest_that_the_user_names_may_list_any_file_and_one_in_a_folder_may_not() {
    let dir = tempfile::tempdir().unwrap();
    let (home, disk) = (dir.path().join("home"), dir.path().join("disk"));
    tone(&disk.join("one/a.wav"), 200.0, 0.2);
    tone(&disk.join("two/a.wav"), 300.0, 0.2);
    tone(&disk.join("two/b.wav"), 400.0, 0.2);
    fs::create_dir_all(&home).unwrap();
    std::os::unix::fs::symlink(&disk, home.join("link")).unwrap();
    let table = format!(
        "path,speaker,emotion\n{0}/one/a.wav,s1,sad\n../disk/two/a.wav,s2,angry\nlink/two/b.wav,s3,happy\n",
        disk.display()
    );
    text(&home, "manifest.csv", &table);
    let places = |corpus: &Corpus| -> Vec<String> {
        corpus
            .utterances
            .iter()
            .map(|u| u.path.to_string())
            .collect()
    };
    let named = open(&home.join("manifest.csv"));
    assert_eq!(
        places(&named),
        ["disk/one/a.wav", "disk/two/a.wav", "home/link/two/b.wav"]
    );
    for u in &named.utterances {
        assert_eq!(named.read(u).unwrap().samples().len(), 3200, "{}", u.id);
    }
    // Found in a folder, it reaches no further than the folder; a link in it is a folder's own.
    let found = open(&home);
    assert_eq!(places(&found), ["link/two/b.wav"]);
    let refused = of_kind(&found, ProblemKind::UnreadableLine);
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused.iter().all(|(_, why)| why.contains("outside")));
}

#[test]
fn a_root_says_what_a_manifests_paths_are_relative_to_and_is_refused_without_a_manifest() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("disk/wav/a.wav"), 200.0, 0.2);
    text(
        dir.path(),
        "lists/m.csv",
        "path,speaker,emotion\nwav/a.wav,s1,sad\n",
    );
    let options = OpenOptions {
        root: Some(dir.path().join("disk")),
        ..OpenOptions::default()
    };
    let corpus = Corpus::open(&dir.path().join("lists/m.csv"), &options).unwrap();
    assert_eq!(corpus.utterances[0].path.as_str(), "wav/a.wav");
    assert!(corpus.read(&corpus.utterances[0]).is_ok());
    let iemocap_folder = dir.path().join("iemocap");
    iemocap(&iemocap_folder);
    let error = Corpus::open(&iemocap_folder, &options).unwrap_err();
    assert!(matches!(error, CorpusError::Root { .. }), "{error}");
}

#[test]
fn an_utterance_is_the_stretch_of_its_file_that_the_table_says() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("talk.wav"), 200.0, 4.0);
    text(
        dir.path(),
        "manifest.csv",
        "file,start,end,speaker,emotion\n\
         talk.wav,0 days 00:00:00,0 days 00:00:01.500000,a,sad\n\
         talk.wav,0 days 00:00:01.5,NaT,b,angry\n\
         talk.wav,2,1,b,angry\n\
         talk.wav,-1,1,b,angry\n\
         talk.wav,soon,1,b,angry\n\
         talk.wav,3.5,9,b,happy\n",
    );
    let corpus = open(dir.path());
    let found: Vec<(&str, &str)> = corpus
        .utterances
        .iter()
        .map(|u| (u.id.as_str(), u.path.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("talk_0-1.5", "talk_0-1.5.wav"),
            ("talk_1.5-end", "talk_1.5-end.wav"),
            ("talk_3.5-9", "talk_3.5-9.wav"),
        ]
    );
    let whole = earnest_audio::read(dir.path().join("talk.wav")).unwrap();
    let read = |i: usize| corpus.read(&corpus.utterances[i]);
    assert_eq!(read(0).unwrap().samples(), &whole.samples()[..24_000]);
    assert_eq!(read(1).unwrap().samples(), &whole.samples()[24_000..]);
    let bad: Vec<_> = of_kind(&corpus, ProblemKind::UnreadableLine)
        .into_iter()
        .map(|(line, _)| line)
        .collect();
    assert_eq!(bad, [Some(4), Some(5), Some(6)]);
    // That the last one ends beyond the file shows when it is decoded, and has its line.
    let audited = audit(&corpus, || {});
    let beyond = audited.problems.iter().find(|p| p.line == Some(7)).unwrap();
    assert_eq!(beyond.kind, ProblemKind::BadAudio);
    assert!(beyond.detail.contains("lasts 4.000 s"), "{}", beyond.detail);
    assert_eq!(audited.facts[0].unwrap().duration_s, 1.5);
}

#[test]
fn an_object_where_a_number_should_be_is_a_problem_and_does_not_mean_the_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("x.wav"), 200.0, 1.0);
    text(
        dir.path(),
        "manifest.jsonl",
        "{\"file\": \"x.wav\", \"start\": 0.5, \"end\": null, \"speaker\": \"a\", \"label\": \"sad\"}\n\
         {\"file\": \"x.wav\", \"start\": [0.2], \"speaker\": \"a\", \"label\": \"sad\"}\n",
    );
    let corpus = open(dir.path());
    assert_eq!(corpus.utterances.len(), 1);
    assert_eq!(corpus.utterances[0].path.as_str(), "x_0.5-end.wav");
    assert_eq!(of_kind(&corpus, ProblemKind::UnreadableLine)[0].0, Some(2));
}

#[test]
fn one_file_under_many_ids_counts_once_and_contradictions_are_named() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("a.wav"), 200.0, 0.2);
    std::os::unix::fs::symlink("a.wav", dir.path().join("b.wav")).unwrap();
    let mut table = "path,id,speaker,emotion\n".to_owned();
    for i in 0..12 {
        let label = ["sad", "angry"][i % 2];
        table.push_str(&format!("./a.wav,u{i:02},s{},{label}\n", i % 3));
    }
    table.push_str("b.wav,link,s0,sad\n");
    text(dir.path(), "manifest.csv", &table);
    let corpus = open(dir.path());
    assert_eq!(corpus.utterances.len(), 1);
    let again = of_kind(&corpus, ProblemKind::ListedAgain);
    assert_eq!(again.len(), 12);
    assert!(
        again[0].1.contains("speakers contradict: s0 and s1")
            && again[0].1.contains("labels contradict: sad and angry"),
        "{}",
        again[0].1
    );
    assert!(!again[11].1.contains("contradict"), "{}", again[11].1);
}

#[test]
fn two_files_that_a_robot_would_record_as_one_do_not_both_count() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("a.wav"), 200.0, 0.2);
    tone(&dir.path().join("a.wave"), 300.0, 0.2);
    text(
        dir.path(),
        "manifest.csv",
        "path,id,speaker,emotion\na.wav,1,s1,sad\na.wave,2,s2,sad\n",
    );
    let corpus = open(dir.path());
    assert_eq!(corpus.utterances.len(), 1);
    assert_eq!(count(&corpus, ProblemKind::SamePlace), 1);
}

#[test]
fn a_manifest_without_speakers_or_with_one_is_said_loudly() {
    let dir = tempfile::tempdir().unwrap();
    for (i, name) in ["a", "b", "c"].iter().enumerate() {
        tone(
            &dir.path().join(format!("{name}.wav")),
            200.0 + 50.0 * i as f32,
            0.2,
        );
    }
    let manifest = |speakers: [&str; 3]| {
        let [a, b, c] = speakers;
        let table = format!("path,speaker,emotion\na.wav,{a},sad\nb.wav,{b},sad\nc.wav,{c},sad\n");
        text(dir.path(), "manifest.csv", &table);
        open(dir.path())
    };
    let corpus = manifest(["s1", "s2", "s2"]);
    assert!(corpus.has_speakers());
    assert_eq!(count(&corpus, ProblemKind::OneSpeaker), 0);
    let corpus = manifest(["s1", "s1", "s1"]);
    assert!(!corpus.has_speakers());
    let said = of_kind(&corpus, ProblemKind::OneSpeaker);
    assert!(said[0].1.contains("only s1 speaks"), "{said:?}");
    // Who is not named may be any of the others.
    let corpus = manifest(["s1", "s2", ""]);
    assert!(!corpus.has_speakers());
    assert_eq!(of_kind(&corpus, ProblemKind::UnknownSpeaker)[0].0, Some(4));
    assert_eq!(corpus.utterances.len(), 3);
    text(
        dir.path(),
        "manifest.csv",
        "path,emotion\na.wav,sad\nb.wav,sad\n",
    );
    let corpus = open(dir.path());
    assert!(!corpus.has_speakers());
    assert_eq!(count(&corpus, ProblemKind::UnknownSpeaker), 2);
    let said = of_kind(&corpus, ProblemKind::OneSpeaker);
    assert!(said[0].1.contains("no speaker is named"), "{said:?}");
}

#[test]
fn a_class_or_a_known_speaker_that_is_missing_is_a_problem() {
    let dir = tempfile::tempdir().unwrap();
    for speaker in ["03", "08", "09", "10", "11", "12", "13", "14", "15"] {
        for (text, emotion) in ["W", "F", "T"].iter().enumerate() {
            wav(dir.path(), &format!("wav/{speaker}a0{text}{emotion}a.wav"));
        }
    }
    let corpus = open(dir.path());
    let missing = of_kind(&corpus, ProblemKind::MissingSpeaker);
    assert_eq!(missing.len(), 1);
    assert!(missing[0].1.contains("speaker 16"), "{missing:?}");
    let missing = of_kind(&corpus, ProblemKind::MissingClass);
    assert_eq!(missing.len(), 1);
    assert!(missing[0].1.contains("counts as neutral"), "{missing:?}");
    wav(dir.path(), "wav/16a01Na.wav");
    let corpus = open(dir.path());
    assert!(corpus.problems.is_empty(), "{:?}", corpus.problems);
    // Nobody wrote down how URDU numbers its 38.
    let dir = tempfile::tempdir().unwrap();
    wav(dir.path(), "Angry/SM1_F10_A010.wav");
    wav(dir.path(), "Sad/SF4_F2_S02.wav");
    let corpus = open(dir.path());
    let missing = of_kind(&corpus, ProblemKind::MissingSpeaker);
    assert!(
        missing[0].1.contains("38 speakers; 2 are here"),
        "{missing:?}"
    );
}

#[test]
fn two_files_with_the_same_samples_are_named_whatever_holds_them() {
    let dir = tempfile::tempdir().unwrap();
    let samples: Vec<f32> = (0..4000).map(|i| 0.3 * (i as f32 * 0.1).sin()).collect();
    let write = |name: &str, gain: f32, format| {
        let samples = samples.iter().map(|x| gain * x).collect();
        fs::create_dir_all(dir.path().join("wav")).unwrap();
        write_wav(
            dir.path().join("wav").join(name),
            &Waveform::at_16k(samples),
            format,
        )
        .unwrap();
    };
    write("03a01Fa.wav", 1.0, SampleFormat::Int16);
    write("08a01Na.wav", 0.5, SampleFormat::Int16);
    // As 32-bit floats it is another file with the same samples.
    let read = earnest_audio::read(dir.path().join("wav/03a01Fa.wav")).unwrap();
    write_wav(
        dir.path().join("wav/09a01Wa.wav"),
        &read,
        SampleFormat::Float32,
    )
    .unwrap();
    let audited = audit(&open(dir.path()), || {});
    let same: Vec<_> = audited
        .problems
        .iter()
        .map(|p| (p.kind, p.detail.as_str()))
        .collect();
    assert_eq!(
        same,
        [(
            ProblemKind::SameAudio,
            "09a01Wa has the same samples as 03a01Fa"
        )]
    );
}

#[test]
fn moments_under_other_names_are_understood_and_those_that_are_not_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("a.wav"), 200.0, 3.0);
    let stretch = |header: &str, cells: &str| -> Result<Option<String>, String> {
        let content = format!("path,speaker,emotion,{header}\na.wav,s,angry,{cells}\n");
        text(dir.path(), "manifest.csv", &content);
        let corpus =
            Corpus::open(dir.path(), &OpenOptions::default()).map_err(|e| e.to_string())?;
        Ok(corpus.utterances[0].stretch.map(|s| s.to_string()))
    };
    for (header, cells) in [
        ("start,end", "0.5,2"),
        ("start_time,end_time", "0.5,2"),
        ("begin,stop", "0.5,2"),
        ("onset,offset", "0.5,2"),
        ("offset,duration", "0.5,1.5"),
        ("Start,Duration", "0.5,1.5"),
        ("segment_start,segment_end", "0.5,2"),
        ("start,end,duration", "0.5,2,3"),
    ] {
        assert_eq!(stretch(header, cells), Ok(Some("0.5-2".into())), "{header}");
    }
    // A file's own length says nothing of a part of it.
    assert_eq!(stretch("duration", "3"), Ok(None));
    for (header, cells) in [
        ("start_ms,end_ms", "500,2000"),
        ("startFrame", "8000"),
        ("t_begin,t_end", "0.5,2"),
        ("offset", "0.5"),
    ] {
        let error = stretch(header, cells).unwrap_err();
        assert!(
            error.contains("seems to say where utterances begin or end"),
            "{header}: {error}"
        );
    }
}

#[test]
fn a_column_that_seems_misspelt_is_named_with_the_one_that_was_meant() {
    let dir = tempfile::tempdir().unwrap();
    tone(&dir.path().join("a.wav"), 200.0, 1.0);
    let problems = |header: &str| -> Vec<String> {
        let content = format!("{header}\na.wav,s,angry,1,2\n");
        text(dir.path(), "manifest.csv", &content);
        let corpus = Corpus::open(dir.path(), &OpenOptions::default()).unwrap();
        corpus.problems.iter().map(ToString::to_string).collect()
    };
    let of = |header: &str| problems(header).join(" ");
    let said = of("path,speaker,emotoin,arousal,valence");
    assert!(
        said.contains("the column emotoin") && said.contains("was emotion meant"),
        "{said}"
    );
    let said = of("path,speakr,emotion,arousal,valence");
    assert!(said.contains("was speaker meant"), "{said}");
    // Others are nobody's business.
    for fine in [
        "path,speaker,emotion,model,text",
        "path,speaker,emotion,arousal,valence_std",
    ] {
        assert!(!of(fine).contains("passed over"), "{}", of(fine));
    }
}

#[test]
fn two_columns_for_one_meaning_are_refused_with_both_names() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.wav", "b.wav"] {
        tone(&dir.path().join(name), 200.0, 1.0);
    }
    let error = |name: &str, content: &str| {
        text(dir.path(), name, content);
        let path = dir.path().join(name);
        let error = Corpus::open(&path, &OpenOptions::default()).unwrap_err();
        error.to_string()
    };
    let said = error("m.csv", "path,file,speaker,emotion\na.wav,b.wav,s,angry\n");
    assert!(
        said.contains("the columns path and file both say the path"),
        "{said}"
    );
    let said = error("m.csv", "path,speaker,label,emotion\na.wav,s,angry,sad\n");
    assert!(said.contains("label and emotion"), "{said}");
    let said = error(
        "m.jsonl",
        "{\"path\": \"a.wav\", \"speaker\": \"s\", \"label\": \"angry\", \"emotion\": \"sad\"}\n",
    );
    assert!(said.contains("emotion") && said.contains("label"), "{said}");
}

#[test]
fn sentences_of_which_no_label_speaks_are_named_with_their_count() {
    let dir = tempfile::tempdir().unwrap();
    iemocap(dir.path());
    assert_eq!(of_kind(&open(dir.path()), ProblemKind::Unlabelled), []);
    // A file of labels that has lost its end, one that is empty, one that is gone.
    let table = "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt";
    text(
        dir.path(),
        table,
        &EVALUATION[..EVALUATION.find("[14.").unwrap()],
    );
    let named = |corpus: &Corpus| -> Vec<String> {
        let unlabelled = of_kind(corpus, ProblemKind::Unlabelled);
        unlabelled
            .into_iter()
            .map(|(_, detail)| detail.to_owned())
            .collect()
    };
    let lost = named(&open(dir.path()));
    assert_eq!(lost.len(), 1);
    assert!(
        lost[0].starts_with("3 sentences have no line of labels") && lost[0].contains("_F001.wav"),
        "{lost:?}"
    );
    text(dir.path(), table, "");
    assert!(named(&open(dir.path()))[0].starts_with("5 sentences"));
    fs::remove_file(dir.path().join(table)).unwrap();
    assert!(named(&open(dir.path()))[0].starts_with("5 sentences"));
}

#[test]
fn a_corpus_has_the_papers_classes_where_it_can_and_all_its_labels_otherwise_or_if_asked() {
    let dir = tempfile::tempdir().unwrap();
    for (text, emotion) in (1..).zip(["W", "L", "E", "A", "F", "T", "N"]) {
        wav(dir.path(), &format!("wav/03a0{text}{emotion}a.wav"));
    }
    let with = |classes: Classes| open_with(dir.path(), classes);
    let usual = with(Classes::Usual);
    assert_eq!(usual.classes.names(), FOUR);
    assert!(usual.classes.is_four());
    let all = with(Classes::All);
    assert_eq!(
        all.classes.names(),
        [
            "angry", "bored", "disgust", "fear", "happy", "neutral", "sad"
        ]
    );
    assert!(all.utterances.iter().all(|u| u.class.is_some()));
    let named = with("fear,boredom".parse().unwrap());
    let counts = named.label_counts();
    assert_eq!(counts["boredom"], (Some("boredom"), 1));
    assert_eq!(counts["anger"], (None, 1));
    // Without a neutral utterance the four cannot be told apart.
    fs::remove_file(dir.path().join("wav/03a07Na.wav")).unwrap();
    let rest = with(Classes::Usual);
    assert_eq!(rest.classes.names().len(), 6);
    let missing = of_kind(&rest, ProblemKind::MissingClass);
    assert!(missing[0].1.contains("neutral"), "{missing:?}");
    assert_eq!(with(Classes::Four).classes.names(), FOUR);
}

#[test]
fn utterances_with_values_and_without_a_class_serve_the_dimensional_task_unless_it_is_the_papers() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d", "e", "f"] {
        wav(dir.path(), &format!("{name}.wav"));
    }
    text(
        dir.path(),
        "manifest.csv",
        "path,speaker,label,arousal,valence,dominance,intensity\n\
         a.wav,1,angry,1,2,3,strong\nb.wav,1,happy,1,2,3,\nc.wav,2,neutral,1,2,3,\n\
         d.wav,2,sad,1,2,3,\ne.wav,2,xxx,1,2,3,\nf.wav,1,,4,5,6,\n",
    );
    let with = |classes: Classes| open_with(dir.path(), classes);
    // The paper's set limits both tasks where it is asked for, and not where nobody asked.
    let usual = with(Classes::Usual);
    assert!(usual.classes.is_four());
    assert_eq!(usual.usual_scales(), Scale::ALL);
    assert_eq!(usual.usable(&usual.usual_scales()).utterances.len(), 6);
    let four = with(Classes::Four);
    assert_eq!(four.usual_scales(), Scale::PAPER);
    assert_eq!(four.usable(&four.usual_scales()).utterances.len(), 4);
    let all = with(Classes::All);
    assert_eq!(all.classes.names(), FOUR);
    assert_eq!(all.usual_scales(), Scale::ALL);
    assert_eq!(all.usable(&all.usual_scales()).utterances.len(), 6);
    let f = &all.utterances[5];
    assert_eq!(all.rated(f, &Scale::ALL), Some(vec![4.0, 5.0, 6.0]));
    assert_eq!(all.utterances[0].intensity.as_deref(), Some("strong"));
    assert_eq!(f.class, None);
}
