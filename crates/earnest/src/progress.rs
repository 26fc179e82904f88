//! Progress: a bar with time left on a terminal, plain lines elsewhere. On standard error,
//! so that results on standard output can be piped.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use earnest_experiment::{Event, Observer};
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// Shows what goes on.
pub struct Progress {
    terminal: bool,
    bar: Mutex<Option<ProgressBar>>,
    unit: Mutex<String>,
}

impl Progress {
    /// For standard error as it is.
    pub fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            bar: Mutex::new(None),
            unit: Mutex::new(String::new()),
        }
    }

    fn set_bar(&self, bar: Option<ProgressBar>) {
        if let Ok(mut slot) = self.bar.lock()
            && let Some(old) = std::mem::replace(&mut *slot, bar)
        {
            old.finish_and_clear();
        }
    }

    fn with_bar(&self, work: impl FnOnce(&ProgressBar)) {
        if let Ok(slot) = self.bar.lock()
            && let Some(bar) = slot.as_ref()
        {
            work(bar);
        }
    }

    /// Says something beside the bar.
    pub fn note(&self, text: &str) {
        let mut printed = false;
        self.with_bar(|bar| {
            bar.suspend(|| eprintln!("{text}"));
            printed = true;
        });
        if !printed {
            eprintln!("{text}");
        }
    }

    /// Begins a bar for a pass over items.
    pub fn start(&self, name: &str, total: usize) {
        if self.terminal {
            let style =
                ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg} {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(total as u64)
                .with_style(style)
                .with_prefix(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(500));
            self.set_bar(Some(bar));
        } else {
            eprintln!("{name}: {total}");
        }
    }

    /// One more item is done.
    pub fn advance(&self) {
        self.with_bar(|bar| bar.inc(1));
    }

    /// The pass is over.
    pub fn finish(&self) {
        self.set_bar(None);
    }
}

impl Observer for Progress {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::StageStarted { name, total } => self.start(name, total),
            Event::StageAdvanced => self.advance(),
            Event::StageFinished => self.finish(),
            Event::Warning(text) => self.note(&format!("warning: {text}")),
            Event::UnitStarted { id, number, total } => {
                if let Ok(mut unit) = self.unit.lock() {
                    *unit = format!("[{number}/{total}] {id}");
                }
                if !self.terminal {
                    eprintln!("[{number}/{total}] {id}: training");
                }
            }
            Event::Epoch { report, most } => {
                if !self.terminal {
                    return;
                }
                let none = self.bar.lock().is_ok_and(|bar| bar.is_none());
                if none {
                    let name = self.unit.lock().map(|u| u.clone()).unwrap_or_default();
                    self.start(&name, most);
                }
                self.with_bar(|bar| {
                    bar.set_position(report.epoch as u64);
                    bar.set_message(format!(
                        "epochs, loss {:.3}, validation {:.3},",
                        report.training_loss, report.validation
                    ));
                });
            }
            Event::UnitFinished {
                id,
                number,
                total,
                took,
                summary,
            } => {
                self.set_bar(None);
                let time = took.map_or_else(
                    || "kept from before".to_owned(),
                    |t| HumanDuration(t).to_string(),
                );
                self.note(&format!("[{number}/{total}] {id}: {summary} ({time})"));
            }
            _ => {}
        }
    }
}
