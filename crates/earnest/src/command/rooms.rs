//! `earnest rooms inspect`.

use std::collections::{BTreeMap, HashSet};

use clap::Subcommand;
use earnest_corpus::{Clip, Collection, LeftOut, RoomFacts, inspect_rooms};
use serde_json::json;

use super::inspection::{self, InspectOptions, median};
use super::{must_exist, text_table};
use crate::failure::Failure;
use crate::progress::Progress;

/// Look at a collection of room responses.
#[derive(Subcommand)]
pub enum Command {
    /// Measure every response: direct path, reverberation time, direct-to-reverberant ratio
    #[command(after_help = "Example:\n  earnest rooms inspect AIR_1_4\n\n\
        Reads Aachen AIR (.mat), SOFA (AES69) and audio files; each channel, measurement and receiver is a response. \
        RT60 is Schroeder's backward integral from -5 to -35 dB (to -25 or -15 where the noise floor is near); DRR is \
        the energy within 2.5 ms of the direct path over the rest. Silent, clipped and non-decaying responses are \
        refused by name.\n\n\
        Training and test never share a room. Which file is of which room is read from AIR's names, from a manifest.csv \
        (columns path, room) in the folder or beside it, from folders, or from names without their positions.")]
    Inspect(InspectOptions),
}

/// Runs the verb.
pub fn run(command: Command) -> Result<(), Failure> {
    let Command::Inspect(a) = command;
    must_exist("the rooms", &a.folder)?;
    let collection = Collection::open_rooms(&a.folder)?;
    let progress = Progress::new();
    progress.start("measuring rooms", collection.clips.len());
    let (facts, refused) = inspect_rooms(&collection.clips, || progress.advance());
    progress.finish();
    let mut all_left_out = collection.left_out.clone();
    all_left_out.extend(refused);
    if a.json {
        print_json(&collection, &facts, &all_left_out)?;
        return inspection::require_all_open(&collection);
    }
    let rooms: HashSet<&str> = facts
        .iter()
        .map(|f| collection.clips[f.clip].source.as_str())
        .collect();
    say!(
        "{}: {}, {} files, {} responses of {} rooms",
        a.folder.display(),
        collection.layout,
        collection.clips.len(),
        facts.len(),
        rooms.len()
    );
    if !facts.is_empty() {
        say!("{}", table(&collection.clips, &facts));
        say!(
            "RT60: reverberation time; DRR: direct over reverberant energy. Median (least .. most) of each room."
        );
    }
    inspection::print_left_out(&all_left_out, a.all);
    inspection::require_all_open(&collection)
}

/// The median, and least and most where they differ, as they stand in a table.
fn spread(mut values: Vec<f64>, digits: usize) -> String {
    values.sort_by(f64::total_cmp);
    let words = |x: f64| format!("{x:.digits$}");
    let at = |i: usize| words(values.get(i).copied().unwrap_or(f64::NAN));
    let (low, high) = (at(0), at(values.len().saturating_sub(1)));
    let middle = words(median(&values));
    match low == high {
        true => low,
        false => format!("{middle} ({low} .. {high})"),
    }
}

fn table(clips: &[Clip], facts: &[RoomFacts]) -> String {
    let mut rooms: BTreeMap<&str, Vec<&RoomFacts>> = BTreeMap::new();
    for f in facts {
        rooms.entry(&clips[f.clip].source).or_default().push(f);
    }
    let mut rows: Vec<(f64, Vec<String>)> = rooms
        .into_iter()
        .map(|(source, list)| {
            let of =
                |get: &dyn Fn(&RoomFacts) -> f64| list.iter().map(|f| get(f)).collect::<Vec<_>>();
            let rt60 = of(&|f| f.facts.rt60_s);
            let name = clips[list[0].clip].category.as_deref().unwrap_or(source);
            let mut rates: Vec<u32> = list.iter().map(|f| f.sample_rate).collect();
            rates.sort_unstable();
            rates.dedup();
            let rates: Vec<String> = rates.iter().map(u32::to_string).collect();
            let cells = vec![
                name.to_owned(),
                list.len().to_string(),
                spread(rt60.clone(), 2),
                spread(of(&|f| f.facts.drr_db), 1),
                spread(of(&|f| f.facts.direct_s * 1e3), 1),
                rates.join(", "),
            ];
            (rt60.iter().sum::<f64>() / rt60.len() as f64, cells)
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
    let titles = [
        "room",
        "responses",
        "RT60 / s",
        "DRR / dB",
        "direct path / ms",
        "rate / Hz",
    ];
    text_table(&titles.map(String::from), &rows, 1)
}

fn print_json(
    collection: &Collection,
    facts: &[RoomFacts],
    refused: &[LeftOut],
) -> Result<(), Failure> {
    let responses: Vec<_> = facts
        .iter()
        .map(|f| {
            let clip = &collection.clips[f.clip];
            let metadata: BTreeMap<&str, &str> =
                f.metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            json!({
                "name": f.name, "path": clip.path, "room": clip.source, "sample_rate": f.sample_rate,
                "direct_s": f.facts.direct_s, "rt60_s": f.facts.rt60_s, "drr_db": f.facts.drr_db,
                "peak": f.facts.peak, "metadata": metadata,
            })
        })
        .collect();
    let value = json!({
        "layout": collection.layout, "files": collection.clips.len(),
        "rooms": collection.sources(), "responses": responses, "left_out": inspection::to_json(refused),
    });
    crate::say::data(&serde_json::to_string_pretty(&value)?);
    Ok(())
}
