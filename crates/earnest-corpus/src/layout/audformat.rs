//! audformat, the format of audb's databases: a header `db.yaml`, and a file `db.<table>.csv` for
//! each table, beside the audio. Tried on no published database yet.
//!
//! Documented at <https://audeering.github.io/audformat/>; what is read here follows its pages
//! `docs/data-format.rst` (files), `docs/data-header.rst` (header), `docs/data-tables.rst` and
//! `docs/data-misc-tables.rst` (tables), `docs/data-conventions.rst` (names of schemes, gold
//! standards, facts about speakers) and `docs/emodb-example.rst` (a whole database) in
//! <https://github.com/audeering/audformat>.
//!
//! Which columns are read: those whose scheme is `emotion`, `arousal`, `valence`, `dominance`,
//! `speaker`, `gender` (or `sex`), or `language`, in filewise and in segmented tables; a column without a
//! scheme is known by its own name.
//! Where any column for one of these is a gold standard (its rater votes, or its table's name ends
//! in `.gold_standard`), only gold standards are read for it. Several columns for it in one table
//! are a problem and none of them is read. Tables are joined by file and moments: the table of a
//! split may repeat what another table says, and where two contradict, the first in alphabetical
//! order counts and the other is named. Who speaks in a stretch may be said of the stretch or of
//! its file. A speaker's sex may be in the speaker scheme's labels, or in the misc table that they
//! name. Where the header names one language (`languages`), it is that of all that no column says
//! another of.
//!
//! Tables that are stored as Parquet only are refused with the call that stores them as CSV.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use earnest_audio::Stretch;
use earnest_files::{RelativePath, read_file};

use super::table::{Row, Table};
use super::yaml::{self, Node, Value};
use super::{Reading, Survey, is_one_name, moment, place, stem_and_folder};
use crate::language::Language;
use crate::problem::ProblemKind;
use crate::sex::Sex;
use crate::utterance::{UNKNOWN_SPEAKER, Utterance};

const HEADER: &str = "db.yaml";

/// True for a header or a table.
pub(super) fn is_part(file: &Path) -> bool {
    let name = file.file_name().and_then(|n| n.to_str());
    name.is_some_and(|n| n == HEADER || is_table(n))
}

/// True for the file that a user names to mean the database beside it.
pub(super) fn is_header(file: &Path) -> bool {
    file.file_name().is_some_and(|n| n == HEADER)
}

fn is_table(name: &str) -> bool {
    name.starts_with("db.") && (name.ends_with(".csv") || name.ends_with(".parquet"))
}

/// The header: in this folder, or in the only folder of it that has one; with a table beside it.
pub(super) fn header(survey: &Survey) -> Option<&RelativePath> {
    let folder = |path: &RelativePath| path.as_str().rsplit_once('/').map(|(f, _)| f.to_owned());
    let name = |path: &RelativePath| path.as_str().rsplit('/').next().map(str::to_owned);
    let with_tables: BTreeSet<Option<String>> = survey
        .tables
        .iter()
        .filter(|path| name(path).is_some_and(|n| is_table(&n)))
        .map(folder)
        .collect();
    let mut found = survey.tables.iter().filter(|path| {
        let depth = path.as_str().matches('/').count();
        name(path).as_deref() == Some(HEADER) && depth <= 1 && with_tables.contains(&folder(path))
    });
    if let Some(at_top) = found.clone().find(|path| path.as_str() == HEADER) {
        return Some(at_top);
    }
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Emotion,
    Arousal,
    Valence,
    Dominance,
    Speaker,
    Sex,
    Language,
}

impl Role {
    const ALL: [Self; 7] = [
        Self::Emotion,
        Self::Arousal,
        Self::Valence,
        Self::Dominance,
        Self::Speaker,
        Self::Sex,
        Self::Language,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Emotion => "emotion",
            Self::Arousal => "arousal",
            Self::Valence => "valence",
            Self::Dominance => "dominance",
            Self::Speaker => "speaker",
            Self::Sex => "gender",
            Self::Language => "language",
        }
    }

    /// By the column's scheme, or its own name where it has none.
    fn of(name: &str, column: &Node) -> Option<Self> {
        let scheme = column.get("scheme_id").and_then(Node::text);
        let name = scheme.unwrap_or(name);
        if name == "sex" {
            return Some(Self::Sex);
        }
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A column that may be read.
struct Column {
    table: String,
    name: String,
    role: Role,
    is_gold: bool,
}

/// A database: its header, and where it lies.
struct Database<'a> {
    survey: &'a Survey,
    header: PathBuf,
    folder: PathBuf,
    /// The folder relative to the survey's, with a `/` behind it; empty if it is that.
    prefix: String,
    content: std::rc::Rc<Node>,
}

pub(super) fn read(survey: &Survey) -> Reading {
    let mut reading = Reading::default();
    let header = header(survey)
        .cloned()
        .or_else(|| RelativePath::new(HEADER).ok());
    let Some(header) = header else { return reading };
    let file = header.under(&survey.folder);
    let content = read_file(&file, yaml::MOST_BYTES)
        .map_err(|e| e.to_string())
        .and_then(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            yaml::read(text.trim_start_matches('\u{feff}'))
        });
    let content = match content {
        Ok(content) => content,
        Err(detail) => {
            reading.problem(ProblemKind::UnreadableTable, &file, None, detail);
            return reading;
        }
    };
    let prefix = header.as_str().strip_suffix(HEADER).unwrap_or_default();
    let database = Database {
        survey,
        folder: survey.folder.join(prefix),
        prefix: prefix.to_owned(),
        header: file,
        content,
    };
    let columns = database.columns(&mut reading);
    let rated = |role| columns.iter().any(|c| c.role == role);
    let has_values = rated(Role::Arousal) && rated(Role::Valence);
    if !rated(Role::Emotion) && !has_values {
        let tables: Vec<&str> = database.entries("tables").map(|(id, _)| id).collect();
        reading.problem(
            ProblemKind::UnreadableTable,
            &database.header,
            None,
            format!(
                "no table has one column of the scheme emotion, or of arousal and of valence; its tables are {}",
                tables.join(", ")
            ),
        );
        return reading;
    }
    let mut joined = Joined::default();
    let tables: BTreeSet<&str> = columns.iter().map(|c| c.table.as_str()).collect();
    for id in tables {
        let of_table: Vec<&Column> = columns.iter().filter(|c| c.table == id).collect();
        database.join(id, &of_table, &mut joined, &mut reading);
    }
    let sexes = database.sexes(&mut reading);
    joined.finish(&database, &sexes, &mut reading);
    reading
}

impl Database<'_> {
    /// The entries of a part of the header.
    fn entries(&self, part: &str) -> impl Iterator<Item = (&str, &Node)> {
        let map = self.content.get(part).and_then(Node::map);
        let entries = map.into_iter().flatten();
        entries.map(|(id, node)| (id.as_str(), node.as_ref()))
    }

    /// The columns that are read; what is ambiguous is a problem.
    fn columns(&self, reading: &mut Reading) -> Vec<Column> {
        let votes = |column: &Node| {
            let rater = column.get("rater_id").and_then(Node::text);
            let rater = rater.and_then(|id| self.content.get("raters")?.get(id));
            rater.and_then(|r| r.get("type")).and_then(Node::text) == Some("vote")
        };
        let mut all = Vec::new();
        for (table, node) in self.entries("tables") {
            let columns = node.get("columns").and_then(Node::map);
            for (name, column) in columns.into_iter().flatten() {
                if let Some(role) = Role::of(name, column) {
                    all.push(Column {
                        table: table.to_owned(),
                        name: name.clone(),
                        role,
                        is_gold: votes(column) || table.ends_with(".gold_standard"),
                    });
                }
            }
        }
        let has_gold = Role::ALL.map(|role| all.iter().any(|c| c.role == role && c.is_gold));
        let of_role: HashMap<&str, bool> = Role::ALL
            .map(Role::name)
            .into_iter()
            .zip(has_gold)
            .collect();
        all.retain(|c| c.is_gold || !of_role.get(c.role.name()).is_some_and(|gold| *gold));
        let mut beside: BTreeMap<(&str, Role), Vec<&str>> = BTreeMap::new();
        for column in &all {
            let key = (column.table.as_str(), column.role);
            beside.entry(key).or_default().push(&column.name);
        }
        let mut ambiguous: HashSet<(String, &str)> = HashSet::new();
        for ((table, role), names) in beside {
            if names.len() < 2 {
                continue;
            }
            reading.problem(
                ProblemKind::UnreadableTable,
                &self.header,
                None,
                format!(
                    "the table {table} has several columns for {}, {}, and none of them is a gold standard alone; none is read: store the one that counts in a table {}.gold_standard",
                    role.name(),
                    names.join(" and "),
                    role.name()
                ),
            );
            ambiguous.insert((table.to_owned(), role.name()));
        }
        all.retain(|c| !ambiguous.contains(&(c.table.clone(), c.role.name())));
        all
    }

    /// A table's file; a problem if it cannot be read.
    fn table(&self, id: &str, reading: &mut Reading) -> Option<Table> {
        let has = |extension: &str| {
            let name = format!("{}db.{id}.{extension}", self.prefix);
            self.survey.tables.iter().any(|t| t.as_str() == name)
        };
        let name = format!("db.{id}.csv");
        let file = self.folder.join(&name);
        if is_one_name(&name) && has("csv") {
            return Table::read(&file, reading);
        }
        let (file, detail) = match is_one_name(&name) && has("parquet") {
            true => (
                self.folder.join(format!("db.{id}.parquet")),
                "it is Parquet, which is not read here; store the tables as CSV, in Python: audformat.Database.load(folder).save(folder, storage_format=\"csv\")".to_owned(),
            ),
            false => (
                self.header.clone(),
                format!("it has a table {id}, of which there is no db.{id}.csv beside it"),
            ),
        };
        reading.problem(ProblemKind::UnreadableTable, &file, None, detail);
        None
    }

    /// Adds what a table says.
    fn join(&self, id: &str, columns: &[&Column], joined: &mut Joined, reading: &mut Reading) {
        let Some(table) = self.table(id, reading) else {
            return;
        };
        let node = self.content.get("tables").and_then(|t| t.get(id));
        let kind = node.and_then(|n| n.get("type")).and_then(Node::text);
        let index = match kind {
            Some("segmented") => table
                .needed(["file", "start", "end"], reading)
                .map(|[file, start, end]| (file, Some((start, end)))),
            Some("filewise") => table.needed(["file"], reading).map(|[file]| (file, None)),
            _ => {
                let kind = kind.unwrap_or("none");
                let detail =
                    format!("the type of the table {id} is {kind}, not filewise or segmented");
                reading.problem(ProblemKind::UnreadableTable, &self.header, None, detail);
                None
            }
        };
        let Some((file, moments)) = index else { return };
        let mut places = Vec::new();
        for column in columns {
            match table.needed([column.name.as_str()], reading) {
                Some([place]) => places.push((column.role, place)),
                None => return,
            }
        }
        for row in table.rows() {
            let of = Rows {
                database: self,
                id,
                table: &table,
                file,
                moments,
                places: &places,
            };
            if let Err(detail) = of.add(row, joined, reading) {
                reading.problem(
                    ProblemKind::UnreadableLine,
                    &table.file,
                    Some(row.line),
                    detail,
                );
            }
        }
    }

    /// The language of all, where the header names one.
    fn language(&self) -> Option<Language> {
        let languages = self.content.get("languages")?;
        match &languages.value {
            Value::List(languages) if languages.len() == 1 => {
                Language::parse(languages.first()?.text()?)
            }
            _ => Language::parse(languages.text()?),
        }
    }

    /// The sexes of speakers, from the speaker scheme's labels or the misc table that they name.
    fn sexes(&self, reading: &mut Reading) -> HashMap<String, Sex> {
        let labels = self.content.get("schemes");
        let labels = labels.and_then(|s| s.get("speaker")?.get("labels"));
        let is_sex = |key: &str| matches!(key, "gender" | "sex");
        match labels.map(|l| &l.value) {
            Some(Value::Map(speakers)) => speakers
                .iter()
                .filter_map(|(speaker, facts)| {
                    let mut facts = facts.map()?.iter();
                    let (_, sex) = facts.find(|(key, _)| is_sex(key))?;
                    Some((speaker.clone(), Sex::parse(sex.text()?)?))
                })
                .collect(),
            Some(Value::Text(id)) => self.sexes_of_table(id, reading).unwrap_or_default(),
            _ => HashMap::new(),
        }
    }

    /// The sexes of speakers in a misc table whose first level is the speaker.
    fn sexes_of_table(&self, id: &str, reading: &mut Reading) -> Option<HashMap<String, Sex>> {
        let node = self.content.get("misc_tables")?.get(id)?;
        let level = match &node.get("levels")?.value {
            Value::Map(levels) if levels.len() == 1 => levels.keys().next()?.as_str(),
            Value::List(levels) if levels.len() == 1 => levels.first()?.text()?,
            _ => return None,
        };
        let mut columns = node.get("columns")?.map()?.iter();
        let (column, _) = columns.find(|(name, c)| Role::of(name, c) == Some(Role::Sex))?;
        let table = self.table(id, reading)?;
        let [speaker, sex] = table.needed([level, column.as_str()], reading)?;
        let sexes = table.rows().filter_map(|row| {
            let speaker = row.cell(speaker)?.to_owned();
            Some((speaker, Sex::parse(row.cell(sex)?)?))
        });
        Some(sexes.collect())
    }
}

/// What tables say of a file, or of a stretch of it.
struct Entry {
    file: RelativePath,
    stretch: Option<Stretch>,
    /// Where it was first read.
    origin: (PathBuf, usize),
    /// By role: what is said, and in which table and line.
    said: BTreeMap<Role, (String, String, usize)>,
}

impl Entry {
    fn text(&self, role: Role) -> Option<&str> {
        self.said.get(&role).map(|(text, _, _)| text.as_str())
    }

    fn number(&self, role: Role) -> Option<f32> {
        self.text(role)?.parse().ok()
    }

    fn is_labelled(&self) -> bool {
        let has = |role| self.said.contains_key(&role);
        has(Role::Emotion) || (has(Role::Arousal) && has(Role::Valence))
    }
}

/// All that tables say, by the place of the file or of the stretch.
#[derive(Default)]
struct Joined {
    entries: BTreeMap<RelativePath, Entry>,
}

/// How the rows of a table are read.
struct Rows<'a> {
    database: &'a Database<'a>,
    id: &'a str,
    table: &'a Table,
    file: usize,
    moments: Option<(usize, usize)>,
    places: &'a [(Role, usize)],
}

impl Rows<'_> {
    fn add(&self, row: Row<'_>, joined: &mut Joined, reading: &mut Reading) -> Result<(), String> {
        let text = row.cell(self.file).ok_or("file is empty")?;
        let file = RelativePath::new(text)
            .and_then(|file| RelativePath::new(&format!("{}{file}", self.database.prefix)))
            .map_err(|e| e.to_string())?;
        let stretch = match self.moments {
            Some((start, end)) => moment::stretch(row.cell(start), row.cell(end))?,
            None => None,
        };
        let place = match stretch {
            Some(stretch) => place::of_stretch(&file, stretch).map_err(|e| e.to_string())?,
            None => file.clone(),
        };
        let entry = joined.entries.entry(place).or_insert_with(|| Entry {
            file,
            stretch,
            origin: (self.table.file.clone(), row.line),
            said: BTreeMap::new(),
        });
        for (role, column) in self.places {
            let said = match role {
                Role::Arousal | Role::Valence | Role::Dominance => row
                    .number(Some(*column), self.table, reading)
                    .map(|number| number.to_string()),
                _ => row.cell(*column).map(str::to_owned),
            };
            let Some(said) = said else { continue };
            match entry.said.get(role) {
                Some((first, _, _)) if *first == said => {}
                Some((first, table, line)) => {
                    let detail = format!(
                        "{} of {text} is {said} here and {first} in line {line} of the table {table}, which counts",
                        role.name()
                    );
                    reading.problem(
                        ProblemKind::UnreadableLine,
                        &self.table.file,
                        Some(row.line),
                        detail,
                    );
                }
                None => {
                    entry
                        .said
                        .insert(*role, (said, self.id.to_owned(), row.line));
                }
            }
        }
        Ok(())
    }
}

impl Joined {
    /// The utterances, and what is left over.
    fn finish(&self, database: &Database<'_>, sexes: &HashMap<String, Sex>, reading: &mut Reading) {
        let mut used: HashSet<&str> = HashSet::new();
        let language = database.language();
        for (place, entry) in self.entries.iter().filter(|(_, e)| e.is_labelled()) {
            used.insert(entry.file.as_str());
            let of_file = self.entries.get(&entry.file);
            let text = |role| {
                let own = entry.text(role);
                own.or_else(|| of_file.and_then(|e| e.text(role)))
            };
            let speaker = text(Role::Speaker);
            let sex = text(Role::Sex).and_then(Sex::parse);
            let sex = sex.or_else(|| sexes.get(speaker?).copied());
            let (stem, _) = stem_and_folder(place.as_str());
            let id = match place.as_str().rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/{stem}"),
                None => stem.to_owned(),
            };
            let label = entry.text(Role::Emotion).unwrap_or_default();
            let (table, line) = entry.origin.clone();
            reading.utterances.push(Utterance {
                file: PathBuf::from(entry.file.as_str()),
                stretch: entry.stretch,
                sex,
                language: text(Role::Language)
                    .and_then(Language::parse)
                    .or_else(|| language.clone()),
                arousal: entry.number(Role::Arousal),
                valence: entry.number(Role::Valence),
                dominance: entry.number(Role::Dominance),
                origin: (table, Some(line)),
                ..Utterance::of_file(id, place.clone(), speaker.unwrap_or(UNKNOWN_SPEAKER), label)
            });
        }
        let listed: HashSet<&str> = self.entries.values().map(|e| e.file.as_str()).collect();
        let mut unlabelled = |what: &str, all: Vec<&str>| {
            if let Some(first) = all.first() {
                let detail = format!("{} {what} (first: {first})", all.len());
                reading.problem(ProblemKind::Unlabelled, &database.header, None, detail);
            }
        };
        let without = self.entries.iter().filter(|(_, e)| {
            let serves_stretches = e.stretch.is_none() && used.contains(e.file.as_str());
            !e.is_labelled() && !serves_stretches
        });
        let without = without.map(|(place, _)| place.as_str()).collect();
        unlabelled(
            "files or stretches in the tables have no emotion, and not both arousal and valence",
            without,
        );
        let audio = database.survey.audio.iter().map(RelativePath::as_str);
        let audio = audio.filter(|path| !listed.contains(path));
        unlabelled("audio files are in no table that is read", audio.collect());
    }
}
