//! `earnest corpus inspect` and `earnest corpus synthesize`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use earnest_corpus::synthetic::{SyntheticSettings, count, write};
use earnest_corpus::{Audit, ContentIndex, Corpus, Problem, ProblemKind, audit};
use earnest_experiment::{Folding, Protocol, Validation, folds, open_corpus};
use earnest_files::OneWriter;
use serde_json::json;

use super::options::{ClassOptions, ReadingOptions};
use super::outputs::one_writer;
use super::{must_exist, text_table};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::visible::on_one_line;

/// Look at a corpus, or make one.
#[derive(Subcommand)]
pub enum Command {
    /// Say what a folder holds and what is wrong with it
    #[command(after_help = "Example:\n  earnest corpus inspect EmoDB\n\n\
        Recognises IEMOCAP, EmoDB, RAVDESS (speech), CREMA-D, TESS, SAVEE, URDU, nEMO, EmoTale, ESD, EMOVO, MELD, \
        MSP-Podcast, audformat, Kaldi's data directories with utt2emo, and manifests \
        (manifest.csv, manifest.jsonl, Hugging Face's metadata.csv) with the columns path, speaker, emotion and \
        optionally start, end (a stretch of the file: seconds, or audformat's 0 days 00:00:01.25), session, id, \
        arousal, valence, sex, language. A manifest that is found in a folder lists files in it; one that you name may list \
        any, relative to its own folder or to --root.\n\n\
        Names what is wrong: lines, files, folders and links that cannot be read, files listed again or with the \
        same samples, speakers and classes that are missing. If something could not be listed, so that nobody knows \
        what else the corpus holds, the rest is done and the exit code is 1.")]
    Inspect(Inspect),
    /// Write a synthetic corpus in IEMOCAP's layout
    #[command(
        after_help = "Example:\n  earnest corpus synthesize my-corpus --seed 7\n\n\
        Ten speakers in five sessions, labels, arousal and valence. It is no speech, but everything that reads a \
        corpus can be tried on it. The same seed writes the same bytes."
    )]
    Synthesize(Synthesize),
}

/// `earnest corpus inspect`.
#[derive(Args)]
pub struct Inspect {
    /// Folder of a corpus as it was unpacked, or a manifest file
    #[arg(value_name = "DIR")]
    corpus: PathBuf,
    #[command(flatten)]
    reading: ReadingOptions,
    #[command(flatten)]
    classes: ClassOptions,
    /// Do not decode the audio: no hours, no check for silent or clipped files
    #[arg(long)]
    no_audio: bool,
    /// Print every problem, not the first few of each kind
    #[arg(long)]
    all_problems: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `earnest corpus synthesize`.
#[derive(Args)]
pub struct Synthesize {
    /// Where to write it: a folder that is not there or is empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Same seed, same bytes
    #[arg(long, default_value_t = SyntheticSettings::default().seed)]
    seed: u64,
    /// Four-class utterances of each of the 10 speakers
    #[arg(long, default_value_t = SyntheticSettings::default().utterances_per_speaker, value_name = "N")]
    utterances_per_speaker: usize,
}

/// Runs the verb.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Inspect(a) => inspect(&a),
        Command::Synthesize(a) => synthesize(&a),
    }
}

fn synthesize(a: &Synthesize) -> Result<(), Failure> {
    let occupied = std::fs::read_dir(&a.folder).is_ok_and(|mut d| d.next().is_some());
    // One that was begun is gone on with.
    if occupied && !OneWriter::has_begun(&a.folder) {
        return Err(Failure::asked(format!(
            "{} is not empty; give a new folder",
            a.folder.display()
        )));
    }
    if !(4..=900).contains(&a.utterances_per_speaker) {
        return Err(Failure::asked(
            "--utterances-per-speaker must lie between 4 (one of each class) and 900",
        ));
    }
    let settings = SyntheticSettings {
        seed: a.seed,
        utterances_per_speaker: a.utterances_per_speaker,
    };
    let writer = one_writer("DIR", &a.folder)?;
    let progress = Progress::new();
    progress.start("synthesising speech", count(settings));
    let result = write(&a.folder, settings, || progress.advance());
    progress.finish();
    result?;
    writer.finish();
    say!(
        "Wrote {} synthetic utterances of 10 speakers to {}.",
        count(settings),
        a.folder.display()
    );
    say!("Next: earnest corpus inspect {}", a.folder.display());
    Ok(())
}

/// Problems shown of each kind unless all are asked for.
const SHOWN: usize = 5;

fn inspect(a: &Inspect) -> Result<(), Failure> {
    must_exist("the corpus", &a.corpus)?;
    let corpus = open_corpus(&a.reading.spec(a.corpus.clone()), &a.classes.spec())?;
    let audited = if a.no_audio {
        None
    } else {
        let progress = Progress::new();
        progress.start("decoding", corpus.utterances.len());
        let result = audit(&corpus, || progress.advance());
        progress.finish();
        Some(result)
    };
    if a.json {
        print_json(&corpus, audited.as_ref())?;
        return whole(&corpus);
    }
    say!(
        "{}: {} layout, {} utterances",
        corpus.root.display(),
        corpus.layout.name(),
        corpus.utterances.len()
    );
    if corpus.synthetic {
        say!("This is a {}.", corpus.name);
    }
    if let Some(audited) = &audited {
        say!("{}", audio_line(audited));
    }
    print_labels(&corpus);
    print_speakers(&corpus, audited.as_ref());
    print_folds(&corpus);
    let mut problems: Vec<&Problem> = corpus.problems.iter().collect();
    if let Some(audited) = &audited {
        problems.extend(&audited.problems);
    }
    print_problems(&problems, a.all_problems);
    whole(&corpus)
}

/// A failure if the corpus may hold more than was found.
fn whole(corpus: &Corpus) -> Result<(), Failure> {
    match corpus.unlisted().count() {
        0 => Ok(()),
        n => Err(anyhow::anyhow!(
            "{n} folders, links, names or files of labels of {} could not be read (see Problems): the corpus may hold more",
            corpus.root.display()
        )
        .into()),
    }
}

fn audio_line(audited: &Audit) -> String {
    let facts: Vec<_> = audited.facts.iter().flatten().collect();
    let seconds: f64 = facts.iter().map(|f| f.duration_s).sum();
    let mut rates: BTreeMap<(u32, usize), usize> = BTreeMap::new();
    for f in &facts {
        *rates.entry((f.sample_rate, f.channels)).or_default() += 1;
    }
    let rates: Vec<String> = rates
        .iter()
        .map(|((rate, channels), n)| {
            let channels = match channels {
                1 => "mono".to_owned(),
                2 => "stereo".to_owned(),
                n => format!("{n} channels"),
            };
            format!("{n} at {rate} Hz {channels}")
        })
        .collect();
    let shortest = facts
        .iter()
        .map(|f| f.duration_s)
        .fold(f64::INFINITY, f64::min);
    let longest = facts.iter().map(|f| f.duration_s).fold(0.0, f64::max);
    if facts.is_empty() {
        return "Audio: none could be decoded".to_owned();
    }
    format!(
        "Audio: {:.2} h, utterances of {shortest:.2} to {longest:.2} s; {}",
        seconds / 3600.0,
        rates.join(", ")
    )
}

fn print_labels(corpus: &Corpus) {
    let rows: Vec<Vec<String>> = corpus
        .label_counts()
        .into_iter()
        .map(|(label, (class, n))| vec![label, class.unwrap_or("–").to_owned(), n.to_string()])
        .collect();
    say!("\nLabels, and the class each counts as (change with --map label=class):");
    say!(
        "{}",
        text_table(
            &["label", "class", "utterances"].map(String::from),
            &rows,
            2
        )
    );
}

fn print_speakers(corpus: &Corpus, audited: Option<&Audit>) {
    let classes = corpus.classes.names();
    let none = || (vec![0; classes.len()], 0, 0.0);
    let mut rows: BTreeMap<(String, String), (Vec<usize>, usize, f64)> = BTreeMap::new();
    for (i, u) in corpus.utterances.iter().enumerate() {
        let key = (
            u.session.clone().unwrap_or_else(|| "–".into()),
            u.speaker.clone(),
        );
        let row = rows.entry(key).or_insert_with(none);
        match u.class.and_then(|class| row.0.get_mut(class)) {
            Some(count) => *count += 1,
            None => row.1 += 1,
        }
        row.2 += audited
            .and_then(|a| a.facts.get(i)?.as_ref())
            .map_or(0.0, |f| f.duration_s);
    }
    let mut titles: Vec<String> = ["session", "speaker"].map(String::from).to_vec();
    titles.extend(classes.iter().cloned());
    titles.extend(["all classes", "no class"].map(String::from));
    if audited.is_some() {
        titles.push("minutes".into());
    }
    let mut total = none();
    let mut cells = Vec::new();
    let line = |session: String, speaker: String, row: &(Vec<usize>, usize, f64)| {
        let mut cells = vec![session, speaker];
        cells.extend(row.0.iter().map(usize::to_string));
        cells.push(row.0.iter().sum::<usize>().to_string());
        cells.push(row.1.to_string());
        if audited.is_some() {
            cells.push(format!("{:.1}", row.2 / 60.0));
        }
        cells
    };
    for ((session, speaker), row) in &rows {
        for (t, n) in total.0.iter_mut().zip(&row.0) {
            *t += n;
        }
        total.1 += row.1;
        total.2 += row.2;
        cells.push(line(session.clone(), speaker.clone(), row));
    }
    cells.push(line(
        "all".into(),
        format!("{} speakers", rows.len()),
        &total,
    ));
    say!("\nUtterances by speaker and class:");
    // Many classes go down the side, unless there are still more speakers.
    if classes.len() > CLASSES_ACROSS && cells.len() <= classes.len() {
        let (titles, cells) = turned(&titles, &cells);
        say!("{}", text_table(&titles, &cells, 1));
    } else {
        say!("{}", text_table(&titles, &cells, 2));
    }
}

/// More classes than these stand below each other, and speakers across.
const CLASSES_ACROSS: usize = 10;

/// The table of speakers and classes with its rows for columns; who a column is about is said with
/// the session where there is one.
fn turned(titles: &[String], cells: &[Vec<String>]) -> (Vec<String>, Vec<Vec<String>>) {
    let name = |row: &Vec<String>| match (row[0].as_str(), row[1].as_str()) {
        ("–" | "all", speaker) => speaker.to_owned(),
        (session, speaker) => format!("{session}: {speaker}"),
    };
    let mut across = vec!["class".to_owned()];
    across.extend(cells.iter().map(name));
    let down = titles.iter().enumerate().skip(2).map(|(i, title)| {
        let mut row = vec![title.clone()];
        row.extend(cells.iter().map(|speaker| speaker[i].clone()));
        row
    });
    (across, down.collect())
}

fn print_folds(corpus: &Corpus) {
    let usable = corpus.usable(&corpus.usual_scales());
    let speakers = usable.speakers();
    let protocol = Protocol::suited(speakers.len());
    match protocol.folds(&usable, corpus) {
        Err(error) => say!("\nFolds: {error}"),
        Ok(Folding {
            folds,
            own_sessions: own,
            ..
        }) => {
            let validation = Validation::suited(corpus.layout, &protocol, speakers.len());
            let by_name = !own && !matches!(validation, Validation::Fraction(_));
            say!(
                "\nFolds: {}, {}; {}{}:",
                folds.len(),
                protocol.words(),
                validation.words(),
                if by_name {
                    " (chosen by name, as there are no sessions)"
                } else {
                    ""
                }
            );
            let list: Vec<String> = folds
                .into_iter()
                .map(|fold| match validation.apply(fold, own) {
                    Ok(f) if f.validation.is_empty() => f.name,
                    Ok(f) => format!("{} (validated by {})", f.name, f.validation.join(" and ")),
                    Err(error) => error.to_string(),
                })
                .collect();
            say!("  {}", list.join(", "));
        }
    }
}

fn print_problems(problems: &[&Problem], all: bool) {
    if problems.is_empty() {
        say!("\nNo problems found.");
        return;
    }
    let mut by_kind: BTreeMap<ProblemKind, Vec<&Problem>> = BTreeMap::new();
    for p in problems {
        by_kind.entry(p.kind).or_default().push(p);
    }
    say!("\nProblems: {}", problems.len());
    let mut hidden = false;
    for (kind, list) in by_kind {
        let effect = if kind.excludes() { "left out" } else { "kept" };
        say!("  {} ({}, {effect}):", kind.name(), list.len());
        let shown = if all { list.len() } else { SHOWN };
        for p in list.iter().take(shown) {
            let line = p.line.map_or(String::new(), |l| format!(":{l}"));
            let words = format!("{}{line}: {}", p.file.display(), p.detail);
            say!("    {}", on_one_line(&words));
        }
        if list.len() > shown {
            say!("    … and {} more", list.len() - shown);
            hidden = true;
        }
    }
    if hidden {
        say!("  --all-problems prints them all.");
    }
}

fn print_json(corpus: &Corpus, audited: Option<&Audit>) -> Result<(), Failure> {
    let contents = corpus.contents(&ContentIndex::of_user(), || ())?;
    let problems: Vec<_> = corpus
        .problems
        .iter()
        .chain(audited.iter().flat_map(|a| &a.problems))
        .map(|p| {
            json!({"kind": p.kind.name(), "file": p.file, "line": p.line, "detail": p.detail, "left_out": p.kind.excludes()})
        })
        .collect();
    let utterances: Vec<_> = corpus
        .utterances
        .iter()
        .enumerate()
        .map(|(i, u)| {
            let facts = audited.and_then(|a| a.facts.get(i)?.as_ref());
            json!({
                "id": u.id, "path": u.path, "file": u.file,
                "start": u.stretch.map(|s| s.start_s()), "end": u.stretch.and_then(|s| s.end_s()), "speaker": u.speaker, "session": u.session,
                "sex": u.sex, "language": u.language, "label": u.label, "intensity": u.intensity, "emotion": corpus.class_name(u),
                "arousal": u.arousal, "valence": u.valence, "dominance": u.dominance,
                "duration_s": facts.map(|f| f.duration_s),
                "sample_rate": facts.map(|f| f.sample_rate),
                "channels": facts.map(|f| f.channels),
            })
        })
        .collect();
    let list = folds(&corpus.usable(&corpus.usual_scales())).map(|(folds, _)| folds);
    let value = json!({
        "root": corpus.root.to_string_lossy(), "layout": corpus.layout.name(), "name": corpus.name,
        "synthetic": corpus.synthetic, "fingerprint": corpus.fingerprint(&contents),
        "classes": corpus.classes.names(),
        "labels": corpus.label_counts().into_iter()
            .map(|(l, (e, n))| json!({"label": l, "class": e, "utterances": n})).collect::<Vec<_>>(),
        "folds": list.as_ref().ok(),
        "folds_error": list.as_ref().err().map(ToString::to_string),
        "problems": problems, "utterances": utterances,
    });
    crate::say::data(&serde_json::to_string_pretty(&value)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_turned_has_the_same_cells() {
        let texts = |cells: &[&str]| -> Vec<String> { cells.iter().map(|c| (*c).into()).collect() };
        let titles = texts(&["session", "speaker", "angry", "no class"]);
        let cells = [
            texts(&["1", "F", "3", "0"]),
            texts(&["–", "M", "4", "1"]),
            texts(&["all", "2 speakers", "7", "1"]),
        ];
        let (across, down) = turned(&titles, &cells);
        assert_eq!(across, ["class", "1: F", "M", "2 speakers"]);
        assert_eq!(down[0], ["angry", "3", "4", "7"]);
        assert_eq!(down[1], ["no class", "0", "1", "1"]);
    }
}
