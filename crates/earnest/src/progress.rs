//! Progress: bars with time left on a terminal, plain lines elsewhere. On standard error, so
//! that results on standard output can be piped.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use earnest_experiment::{Notice, Observer};
use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

use crate::failure::{Failure, STOPPED};
use crate::time_left::TimeLeft;
use crate::visible::on_one_line;

/// How often a person asked to stop.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Shows what goes on.
pub struct Progress {
    terminal: bool,
    bars: MultiProgress,
    /// Of a pass over items.
    stage: Mutex<Option<ProgressBar>>,
    /// Of each unit at work.
    units: Mutex<HashMap<String, ProgressBar>>,
    /// Of all units.
    whole: Mutex<Option<ProgressBar>>,
    left: Mutex<TimeLeft>,
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The longest id of a unit above its bar: fits on any terminal.
const LONGEST_ID: usize = 58;

/// An id that is short enough for a line; a long one without its middle, since its beginning and
/// its end (fold and seed) tell it from others.
fn shortened(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    if letters.len() <= LONGEST_ID {
        return id.to_owned();
    }
    let half = (LONGEST_ID - 1) / 2;
    let beginning: String = letters[..LONGEST_ID - 1 - half].iter().collect();
    let end: String = letters[letters.len() - half..].iter().collect();
    format!("{beginning}…{end}")
}

impl Progress {
    /// For standard error as it is.
    pub fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            bars: MultiProgress::new(),
            stage: Mutex::new(None),
            units: Mutex::new(HashMap::new()),
            whole: Mutex::new(None),
            left: Mutex::new(TimeLeft::default()),
        }
    }

    /// From now on Ctrl-C (or a request to end, as Slurm sends it) stops after the epoch at
    /// hand, and a second one at once.
    pub fn stop_on_signals(&self) -> Result<(), Failure> {
        ctrlc::set_handler(|| {
            if ASKED.fetch_add(1, Ordering::SeqCst) == 0 {
                tell!(
                    "\nstopping at the end of the epoch or step at hand; once more to stop at once (it is then done again)"
                );
            } else {
                std::process::exit(STOPPED.into());
            }
        })
        .map_err(|e| Failure::asked(format!("cannot listen to signals: {e}")))
    }

    fn set_stage(&self, bar: Option<ProgressBar>) {
        if let Ok(mut slot) = self.stage.lock()
            && let Some(old) = std::mem::replace(&mut *slot, bar)
        {
            old.finish_and_clear();
        }
    }

    /// Says something beside the bars.
    pub fn note(&self, text: &str) {
        if self.terminal {
            self.bars.suspend(|| tell!("{text}"));
        } else {
            tell!("{text}");
        }
    }

    /// Begins a bar for a pass over items; nothing where there are none.
    pub fn start(&self, name: &str, total: usize) {
        if total == 0 {
            self.set_stage(None);
        } else if self.terminal {
            let bar = self.bars.add(
                ProgressBar::new(total as u64)
                    .with_style(style("{prefix} {wide_bar} {pos}/{len} {eta} left"))
                    .with_prefix(on_one_line(name).into_owned()),
            );
            bar.enable_steady_tick(Duration::from_millis(500));
            self.set_stage(Some(bar));
        } else {
            tell!("{name}: {total}");
        }
    }

    /// One more item is done.
    pub fn advance(&self) {
        if let Ok(slot) = self.stage.lock()
            && let Some(bar) = slot.as_ref()
        {
            bar.inc(1);
        }
    }

    /// All bars are over.
    pub fn finish(&self) {
        self.set_stage(None);
        if let Ok(mut units) = self.units.lock() {
            for (_, bar) in units.drain() {
                bar.finish_and_clear();
            }
        }
    }

    /// In words, if it is known.
    fn time_left(&self) -> Option<String> {
        let left = self.left.lock().ok()?.left()?;
        let minute = Duration::from_secs(60);
        Some(match left {
            left if left < minute => "less than a minute left".to_owned(),
            left => format!("about {} left", HumanDuration(left)),
        })
    }

    fn run_started(&self, pending: &[String], workers: usize) {
        if let Ok(mut left) = self.left.lock() {
            *left = TimeLeft::new(pending, workers);
        }
        if self.terminal && pending.len() > 1 {
            let bar = self.bars.add(
                ProgressBar::new(pending.len() as u64)
                    .with_style(style("{wide_bar} {pos}/{len} units {msg}")),
            );
            bar.enable_steady_tick(Duration::from_secs(1));
            if let Ok(mut whole) = self.whole.lock() {
                *whole = Some(bar);
            }
        }
    }

    fn epoch(&self, unit: &str, report: &earnest_model::EpochReport, most: usize) {
        if !self.terminal {
            return;
        }
        if let Ok(mut units) = self.units.lock() {
            let bar = units.entry(unit.to_owned()).or_insert_with(|| {
                let bar = ProgressBar::new(most as u64)
                    .with_style(style("{prefix}\n  {wide_bar} {pos}/{len} {msg}"))
                    .with_prefix(shortened(&on_one_line(unit)));
                self.bars.insert(0, bar)
            });
            bar.set_position(report.epoch as u64);
            bar.set_message(format!(
                "epochs, loss {:.3}, validation {:.3}",
                report.training_loss, report.validation
            ));
        }
    }

    fn unit_finished(&self, id: &str, took: Option<Duration>) {
        if let Ok(mut left) = self.left.lock() {
            left.finished(id, took);
        }
        if let Ok(mut units) = self.units.lock()
            && let Some(bar) = units.remove(id)
        {
            bar.finish_and_clear();
        }
        if let Ok(whole) = self.whole.lock()
            && let Some(bar) = whole.as_ref()
        {
            if took.is_some() {
                bar.inc(1);
            }
            if let Some(left) = self.time_left() {
                bar.set_message(left);
            }
            if bar.length() == Some(bar.position()) {
                bar.finish_and_clear();
            }
        }
    }
}

impl Observer for Progress {
    fn event(&self, event: Notice<'_>) {
        match event {
            Notice::StageStarted { name, total } => self.start(name, total),
            Notice::StageAdvanced => self.advance(),
            Notice::StageFinished => self.set_stage(None),
            Notice::Note(text) => self.note(&format!("note: {text}")),
            Notice::Warning(text) => self.note(&format!("warning: {text}")),
            Notice::RunStarted { pending, workers } => self.run_started(pending, workers),
            Notice::Submitted { job, units, tasks } => {
                self.note(&format!("job array {job}: {units} units in {tasks} tasks"))
            }
            Notice::Waiting { units } => self.note(&format!(
                "waiting for {units} units that other processes are at"
            )),
            Notice::UnitStarted { id, number, total } if !self.terminal => {
                tell!("[{number}/{total}] {id}: training");
            }
            Notice::Epoch { unit, report, most } => self.epoch(unit, report, most),
            Notice::UnitFinished {
                id,
                number,
                total,
                took,
                summary,
            } => {
                self.unit_finished(id, took);
                let mut time = took.map_or_else(
                    || "kept from before".to_owned(),
                    |t| HumanDuration(t).to_string(),
                );
                if let Some(left) = self
                    .time_left()
                    .filter(|_| took.is_some() && number < total)
                {
                    time = format!("{time}, {left}");
                }
                self.note(&format!("[{number}/{total}] {id}: {summary} ({time})"));
            }
            _ => {}
        }
    }

    fn stopping(&self) -> bool {
        ASKED.load(Ordering::SeqCst) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_id_keeps_its_beginning_and_its_fold_and_seed() {
        let id = "categorical-rnn-augmented-fold_03-seed_1";
        assert_eq!(shortened(id), id);
        let id = "dimensional-cnn-without_coloured_noise-fold_Ä_very_long_name-1a2b3c4d-seed_17";
        let short = shortened(id);
        assert_eq!(short.chars().count(), LONGEST_ID);
        assert!(
            short.starts_with("dimensional-cnn-without_colou"),
            "{short}"
        );
        assert!(short.ends_with("-1a2b3c4d-seed_17"), "{short}");
    }
}
