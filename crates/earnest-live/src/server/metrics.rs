//! Counts of what a server does, in Prometheus's text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Server;

/// Upper ends of the latencies' bins, seconds.
const BINS: [f64; 9] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0];

/// Counts since the server began.
#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    pub sessions: AtomicU64,
    pub frames: AtomicU64,
    audio_ms: AtomicU64,
    pub utterances: AtomicU64,
    pub measurements: AtomicU64,
    latencies: [AtomicU64; BINS.len() + 1],
    latency_us: AtomicU64,
}

/// Counts are right even if a thread died while it counted.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One more.
pub fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Metrics {
    /// Audio was heard.
    pub fn hear(&self, seconds: f64) {
        let ms = (seconds * 1000.0).round() as u64;
        self.audio_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// A measurement was sent so long after the last sample that it needed came.
    pub fn measure(&self, latency: Duration) {
        add(&self.measurements);
        let s = latency.as_secs_f64();
        let bin = BINS.iter().position(|end| s <= *end).unwrap_or(BINS.len());
        add(&self.latencies[bin]);
        let us = latency.as_micros() as u64;
        self.latency_us.fetch_add(us, Ordering::Relaxed);
    }

    /// Something was refused.
    pub fn refuse(&self, why: &'static str) {
        *locked(&self.refused).entry(why).or_default() += 1;
    }

    fn request(&self, route: String, status: u16) {
        *locked(&self.requests).entry((route, status)).or_default() += 1;
    }

    /// All of it.
    pub fn text(&self, open_sessions: usize) -> String {
        let mut text = String::new();
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, String)]| {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "# HELP earnest_{name} {help}\n# TYPE earnest_{name} {kind}"
            );
            for (suffix, value) in samples {
                let _ = writeln!(text, "earnest_{name}{suffix} {value}");
            }
        };
        let one = |value: String| vec![(String::new(), value)];
        let requests: Vec<_> = locked(&self.requests)
            .iter()
            .map(|((route, status), n)| {
                (
                    format!("{{route=\"{route}\",status=\"{status}\"}}"),
                    n.to_string(),
                )
            })
            .collect();
        family(
            "requests_total",
            "counter",
            "HTTP requests that were answered.",
            &requests,
        );
        let refused: Vec<_> = locked(&self.refused)
            .iter()
            .map(|(why, n)| (format!("{{reason=\"{why}\"}}"), n.to_string()))
            .collect();
        family(
            "refused_total",
            "counter",
            "Requests, sessions and frames that were refused.",
            &refused,
        );
        family(
            "sessions_open",
            "gauge",
            "WebSocket sessions that are open.",
            &one(open_sessions.to_string()),
        );
        family(
            "sessions_total",
            "counter",
            "WebSocket sessions that were begun.",
            &one(of(&self.sessions).to_string()),
        );
        family(
            "frames_total",
            "counter",
            "Audio frames of sessions that were heard.",
            &one(of(&self.frames).to_string()),
        );
        let seconds = of(&self.audio_ms) as f64 / 1000.0;
        family(
            "audio_seconds_total",
            "counter",
            "Seconds of audio that were heard.",
            &one(seconds.to_string()),
        );
        family(
            "utterances_total",
            "counter",
            "Utterances of sessions that ended.",
            &one(of(&self.utterances).to_string()),
        );
        let mut sum = 0;
        let mut bins = Vec::new();
        let ends = BINS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (end, bin) in ends.zip(&self.latencies) {
            sum += of(bin);
            bins.push((format!("_bucket{{le=\"{end}\"}}"), sum.to_string()));
        }
        let total = of(&self.latency_us) as f64 / 1e6;
        bins.push(("_sum".to_owned(), total.to_string()));
        bins.push(("_count".to_owned(), sum.to_string()));
        family(
            "answer_latency_seconds",
            "histogram",
            "From the arrival of the last frame that a measurement needed to its sending.",
            &bins,
        );
        text
    }
}

/// Counts a request by its route, never by what a client wrote.
pub async fn count(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    server.metrics.request(route, response.status().as_u16());
    response
}
