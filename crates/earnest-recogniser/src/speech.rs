//! Which stretches of a recording are speech: from a probability for each window to stretches that cover all of it.

use earnest_audio::SAMPLE_RATE;

use crate::error::RecogniserError;
use crate::voice_activity::{Detector, WINDOW};

/// How stretches of speech are found. Seconds are rounded to windows of 32 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeechSettings {
    /// What says how probable speech is.
    pub detector: Detector,
    /// A stretch of speech begins with a window of at least this probability,
    pub above: f32,
    /// and lasts as long as there are windows of at least this one: the hysteresis.
    pub below: f32,
    /// Seconds before the first window of speech that belong to its segment.
    pub pre_roll_s: f64,
    /// Seconds without speech after which a segment is over.
    pub hang_over_s: f64,
    /// Seconds after the last window of speech that belong to its segment; at most the hang-over.
    pub post_roll_s: f64,
    /// Seconds of speech below which there is no answer.
    pub shortest_s: f64,
    /// Seconds after which a segment is cut, where speech is least probable in its last third.
    pub longest_s: f64,
}

impl Default for SpeechSettings {
    fn default() -> Self {
        Self {
            detector: Detector::Silero,
            above: 0.5,
            below: 0.35,
            pre_roll_s: 0.192,
            hang_over_s: 0.512,
            post_roll_s: 0.096,
            shortest_s: 0.256,
            longest_s: 15.0,
        }
    }
}

/// The longest that a segment may be, seconds.
const LONGEST_S: f64 = 600.0;

/// The level below which a stretch without speech is silence, dB below full scale: what is louder is noise.
pub const SILENCE_DB: f32 = -60.0;

/// Seconds of a window.
const WINDOW_S: f64 = WINDOW as f64 / SAMPLE_RATE as f64;

/// The settings in windows.
#[derive(Clone, Copy, Debug)]
struct InWindows {
    above: f32,
    below: f32,
    pre_roll: u64,
    hang_over: u64,
    post_roll: u64,
    shortest: u64,
    longest: u64,
}

impl SpeechSettings {
    /// Says whether they can be kept.
    ///
    /// # Errors
    /// [`RecogniserError::Segmentation`] with what cannot.
    pub fn check(&self) -> Result<(), RecogniserError> {
        self.in_windows().map(drop)
    }

    fn in_windows(&self) -> Result<InWindows, RecogniserError> {
        let refuse = |why: String| Err(RecogniserError::Segmentation(why));
        let (above, below) = (self.above, self.below);
        if !(above > 0.0 && above <= 1.0 && below > 0.0 && below <= above) {
            return refuse(format!(
                "speech cannot begin at a probability of {above} and last down to one of {below}: both are above 0 and at most 1, and the second is at most the first"
            ));
        }
        for (name, seconds) in [
            ("pre-roll", self.pre_roll_s),
            ("hang-over", self.hang_over_s),
            ("post-roll", self.post_roll_s),
            ("shortest speech", self.shortest_s),
            ("longest segment", self.longest_s),
        ] {
            if !(0.0..=LONGEST_S).contains(&seconds) {
                return refuse(format!(
                    "a {name} of {seconds} s is not possible: it is 0 to {LONGEST_S} s"
                ));
            }
        }
        let windows = |seconds: f64| (seconds / WINDOW_S).round() as u64;
        let of = InWindows {
            above,
            below,
            pre_roll: windows(self.pre_roll_s),
            hang_over: windows(self.hang_over_s).max(1),
            post_roll: windows(self.post_roll_s),
            shortest: windows(self.shortest_s).max(1),
            longest: windows(self.longest_s),
        };
        if of.post_roll > of.hang_over {
            return refuse(format!(
                "a post-roll of {} s is longer than the hang-over of {} s, after which a segment is over",
                self.post_roll_s, self.hang_over_s
            ));
        }
        let least = 3 * (of.pre_roll + of.shortest);
        if of.longest < least {
            return refuse(format!(
                "a longest segment of {} s is too short beside the pre-roll and the shortest speech: it is at least three times their sum, {:.3} s",
                self.longest_s,
                least as f64 * WINDOW_S
            ));
        }
        Ok(of)
    }
}

/// What is in a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Speech,
    Silence,
    Noise,
    TooLittleSpeech,
}

/// What was found, in samples from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A stretch of speech begins here; it will be told when it is over.
    Started { start: u64 },
    /// A stretch is over. Stretches follow each other without a gap.
    Stretch {
        start: u64,
        end: u64,
        content: Content,
    },
}

#[derive(Clone, Copy)]
struct Window {
    probability: f32,
    level_db: f32,
}

/// Speech that is not over. Numbers of windows.
#[derive(Clone, Copy)]
struct Open {
    start: u64,
    last: u64,
    speech: u64,
    started: bool,
}

/// Finds stretches, window by window.
pub(crate) struct Finder {
    settings: InWindows,
    /// Windows that were heard.
    now: u64,
    /// The first window that no stretch has.
    from: u64,
    open: Option<Open>,
    /// The last windows: those of the pre-roll, or all since the open stretch began.
    recent: Vec<Window>,
    /// The loudest window between `from` and the recent ones.
    loudest_db: f32,
}

impl Finder {
    pub fn new(settings: &SpeechSettings) -> Result<Self, RecogniserError> {
        let settings = settings.in_windows()?;
        Ok(Self {
            settings,
            now: 0,
            from: 0,
            open: None,
            recent: Vec::with_capacity((settings.longest + settings.pre_roll + 1) as usize),
            loudest_db: f32::NEG_INFINITY,
        })
    }

    /// The first sample that a segment may still have.
    pub fn needed_from(&self) -> u64 {
        let from = match self.open {
            Some(open) => open.start,
            None => self
                .from
                .max(self.now.saturating_sub(self.settings.pre_roll)),
        };
        from * WINDOW as u64
    }

    /// The first sample of the stretch of speech that is under way.
    pub fn speaking_since(&self) -> Option<u64> {
        let open = self.open.filter(|open| open.started);
        open.map(|open| open.start * WINDOW as u64)
    }

    fn first_recent(&self) -> u64 {
        self.now - self.recent.len() as u64
    }

    /// Hears of the next window.
    pub fn hear(&mut self, probability: f32, level_db: f32, found: &mut Vec<Found>) {
        let number = self.now;
        self.now += 1;
        self.recent.push(Window {
            probability,
            level_db,
        });
        let InWindows { above, below, .. } = self.settings;
        match &mut self.open {
            None if probability >= above => {
                let start = number.saturating_sub(self.settings.pre_roll);
                self.open = Some(Open {
                    start: start.max(self.from),
                    last: number,
                    speech: 1,
                    started: false,
                });
            }
            None => return self.forget(),
            Some(open) if probability >= below => {
                open.last = number;
                open.speech += 1;
            }
            Some(_) => {}
        }
        self.begin(found);
        let Some(open) = self.open else { return };
        if number - open.last >= self.settings.hang_over {
            self.close(open, found);
        } else if self.now - open.start >= self.settings.longest {
            self.cut(open, found);
        }
    }

    /// The recording ends with this many samples.
    pub fn finish(&mut self, samples: u64, found: &mut Vec<Found>) {
        let first = found.len();
        if let Some(open) = self.open {
            self.close(open, found);
        }
        self.rest(self.now, found);
        // The last window was filled up.
        for found in &mut found[first..] {
            if let Found::Stretch { end, .. } = found {
                *end = (*end).min(samples);
            }
        }
        (self.now, self.from) = (0, 0);
        self.open = None;
        self.recent.clear();
        self.loudest_db = f32::NEG_INFINITY;
    }

    /// Tells that there is enough speech, once.
    fn begin(&mut self, found: &mut Vec<Found>) {
        let shortest = self.settings.shortest;
        let Some(open) = &mut self.open else { return };
        if open.started || open.speech < shortest {
            return;
        }
        open.started = true;
        let start = open.start;
        self.rest(start, found);
        found.push(Found::Started {
            start: start * WINDOW as u64,
        });
    }

    /// Speech is over.
    fn close(&mut self, open: Open, found: &mut Vec<Found>) {
        let end = (open.last + 1 + self.settings.post_roll).min(self.now);
        self.open = None;
        if open.speech > 0 {
            self.rest(open.start, found);
            let content = match open.started {
                true => Content::Speech,
                false => Content::TooLittleSpeech,
            };
            self.stretch(end, content, found);
        }
        self.forget();
    }

    /// A segment is long enough: it ends behind the window of its last third in which speech is least probable.
    fn cut(&mut self, open: Open, found: &mut Vec<Found>) {
        let last_third = open.start + 2 * self.settings.longest / 3;
        let first = self.first_recent();
        let windows = self.recent.iter().zip(first..);
        let least = windows
            .filter(|(_, number)| *number >= last_third)
            .min_by(|(a, _), (b, _)| a.probability.total_cmp(&b.probability));
        let end = least.map_or(self.now, |(_, number)| number + 1);
        self.rest(open.start, found);
        self.stretch(end, Content::Speech, found);
        let below = self.settings.below;
        // What is left are the windows after the cut.
        let speech = (self.recent.iter())
            .filter(|w| w.probability >= below)
            .count() as u64;
        self.open = Some(Open {
            start: end,
            last: open.last.max(end),
            speech,
            started: false,
        });
        self.forget();
        self.begin(found);
    }

    /// Tells of what lies before this window without being speech.
    fn rest(&mut self, before: u64, found: &mut Vec<Found>) {
        if before <= self.from {
            return;
        }
        let of_recent = before.saturating_sub(self.first_recent()) as usize;
        let recent = self.recent[..of_recent.min(self.recent.len())].iter();
        let loudest = recent.fold(self.loudest_db, |most, w| most.max(w.level_db));
        let content = match loudest < SILENCE_DB {
            true => Content::Silence,
            false => Content::Noise,
        };
        self.stretch(before, content, found);
    }

    fn stretch(&mut self, end: u64, content: Content, found: &mut Vec<Found>) {
        found.push(Found::Stretch {
            start: self.from * WINDOW as u64,
            end: end * WINDOW as u64,
            content,
        });
        self.from = end;
        let done = end.saturating_sub(self.first_recent()) as usize;
        self.recent.drain(..done.min(self.recent.len()));
        self.loudest_db = f32::NEG_INFINITY;
    }

    /// Forgets windows that no segment will have but for how loud they were.
    fn forget(&mut self) {
        let kept = match self.open {
            Some(open) => (self.now - open.start) as usize,
            None => self.settings.pre_roll as usize,
        };
        let done = self.recent.len().saturating_sub(kept);
        for window in self.recent.drain(..done) {
            self.loudest_db = self.loudest_db.max(window.level_db);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: u64 = WINDOW as u64;

    fn settings() -> SpeechSettings {
        SpeechSettings {
            pre_roll_s: 2.0 * WINDOW_S,
            hang_over_s: 5.0 * WINDOW_S,
            post_roll_s: WINDOW_S,
            shortest_s: 3.0 * WINDOW_S,
            longest_s: 30.0 * WINDOW_S,
            ..SpeechSettings::default()
        }
    }

    /// Finds in windows of speech (`#`), of doubt (`+`, between the thresholds), noise (`.`) and silence (` `).
    fn find(windows: &str) -> Vec<Found> {
        let mut finder = Finder::new(&settings()).unwrap();
        let mut found = Vec::new();
        for c in windows.chars() {
            let (p, level) = match c {
                '#' => (0.9, -20.0),
                '+' => (0.4, -30.0),
                '.' => (0.1, -40.0),
                _ => (0.0, -90.0),
            };
            finder.hear(p, level, &mut found);
        }
        finder.finish(windows.len() as u64 * W, &mut found);
        found
    }

    fn stretches(found: &[Found]) -> Vec<(u64, u64, Content)> {
        let of = |f: &Found| match *f {
            Found::Stretch {
                start,
                end,
                content,
            } => Some((start / W, end / W, content)),
            Found::Started { .. } => None,
        };
        found.iter().filter_map(of).collect()
    }

    use Content::{Noise, Silence, Speech, TooLittleSpeech};

    #[test]
    fn speech_has_its_pre_roll_and_post_roll_and_the_rest_is_told_too() {
        let found = find("     ####.........");
        assert_eq!(
            stretches(&found),
            [(0, 3, Silence), (3, 10, Speech), (10, 18, Noise)]
        );
        assert_eq!(found[1], Found::Started { start: 3 * W });
    }

    #[test]
    fn doubt_keeps_a_segment_open_but_does_not_begin_one() {
        let found = find("....++++....####++++++++++.........");
        assert_eq!(
            stretches(&found),
            [(0, 10, Noise), (10, 27, Speech), (27, 35, Noise)]
        );
    }

    #[test]
    fn a_pause_shorter_than_the_hang_over_is_within_a_segment() {
        let found = find("####....####.....");
        assert_eq!(stretches(&found), [(0, 13, Speech), (13, 17, Noise)]);
    }

    #[test]
    fn too_little_speech_is_told_as_such_and_never_started() {
        let found = find("......##..........");
        assert_eq!(
            stretches(&found),
            [(0, 4, Noise), (4, 9, TooLittleSpeech), (9, 18, Noise)]
        );
        assert!(!found.iter().any(|f| matches!(f, Found::Started { .. })));
    }

    #[test]
    fn a_segment_that_is_too_long_is_cut_where_speech_is_least_probable() {
        let found = find(&format!("{}+{}", "#".repeat(24), "#".repeat(10)));
        assert_eq!(stretches(&found), [(0, 25, Speech), (25, 35, Speech)]);
        assert_eq!(
            found
                .iter()
                .filter(|f| matches!(f, Found::Started { .. }))
                .count(),
            2
        );
    }

    #[test]
    fn a_recording_that_ends_while_someone_speaks_ends_the_segment() {
        assert_eq!(stretches(&find("..######")), [(0, 8, Speech)]);
    }

    #[test]
    fn stretches_follow_each_other_whatever_is_heard() {
        let key = earnest_random::Key::new(1).with("stretches");
        for n in 0..500_u64 {
            let mut draws = key.with(n).generator();
            let length = draws.below(200);
            // Runs, so that there are segments of all kinds.
            let mut text = String::new();
            while text.len() < length {
                let c = ['#', '+', '.', ' '][draws.below(4)];
                text.extend(std::iter::repeat_n(c, 1 + draws.below(12)));
            }
            let told = stretches(&find(&text));
            let mut from = 0;
            for (start, end, _) in &told {
                assert_eq!(*start, from, "{text:?}");
                assert!(end > start, "{text:?}");
                from = *end;
            }
            assert_eq!(from, text.len() as u64, "{text:?}");
            assert!(told.iter().all(|(s, e, c)| *c != Speech || e - s <= 31));
        }
    }

    #[test]
    fn settings_that_cannot_be_kept_are_refused() {
        let ask = |change: &dyn Fn(&mut SpeechSettings)| {
            let mut settings = settings();
            change(&mut settings);
            Finder::new(&settings).err().map(|e| e.to_string())
        };
        assert!(
            ask(&|s| s.below = 0.6)
                .unwrap()
                .contains("the second is at most the first")
        );
        assert!(
            ask(&|s| s.hang_over_s = -1.0)
                .unwrap()
                .contains("hang-over of -1 s")
        );
        assert!(ask(&|s| s.hang_over_s = f64::NAN).unwrap().contains("NaN"));
        assert!(
            ask(&|s| s.post_roll_s = 1.0)
                .unwrap()
                .contains("longer than the hang-over")
        );
        assert!(
            ask(&|s| s.longest_s = 0.1)
                .unwrap()
                .contains("at least three times")
        );
        assert_eq!(ask(&|_| ()), None);
    }
}
