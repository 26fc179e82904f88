//! `earnest serve`: a model behind HTTP and WebSocket. `docs/server.md` has the protocol.

mod clip;
mod connections;
mod fields;
mod file;
mod guard;
mod health;
mod metrics;
mod page;
mod predict;
mod protocol;
mod realtime;
mod refusal;
mod settings;
mod work;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use earnest_recogniser::{Recogniser, SpeechSettings};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use self::metrics::Metrics;
use crate::record::{FORMAT, Scribe};

pub use self::health::health;
pub use self::settings::{Access, Limits, ServerError};

/// What a server answers with, and to whom.
pub struct Service {
    /// The model.
    pub recogniser: Recogniser,
    /// Its words.
    pub scribe: Scribe,
    /// How segments of speech are found.
    pub speech: SpeechSettings,
    /// Who may ask.
    pub access: Access,
    /// How much.
    pub limits: Limits,
    /// Threads that compute.
    pub threads: usize,
}

/// A server under way, as its routes see it.
struct Server {
    service: Service,
    metrics: Metrics,
    /// Sessions that may still begin.
    sessions: Arc<Semaphore>,
    /// Files that may be heard at a time, and requests that may wait or be heard.
    files: Semaphore,
    requests: Semaphore,
    /// True once the server is to stop.
    stopping: watch::Receiver<bool>,
}

/// Serves until `stopped` is ready, then lets what is open end: sessions are told, requests are answered. `ready` is given the address
/// once the server listens.
///
/// # Errors
/// [`ServerError`]: nobody may ask beyond this machine without a token, or the address cannot be listened at.
pub fn serve(
    service: Service,
    listen: SocketAddr,
    ready: impl FnOnce(SocketAddr),
    stopped: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    service.access.check(listen)?;
    service.limits.check()?;
    // A model that cannot be given a stream is told before anybody asks.
    drop(service.recogniser.segments(
        earnest_audio::SAMPLE_RATE,
        1,
        service.recogniser.description().recipe.channels,
        &service.speech,
        None,
    )?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(service.threads.clamp(1, 4))
        .max_blocking_threads(service.threads.max(1))
        .enable_all()
        .build()
        .map_err(ServerError::Runtime)?;
    runtime.block_on(async {
        let at = |source: io::Error| ServerError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(at)?;
        let address = listener.local_addr().map_err(at)?;
        let (stop, stopping) = watch::channel(false);
        let limits = &service.limits;
        // A file takes seconds, on a thread of its own; so many at a time leave half of the machine to sessions.
        let files = (service.threads / 2).max(1);
        let server = Arc::new(Server {
            metrics: Metrics::default(),
            sessions: Arc::new(Semaphore::new(limits.sessions)),
            files: Semaphore::new(files),
            requests: Semaphore::new(limits.requests),
            stopping,
            service,
        });
        ready(address);
        connections::accept(Arc::clone(&server), listener, stopped, stop).await;
        Ok(())
    })
}

/// Ready once this process is asked to end: by Ctrl-C, or as service managers and containers ask.
pub async fn signalled() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // Where one cannot be listened to, the other still can.
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}

fn router(server: Arc<Server>) -> Router {
    let body = DefaultBodyLimit::max(server.service.limits.body_bytes);
    let api = Router::new()
        .route("/v1/expression/audio/realtime", any(realtime::realtime))
        .route("/v1/expression/audio/file", post(file::file))
        .route("/predict", post(predict::predict))
        .route("/v1/models", get(models))
        .route("/metrics", get(metrics))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            refusal::bounded,
        ))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            guard::token,
        ));
    let open = Router::new()
        .route("/health", get(alive))
        .route("/openapi.json", get(openapi));
    api.merge(open)
        .merge(page::routes())
        .fallback(refusal::not_found)
        .method_not_allowed_fallback(refusal::method_not_allowed)
        .layer(body)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            guard::origin,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            metrics::count,
        ))
        .with_state(server)
}

async fn alive(State(server): State<Arc<Server>>) -> Response {
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "model": server.service.scribe.about().id,
        "sessions": server.open_sessions(),
    }))
    .into_response()
}

async fn models(State(server): State<Arc<Server>>) -> Response {
    let mut about = json!(server.service.scribe.about());
    about["object"] = json!("model");
    about["format"] = json!(FORMAT);
    Json(json!({"object": "list", "data": [about]})).into_response()
}

async fn metrics(State(server): State<Arc<Server>>) -> Response {
    let text = server.metrics.text(server.open_sessions());
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn openapi() -> Response {
    let kind = "application/json";
    ([(header::CONTENT_TYPE, kind)], include_str!("openapi.json")).into_response()
}

impl Server {
    /// Ready once the server is to stop.
    async fn is_stopping(&self) {
        // An error means that who would say so has gone.
        let _ = self.stopping.clone().wait_for(|stop| *stop).await;
    }

    fn open_sessions(&self) -> usize {
        self.service.limits.sessions - self.sessions.available_permits()
    }
}
