//! `earnest noise inspect` and `earnest noise freesound`.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use earnest_corpus::freesound::{self, API, GatherSettings, MANIFEST, Pace, Tags, download};
use earnest_corpus::{Collection, LeftOut, NoiseFacts, inspect_noises};
use serde_json::json;

use super::bounds::{MOST_CLIPS, MOST_REQUESTS, one_to};
use super::inspection::{self, InspectOptions};
use super::outputs::{Inputs, one_writer};
use super::{must_exist, text_table};
use crate::failure::Failure;
use crate::progress::Progress;

/// Look at a collection of noises, or gather one.
#[derive(Subcommand)]
pub enum Command {
    /// Say what a folder of noises holds: counts, hours, classes, levels
    #[command(after_help = "Example:\n  earnest noise inspect UrbanSound8K\n\n\
        Recognises ESC-50, UrbanSound8K, MUSAN, DEMAND, MS-SNSD and downloads of `earnest noise freesound` as they were \
        unpacked; any other folder of audio files is a collection, too. Human voices are left out where the collection \
        says which clips have them. Training and test never share a source: a Freesound upload, a recording place, a \
        file.")]
    Inspect(InspectOptions),
    /// Gather noises from Freesound by tag, as the paper did
    #[command(
        after_help = "Example:\n  FREESOUND_TOKEN=… earnest noise freesound --out freesound\n\n\
        Searches freesound.org for the paper's wanted tags, drops clips with an unwanted one, and downloads the \
        previews (Ogg Vorbis) of the rest. Needs a token: https://freesound.org/apiv2/apply. OUT/tags.toml has both \
        lists; edit it, and the next call follows it. OUT/freesound.csv has licence, author and tags of each clip; \
        clips without a licence are refused. Honours Freesound's limits, waits out failures, and goes on where it \
        stopped when the same command is given again."
    )]
    Freesound(Freesound),
}

/// `earnest noise freesound`.
#[derive(Args)]
pub struct Freesound {
    /// Environment variable that holds the token, so that it stands in no history
    #[arg(long, value_name = "NAME", default_value = "FREESOUND_TOKEN")]
    token_env: String,
    /// Folder for the clips
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Wanted and unwanted tags [default: OUT/tags.toml, at first the paper's]
    #[arg(long, value_name = "FILE")]
    tags: Option<PathBuf>,
    /// At most so many clips for each wanted tag
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = one_to::<usize>(MOST_CLIPS))]
    per_tag: usize,
    /// Longest clip, seconds
    #[arg(long, value_name = "S", default_value_t = 30.0)]
    max_seconds: f64,
    /// Requests a minute; Freesound allows 60, unless it gave you more
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = one_to::<u32>(MOST_REQUESTS))]
    per_minute: u32,
    /// Address of the API
    #[arg(long, value_name = "URL", default_value = API)]
    api: String,
    /// Name all clips that are left out, not the first few
    #[arg(long)]
    all: bool,
}

/// The shortest clip that is taken, and the longest that can be asked for, seconds.
const SHORTEST_S: f64 = 0.5;
const LONGEST_S: f64 = 3600.0;

/// Runs the verb.
pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Inspect(a) => inspect(&a),
        Command::Freesound(a) => freesound(&a),
    }
}

fn freesound(a: &Freesound) -> Result<(), Failure> {
    let token = std::env::var(&a.token_env).unwrap_or_default();
    if token.trim().is_empty() {
        return Err(Failure::asked(format!(
            "the environment variable {} has no token; get one at https://freesound.org/apiv2/apply and set it, or name another variable with --token-env",
            a.token_env
        )));
    }
    if !(SHORTEST_S..=LONGEST_S).contains(&a.max_seconds) {
        return Err(Failure::asked(format!(
            "--max-seconds must be {SHORTEST_S} .. {LONGEST_S} seconds"
        )));
    }
    let mut inputs = Inputs::default();
    inputs.add_all("--tags", &a.tags);
    inputs.spare_below("--out", &a.out, [MANIFEST])?;
    let writer = one_writer("--out", &a.out)?;
    let settings = GatherSettings {
        api: a.api.clone(),
        tags: tags(a)?,
        per_tag: a.per_tag,
        seconds: (SHORTEST_S, a.max_seconds),
        pace: Pace {
            between: Duration::from_secs(60) / a.per_minute,
            ..Pace::default()
        },
        ..GatherSettings::new(token.trim().to_owned())
    };
    let progress = Progress::new();
    progress.start("downloading", settings.tags.wanted.len() * a.per_tag);
    let result = download(&settings, &a.out, &|event| match event {
        freesound::Progress::Searching { tag, number, of } => {
            progress.note(&format!("[{number}/{of}] {tag}"));
        }
        freesound::Progress::Downloaded { .. } => progress.advance(),
        freesound::Progress::Waiting { duration, why } => {
            progress.note(&format!("waiting {:.0} s: {why}", duration.as_secs_f64()));
        }
        _ => {}
    });
    progress.finish();
    let summary = result?;
    writer.finish();
    say!(
        "{}: {} clips downloaded, {} from before; licences, authors and tags are in {MANIFEST}",
        a.out.display(),
        summary.downloaded,
        summary.from_before
    );
    inspection::print_left_out(&summary.left_out, a.all);
    Ok(())
}

/// The lists that were asked for, or those beside the clips, or the paper's, put there.
fn tags(a: &Freesound) -> Result<Tags, Failure> {
    let own = a.out.join("tags.toml");
    let path = a.tags.as_ref().unwrap_or(&own);
    if a.tags.is_none() && !own.exists() {
        earnest_files::write_whole(&own, Tags::PAPER.as_bytes())
            .map_err(|e| anyhow::anyhow!("cannot write {}: {e}", own.display()))?;
    }
    let text = earnest_files::read_text(path)
        .map_err(|e| Failure::asked(format!("cannot read the tags {}: {e}", path.display())))?;
    Tags::from_toml(&text).map_err(|e| Failure::asked(format!("{}: {e}", path.display())))
}

fn inspect(a: &InspectOptions) -> Result<(), Failure> {
    must_exist("the noises", &a.folder)?;
    let collection = Collection::open(&a.folder)?;
    let progress = Progress::new();
    progress.start("decoding", collection.clips.len());
    let (facts, bad) = inspect_noises(&collection.clips, || progress.advance());
    progress.finish();
    let mut all_left_out = collection.left_out.clone();
    all_left_out.extend(bad);
    if a.json {
        print_json(&collection, &facts, &all_left_out)?;
        return inspection::require_all_open(&collection);
    }
    let seconds: f64 = facts.iter().map(|f| f.duration_s).sum();
    let sources: HashSet<&str> = facts
        .iter()
        .map(|f| collection.clips[f.clip].source.as_str())
        .collect();
    say!(
        "{}: {}, {} clips of {} sources, {:.2} h",
        a.folder.display(),
        collection.layout,
        facts.len(),
        sources.len(),
        seconds / 3600.0
    );
    if let Some(folds) = folds_line(&collection) {
        say!("{folds}");
    }
    if !facts.is_empty() {
        say!("{}", table(&collection, &facts));
        say!(
            "Level: RMS of a clip, dB below full scale. Memory when decoded: {:.0} MiB.",
            seconds * 16_000.0 * 4.0 / f64::from(1 << 20)
        );
    }
    inspection::print_left_out(&all_left_out, a.all);
    inspection::require_all_open(&collection)
}

fn folds_line(collection: &Collection) -> Option<String> {
    let mut folds: BTreeMap<u32, usize> = BTreeMap::new();
    for fold in collection.clips.iter().filter_map(|c| c.fold) {
        *folds.entry(fold).or_default() += 1;
    }
    let parts: Vec<String> = folds.iter().map(|(f, n)| format!("{f} ({n})")).collect();
    (!parts.is_empty()).then(|| {
        format!(
            "Folds: {}; the last is held out for the robot.",
            parts.join(", ")
        )
    })
}

fn table(collection: &Collection, facts: &[NoiseFacts]) -> String {
    let mut classes: BTreeMap<&str, Vec<&NoiseFacts>> = BTreeMap::new();
    for f in facts {
        let class = collection.clips[f.clip].category.as_deref();
        classes.entry(class.unwrap_or("–")).or_default().push(f);
    }
    let line = |name: &str, list: &[&NoiseFacts]| {
        let mut levels: Vec<f64> = list.iter().map(|f| f.level_db).collect();
        levels.sort_by(f64::total_cmp);
        let end = |level: Option<&f64>| format!("{:.1}", level.copied().unwrap_or(f64::NAN));
        vec![
            name.to_owned(),
            list.len().to_string(),
            format!(
                "{:.1}",
                list.iter().map(|f| f.duration_s).sum::<f64>() / 60.0
            ),
            end(levels.first()),
            format!("{:.1}", inspection::median(&levels)),
            end(levels.last()),
        ]
    };
    let mut rows: Vec<Vec<String>> = classes.iter().map(|(c, list)| line(c, list)).collect();
    if rows.len() > 1 {
        rows.push(line("all", &facts.iter().collect::<Vec<_>>()));
    }
    let titles = [
        "class",
        "clips",
        "minutes",
        "least level / dB",
        "median level",
        "most",
    ];
    text_table(&titles.map(String::from), &rows, 1)
}

fn print_json(
    collection: &Collection,
    facts: &[NoiseFacts],
    bad: &[LeftOut],
) -> Result<(), Failure> {
    let clips: Vec<_> = facts
        .iter()
        .map(|f| {
            let clip = &collection.clips[f.clip];
            json!({
                "name": clip.name, "path": clip.path, "source": clip.source, "class": clip.category,
                "fold": clip.fold, "duration_s": f.duration_s, "sample_rate": f.sample_rate,
                "channels": f.channels, "level_db": f.level_db, "peak_db": f.peak_db,
            })
        })
        .collect();
    let value =
        json!({"layout": collection.layout, "clips": clips, "left_out": inspection::to_json(bad)});
    crate::say::data(&serde_json::to_string_pretty(&value)?);
    Ok(())
}
