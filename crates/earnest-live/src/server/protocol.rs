//! Messages of the WebSocket, in the shape of Hume's expression measurement (version 0.1 of their client), with fields of our own beside.

use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Map, Value};

use super::fields::{self, Fields};
use crate::record::{AboutModel, AnswerRecord, NONE, Scribe, SegmentRecord};
use crate::samples::{Encoding, RawFormat};

/// The format of audio, as clients and the server say it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AudioConfig {
    #[serde(rename = "type")]
    kind: &'static str,
    encoding: Encoding,
    sample_rate: u32,
    channels: usize,
}

const PCM: &str = "audio/pcm";

impl From<RawFormat> for AudioConfig {
    fn from(format: RawFormat) -> Self {
        Self {
            kind: PCM,
            encoding: format.encoding,
            sample_rate: format.sample_rate,
            channels: format.channels,
        }
    }
}

/// What a session was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub audio: RawFormat,
    pub measurement_timer_ms: u32,
    pub voice_activity_ms: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            audio: RawFormat::default(),
            measurement_timer_ms: 1000,
            voice_activity_ms: 0,
        }
    }
}

/// The most channels of a session.
const MOST_CHANNELS: u64 = 8;
/// Milliseconds of speech from one measurement to the next.
pub const TIMER_MS: RangeInclusive<u64> = 100..=10_000;
const ACTIVITY_MS: RangeInclusive<u64> = 32..=1000;

/// What a client says in words.
pub enum FromClient {
    /// The configuration is to be this one, or why it cannot be.
    Update(Result<Config, String>),
    Close,
}

impl FromClient {
    /// Of a message.
    pub fn read(text: &str) -> Result<Self, String> {
        let value = fields::read("the message", text.as_bytes())?;
        match value.get("type").and_then(Value::as_str) {
            Some("session.update") => Ok(Self::Update(config(&value))),
            Some("session.close") => Ok(Self::Close),
            Some(other) => Err(format!(
                "the message has the type {other:?}; session.update and session.close are understood"
            )),
            None => Err(
                "the message has no type; session.update and session.close are understood"
                    .to_owned(),
            ),
        }
    }
}

/// The configuration that is asked for; what is left out is as at first.
fn config(message: &Value) -> Result<Config, String> {
    let known = ["type", "audio", "measurement_timer_ms", "voice_activity_ms"];
    let message = Fields::of("session.update", message, &known)?;
    let mut config = Config::default();
    let known = ["type", "encoding", "sample_rate", "channels"];
    if let Some(audio) = message.part("audio", &known)? {
        if let Some(kind) = audio.text("type")?.filter(|kind| *kind != PCM) {
            return Err(format!("type in audio is {kind:?}; only {PCM:?} is heard"));
        }
        if let Some(encoding) = audio.text("encoding")? {
            config.audio.encoding = encoding
                .parse()
                .map_err(|e: String| format!("encoding in audio: {e}"))?;
        }
        let rates = earnest_audio::RATES;
        let rates = u64::from(*rates.start())..=u64::from(*rates.end());
        if let Some(rate) = audio.whole("sample_rate", rates)? {
            config.audio.sample_rate = rate as u32;
        }
        if let Some(channels) = audio.whole("channels", 1..=MOST_CHANNELS)? {
            config.audio.channels = channels as usize;
        }
    }
    if let Some(ms) = message.whole("measurement_timer_ms", TIMER_MS)? {
        config.measurement_timer_ms = ms as u32;
    }
    if let Some(ms) = message.whole("voice_activity_ms", 0..=*ACTIVITY_MS.end())? {
        if ms != 0 && !ACTIVITY_MS.contains(&ms) {
            return Err(format!(
                "voice_activity_ms in session.update is {ms}; it is 0, for never, or {} to {}",
                ACTIVITY_MS.start(),
                ACTIVITY_MS.end()
            ));
        }
        config.voice_activity_ms = ms as u32;
    }
    Ok(config)
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum FromServer<'a> {
    #[serde(rename = "session.created")]
    Created(Session<'a>),
    #[serde(rename = "session.updated")]
    Updated(Session<'a>),
    #[serde(rename = "voice.activity")]
    Activity {
        audio_end_ms: u64,
        speech: bool,
        probability: f32,
        level_db: f32,
    },
    #[serde(rename = "utterance.start")]
    Start {
        utterance_id: u64,
        audio_start_ms: u64,
    },
    #[serde(rename = "measurement.result")]
    Measurement(Measurement),
    #[serde(rename = "utterance.end")]
    End(Utterance),
    #[serde(rename = "error")]
    Error {
        code: &'static str,
        message: String,
        retryable: bool,
    },
    #[serde(rename = "session.closed")]
    Closed {
        session_id: &'a str,
        reason: &'static str,
        received: Received,
        produced: Produced,
    },
}

/// A session and its configuration.
#[derive(Debug, Serialize)]
pub struct Session<'a> {
    pub session_id: &'a str,
    pub audio: AudioConfig,
    pub measurement_timer_ms: u32,
    pub voice_activity_ms: u32,
    pub format: u32,
    pub model: &'a AboutModel,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Received {
    pub audio_duration_ms: u64,
    pub frames: u64,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Produced {
    pub utterances: u64,
    pub measurements: u64,
}

/// A stretch of speech.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Utterance {
    pub utterance_id: u64,
    pub audio_start_ms: u64,
    pub audio_end_ms: u64,
}

/// An answer.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    pub measurement_id: u64,
    pub utterance_id: u64,
    pub audio_start_ms: u64,
    pub audio_end_ms: u64,
    /// `interval` or `speech_ended`.
    pub trigger: &'static str,
    expressions: Vec<Expression>,
    /// Never any: Earnest's models know none.
    voice_attributes: [(); 0],
    emotion: Option<String>,
    certainty: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    outputs: Option<Map<String, Value>>,
    arousal: Option<Value>,
    valence: Option<Value>,
    model: String,
}

#[derive(Clone, Debug, Serialize)]
struct Expression {
    name: String,
    /// Rounded to four places, as Hume's are.
    probability: f64,
}

/// Where a measurement stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub measurement_id: u64,
    pub utterance_id: u64,
    pub start_s: f64,
    pub end_s: f64,
    pub trigger: &'static str,
}

impl Measurement {
    /// Of an answer.
    pub fn of(scribe: &Scribe, place: Place, answer: AnswerRecord) -> Self {
        let is_class = answer.emotion.is_some();
        let mut expressions: Vec<Expression> = match is_class {
            true => answer
                .outputs
                .iter()
                .map(|(name, p)| Expression::of(name, p))
                .collect(),
            false => Vec::new(),
        };
        expressions.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        let on = |scale: &str| match is_class {
            true => None,
            false => answer.outputs.get(scale).cloned(),
        };
        Self {
            arousal: on("arousal"),
            valence: on("valence"),
            expressions,
            emotion: answer.emotion,
            certainty: answer.certainty,
            outputs: Some(answer.outputs),
            ..Self::nothing(scribe, place)
        }
    }

    /// Of a segment, with an answer or without.
    pub fn of_segment(scribe: &Scribe, place: Place, segment: SegmentRecord) -> Self {
        match segment.outputs {
            Some(outputs) => {
                let answer = AnswerRecord {
                    emotion: segment.emotion,
                    certainty: segment.certainty,
                    outputs,
                };
                Self::of(scribe, place, answer)
            }
            None => Self {
                reason: segment.reason,
                ..Self::nothing(scribe, place)
            },
        }
    }

    fn nothing(scribe: &Scribe, place: Place) -> Self {
        Self {
            measurement_id: place.measurement_id,
            utterance_id: place.utterance_id,
            audio_start_ms: ms(place.start_s),
            audio_end_ms: ms(place.end_s),
            trigger: place.trigger,
            expressions: Vec::new(),
            voice_attributes: [],
            emotion: Some(NONE.to_owned()),
            certainty: None,
            reason: None,
            outputs: None,
            arousal: None,
            valence: None,
            model: scribe.about().id.clone(),
        }
    }
}

impl Expression {
    fn of(name: &str, p: &Value) -> Self {
        Self {
            name: name.to_owned(),
            probability: (p.as_f64().unwrap_or_default() * 1e4).round() / 1e4,
        }
    }
}

/// Seconds as milliseconds.
pub fn ms(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> Result<Config, String> {
        match FromClient::read(json)? {
            FromClient::Update(config) => config,
            FromClient::Close => Err("close".to_owned()),
        }
    }

    #[test]
    fn what_a_client_leaves_out_or_says_is_null_is_as_at_first() {
        let first = Config::default();
        assert_eq!(config(r#"{"type":"session.update"}"#), Ok(first));
        let nulls = r#"{"type":"session.update","audio":{"type":null,"encoding":null,"sample_rate":null,"channels":null},"measurement_timer_ms":null}"#;
        assert_eq!(config(nulls), Ok(first));
        let all = r#"{"type":"session.update","audio":{"type":"audio/pcm","encoding":"f32le","sample_rate":48000,"channels":2},"measurement_timer_ms":500,"voice_activity_ms":100}"#;
        let config = config(all).unwrap();
        assert_eq!(config.audio.encoding, Encoding::F32le);
        assert_eq!(
            (config.audio.sample_rate, config.audio.channels),
            (48_000, 2)
        );
        assert_eq!(
            (config.measurement_timer_ms, config.voice_activity_ms),
            (500, 100)
        );
    }

    #[test]
    fn what_cannot_be_heard_is_refused_by_name() {
        let of =
            |inside: &str| config(&format!(r#"{{"type":"session.update",{inside}}}"#)).unwrap_err();
        assert!(of(r#""audio":{"sample_rate":0}"#).contains("sample_rate in audio is 0"));
        assert!(of(r#""audio":{"channels":0}"#).contains("channels in audio is 0"));
        assert!(of(r#""audio":{"encoding":"opus"}"#).contains("opus"));
        assert!(of(r#""audio":{"type":"audio/ogg"}"#).contains("audio/ogg"));
        assert!(of(r#""measurement_timer_ms":1"#).contains("100 to 10000"));
        assert!(of(r#""voice_activity_ms":5"#).contains("32 to 1000"));
        assert!(of(r#""audio":{"channels":"x"}"#).contains("is a whole number"));
        assert!(of(r#""measurement_timer":1000"#).contains("measurement_timer"));
    }
}
