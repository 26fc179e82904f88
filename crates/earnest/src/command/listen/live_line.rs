//! The line on a terminal that shows what is heard.

use std::fmt::Write as _;
use std::io::Write;
use std::time::{Duration, Instant};

use earnest_live::{AboutModel, Event, SegmentRecord};
use serde_json::{Map, Value};

use crate::visible::on_one_line;

/// How often the line is drawn at most.
const EVERY: Duration = Duration::from_millis(80);
/// Columns where nobody knows how many there are.
const COLUMNS: usize = 80;
/// So many values have room, whichever is the largest.
const FEW: usize = 4;
/// Cells of a bar, each of eight parts.
const BAR: usize = 3;
/// Letters of a class's name.
const NAME: usize = 7;

/// The line under way.
pub struct LiveLine {
    model: AboutModel,
    colours: bool,
    answer: Option<Map<String, Value>>,
    speaking: bool,
    end_s: f64,
    level_db: f32,
    took: Duration,
    drawn: Option<Instant>,
}

impl LiveLine {
    /// For a model's answers.
    pub fn new(model: AboutModel) -> Self {
        let colours = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            model,
            colours,
            answer: None,
            speaking: false,
            end_s: 0.0,
            level_db: -120.0,
            took: Duration::ZERO,
            drawn: None,
        }
    }

    /// Shows an event.
    pub fn tell(&mut self, event: &Event) {
        match event {
            Event::Listening {
                source,
                sample_rate,
                channels,
                ..
            } => {
                let channels = match channels {
                    1 => "one channel".to_owned(),
                    n => format!("{n} channels"),
                };
                self.print(&format!(
                    "Listening to {}: {sample_rate} Hz, {channels}. Ctrl-C ends it.",
                    on_one_line(source)
                ));
            }
            Event::Window { end, level_db, .. } => {
                self.end_s = *end;
                // Peaks fall slowly, so that eyes can follow.
                self.level_db = level_db.max(self.level_db - 1.5);
                if self.drawn.is_none_or(|at| at.elapsed() >= EVERY) {
                    self.draw();
                }
            }
            Event::SpeechStarted { .. } => self.speaking = true,
            Event::Running { answer, .. } => self.answer = Some(answer.outputs.clone()),
            Event::Segment(segment) => {
                self.speaking = false;
                self.answer = None;
                self.print(&segment_line(segment, &self.model, columns()));
            }
            Event::Overrun { at, lost } => {
                let lost = match lost {
                    0 => "some samples were".to_owned(),
                    n => format!("{n} samples a channel were"),
                };
                self.print(&format!(
                    "{at:8.2} s  {lost} lost: the machine was too slow"
                ));
            }
            Event::Ended(totals) => {
                let overruns = match totals.overruns {
                    0 => String::new(),
                    n => format!(", {n} times samples were lost"),
                };
                self.print(&format!(
                    "Heard {:.1} s, {} segments of speech with {:.1} s{overruns}.",
                    totals.heard, totals.segments, totals.speech
                ));
            }
            _ => {}
        }
    }

    /// An answer, and what it needs, took so long.
    pub fn took(&mut self, time: Duration) {
        // The longest is the one with an answer; it fades.
        self.took = time.max(self.took.mul_f64(0.97));
    }

    /// Leaves the line empty.
    pub fn end(&mut self) {
        write_out("\r\x1b[2K");
    }

    /// Prints a line that stays.
    fn print(&mut self, text: &str) {
        write_out(&format!("\r\x1b[2K{text}\n"));
        self.drawn = None;
    }

    fn draw(&mut self) {
        self.drawn = Some(Instant::now());
        // The last column would wrap on some terminals.
        let line = self.line(columns().saturating_sub(1));
        write_out(&format!("\r\x1b[2K{line}"));
    }

    /// The line, at most so many columns wide.
    fn line(&self, columns: usize) -> String {
        let minutes = (self.end_s / 60.0).floor();
        let speech = if self.speaking {
            "speech "
        } else {
            "…      "
        };
        let seconds = (self.end_s - 60.0 * minutes).floor();
        let begin = format!("{speech}{minutes:.0}:{seconds:02.0} ");
        let took = self.took.as_secs_f64() * 1000.0;
        let end = format!(
            "{:3.0}dB {:3.0}ms",
            self.level_db.max(-99.0),
            took.min(999.0)
        );
        if begin.chars().count() + end.chars().count() > columns {
            return begin.chars().take(columns).collect();
        }
        let mut line = self.paint(if self.speaking { "1;32" } else { "2" }, &begin);
        let mut left = columns.saturating_sub(begin.chars().count() + end.chars().count());
        for (name, value, share) in self.shown() {
            let name: String = on_one_line(&name).chars().take(NAME).collect();
            let text = format!("{name} {} {value} ", bar(share));
            let width = text.chars().count();
            if width > left {
                break;
            }
            left -= width;
            let is_first = share >= 0.5;
            line.push_str(&self.paint(if is_first { "1;36" } else { "36" }, &text));
        }
        line.push_str(&" ".repeat(left));
        line.push_str(&self.paint("2", &end));
        line
    }

    /// Names, values in words and shares of a full bar: classes by probability, or scales about the mean of training.
    fn shown(&self) -> Vec<(String, String, f64)> {
        let Some(answer) = &self.answer else {
            return Vec::new();
        };
        let number = |name: &String| answer.get(name).and_then(Value::as_f64).unwrap_or_default();
        let names = self.model.outputs.iter();
        match (&self.model.mean, &self.model.deviation) {
            (Some(mean), Some(deviation)) => names
                .zip(mean.iter().zip(deviation))
                .map(|(name, (mean, deviation))| {
                    let x = number(name);
                    let z = (x - f64::from(*mean)) / f64::from(*deviation).max(1e-6);
                    (
                        name.clone(),
                        format!("{x:.2}"),
                        (0.5 + z / 6.0).clamp(0.0, 1.0),
                    )
                })
                .collect(),
            _ => {
                let mut shown: Vec<_> = names
                    .map(|name| (name.clone(), share_words(number(name)), number(name)))
                    .collect();
                // The order of the classes stays while all have room, so that bars do not jump.
                if shown.len() > FEW {
                    shown.sort_by(|a, b| b.2.total_cmp(&a.2));
                }
                shown
            }
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        match self.colours {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// How wide the terminal is.
fn columns() -> usize {
    terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| usize::from(width.0))
}

/// A probability with two places, without the 0.
fn share_words(p: f64) -> String {
    let text = format!("{p:.2}");
    text.strip_prefix('0').map_or(text.clone(), str::to_owned)
}

/// A bar of [`BAR`] cells.
fn bar(share: f64) -> String {
    const PARTS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    let eighths = (share.clamp(0.0, 1.0) * (8 * BAR) as f64).round() as usize;
    let mut bar: String = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(PARTS[eighths % 8 - 1]);
    }
    let cells = bar.chars().count();
    bar.push_str(&" ".repeat(BAR - cells));
    bar
}

/// A segment that is over, with as many of its values as fit: the largest first where there are many.
fn segment_line(segment: &SegmentRecord, model: &AboutModel, columns: usize) -> String {
    let mut line = format!("{:7.2} to {:7.2} s  ", segment.start, segment.end);
    let Some(outputs) = &segment.outputs else {
        line.push_str("none: ");
        line.push_str(&segment.reason.unwrap_or_default().replace('_', " "));
        return line;
    };
    let is_class = segment.emotion.is_some();
    if let Some(emotion) = &segment.emotion {
        let _ = write!(line, "{:<8}", on_one_line(emotion));
        if let Some(certainty) = segment.certainty {
            let _ = write!(line, "{certainty:<10}");
        }
    }
    let mut values: Vec<(&String, f64)> = (model.outputs.iter())
        .map(|name| {
            (
                name,
                outputs
                    .get(name)
                    .and_then(Value::as_f64)
                    .unwrap_or_default(),
            )
        })
        .collect();
    if values.len() > FEW {
        values.sort_by(|a, b| b.1.total_cmp(&a.1));
    }
    for (name, x) in values {
        let value = match is_class {
            true => share_words(x),
            false => format!("{x:.2}"),
        };
        let text = format!("{} {value} ", on_one_line(name));
        if line.chars().count() + text.trim_end().chars().count() > columns {
            break;
        }
        line.push_str(&text);
    }
    line.truncate(line.trim_end().len());
    line
}

/// Writes to the terminal at once. Who closed it is told by the next line that is data.
fn write_out(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(outputs: &[(&str, f64)]) -> AboutModel {
        AboutModel {
            id: "m".into(),
            title: "m".into(),
            task: "categorical",
            outputs: outputs.iter().map(|(n, _)| (*n).to_owned()).collect(),
            uncertain_below: None,
            mean: None,
            deviation: None,
        }
    }

    fn line_of(outputs: &[(&str, f64)], columns: usize) -> String {
        let mut line = LiveLine::new(model(outputs));
        line.colours = false;
        line.speaking = true;
        line.level_db = -31.0;
        line.end_s = 75.25;
        let pairs = outputs
            .iter()
            .map(|(n, x)| ((*n).to_owned(), serde_json::json!(x)));
        line.answer = Some(pairs.collect());
        line.line(columns)
    }

    #[test]
    fn four_classes_fit_eighty_columns() {
        let line = line_of(
            &[
                ("angry", 0.81),
                ("happy", 0.12),
                ("neutral", 0.05),
                ("sad", 0.02),
            ],
            79,
        );
        assert_eq!(line.chars().count(), 79);
        assert_eq!(
            line,
            "speech 1:15 angry ██▍ .81 happy ▍   .12 neutral ▏   .05 sad     .02 -31dB   0ms"
        );
    }

    #[test]
    fn a_narrow_terminal_has_what_fits() {
        for columns in [0, 5, 15, 30, 45] {
            let line = line_of(&[("angry", 0.81), ("happy", 0.19)], columns);
            assert!(line.chars().count() <= columns, "{line:?}");
        }
    }

    #[test]
    fn a_segment_fits_eighty_columns() {
        let outputs = [
            ("angry", 0.24),
            ("happy", 0.58),
            ("neutral", 0.16),
            ("sad", 0.02),
        ];
        let pairs = outputs
            .iter()
            .map(|(n, x)| ((*n).to_owned(), serde_json::json!(x)));
        let segment = SegmentRecord {
            start: 0.928,
            end: 2.944,
            speech: true,
            emotion: Some("happy".into()),
            reason: None,
            certainty: Some("uncertain"),
            outputs: Some(pairs.collect()),
        };
        let mut model = model(&outputs);
        let line = segment_line(&segment, &model, 80);
        assert_eq!(
            line,
            "   0.93 to    2.94 s  happy   uncertain angry .24 happy .58 neutral .16 sad .02"
        );
        model.outputs.extend(["x".to_owned(), "y".to_owned()]);
        let line = segment_line(&segment, &model, 60);
        assert_eq!(
            line,
            "   0.93 to    2.94 s  happy   uncertain happy .58 angry .24"
        );
    }

    #[test]
    fn of_more_classes_the_most_probable_are_shown() {
        let seven = [
            ("a", 0.1),
            ("b", 0.5),
            ("c", 0.1),
            ("d", 0.1),
            ("e", 0.1),
            ("f", 0.05),
            ("longname", 0.05),
        ];
        let line = line_of(&seven, 59);
        assert_eq!(line.chars().count(), 59);
        assert!(line.contains("b █▌  .50 "), "{line}");
        assert!(!line.contains("longname"));
    }

    #[test]
    fn bars_are_full_half_and_empty() {
        assert_eq!(bar(1.0), "███");
        assert_eq!(bar(0.5), "█▌ ");
        assert_eq!(bar(0.0), "   ");
        assert_eq!(bar(7.0), "███");
    }
}
