//! Audio that a request brings as a whole.

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use earnest_audio::AudioError;
use earnest_recogniser::RecogniserError;
use tokio::time::timeout;

use super::Server;
use super::refusal::{Refusal, drain};
use super::work::{Unwanted, Wanting, compute_apart};

/// How long a client may take to bring a body.
const BRINGING: Duration = Duration::from_secs(60);

/// Waits for what a client brings, but not for ever.
pub async fn in_time<T>(brings: impl Future<Output = T>) -> Result<T, Refusal> {
    timeout(BRINGING, brings).await.map_err(|_| {
        Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "invalid_request",
            format!("the body did not come within {} s", BRINGING.as_secs()),
        )
    })
}

/// The most channels of a request's audio.
const MOST_CHANNELS: usize = 8;

/// Hears audio block by block: frames of some channels at a rate. `Err` ends it.
pub trait Hearer: Send + 'static {
    /// What it makes of all that it heard.
    type Answer: Send + 'static;

    /// Hears frames, one sample of each channel after the other.
    fn hear(&mut self, frames: &[f32], channels: usize, rate: u32) -> Result<(), RecogniserError>;

    /// There is no more.
    fn finish(self) -> Result<Self::Answer, RecogniserError>;
}

/// A request's turn: it holds its place until it is dropped.
pub struct Turn<'a> {
    server: &'a Server,
    _place: tokio::sync::SemaphorePermit<'a>,
}

impl<'a> Turn<'a> {
    /// Takes a place among the requests, if there is one; gives the request back.
    pub async fn take(server: &'a Server, request: Request) -> Result<(Self, Request), Refusal> {
        match server.requests.try_acquire() {
            Ok(place) => {
                let turn = Self {
                    server,
                    _place: place,
                };
                Ok((turn, request))
            }
            Err(_) => {
                server.metrics.refuse("requests");
                drain(request).await;
                Err(Refusal::busy(format!(
                    "{} requests are heard or wait, which is the most; try again in a second",
                    server.service.limits.requests
                )))
            }
        }
    }

    /// Decodes what was brought and lets it be heard, when it is its turn; gives what was made of it and how many seconds there were. `name`
    /// is what errors call it.
    pub async fn hear<H: Hearer>(
        &self,
        name: String,
        bytes: Vec<u8>,
        mut hearer: H,
    ) -> Result<(H::Answer, f64), Refusal> {
        let _turn = self
            .server
            .files
            .acquire()
            .await
            .map_err(|_| Refusal::internal())?;
        let limit_s = self.server.service.limits.body_s;
        let unwanted = Unwanted::default();
        let _wanting = Wanting(unwanted.clone());
        let (answer, seconds) = compute_apart(move || {
            let mut frames = Vec::new();
            let mut refused = None;
            let (mut seconds, mut samples) = (0.0, 0_u64);
            let decoded = earnest_audio::decode_blocks_of_bytes(&name, bytes, |planes, rate| {
                samples += planes.first().map_or(0, |p| p.len()) as u64;
                seconds = samples as f64 / f64::from(rate.max(1));
                refused = if unwanted.is_so() {
                    Some(Refusal::internal())
                } else if seconds > limit_s {
                    Some(too_long(limit_s))
                } else if planes.len() > MOST_CHANNELS {
                    Some(Refusal::new(
                        StatusCode::BAD_REQUEST,
                        "audio_decode_failed",
                        format!(
                            "{name} has {} channels; {MOST_CHANNELS} are the most",
                            planes.len()
                        ),
                    ))
                } else {
                    earnest_audio::interleave(planes, &mut frames);
                    hearer
                        .hear(&frames, planes.len(), rate)
                        .err()
                        .map(of_recogniser)
                };
                match refused {
                    Some(_) => ControlFlow::Break(()),
                    None => ControlFlow::Continue(()),
                }
            });
            match (refused, decoded) {
                (Some(refusal), _) => Err(refusal),
                (None, Err(error)) => Err(of_audio(&error, limit_s)),
                (None, Ok(())) => Ok((hearer.finish().map_err(of_recogniser)?, seconds)),
            }
        })
        .await
        .map_err(|_| Refusal::internal())??;
        self.server.metrics.hear(seconds);
        Ok((answer, seconds))
    }
}

fn too_long(limit_s: f64) -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "audio_too_long",
        format!(
            "the audio is longer than {limit_s} s, which is the most; send it in parts, or start the server with a larger --body-seconds"
        ),
    )
}

/// An error of the recogniser as a refusal.
fn of_recogniser(error: RecogniserError) -> Refusal {
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        error.to_string(),
    )
}

fn of_audio(error: &AudioError, limit_s: f64) -> Refusal {
    let (status, code) = match error {
        AudioError::NotAudio { .. } => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
        }
        AudioError::TooLong { .. } => return too_long(limit_s),
        _ => (StatusCode::BAD_REQUEST, "audio_decode_failed"),
    };
    Refusal::new(status, code, error.to_string())
}
