//! Options of the verbs that find segments of speech.

use clap::Args;
use earnest_recogniser::SpeechSettings;
use earnest_recogniser::voice_activity::Detector;

use crate::failure::Failure;

/// How segments of speech are found.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Segments of speech")]
pub struct SpeechOptions {
    /// What tells speech from the rest: `silero`, a small network that hears voices in the noise of fans and
    /// motors, or `energy`, to which all that is loud is speech [default: silero]
    #[arg(long, value_name = "DETECTOR")]
    voice_activity: Option<Detector>,
    /// Probability of speech at which a segment begins [default: 0.5]
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    speech_above: Option<f32>,
    /// Probability of speech down to which it goes on [default: 0.35]
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    speech_below: Option<f32>,
    /// Seconds before the first speech that belong to a segment [default: 0.192]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pre_roll: Option<f64>,
    /// Seconds without speech after which a segment is over [default: 0.512]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    hang_over: Option<f64>,
    /// Seconds after the last speech that belong to a segment [default: 0.096]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    post_roll: Option<f64>,
    /// Seconds of speech below which there is no answer [default: 0.256]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    shortest_speech: Option<f64>,
    /// Seconds after which a segment is cut where speech is least probable [default: 15]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    longest_segment: Option<f64>,
}

impl SpeechOptions {
    /// The flags that were given.
    pub fn given(&self) -> Vec<&'static str> {
        let flags = [
            ("--voice-activity", self.voice_activity.is_some()),
            ("--speech-above", self.speech_above.is_some()),
            ("--speech-below", self.speech_below.is_some()),
            ("--pre-roll", self.pre_roll.is_some()),
            ("--hang-over", self.hang_over.is_some()),
            ("--post-roll", self.post_roll.is_some()),
            ("--shortest-speech", self.shortest_speech.is_some()),
            ("--longest-segment", self.longest_segment.is_some()),
        ];
        let given = flags.into_iter().filter(|(_, given)| *given);
        given.map(|(flag, _)| flag).collect()
    }

    /// What they say.
    pub fn settings(&self) -> Result<SpeechSettings, Failure> {
        let mut settings = SpeechSettings::default();
        let set = |to: &mut f64, value: Option<f64>| *to = value.unwrap_or(*to);
        settings.detector = self.voice_activity.unwrap_or(settings.detector);
        settings.above = self.speech_above.unwrap_or(settings.above);
        settings.below = self
            .speech_below
            .unwrap_or(settings.below.min(settings.above));
        set(&mut settings.pre_roll_s, self.pre_roll);
        set(&mut settings.hang_over_s, self.hang_over);
        set(&mut settings.post_roll_s, self.post_roll);
        set(&mut settings.shortest_s, self.shortest_speech);
        set(&mut settings.longest_s, self.longest_segment);
        if self.post_roll.is_none() {
            settings.post_roll_s = settings.post_roll_s.min(settings.hang_over_s);
        }
        settings
            .check()
            .map_err(|e| Failure::asked(e.to_string()))?;
        Ok(settings)
    }
}
