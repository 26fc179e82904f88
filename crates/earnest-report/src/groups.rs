//! For whom a model works: recall by sex, language and speaker.

use earnest_experiment::groups::{FEW, Groups, OfSpeaker, Recall};
use earnest_experiment::number::{number, signed};
use earnest_experiment::{Outcome, Prediction, Traits};

use crate::series::{self, Series};
use crate::table1::{classes_of, interval};
use crate::text_table::{Line, TextTable, title};

/// What it is called where it has a title.
pub const GROUPS_TITLE: &str = "Recall by sex and language";

/// What stands above the table of groups.
pub const GROUPS: &str = "UAR is the mean recall of the classes that a group has, over all its utterances; beside it the recall of each class. The gap is UAR of women less UAR of men, as far as the corpus says who is which. Intervals are of 95 % over the group's speakers (of the gap: women and men drawn again each by themselves); none below three.";

/// What it is called where it has a title.
pub const SPEAKERS_TITLE: &str = "Recall speaker by speaker";

/// What stands above the table of speakers.
pub const SPEAKERS: &str = "UAR of each speaker, the mean recall of the classes that the speaker has; above the columns stand the recipe, what it was trained on, and what it was tested on. A star marks those with fewer than ten utterances in a test, whose recall says little.";

/// What is said where nothing is known of those who speak.
pub const NO_TRAITS: &str = "The corpus does not say which sex or language its speakers have, or the run was made before Earnest kept it.";

/// A table of more classes is not read.
const MOST_CLASSES: usize = 10;

/// What stands beside a speaker of few utterances.
const STAR: &str = " *";

/// What is told of groups in a run.
pub(crate) struct Told<'a> {
    series: Vec<(Series<'a>, Groups)>,
    classes: Vec<String>,
    traits: &'a Traits,
}

impl<'a> Told<'a> {
    /// Of a run; of one across corpora each pair by itself.
    pub fn of(outcome: &'a Outcome, crossed: bool) -> Self {
        let classes = classes_of(&outcome.units);
        let traits = &outcome.about.traits;
        let told = |series: Series<'a>| {
            let groups = Groups::of(&series.seeds, classes.len(), traits);
            (series, groups)
        };
        let series = series::categorical(outcome, crossed);
        Self {
            series: series.into_iter().map(told).collect(),
            classes,
            traits,
        }
    }

    /// What stands above the table of groups.
    pub fn words(&self) -> String {
        match self.traits.is_empty() {
            true => format!("{GROUPS} {NO_TRAITS}"),
            false => GROUPS.to_owned(),
        }
    }

    /// A row for each series and group; `None` without any.
    pub fn table(&self) -> Option<TextTable> {
        let (first, _) = self.series.first()?;
        let mut titles = series::titles(std::slice::from_ref(first));
        titles.push("group");
        let texts = titles.len();
        let rows: Vec<Line> = self
            .series
            .iter()
            .flat_map(|(series, groups)| {
                let mut names = vec![series.recipe.to_owned()];
                names.extend(series.names());
                rows(groups, &names, self.classes.len())
            })
            .collect();
        (!rows.is_empty()).then(|| TextTable {
            titles: titles
                .into_iter()
                .map(title)
                .chain(columns(&self.classes))
                .collect(),
            rows,
            texts,
        })
    }

    /// A row for each speaker; `None` where one speaks.
    pub fn speakers(&self) -> Option<TextTable> {
        let of = |(_, groups): &'_ (Series<'_>, Groups)| groups.speakers.clone();
        let mut speakers: Vec<_> = self.series.iter().flat_map(of).collect();
        speakers.sort_by(|a, b| a.speaker.cmp(&b.speaker));
        speakers.dedup_by(|a, b| a.speaker == b.speaker);
        if speakers.len() < 2 {
            return None;
        }
        let has_sex = speakers.iter().any(|of| of.sex.is_some());
        let has_language = speakers.iter().any(|of| of.language.is_some());
        let mut titles = vec![title("speaker")];
        titles.extend(has_sex.then(|| title("sex")));
        titles.extend(has_language.then(|| title("language")));
        let texts = titles.len();
        titles.push(title("utterances"));
        titles.extend(self.series.iter().map(|(series, _)| {
            let names = series.names();
            let (tested, trained) = names
                .split_last()
                .map_or(("", &names[..]), |(last, rest)| (last.as_str(), rest));
            let trained = format!("{} →", trained.join(", "));
            vec![series.recipe.to_owned(), trained, tested.to_owned()]
        }));
        let row = |of: &OfSpeaker| {
            let star = if of.few { STAR } else { "" };
            let mut cells = vec![format!("{}{star}", of.speaker)];
            let word = |text: Option<&str>| text.unwrap_or("–").to_owned();
            cells.extend(has_sex.then(|| word(of.sex)));
            cells.extend(has_language.then(|| word(of.language.as_deref())));
            cells.push(of.utterances.to_string());
            cells.extend(self.series.iter().map(|(_, groups)| {
                let mut speakers = groups.speakers.iter();
                let own = speakers.find(|other| other.speaker == of.speaker);
                number(own.and_then(|own| own.uar))
            }));
            Line::measured(cells)
        };
        Some(TextTable {
            titles,
            rows: speakers.iter().map(row).collect(),
            texts,
        })
    }
}

/// Classes whose recalls are shown.
fn shown(classes: usize) -> usize {
    if classes > MOST_CLASSES { 0 } else { classes }
}

/// Titles of the numbers of [`rows`].
pub(crate) fn columns(classes: &[String]) -> Vec<Vec<String>> {
    let names = classes
        .iter()
        .take(shown(classes.len()))
        .map(|name| title(name));
    ["speakers", "utterances", "UAR", "95 %"]
        .map(title)
        .into_iter()
        .chain(names)
        .collect()
}

/// A row for each group, `names` before the group's own.
pub(crate) fn rows(groups: &Groups, names: &[String], classes: usize) -> Vec<Line> {
    let cells = |name: String, rest: [String; 4], recalls: &[Option<f64>]| {
        let mut cells = names.to_vec();
        cells.push(name);
        cells.extend(rest);
        let classes = 0..shown(classes);
        cells.extend(classes.map(|class| number(recalls.get(class).copied().flatten())));
        cells
    };
    let of_group = |name: String, of: &Recall| {
        let rest = [
            of.speakers.to_string(),
            of.utterances.to_string(),
            number(of.uar),
            interval(of.interval),
        ];
        Line::measured(cells(name, rest, &of.recalls))
    };
    let mut rows = Vec::new();
    for (sex, of) in &groups.sex {
        rows.push(of_group(format!("sex {sex}"), of));
    }
    if let Some(gap) = groups.sex_gap {
        let rest = [
            "–".to_owned(),
            "–".to_owned(),
            signed(Some(gap.difference)),
            interval(gap.interval),
        ];
        rows.push(Line::derived(cells("gap".to_owned(), rest, &[])));
    }
    for (language, of) in &groups.language {
        rows.push(of_group(format!("language {language}"), of));
    }
    if let Some(worst) = groups.worst() {
        let star = if worst.few { STAR } else { "" };
        let rest = [
            "1".to_owned(),
            worst.utterances.to_string(),
            number(worst.uar),
            "–".to_owned(),
        ];
        let name = format!("worst speaker, {}{star}", worst.speaker);
        rows.push(Line::measured(cells(name, rest, &worst.recalls)));
    }
    rows
}

/// The groups of a model's own test, for its card: a row for each condition and group.
pub(crate) fn table_of_test<'a>(
    tests: impl Iterator<Item = (&'a str, Vec<&'a Prediction>)>,
    classes: &[String],
    traits: &Traits,
) -> TextTable {
    let mut all = Vec::new();
    for (condition, predictions) in tests {
        let groups = Groups::of(&[predictions], classes.len(), traits);
        all.extend(rows(&groups, &[condition.to_owned()], classes.len()));
        // Of one speaker there is no worst one, and the table would not name any.
        if let [only] = groups.speakers.as_slice() {
            let star = if only.utterances < FEW { STAR } else { "" };
            let mut cells = vec![
                condition.to_owned(),
                format!("speaker {}{star}", only.speaker),
            ];
            cells.extend([
                "1".to_owned(),
                only.utterances.to_string(),
                number(only.uar),
                "–".to_owned(),
            ]);
            let recalls = only.recalls.iter().take(shown(classes.len()));
            cells.extend(recalls.map(|recall| number(*recall)));
            all.push(Line::measured(cells));
        }
    }
    TextTable {
        titles: [title("tested"), title("group")]
            .into_iter()
            .chain(columns(classes))
            .collect(),
        rows: all,
        texts: 2,
    }
}
