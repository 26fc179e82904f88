#![allow(clippy::print_stdout)]
//! What one epoch of augmented training costs, by stage: the corpus's training speakers of
//! one fold, each utterance augmented anew, its descriptors extracted, the network trained.
//!
//! ```sh
//! cargo run --release --example epoch_cost -- --corpus nEMO --noise ESC-50 --rooms openair
//! python3 crates/earnest-experiment/compare/ordinary_pipeline.py --corpus nEMO --noise ESC-50 --rooms openair
//! ```
//!
//! CPU seconds are those of the process, on Linux; stages are timed on each thread by the
//! clock, and what is left is the network's, so measure on a machine that does nothing else.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use clap::Parser;
use earnest_augment::Chain;
use earnest_corpus::ContentIndex;
use earnest_experiment::{
    Augmentation, ClassSpec, CorpusSpec, Dataset, FeatureSource, Folders, Notice, Observer,
    Presentation, SourceSpec, TrainingPlan, folds, open_corpus, train,
};
use earnest_model::{Architecture, Heard, ModelClasses, Recipe, Task};
use earnest_random::Key;

/// Measure what an epoch costs.
#[derive(Parser)]
struct Arguments {
    /// The corpus
    #[arg(long)]
    corpus: PathBuf,
    /// Noises [default: built-in]
    #[arg(long)]
    noise: Option<PathBuf>,
    /// Room responses [default: built-in]
    #[arg(long)]
    rooms: Option<PathBuf>,
    /// `rnn` or `cnn`
    #[arg(long, default_value = "rnn")]
    network: String,
    /// Train on so many frozen copies instead
    #[arg(long)]
    copies: Option<usize>,
    /// Epochs, one more than are counted
    #[arg(long, default_value_t = 3)]
    epochs: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// CPU seconds of this process so far; Linux only.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in brackets; fields 14 and 15 of all, in hundredths of a second.
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / 100.0)
}

/// Times of the ends of epochs.
#[derive(Default)]
struct Watch(Mutex<Vec<(Instant, Option<f64>)>>);

impl Observer for Watch {
    fn event(&self, event: Notice<'_>) {
        if let (Notice::Epoch { .. }, Ok(mut ends)) = (event, self.0.lock()) {
            ends.push((Instant::now(), cpu_seconds()));
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let a = Arguments::parse();
    let start = (Instant::now(), cpu_seconds());
    let spec = CorpusSpec {
        path: a.corpus.clone(),
        ..CorpusSpec::default()
    };
    let corpus = open_corpus(&spec, &ClassSpec::default())?;
    let watch = Watch::default();
    let architecture = match a.network.as_str() {
        "cnn" => Architecture::paper_cnn(),
        _ => Architecture::paper_rnn(),
    };
    let recipe = Recipe {
        max_epochs: a.epochs.max(2),
        ..Recipe::paper(architecture)
    };
    let source = FeatureSource::FrontEnds(std::slice::from_ref(&recipe));
    let dataset = Dataset::load(&corpus, &[], source, &watch)?;
    let loaded = (Instant::now(), cpu_seconds());
    let sources = SourceSpec {
        noise: Folders(a.noise.into_iter().collect()),
        rooms: Folders(a.rooms.into_iter().collect()),
        ..SourceSpec::default()
    }
    .choose_for_training(&ContentIndex::of_user(), &watch)?
    .load(&watch)?
    .training;
    let (folds, _) = folds(&corpus.usable(&[]))?;
    let fold = folds.first().ok_or("no fold")?;
    let task = Task::Categorical;
    let (training, validation) = dataset.of_fold(fold, task, &Key::new(1));
    let chain = Chain::paper();
    let plan = |epochs: usize| TrainingPlan {
        task,
        recipe: &recipe,
        augmentation: Some(Augmentation {
            chain: &chain,
            sources: &sources,
            presentation: a.copies.map_or(Presentation::Fresh, Presentation::Copies),
        }),
        training: &training,
        validation: &validation,
        validation_copies: 0,
        training_name: "augmented".into(),
        key: Key::new(epochs as u64),
        copies_key: Key::new(1),
        copies_folder: Some(std::env::temp_dir().join("earnest-epoch-cost")),
        corpus: String::new(),
        balance: true,
        classes: ModelClasses::default(),
        heard: Heard::default(),
    };
    let trained = train(&dataset, &plan(1), None, &watch)?;
    let ends = watch.0.lock().map_err(|_| "poisoned")?;
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else {
        return Err("no epoch".into());
    };
    let counted = (ends.len() - 1) as f64;
    let wall = (last.0 - first.0).as_secs_f64() / counted;
    let cpu = last.1.zip(first.1).map(|(b, a)| (b - a) / counted);
    // The first epoch's presentations were drawn for the normaliser, before its network.
    let all = ends.len() as f64;
    let augmentation = trained.time.augmentation.as_secs_f64() / all;
    let extraction = trained.time.extraction.as_secs_f64() / all;
    let speech: f64 = training
        .iter()
        .map(|i| dataset.items[*i].wave.duration_s())
        .sum();
    let load_cpu = loaded.1.zip(start.1).map(|(b, a)| b - a);
    let network = cpu.map(|cpu| cpu - augmentation - extraction);
    if a.json {
        let value = serde_json::json!({
            "network": a.network,
            "utterances": training.len(),
            "speech_s": speech,
            "decode_and_clean_features_cpu_s": load_cpu,
            "epoch_wall_s": wall,
            "epoch_cpu_s": cpu,
            "augmentation_cpu_s": augmentation,
            "extraction_cpu_s": extraction,
            "network_cpu_s": network,
        });
        println!("{value}");
        return Ok(());
    }
    let text = |x: Option<f64>| x.map_or("unknown".to_owned(), |x| format!("{x:.2}"));
    println!(
        "{} utterances, {:.1} min of speech, {} of {} speakers; mean of {counted} epochs",
        training.len(),
        speech / 60.0,
        fold.training.len(),
        folds.len()
    );
    println!(
        "once: decoding and clean descriptors {} CPU s",
        text(load_cpu)
    );
    println!("an epoch: {wall:.2} s wall, {} CPU s, of which", text(cpu));
    println!("  augmentation {augmentation:.2}");
    println!("  descriptors  {extraction:.2}");
    println!("  network      {}", text(network));
    Ok(())
}
