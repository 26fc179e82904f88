//! A manifest: a table of audio files. CSV, TSV or JSONL (one object a line); Hugging
//! Face's AudioFolder (`metadata.csv`, `metadata.jsonl`) is one, audformat's tables
//! (`file`, `start`, `end`) are, and so is what `earnest predict` prints.
//!
//! | column | other names | meaning |
//! |---|---|---|
//! | `path` | `file_name`, `file`, `filename`, `audio`, `wav` | audio file, relative to the manifest or to `--root` |
//! | `start` | `start_time`, `begin`, `onset`, `segment_start`, `offset` beside `duration` | optional: where the utterance begins in the file, seconds or `0 days 00:00:01.25` |
//! | `end` | `end_time`, `stop`, `segment_end`, `offset` beside `onset` | optional: where it ends; empty or `NaT` is the file's end |
//! | `duration` | `segment_duration` | optional, beside a start and without an end: how long it lasts, seconds |
//! | `speaker` | `speaker_id`, `spk`, `spk_id`, `actor`, `talker` | who speaks; needed for folds |
//! | `emotion` | `label`, `class`, `category` | the label; may be missing where there are arousal and valence |
//! | `session` | `session_id`, `dialogue` | optional: speakers recorded together |
//! | `id` | `utterance`, `utterance_id`, `key` | optional; the utterance's place without extension otherwise |
//! | `arousal` | `activation`, `aro` | optional number |
//! | `valence` | `val` | optional number |
//! | `dominance` | `dom`, `control`, `power` | optional number |
//! | `intensity` | `level`, `strength` | optional: how strongly the emotion is shown, in any words |
//! | `sex` | `gender` | optional |
//! | `language` | `lang` | optional: a code of ISO 639 (`de`, `deu`) or an English name |
//!
//! A cell that begins with `'` and a formula (`'=anna`) is the text behind the `'`, which our own
//! tables put there for spreadsheets; but not in the column `path`.
//!
//! Other columns are ignored, but for those that seem to say where an utterance begins or ends and
//! are none of these (`start_ms`): who passed over them would take whole files for the utterances.
//! Two columns for one meaning are refused. This is the one list of names: corpora, and the verbs that take
//! a manifest for its files only ([`listed_files`]), know the same.
//!
//! A manifest that is found in a folder may have come with it from anywhere: it lists files in
//! that folder, by relative paths without `..`. One that the user names may list any file. Where
//! an utterance then lies below a robot's recordings says the module `place`.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use earnest_audio::Stretch;
use earnest_files::{MOST_TEXT, RelativePath, nearest, read_file, text_of_cell};

use super::table::Lines;
use super::{Reach, Reading, Survey, moment, numbered_lines, place, stem_and_folder};
use crate::language::Language;
use crate::problem::{Problem, ProblemKind};
use crate::sex::Sex;
use crate::utterance::{UNKNOWN_SPEAKER, Utterance};

const NAMES: [&str; 6] = [
    "manifest.csv",
    "manifest.tsv",
    "manifest.jsonl",
    "metadata.csv",
    "metadata.tsv",
    "metadata.jsonl",
];

/// True for the file names that are taken for manifests.
pub(super) fn is_manifest_name(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|n| NAMES.contains(&n.to_ascii_lowercase().as_str()))
}

/// True for what is read as a manifest when a user names it: `.csv`, `.tsv`, `.jsonl` and the
/// like.
#[must_use]
pub fn is_manifest(path: &Path) -> bool {
    Form::of(path).is_some()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Table(u8),
    Lines,
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "csv" => Self::Table(b','),
            "tsv" => Self::Table(b'\t'),
            "jsonl" | "ndjson" | "json" => Self::Lines,
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Column {
    Path,
    Start,
    End,
    Duration,
    Speaker,
    Emotion,
    Session,
    Id,
    Arousal,
    Valence,
    Dominance,
    Intensity,
    Sex,
    Language,
}

/// All names of each column, the first for messages.
const COLUMNS: [(Column, &[&str]); 14] = [
    (
        Column::Path,
        &["path", "file_name", "file", "filename", "audio", "wav"],
    ),
    (
        Column::Start,
        &["start", "start_time", "begin", "onset", "segment_start"],
    ),
    (Column::End, &["end", "end_time", "stop", "segment_end"]),
    (Column::Duration, &["duration", "segment_duration"]),
    (
        Column::Speaker,
        &["speaker", "speaker_id", "spk", "spk_id", "actor", "talker"],
    ),
    (Column::Emotion, &["emotion", "label", "class", "category"]),
    (Column::Session, &["session", "session_id", "dialogue"]),
    (Column::Id, &["id", "utterance", "utterance_id", "key"]),
    (Column::Arousal, &["arousal", "activation", "aro"]),
    (Column::Valence, &["valence", "val"]),
    (Column::Dominance, &["dominance", "dom", "control", "power"]),
    (Column::Intensity, &["intensity", "level", "strength"]),
    (Column::Sex, &["sex", "gender"]),
    (Column::Language, &["language", "lang"]),
];

impl Column {
    fn of(name: &str) -> Option<Self> {
        let name = plain(name);
        COLUMNS
            .iter()
            .find(|(_, names)| names.contains(&name.as_str()))
            .map(|(column, _)| *column)
    }

    /// What each of a table's columns means; none for those that are ignored.
    fn all_of(names: &[&str]) -> Result<Vec<Option<Self>>, String> {
        let has = |wanted: &str| names.iter().any(|name| plain(name) == wanted);
        let mut columns: Vec<Option<Self>> = Vec::with_capacity(names.len());
        for name in names {
            let column = match plain(name).as_str() {
                "offset" if has("onset") => Some(Self::End),
                "offset" if has("duration") => Some(Self::Start),
                _ => Self::of(name),
            };
            if column.is_none() && seems_a_moment(name) {
                return Err(format!(
                    "the column {name} seems to say where utterances begin or end, in a way that is not understood; call it start, end or duration if it is in seconds, and otherwise by a name without such a word, or take it out"
                ));
            }
            let first = columns.iter().position(|c| c.is_some() && *c == column);
            if let (Some(first), Some(column)) = (first, column) {
                return Err(format!(
                    "the columns {} and {name} both say the {}; take one of them out, or call it otherwise",
                    names[first],
                    column.names().first().copied().unwrap_or_default()
                ));
            }
            columns.push(column);
        }
        Ok(columns)
    }

    /// In words, columns that are passed over and seem to be one that is not there, misspelt.
    fn misspelt(names: &[&str], columns: &[Option<Self>]) -> Vec<String> {
        /// Words that only end or begin alike, as `mode` and `model`, are not meant.
        const LIKENESS: f64 = 0.9;
        let absent = COLUMNS.iter().filter(|(c, _)| !columns.contains(&Some(*c)));
        let absent: Vec<&str> = absent
            .flat_map(|(_, names)| names.iter().copied())
            .collect();
        let passed_over = names.iter().zip(columns).filter(|(_, c)| c.is_none());
        passed_over
            .filter_map(|(name, _)| {
                let name = plain(name);
                // `valence_std` is another thing than `valence`.
                let is_as_long = |known: &&str| known.len().abs_diff(name.len()) <= 2;
                let meant = nearest(&name, absent.iter().copied().filter(is_as_long), LIKENESS)?;
                Some(format!(
                    "the column {name} is not known and was passed over; was {meant} meant?"
                ))
            })
            .collect()
    }

    fn names(self) -> &'static [&'static str] {
        COLUMNS
            .iter()
            .find(|(column, _)| *column == self)
            .map_or(&[], |(_, names)| names)
    }

    /// `path (or file_name, file, ...)`.
    fn words(self) -> String {
        match self.names() {
            [first, others @ ..] if !others.is_empty() => {
                format!("{first} (or {})", others.join(", "))
            }
            names => names.join(", "),
        }
    }
}

/// A column's name as names are compared.
fn plain(name: &str) -> String {
    name.trim().trim_start_matches('\u{feff}').to_lowercase()
}

/// True for names of columns like `start_ms`, `endTime`, `t_begin`.
fn seems_a_moment(name: &str) -> bool {
    // A capital within a word begins another.
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && text.ends_with(char::is_lowercase) {
            text.push(' ');
        }
        text.extend(c.to_lowercase());
    }
    const WORDS: [&str; 12] = [
        "start",
        "starts",
        "starttime",
        "begin",
        "begins",
        "begintime",
        "onset",
        "offset",
        "end",
        "ends",
        "endtime",
        "stop",
    ];
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| WORDS.contains(&word))
}

/// A line that lists a file.
struct Row {
    line: usize,
    cells: HashMap<Column, String>,
}

impl Row {
    /// A cell that is not empty.
    fn cell(&self, column: Column) -> Option<&str> {
        let text = self.cells.get(&column)?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn stretch(&self) -> Result<Option<Stretch>, String> {
        let (start, end) = (self.cell(Column::Start), self.cell(Column::End));
        match (start, end, self.cell(Column::Duration)) {
            // Of a table without starts it is the file's own.
            (Some(start), None, Some(duration)) => moment::stretch_for(start, duration),
            _ => moment::stretch(start, end),
        }
    }
}

/// What a line must say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    /// The audio file.
    Path,
    /// The audio file, and how it is spoken: a label, or arousal and valence.
    LabelledPath,
}

impl Needed {
    /// What must be there and is not: `has` says of a column whether it is there.
    fn missing(self, has: impl Fn(Column) -> bool) -> Vec<Column> {
        let mut missing = Vec::new();
        if !has(Column::Path) {
            missing.push(Column::Path);
        }
        let is_rated = has(Column::Arousal) && has(Column::Valence);
        if self == Self::LabelledPath && !has(Column::Emotion) && !is_rated {
            missing.push(Column::Emotion);
        }
        missing
    }
}

/// Reads a manifest's lines. A line that does not say what is needed is a problem.
struct Reader<'a> {
    manifest: &'a Path,
    needed: Needed,
    rows: Vec<Row>,
    problems: &'a mut Vec<Problem>,
}

fn rows(manifest: &Path, needed: Needed, problems: &mut Vec<Problem>) -> Vec<Row> {
    let mut reader = Reader {
        manifest,
        needed,
        rows: Vec::new(),
        problems,
    };
    match Form::of(manifest) {
        Some(Form::Lines) => reader.lines(),
        Some(Form::Table(delimiter)) => reader.table(delimiter),
        None => reader.table(b','),
    }
    reader.rows
}

impl Reader<'_> {
    /// The manifest says nothing.
    fn unreadable(&mut self, line: Option<usize>, detail: String) {
        self.problem(ProblemKind::UnreadableTable, line, detail);
    }

    fn bad_line(&mut self, line: Option<usize>, detail: String) {
        self.problem(ProblemKind::UnreadableLine, line, detail);
    }

    fn problem(&mut self, kind: ProblemKind, line: Option<usize>, detail: String) {
        self.problems.push(Problem {
            kind,
            file: self.manifest.to_owned(),
            line,
            detail,
        });
    }

    fn add(&mut self, row: Row) {
        let missing = self.needed.missing(|column| row.cell(column).is_some());
        let missing: Vec<&str> = missing
            .iter()
            .filter_map(|c| c.names().first().copied())
            .collect();
        match missing.is_empty() {
            true => self.rows.push(row),
            false => self.bad_line(Some(row.line), format!("no {}", missing.join(" and no "))),
        }
    }

    fn lines(&mut self) {
        let lines = match numbered_lines(self.manifest) {
            Ok(lines) => lines,
            Err(error) => return self.unreadable(None, error.to_string()),
        };
        for (line, text) in lines {
            if text.trim().is_empty() {
                continue;
            }
            match cells_of_object(&text) {
                Ok(cells) => self.add(Row { line, cells }),
                Err(detail) => self.bad_line(Some(line), detail),
            }
        }
    }

    fn table(&mut self, delimiter: u8) {
        let bytes = match read_file(self.manifest, MOST_TEXT) {
            Ok(bytes) => bytes,
            Err(error) => return self.unreadable(None, error.to_string()),
        };
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut lines = Lines::of(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let names: Vec<String> = match reader.byte_headers() {
            Ok(headers) => headers
                .iter()
                .map(|h| String::from_utf8_lossy(h).into_owned())
                .collect(),
            Err(error) => return self.unreadable(Some(1), error.to_string()),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let columns = match Column::all_of(&names) {
            Ok(columns) => columns,
            Err(detail) => return self.unreadable(Some(1), detail),
        };
        let missing = self.needed.missing(|c| columns.contains(&Some(c)));
        if let Some(missing) = missing.first() {
            return self.unreadable(
                Some(1),
                format!(
                    "the header has no column {}; it has {}",
                    missing.words(),
                    names.join(", ")
                ),
            );
        }
        for detail in Column::misspelt(&names, &columns) {
            self.unreadable(Some(1), detail);
        }
        for record in reader.byte_records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map(|p| p.line() as usize);
                    self.bad_line(line, error.to_string());
                    continue;
                }
            };
            let line = record.position().map_or(0, |p| lines.line(p.byte()));
            if record.len() != columns.len() {
                let (cells, header) = (record.len(), columns.len());
                self.bad_line(
                    Some(line),
                    format!("{cells} cells where the header has {header}"),
                );
                continue;
            }
            let mut cells = HashMap::new();
            for (column, cell) in columns.iter().zip(&record) {
                if let Some(column) = column {
                    cells.entry(*column).or_insert_with(|| {
                        let cell = String::from_utf8_lossy(cell);
                        match column {
                            // Written as `./=x.wav`, it is the same file.
                            Column::Path => cell.into_owned(),
                            _ => text_of_cell(&cell).to_owned(),
                        }
                    });
                }
            }
            self.add(Row { line, cells });
        }
    }
}

/// The known columns of a JSON object.
fn cells_of_object(text: &str) -> Result<HashMap<Column, String>, String> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))?;
    // What is null says nothing, and contradicts nothing.
    let object: Vec<(String, serde_json::Value)> = object
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    let names: Vec<&str> = object.iter().map(|(name, _)| name.as_str()).collect();
    let columns = Column::all_of(&names)?;
    let mut cells = HashMap::new();
    for ((name, value), column) in object.iter().zip(columns) {
        let Some(column) = column else { continue };
        let text = match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(number) => number.to_string(),
            _ => return Err(format!("{name} is neither a text nor a number")),
        };
        cells.entry(column).or_insert(text);
    }
    Ok(cells)
}

/// A file that a manifest lists.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedFile {
    /// Where it is: relative paths are relative to the manifest's folder.
    pub path: PathBuf,
    /// The stretch of it that is listed; `None` for the whole.
    pub stretch: Option<Stretch>,
    /// The line.
    pub line: usize,
}

/// The files that a manifest lists, whatever else it says, and its lines that cannot be read.
#[must_use]
pub fn listed_files(manifest: &Path) -> (Vec<ListedFile>, Vec<Problem>) {
    let mut problems = Vec::new();
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let mut files = Vec::new();
    for row in rows(manifest, Needed::Path, &mut problems) {
        match row.stretch() {
            Ok(stretch) => files.push(ListedFile {
                path: folder.join(row.cell(Column::Path).unwrap_or_default()),
                stretch,
                line: row.line,
            }),
            Err(detail) => problems.push(Problem {
                kind: ProblemKind::UnreadableLine,
                file: manifest.to_owned(),
                line: Some(row.line),
                detail,
            }),
        }
    }
    (files, problems)
}

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    for manifest in &survey.manifests {
        let rows = rows(manifest, Needed::LabelledPath, &mut reading.problems);
        let texts: Vec<&str> = rows
            .iter()
            .map(|r| r.cell(Column::Path).unwrap_or_default())
            .collect();
        let inside = |base: &Path| {
            let each = texts.iter();
            each.map(|text| place::inside(&survey.root, base, text))
                .collect()
        };
        let places: Vec<Result<RelativePath, String>> = match survey.reach {
            Reach::Anywhere => place::anywhere(&survey.root, &texts),
            Reach::Root => inside(&survey.root),
            Reach::Folder => inside(manifest.parent().unwrap_or(&survey.root)),
        };
        for (row, place) in rows.iter().zip(places) {
            match place.and_then(|place| utterance(survey, manifest, row, place, &mut reading)) {
                Ok(utterance) => reading.utterances.push(utterance),
                Err(detail) => reading.problem(
                    ProblemKind::UnreadableLine,
                    manifest,
                    Some(row.line),
                    detail,
                ),
            }
        }
    }
    reading
}

fn utterance(
    survey: &Survey,
    manifest: &Path,
    row: &Row,
    place: RelativePath,
    reading: &mut Reading,
) -> Result<Utterance, String> {
    let stretch = row.stretch()?;
    let file = match survey.reach {
        Reach::Anywhere => PathBuf::from(row.cell(Column::Path).unwrap_or_default()),
        Reach::Root | Reach::Folder => PathBuf::from(place.as_str()),
    };
    let place = match stretch {
        Some(stretch) => place::of_stretch(&place, stretch).map_err(|e| e.to_string())?,
        None => place,
    };
    let mut number = |column: Column, name: &str| -> Option<f32> {
        let text = row.cell(column)?;
        let value = text.parse().ok().filter(|x: &f32| x.is_finite());
        if value.is_none() {
            reading.problem(
                ProblemKind::UnreadableLine,
                manifest,
                Some(row.line),
                format!("{name} is {text:?}, not a number; the row's other columns are used"),
            );
        }
        value
    };
    let arousal = number(Column::Arousal, "arousal");
    let valence = number(Column::Valence, "valence");
    let dominance = number(Column::Dominance, "dominance");
    let id = match row.cell(Column::Id) {
        Some(id) => id.to_owned(),
        None => {
            let (stem, _) = stem_and_folder(place.as_str());
            match place.as_str().rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/{stem}"),
                None => stem.to_owned(),
            }
        }
    };
    let speaker = row.cell(Column::Speaker).unwrap_or(UNKNOWN_SPEAKER);
    let label = row.cell(Column::Emotion).unwrap_or_default();
    Ok(Utterance {
        file,
        stretch,
        session: row.cell(Column::Session).map(str::to_owned),
        sex: row.cell(Column::Sex).and_then(Sex::parse),
        language: row.cell(Column::Language).and_then(Language::parse),
        arousal,
        valence,
        dominance,
        intensity: row.cell(Column::Intensity).map(str::to_owned),
        origin: (manifest.to_owned(), Some(row.line)),
        ..Utterance::of_file(id, place, speaker, label)
    })
}
