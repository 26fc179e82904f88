//! `earnest`: the command line. Parses, calls the libraries, prints. Thin.

#[macro_use]
mod say;

mod command;
mod failure;
mod progress;
mod time_left;
mod visible;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::command::bounds;
use crate::failure::Failure;

/// Speech-emotion recognition that keeps working on a robot.
#[derive(Parser)]
#[command(
    name = "earnest",
    version,
    about,
    long_about = "Speech-emotion recognition that keeps working on a robot.\n\n\
        Trains emotion models that survive a robot's fans, motors and rooms, by augmenting \
        the training waveforms, and measures how well: the experiment of Lakomkin et al. \
        (IROS 2018), on your corpus or on a built-in synthetic one.",
    after_help = "Start with `earnest demo`: it needs nothing but a few minutes.",
    propagate_version = true,
    max_term_width = 100
)]
struct Cli {
    /// Threads to use, at most 1024 [default: one for each core]
    #[arg(long, global = true, value_name = "N", value_parser = bounds::one_to::<usize>(bounds::MOST_THREADS))]
    threads: Option<usize>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a synthetic corpus and run a small Table I on it
    Demo(command::demo::Arguments),
    /// Look at a corpus, or make a synthetic one
    #[command(subcommand)]
    Corpus(command::corpus::Command),
    /// Augment audio files: tempo, loudness, noise, room and more
    Augment(command::augment::Arguments),
    /// Look at a collection of noises, or gather one from Freesound
    #[command(subcommand)]
    Noise(command::noise::Command),
    /// Look at a collection of room responses
    #[command(subcommand)]
    Rooms(command::rooms::Command),
    /// The robot condition: simulate a robot in a laboratory
    #[command(subcommand)]
    Scene(command::scene::Command),
    /// Extract acoustic descriptors from audio files
    Features(command::features::Arguments),
    /// Run one of the paper's experiments
    #[command(subcommand)]
    Reproduce(command::reproduce::Command),
    /// Run an experiment from its file, or go on with it
    Run(command::run::Arguments),
    /// Say what an experiment would run, how long it would take here, and how much disk
    Plan(command::plan::Arguments),
    /// Write the tables and the report of a run again, or compare two runs
    Report(command::report::Arguments),
    /// Train one model
    Train(command::train::Arguments),
    /// Measure a model on a corpus
    Evaluate(command::evaluate::Arguments),
    /// Say what a model hears in audio files
    Predict(command::predict::Arguments),
    /// Say what is heard while somebody speaks: a microphone, standard input, or a file
    Listen(command::listen::Arguments),
    /// Answer live over HTTP and WebSocket, with a page to talk to
    Serve(command::serve::Arguments),
}

/// Prints help, or what was asked wrongly: with clap's colours, unless the words that were given
/// hold what a terminal would obey.
fn answer(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match error.use_stderr() && visible::visible(&text) != text {
        true => tell!("{}", text.trim_end()),
        false => {
            // Nobody listens.
            let _ = error.print();
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return answer(&error),
    };
    // Rayon's own variable, which it would follow to the letter.
    const VARIABLE: &str = "RAYON_NUM_THREADS";
    let of_environment: Option<u64> = std::env::var(VARIABLE).ok().and_then(|n| n.parse().ok());
    if let Some(threads) = of_environment.filter(|n| *n > bounds::MOST_THREADS) {
        return Failure::asked(format!(
            "the environment variable {VARIABLE} is {threads}; {} threads are the most",
            bounds::MOST_THREADS
        ))
        .report();
    }
    if let Some(threads) = cli.threads
        && let Err(error) = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global()
    {
        return Failure::asked(format!("--threads {threads}: {error}")).report();
    }
    let result = match cli.command {
        Command::Demo(arguments) => command::demo::run(arguments),
        Command::Corpus(command) => command::corpus::run(command),
        Command::Augment(arguments) => command::augment::run(arguments),
        Command::Noise(command) => command::noise::run(command),
        Command::Rooms(command) => command::rooms::run(command),
        Command::Scene(command) => command::scene::run(command),
        Command::Features(arguments) => command::features::run(arguments),
        Command::Reproduce(command) => command::reproduce::run(command),
        Command::Run(arguments) => command::run::run(arguments),
        Command::Plan(arguments) => command::plan::run(arguments),
        Command::Report(arguments) => command::report::run(arguments),
        Command::Train(arguments) => command::train::run(arguments),
        Command::Evaluate(arguments) => command::evaluate::run(arguments),
        Command::Predict(arguments) => command::predict::run(arguments),
        Command::Listen(arguments) => command::listen::run(arguments),
        Command::Serve(arguments) => command::serve::run(arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
